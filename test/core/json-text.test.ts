import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonText } from '../../src/core/json-text.ts'

test('jsonText() is the same document, without anything that a terminal obeys', () => {
  const value = { name: '\u001b[31m \u007f \u009b \u202e \u2028 \u2066 \ufeff "quoted" \\ é 東京' }
  const text = jsonText(value)
  assert.deepEqual(JSON.parse(text), value)
  assert.match(text, /^[\n\u0020-\u007e\u00a0-\u2027\u2030-\u2065\u2070-\uffee]+$/)
  assert.ok(text.includes('é 東京') && text.endsWith('}\n'))
})
