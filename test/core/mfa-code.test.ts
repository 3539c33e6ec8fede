import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceText, nextCodeInMs, printedCode, typedCode } from '../../src/core/mfa-code.ts'

test('typedCode() takes six digits, blanks apart', () => {
  for (const text of ['123456', ' 123456 ', '123 456', '\t123456\r', '000000']) {
    assert.equal(typedCode(text), text.replace(/\s/g, ''), JSON.stringify(text))
  }
  for (const text of ['', '12345', '1234567', '12345a', '１２３４５６', '123\n456', '123456\n654321', '-123456']) {
    assert.equal(typedCode(text), null, JSON.stringify(text))
  }
})

test('printedCode() takes the six digits that end the last line', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['123456\n', '123456'],
    ['123456', '123456'],
    ['AWS:alice    123456\n', '123456'],
    ['touch it\n123456\r\n\n', '123456'],
    ['', null],
    ['12345\n', null],
    ['1234567\n', null],
    ['code=123456\n', null],
    ['123456 is the code\n', null],
    ['123456\nno device\n', null],
  ]
  for (const [text, code] of cases) assert.equal(printedCode(text), code, JSON.stringify(text))
})

test('deviceText() names user and account, else the whole serial, escaped and cut', () => {
  assert.equal(deviceText('arn:aws:iam::123456789012:mfa/alice'), 'alice (123456789012)')
  assert.equal(deviceText('arn:aws-cn:iam::123456789012:mfa/team/alice'), 'alice (123456789012)')
  assert.equal(deviceText('GAHT12345678'), 'GAHT12345678')
  assert.equal(deviceText('arn:aws:iam::12:mfa/alice'), 'arn:aws:iam::12:mfa/alice')
  assert.equal(deviceText('arn:aws:iam::123456789012:mfa/a\u001b[2J'), 'a\\x1b[2J (123456789012)')
  assert.ok(deviceText('x'.repeat(256)).length <= 80)
})

test('nextCodeInMs() counts to the end of the half minute', () => {
  assert.equal(nextCodeInMs(0), 30_000)
  assert.equal(nextCodeInMs(1), 29_999)
  assert.equal(nextCodeInMs(29_999), 1)
  assert.equal(nextCodeInMs(1_795_425_388_123), 30_000 - (1_795_425_388_123 % 30_000))
  assert.equal(nextCodeInMs(-1), 1)
})
