import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HandedOut, processDocument } from '../../src/core/process-document.ts'
import { need } from '../support/need.ts'

const SUITE = join(import.meta.dirname, '../../../shared/suites/aws-sdk-go-v1/aws/credentials/processcreds/testdata')

const SESSION: HandedOut = {
  accessKeyId: 'ASIAEXAMPLE000000000',
  secretAccessKey: 'sec/ret+key=',
  sessionToken: 'tok/en+==',
  expiresMs: Date.UTC(2026, 0, 2, 3, 4, 5, 999),
  offsetMs: 0,
  accountId: '123456789012',
}

test('processDocument() is one JSON object with Version as an integer', () => {
  assert.equal(
    processDocument(SESSION),
    '{"Version":1,"AccessKeyId":"ASIAEXAMPLE000000000","SecretAccessKey":"sec/ret+key=",' +
      '"SessionToken":"tok/en+==","Expiration":"2026-01-02T03:04:05Z","AccountId":"123456789012"}\n',
  )
})

test('processDocument() leaves out what is absent', () => {
  const bare = { ...SESSION, sessionToken: null, expiresMs: null, accountId: null }
  assert.deepEqual(Object.keys(JSON.parse(processDocument(bare))), ['Version', 'AccessKeyId', 'SecretAccessKey'])
})

test('processDocument() moves the expiration to a clock that is off by more than a minute', () => {
  const expiration = (offsetMs: number) => JSON.parse(processDocument({ ...SESSION, offsetMs })).Expiration
  assert.equal(expiration(60_000), '2026-01-02T03:04:05Z')
  assert.equal(expiration(7_200_000), '2026-01-02T01:04:05Z')
  assert.equal(expiration(-7_200_000), '2026-01-02T05:04:05Z')
})

test('processDocument() stays below the 8,000 bytes that Go v1 reads', () => {
  // 4,096 is the most that AWS says a token has had.
  const text = processDocument({ ...SESSION, secretAccessKey: 's'.repeat(40), sessionToken: 't'.repeat(4096) })
  assert.ok(Buffer.byteLength(text) < 8000)
})

test('processDocument() gives one line of strings that read back as they were', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 })
  const handedOut = fc.record({
    accessKeyId: text,
    secretAccessKey: text,
    sessionToken: fc.option(text),
    expiresMs: fc.option(fc.integer({ min: 1e12, max: 4e12 })),
    offsetMs: fc.integer({ min: -1e9, max: 1e9 }),
    accountId: fc.option(text),
  })
  fc.assert(
    fc.property(handedOut, (given) => {
      const written = processDocument(given)
      assert.equal(written.indexOf('\n'), written.length - 1)
      const { Version, Expiration, ...rest } = JSON.parse(written)
      assert.equal(Version, 1)
      if (given.expiresMs === null) assert.equal(Expiration, undefined)
      else assert.match(Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual(rest, {
        AccessKeyId: given.accessKeyId,
        SecretAccessKey: given.secretAccessKey,
        ...(given.sessionToken === null ? {} : { SessionToken: given.sessionToken }),
        ...(given.accountId === null ? {} : { AccountId: given.accountId }),
      })
    }),
  )
})

test("processDocument() uses the names and kinds of the documents that Go's own tests take", (t) => {
  if (!need(t, 'the suite of aws-sdk-go-v1', existsSync(SUITE))) return
  const taken = ['static.json', 'nonexpire.json', 'longsessiontoken.json', 'expired.json']
  assert.deepEqual(
    taken.filter((file) => !readdirSync(SUITE).includes(file)),
    [],
  )
  for (const file of taken) {
    const theirs = JSON.parse(readFileSync(join(SUITE, file), 'utf8'))
    const ours = processDocument({
      accessKeyId: theirs.AccessKeyId,
      secretAccessKey: theirs.SecretAccessKey,
      sessionToken: theirs.SessionToken ?? null,
      expiresMs: theirs.Expiration === undefined ? null : Date.parse(theirs.Expiration),
      offsetMs: 0,
      accountId: null,
    })
    const parsed = JSON.parse(ours)
    assert.deepEqual({ ...parsed, Expiration: theirs.Expiration }, { ...theirs, Expiration: theirs.Expiration })
    assert.equal(Date.parse(parsed.Expiration), Date.parse(theirs.Expiration))
    assert.ok(Buffer.byteLength(ours) < 8000)
  }
})
