import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { complaint, listed, maskedKeyId, nearest, quoted, shown } from '../../src/core/text.ts'

test('shown() escapes what moves the cursor or reorders text', () => {
  assert.equal(shown('a\nb\r\t\x1b[31m\x07'), 'a\\x0ab\\x0d\\x09\\x1b[31m\\x07')
  assert.equal(shown('\x7f\x85\x9b'), '\\x7f\\x85\\x9b')
  assert.equal(shown('\u202eabc\u2066\u2028\ufeff'), '\\u{202e}abc\\u{2066}\\u{2028}\\u{feff}')
})

test('shown() does not show what is a secret by its looks, and takes nothing else for one', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  const token = `IQoJb3JpZ2luX2Vj${'EXAMPLE/token+of/many='.repeat(20)}`
  for (const text of [secret, token, `--${secret}`, `-${secret}`]) {
    assert.equal(shown(text, 20), '…')
    assert.equal(quoted(text), '"…"')
  }
  const others = [
    '0123456789abcdef0123456789abcdef01234567',
    '/home/Alice/Work1/Projects/Config/Folder',
    'CompanyProductionAdministratorAccess2024',
    'FirstnameLastnameDeveloperLaptop20240101',
    'certs/CompanyRootCertificates/Root2024/b',
    'arn:aws:iam::123456789012:role/Developer',
    secret.slice(1),
    `${secret} `,
  ]
  for (const text of others) assert.equal(shown(text), text)
})

test('shown() leaves letters of any script as they are', () => {
  assert.equal(shown('Zoë-日本-\u{1f600}'), 'Zoë-日本-\u{1f600}')
})

test('shown() cuts what is too long and says so, without half a character', () => {
  assert.equal(shown('x'.repeat(100)), 'x'.repeat(100))
  assert.equal(shown('x'.repeat(101)), `${'x'.repeat(99)}…`)
  assert.equal(shown('abc\u{1f600}def', 5), 'abc…')
})

test('shown() gives no control character and a bounded length for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const result = shown(text, 50)
      assert.doesNotMatch(result, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      assert.ok(result.length <= 50 * 8)
    }),
  )
})

test('quoted() puts double quotes round what is shown', () => {
  assert.equal(quoted('a\nb'), '"a\\x0ab"')
})

test('maskedKeyId() shows the prefix and the last four', () => {
  assert.equal(maskedKeyId('AKIAIOSFODNN7EXAMPLE'), 'AKIA…MPLE')
  assert.equal(maskedKeyId('AKIA1234'), '…')
  assert.equal(maskedKeyId(''), '…')
})

test('nearest() finds typing mistakes', () => {
  assert.equal(nearest('prdo', ['dev', 'prod', 'stage']), 'prod')
  assert.equal(nearest('PROD', ['dev', 'prod']), 'prod')
  assert.equal(nearest('--profil', ['--refresh', '--profile']), '--profile')
})

test('nearest() is null where nothing is near', () => {
  assert.equal(nearest('production', ['dev', 'stage']), null)
  assert.equal(nearest('prod', []), null)
})

test('nearest() takes no endless name for near', () => {
  assert.equal(nearest('prod', ['z'.repeat(10_000)]), null)
})

test('nearest() answers for any text', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.array(fc.string(), { maxLength: 10 }), (typed, names) => {
      const found = nearest(typed, names)
      assert.ok(found === null || names.includes(found))
      if (names.includes(typed)) assert.equal(found?.toLowerCase(), typed.toLowerCase())
    }),
  )
})

test('listed() joins names, and counts what is over eight', () => {
  assert.equal(listed(['a']), '"a"')
  assert.equal(listed(['a', 'b']), '"a" and "b"')
  assert.equal(listed(['a', 'b', 'c\u001b']), '"a", "b" and "c\\x1b"')
  assert.equal(listed([...'abcdefghijk']), '"a", "b", "c", "d", "e", "f", "g", "h" and 3 more')
})

test('complaint() is one line, escaped and cut, without what looks like a key', () => {
  assert.equal(complaint('\n  first\r\n\n second \u001b[31mred\n'), 'first; second \\x1b[31mred')
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  assert.equal(complaint(`secret=${secret}`), '…')
  assert.equal(complaint(`the key "${secret}" is wrong`), 'the key "…" is wrong')
  assert.equal(complaint('token AQoDYXdzEJr1K2abc+/=AQoDYXdzEJr1K2abc+/= over'), 'token … over')
  assert.equal(
    complaint('/usr/lib/python3/dist-packages/corporate/login.py failed'),
    '/usr/lib/python3/dist-packages/corporate/login.py failed',
  )
  assert.equal(complaint('x'.repeat(400)).length, 300)
  assert.equal(complaint(''), '')
})
