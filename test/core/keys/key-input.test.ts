import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredError } from '../../../src/core/errors.ts'
import { checkedPair, looksLikeKey, parseKeyInput } from '../../../src/core/keys/key-input.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const PAIR = { accessKeyId: ID, secretAccessKey: SECRET }

test('parseKeyInput() reads two lines, however they end', () => {
  for (const text of [
    `${ID}\n${SECRET}\n`,
    `${ID}\r\n${SECRET}`,
    `\ufeff${ID}\n${SECRET}\n`,
    `\n  ${ID}  \n\n${SECRET}\n\n`,
    `${ID}\r${SECRET}`,
  ]) {
    assert.deepEqual(parseKeyInput(text), PAIR, JSON.stringify(text))
  }
})

test("parseKeyInput() reads the CSV of IAM's console in all its forms", () => {
  for (const text of [
    `Access key ID,Secret access key\n${ID},${SECRET}\n`,
    `\ufeffAccess key ID,Secret access key\r\n${ID},${SECRET}\r\n`,
    `"Access key ID","Secret access key"\r\n"${ID}","${SECRET}"\r\n\r\n`,
    `User name,Password,Access key ID,Secret access key,Console login link\nalice,"a,""b",${ID},${SECRET},https://x\n`,
    `User Name,Access Key Id,Secret Access Key\nalice,${ID},${SECRET}`,
  ]) {
    assert.deepEqual(parseKeyInput(text), PAIR, JSON.stringify(text))
  }
})

test('parseKeyInput() refuses what is no pair with a reason and never quotes it', () => {
  const cases: [string, RegExp][] = [
    ['', /nothing on stdin/],
    [ID, /two lines/],
    [`${ID}\n${SECRET}\nmore`, /two lines/],
    ['Access key ID,Secret access key\n', /no row/],
    [`Access key ID,Secret access key\n${ID},${SECRET}\n${ID},${SECRET}\n`, /more than one/],
    [`Access key ID,Secret access key\n${ID},\n`, /no secret access key/],
    [`Access key ID,Other\n${ID},x\n`, /no secret access key/],
    [`ASIA${ID.slice(4)}\n${SECRET}`, /temporary key/],
    [`AIDA${ID.slice(4)}\n${SECRET}`, /names something else/],
    [`${SECRET}\n${ID}`, /that looks like a secret access key$/],
    [`nonsense\n${SECRET}`, /does not look like one/],
    [`${ID}\n${ID}`, /it is an access key id/],
    [`${ID}\nshort`, /it is shorter than AWS's$/],
    [`${ID}\nwJalrXUtnFEMI K7MDENG bPxRfiCYEXAMPLEKEY`, /it holds characters that no secret has$/],
  ]
  for (const [text, reason] of cases) {
    assert.throws(
      () => parseKeyInput(text),
      (error) => {
        assert.ok(error instanceof CredError)
        assert.match(error.message, reason)
        const said = `${error.message} ${error.hint}`
        for (const secret of [ID, SECRET, SECRET.slice(0, 8)]) assert.ok(!said.includes(secret))
        return true
      },
    )
  }
})

test('parseKeyInput() ends with a pair or a CredError for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AKI\r\n,"x ', '\ufeff', 'Access key ID') }), (text) => {
      try {
        parseKeyInput(text)
      } catch (error) {
        assert.ok(error instanceof CredError)
      }
    }),
  )
})

test('looksLikeKey() tells keys from names', () => {
  for (const word of [ID, SECRET, `ASIA${ID.slice(4)}`]) assert.equal(looksLikeKey(word), true)
  for (const word of ['user1', 'prod/eu-west-1', 'AKIA', 'a'.repeat(40), 'AWS-PROD'])
    assert.equal(looksLikeKey(word), false)
  assert.deepEqual(checkedPair(ID, SECRET), PAIR)
})
