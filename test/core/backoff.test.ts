import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backoff, backoffLeftMs, lengthened } from '../../src/core/backoff.ts'

test('lengthened() doubles from 30 s to 10 min, and begins anew after as long a quiet', () => {
  let nowMs = 1_000_000
  let backoff: Backoff | null = null
  const spans: number[] = []
  for (let failures = 0; failures < 8; failures++) {
    backoff = lengthened(backoff, nowMs)
    spans.push(backoff.spanMs / 1000)
    assert.equal(backoff.untilMs, nowMs + backoff.spanMs)
    nowMs = backoff.untilMs
  }
  assert.deepEqual(spans, [30, 60, 120, 240, 480, 600, 600, 600])
  assert.equal(lengthened(backoff, nowMs + 599_999).spanMs, 600_000)
  assert.equal(lengthened(backoff, nowMs + 600_000).spanMs, 30_000)
})

test('backoffLeftMs() is over at its end, and where the clock was set', () => {
  const backoff = { untilMs: 100_000, spanMs: 30_000 }
  assert.equal(backoffLeftMs(backoff, 70_000), 30_000)
  assert.equal(backoffLeftMs(backoff, 99_999), 1)
  assert.equal(backoffLeftMs(backoff, 100_000), 0)
  assert.equal(backoffLeftMs(backoff, 100_000 - 600_001), 0)
  assert.equal(backoffLeftMs(null, 0), 0)
})
