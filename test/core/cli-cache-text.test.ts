import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { roleCacheText, ssoCacheText } from '../../src/core/cli-cache-text.ts'

const ROLE = { roleSessionName: null, externalId: null, mfaSerial: null, durationSeconds: null }
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

test('roleCacheText() gives the names that the AWS CLI gave its files (contract §3.1)', () => {
  const dev = roleCacheText({ ...ROLE, roleArn: 'arn:aws:iam::111122223333:role/Dev' })
  assert.equal(sha1(dev), '2e4e5ba8d705dd3fb0679e7eb5f0b624fb18a363')
  const ops = roleCacheText({
    ...ROLE,
    roleArn: 'arn:aws:iam::444455556666:role/Ops',
    roleSessionName: 'alice',
    externalId: 'ext-1',
    durationSeconds: 900,
  })
  assert.equal(sha1(ops), '2ca1bfd7fcdbe66fd1ad9ecb774d45ebd674ca95')
})

test('roleCacheText() escapes as Python does', () => {
  const text = roleCacheText({ ...ROLE, roleArn: 'r', externalId: 'ü"\\\n\u007f\u{1f511}' })
  assert.equal(text, String.raw`{"ExternalId": "\u00fc\"\\\n\u007f\ud83d\udd11", "RoleArn": "r"}`)
})

test('ssoCacheText() names the session, or the start URL where there is none', () => {
  const given = { accountId: '1', roleName: 'Dev', startUrl: 'https://x/start' }
  assert.equal(ssoCacheText({ ...given, session: 'corp' }), '{"accountId":"1","roleName":"Dev","sessionName":"corp"}')
  assert.equal(
    ssoCacheText({ ...given, session: null }),
    '{"accountId":"1","roleName":"Dev","startUrl":"https://x/start"}',
  )
})
