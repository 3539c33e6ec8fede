import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readExpiry } from '../../src/core/key-expiry.ts'

const NOON = Date.parse('2030-06-01T12:00:00Z')

const READ: readonly (readonly [text: string, ms: number | null, zoned: boolean])[] = [
  ['2030-06-01T12:00:00Z', NOON, true],
  ['2030-06-01T12:00:00+00:00', NOON, true],
  ['2030-06-01T14:00:00+02:00', NOON, true],
  ['2030-06-01T07:00:00-0500', NOON, true],
  ['2030-06-01T12:00:00UTC', NOON, true],
  ['2030-06-01 12:00:00+00:00', NOON, true],
  ['2030-06-01 07:00:00 -0500', NOON, true],
  ['2030-06-01T12:00:00.123456789Z', NOON + 123, true],
  ['2030-06-01T12:00Z', NOON, true],
  [' 2030-06-01T12:00:00Z ', NOON, true],
  ['2030-06-01T12:00:00', new Date(2030, 5, 1, 12).getTime(), false],
  ['2030-13-01T12:00:00Z', null, true],
  ['2030-06-01', null, false],
  ['soon', null, false],
  ['None', null, false],
  ['', null, false],
  ['1890000000', null, false],
  ['a[$(id)]', null, false],
]

for (const [text, ms, zoned] of READ) {
  test(`readExpiry() of ${JSON.stringify(text)}`, () => assert.deepEqual(readExpiry(text), { ms, zoned }))
}

test('readExpiry() of a long text ends at once', () => {
  assert.deepEqual(readExpiry('2030-06-01T12:00:00'.repeat(100_000)), { ms: null, zoned: false })
})
