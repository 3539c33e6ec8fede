import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExpiration, parseMetadata, parseProcessOutput } from '../../../src/core/roots/foreign-credentials.ts'
import { need } from '../../support/need.ts'

const SUITE = join(import.meta.dirname, '../../../../shared/suites/aws-sdk-go-v1/aws/credentials/processcreds/testdata')
const KEYS = { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'wJalrHUSH/K7MDENG' }
const GOOD = { Version: 1, ...KEYS, SessionToken: 'tok', Expiration: '2030-01-01T00:00:00Z' }

test("parseProcessOutput() judges the helper outputs of Go's SDK", (t) => {
  if (!need(t, '../shared/suites', existsSync(SUITE))) return
  const wanted: Record<string, string | RegExp> = {
    'static.json': 'accesskey',
    'nonexpire.json': 'accessKey',
    'verybad.json': 'veryBadAccessKeyID',
    'longsessiontoken.json': 'ASIAXXXXXXXXXXXXXXXX',
    // It is well formed: that it is over is seen by the clock.
    'expired.json': 'accessKey',
    'malformed.json': /^it is not one JSON object$/,
    'missingkey.json': /^its SecretAccessKey is missing$/,
    'missingsecret.json': /^its AccessKeyId is missing$/,
    'wrongversion.json': /^its Version is not 1$/,
  }
  for (const [name, answer] of Object.entries(wanted)) {
    const given = parseProcessOutput(readFileSync(join(SUITE, name), 'utf8'), null)
    if (typeof answer === 'string') assert.equal('why' in given ? given.why : given.accessKeyId, answer, name)
    else assert.match('why' in given ? given.why : 'good', answer, name)
  }
  const expired = parseProcessOutput(readFileSync(join(SUITE, 'expired.json'), 'utf8'), null)
  assert.equal('why' in expired ? null : expired.expiresMs, Date.UTC(2000, 0, 1))
})

test('parseProcessOutput() reads what all consumers read', () => {
  const read = (document: object) => parseProcessOutput(JSON.stringify(document), null)
  const bare = { accessKeyId: KEYS.AccessKeyId, secretAccessKey: KEYS.SecretAccessKey }
  const nothing = { sessionToken: null, expiresMs: null, accountId: null }
  assert.deepEqual(read({ Version: 1, ...KEYS }), { ...bare, ...nothing })
  assert.deepEqual(read({ Version: 1, ...KEYS, SessionToken: null, Expiration: null }), { ...bare, ...nothing })
  assert.deepEqual(read({ Version: 1, ...KEYS, SessionToken: '', Extra: [1] }), { ...bare, ...nothing })
  assert.deepEqual(read({ ...GOOD, AccountId: '123456789012' }), {
    ...bare,
    sessionToken: 'tok',
    expiresMs: Date.UTC(2030, 0, 1),
    accountId: '123456789012',
  })
  const ours = parseProcessOutput(`\n ${JSON.stringify({ Version: 1, ...KEYS })}\r\n`, '210987654321')
  assert.equal('why' in ours ? ours.why : ours.accountId, '210987654321')
})

const BAD: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /printed nothing/],
  [' \n', /printed nothing/],
  [`\ufeff${JSON.stringify(GOOD)}`, /byte order mark/],
  [`${JSON.stringify(GOOD)}\n${JSON.stringify(GOOD)}`, /not one JSON object/],
  [`Logging in…\n${JSON.stringify(GOOD)}`, /not one JSON object/],
  [JSON.stringify([GOOD]), /not one JSON object/],
  ['null', /not one JSON object/],
  ['"wJalrHUSH"', /not one JSON object/],
  [JSON.stringify({ ...GOOD, Version: '1' }), /Version/],
  [JSON.stringify({ ...GOOD, Version: 2 }), /Version/],
  [JSON.stringify(KEYS), /Version/],
  [JSON.stringify({ ...GOOD, AccessKeyId: '' }), /AccessKeyId is missing/],
  [JSON.stringify({ ...GOOD, AccessKeyId: 5 }), /AccessKeyId is of no known form/],
  [JSON.stringify({ ...GOOD, AccessKeyId: 'A B' }), /AccessKeyId is of no known form/],
  [JSON.stringify({ ...GOOD, SecretAccessKey: null }), /SecretAccessKey is missing/],
  [JSON.stringify({ ...GOOD, SecretAccessKey: 'a\nb' }), /SecretAccessKey is of no known form/],
  [JSON.stringify({ ...GOOD, SessionToken: 'x'.repeat(7_001) }), /SessionToken is of no known form/],
  [JSON.stringify({ ...GOOD, SessionToken: {} }), /SessionToken is of no known form/],
  [JSON.stringify({ ...GOOD, Expiration: '' }), /Expiration/],
  [JSON.stringify({ ...GOOD, Expiration: 1893456000 }), /Expiration/],
  [JSON.stringify({ ...GOOD, AccountId: 123456789012 }), /AccountId/],
  [JSON.stringify({ ...GOOD, AccountId: '1' }), /AccountId/],
]

test('parseProcessOutput() refuses what consumers read differently, and quotes none of it', () => {
  for (const [text, why] of BAD) {
    const given = parseProcessOutput(text, null)
    assert.match('why' in given ? given.why : 'good', why, text)
    assert.doesNotMatch('why' in given ? given.why : '', /HUSH/)
  }
})

test('parseProcessOutput() never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      (text) => {
        parseProcessOutput(text, null)
        parseMetadata(text)
      },
    ),
  )
})

test('parseExpiration() reads the forms of contract §1.3 that name a zone', () => {
  const at = Date.UTC(2030, 0, 1, 12, 30, 5)
  for (const text of [
    '2030-01-01T12:30:05Z',
    '2030-01-01T12:30:05+00:00',
    '2030-01-01T12:30:05+0000',
    '2030-01-01T07:30:05-05:00',
    '2030-01-01T18:00:05+05:30',
    '2030-01-01T12:30:05.000000000Z',
  ]) {
    assert.equal(parseExpiration(text), at, text)
  }
  assert.equal(parseExpiration('2030-01-01T12:30:05.123456789Z'), at + 123)
  for (const text of [
    '2030-01-01T12:30:05',
    '2030-01-01 12:30:05Z',
    '20300101T123005Z',
    'Tue, 01 Jan 2030 12:30:05 GMT',
    '2030-13-01T12:30:05Z',
    '2030-01-01',
    'soon',
    5,
    null,
    {},
  ]) {
    assert.equal(parseExpiration(text), null, String(text))
  }
})

test('parseMetadata() wants a token and an end, and a Code of Success where there is one', () => {
  const good = { ...KEYS, Token: 't', Expiration: '2030-01-01T00:00:00Z' }
  const read = (document: object) => parseMetadata(JSON.stringify(document))
  assert.ok('accessKeyId' in read(good))
  assert.ok('accessKeyId' in read({ Code: 'Success', ...good }))
  for (const [document, why] of [
    [{ Code: 'AssumeRoleUnauthorizedAccess', Message: 'no' }, /Code is not Success/],
    [{ ...good, Token: undefined }, /Token is missing/],
    [{ ...good, Expiration: undefined }, /Expiration is missing/],
    [{ ...good, SecretAccessKey: '' }, /SecretAccessKey is missing/],
  ] as const) {
    const given = read(document)
    assert.match('why' in given ? given.why : 'good', why)
  }
})
