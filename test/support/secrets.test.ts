import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SecretSweep } from './secrets.ts'

const SECRET = { about: 'the key', text: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const sweep = new SecretSweep([SECRET])
const around = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })

const FORMS: readonly (readonly [string, (text: string) => string | Buffer])[] = [
  ['plain', (text) => text],
  [
    'plain',
    (text) => `Unexpected token 'w', "${text.slice(text.indexOf(SECRET.text), text.indexOf(SECRET.text) + 10)}"...`,
  ],
  ['plain', (text) => text.slice(text.indexOf(SECRET.text) + 30)],
  ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64', (text) => Buffer.from(text).toString('base64url')],
  ['hex', (text) => Buffer.from(text).toString('hex')],
  ['hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['URL-encoded', encodeURIComponent],
  ['JSON-escaped', (text) => text.replaceAll('/', '\\/')],
]

test('SecretSweep finds a secret in each form, whatever stands around it', () => {
  for (const [form, write] of FORMS) {
    fc.assert(
      fc.property(around, around, (before, after) => {
        const leaks = sweep.leaksIn(write(before + SECRET.text + after))
        assert.ok(
          leaks.some((leak) => leak.form === form && leak.secret === SECRET.about),
          form,
        )
      }),
    )
  }
  const lower = encodeURIComponent(SECRET.text).replace(/%../g, (octet) => octet.toLowerCase())
  assert.ok(sweep.leaksIn(lower).some(({ form }) => form === 'URL-encoded'))
})

test('SecretSweep finds nothing in other text, and refuses to look for what is too short', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      assert.deepEqual(sweep.leaksIn(bytes), [])
    }),
  )
  assert.deepEqual(sweep.leaksIn(SECRET.text.slice(0, 9)), [])
  assert.throws(() => new SecretSweep([{ about: 'a pin', text: '1234' }]), /too short/)
})
