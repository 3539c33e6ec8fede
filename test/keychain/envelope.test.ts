import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256Hex } from '../../src/core/sha256.ts'
import { accountName } from '../../src/keychain/account-name.ts'
import { sealed, unsealed } from '../../src/keychain/envelope.ts'
import { DamagedItemError } from '../../src/keychain/item-errors.ts'

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })

test('sealed() is printable ASCII and gives back any text', () => {
  fc.assert(
    fc.property(anyText, anyText, (name, value) => {
      const text = sealed(name, value)
      assert.match(text, /^[ -~]+$/)
      assert.equal(unsealed(name, text, 'keychain'), value)
    }),
  )
})

test('unsealed() refuses an item of another name, cut, changed or foreign', () => {
  const text = sealed('key:alice', 'value')
  const cut = Array.from(text, (_, at) => text.slice(0, at))
  const changed = Array.from(
    text,
    (letter, at) => `${text.slice(0, at)}${letter === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`,
  )
  for (const bad of [...cut, ...changed, sealed('key:bob', 'value'), 'null', '[]', '{"d":1}', ` ${text}`, `${text} `]) {
    assert.throws(() => unsealed('key:alice', bad, 'keychain'), DamagedItemError)
  }
})

test('sha256Hex() gives what node:crypto gives at every length around a block', () => {
  for (let length = 0; length < 200; length++) {
    const text = 'aé😀'.repeat(60).slice(0, length)
    assert.equal(sha256Hex(text), hash('sha256', Buffer.from(text)))
  }
  const large = 'k'.repeat(1_000_003)
  assert.equal(sha256Hex(large), hash('sha256', large))
})

test('accountName() is a short file name that keeps names apart where case is ignored', () => {
  assert.match(accountName('key:alice'), /^key-alice-[0-9a-f]{32}$/)
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(fc.oneof(anyText, fc.mixedCase(fc.constant('alice'))), (name) => {
      const account = accountName(name)
      assert.match(account, /^[A-Za-z0-9._-]{33,73}$/)
      const same = seen.get(account.toLowerCase()) ?? name
      assert.equal(same, name)
      seen.set(account.toLowerCase(), name)
    }),
  )
})
