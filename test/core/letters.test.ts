import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dashed, isMadeOf, isWithin } from '../../src/core/letters.ts'

/** Mostly what lies next to the borders of the classes, and anything else too. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'/09:@AZ[^_`az{.-+=, é\u0130😀') }),
  fc.string({ unit: 'binary' }),
)

test('isMadeOf() says what /^[\\w…]*$/ says', () => {
  fc.assert(
    fc.property(text, (each) => {
      assert.equal(isMadeOf(each, ''), /^\w*$/.test(each))
      assert.equal(isMadeOf(each, '-/.%@:+'), /^[\w\-/.%@:+]*$/.test(each))
    }),
    { numRuns: 2_000 },
  )
  assert.equal(isMadeOf('name\n', ''), false)
})

test('isWithin() says what a class of one range says', () => {
  fc.assert(
    fc.property(text, (each) => {
      assert.equal(isWithin(each, '0', '9'), /^[0-9]+$/.test(each))
      assert.equal(isWithin(each, 'a', 'z'), /^[a-z]+$/.test(each))
    }),
    { numRuns: 2_000 },
  )
})

test('dashed() makes one dash of each run of other letters', () => {
  fc.assert(
    fc.property(text, (each) => {
      assert.equal(dashed(each), each.replace(/[^\w.]+/g, '-'))
    }),
    { numRuns: 2_000 },
  )
  assert.equal(dashed('--a:b..c--'), '-a-b..c-')
})
