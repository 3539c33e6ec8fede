import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256Hex } from '../../src/core/sha256.ts'

function reference(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

test('sha256Hex() gives the published digests', () => {
  assert.equal(sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('sha256Hex() agrees with node:crypto at every length around the block ends', () => {
  for (let length = 0; length <= 260; length++) {
    const text = 'x'.repeat(length)
    assert.equal(sha256Hex(text), reference(text), `length ${length}`)
  }
})

test('sha256Hex() agrees with node:crypto for any text, lone surrogates too', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 300 })),
      (text) => sha256Hex(text) === reference(text),
    ),
  )
  assert.equal(sha256Hex('a\ud800b'), reference('a\ud800b'))
})

test('sha256Hex() agrees with node:crypto for a large text', () => {
  const text = 'aé\u{1f600}'.repeat(20_000)
  assert.equal(sha256Hex(text), reference(text))
})
