import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeKey,
  decodeSession,
  encodeKey,
  encodeSession,
  type LongLivedKey,
  refreshBudgetMs,
  type Session,
  serveMarginMs,
} from '../../src/core/session.ts'

const SESSION: Session = {
  accessKeyId: 'ASIAEXAMPLE000000000',
  secretAccessKey: 'secret/+=',
  sessionToken: 'token/+==',
  issuedMs: 1_000_000,
  expiresMs: 4_600_000,
  clockName: 'sts.eu-west-1',
  accountId: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/Prod/me',
}

const KEY: LongLivedKey = {
  name: 'user1',
  generation: 'g1',
  accessKeyId: 'AKIAEXAMPLE000000000',
  secretAccessKey: 'secret',
  partition: 'aws',
  accountId: null,
  arn: null,
  userName: null,
  addedMs: 5,
}

const minutes = (count: number) => count * 60_000

test('serveMarginMs() is 16 min for long sessions and a third of the life of short ones', () => {
  const margin = (lifeMs: number) => serveMarginMs({ issuedMs: 7, expiresMs: 7 + lifeMs })
  assert.equal(margin(minutes(60)), minutes(16))
  assert.equal(margin(minutes(720)), minutes(16))
  assert.equal(margin(minutes(48)), minutes(16))
  assert.equal(margin(minutes(45)), minutes(15))
  assert.equal(margin(minutes(15)), minutes(5))
})

test('decodeSession() reads what encodeSession() wrote', () => {
  assert.deepEqual(decodeSession('k', encodeSession('k', SESSION)), SESSION)
  const bare = { ...SESSION, sessionToken: null, accountId: null, arn: null }
  assert.deepEqual(decodeSession('k', encodeSession('k', bare)), bare)
})

test('decodeSession() is null for the item of another cache key', () => {
  assert.equal(decodeSession('other', encodeSession('k', SESSION)), null)
})

test('decodeSession() is null for a key, and decodeKey() for a session', () => {
  assert.equal(decodeSession('user1', encodeKey(KEY)), null)
  assert.equal(decodeKey('k', encodeSession('k', SESSION)), null)
})

test('decodeSession() is null for every item cut short', () => {
  const text = encodeSession('k', SESSION)
  for (let length = 0; length < text.length; length++) assert.equal(decodeSession('k', text.slice(0, length)), null)
})

const BAD_VALUES = [undefined, null, '', 0, -1, 5, 'x', true, [], {}, 1e300]

test('decodeSession() is null where a field is of the wrong kind', () => {
  const fine: Record<string, (value: unknown) => boolean> = {
    issuedMs: (value) => value === 5,
    expiresMs: (value) => value === 5,
    accountId: (value) => value === null || value === 'x',
    arn: (value) => value === null || value === 'x',
    sessionToken: (value) => value === null || value === 'x',
  }
  const item = JSON.parse(encodeSession('k', SESSION))
  for (const field of Object.keys(item)) {
    for (const value of BAD_VALUES) {
      const accepted = fine[field]?.(value) ?? value === 'x'
      if (accepted) continue
      assert.equal(decodeSession('k', JSON.stringify({ ...item, [field]: value })), null, `${field}: ${value}`)
    }
  }
})

test('decodeSession() and decodeKey() never throw and never believe foreign text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(decodeSession('k', text), null)
      assert.equal(decodeKey('k', text), null)
    }),
  )
})

test('decodeKey() reads what encodeKey() wrote, under its own name only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (name, secretAccessKey) => {
      const key = { ...KEY, name, secretAccessKey }
      assert.deepEqual(decodeKey(name, encodeKey(key)), key)
      assert.equal(decodeKey(`${name}x`, encodeKey(key)), null)
    }),
  )
})

test('decodeKey() is null where a needed field is missing', () => {
  const item = JSON.parse(encodeKey(KEY))
  for (const field of Object.keys(item)) {
    const { [field]: _, ...rest } = item
    assert.equal(decodeKey('user1', JSON.stringify(rest)), null, field)
  }
})

test('refreshBudgetMs() leaves a refresh what its wait for another has left, and all in all less than 22 s', () => {
  const budgets = [0, 6_000, 6_001, 16_000, 58_000].map(refreshBudgetMs)
  assert.deepEqual(budgets, [15_000, 15_000, 14_999, 5_000, 5_000])
})
