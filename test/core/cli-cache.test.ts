import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCliCacheName, parseCliCacheEntry } from '../../src/core/cli-cache.ts'

const KEYS = { AccessKeyId: 'ASIAIOSFODNN7EXAMPLE', SecretAccessKey: 'HUSH', SessionToken: 'HUSH' }

test('parseCliCacheEntry() knows the forms of both AWS CLIs and of SSO, and nothing else', () => {
  const expiresMs = Date.parse('2026-11-23T10:22:53Z')
  const entry = (Expiration: unknown, more: object = {}) =>
    JSON.stringify({ Credentials: { ...KEYS, Expiration }, ...more })
  for (const [text, wanted] of [
    [entry('2026-11-23T10:22:53Z', { AssumedRoleUser: {}, ResponseMetadata: {} }), expiresMs],
    [entry('2026-11-23T10:22:53.763377Z'), expiresMs + 763],
    [entry('2026-11-23T10:22:53UTC'), expiresMs],
    [entry('2026-11-23T10:22:53Z', { ProviderType: 'sso' }), expiresMs],
    [entry('soon'), null],
  ] as const)
    assert.deepEqual(parseCliCacheEntry(text), { expiresMs: wanted })
  const { SessionToken: _, ...pair } = KEYS
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"Credentials":[]}',
    entry(1764000000),
    entry(undefined),
    JSON.stringify({ ...KEYS, Expiration: '2026-11-23T10:22:53Z' }),
    JSON.stringify({ Credentials: { ...pair, Expiration: '2026-11-23T10:22:53Z' } }),
    // What `aws sso login` and `aws login` leave, each in a cache of its own.
    JSON.stringify({ accessToken: 'a', expiresAt: '2026-11-23T10:22:53Z' }),
  ])
    assert.equal(parseCliCacheEntry(text), null, text)
})

test('isCliCacheName() takes 40 hex digits and .json', () => {
  assert.ok(isCliCacheName(`${'0a'.repeat(20)}.json`))
  for (const name of [
    'session.db',
    `${'0a'.repeat(20)}`,
    `${'0A'.repeat(20)}.json`,
    `${'0a'.repeat(32)}.json`,
    'x.tmp',
  ])
    assert.ok(!isCliCacheName(name), name)
})
