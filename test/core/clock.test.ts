import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clockOffsetMs, localExpirationMs, spanText, toUtcSeconds } from '../../src/core/clock.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 12, 0, 0)
const READING = { offsetMs: 7_200_000, wallMs: NOW_MS, uptimeS: 5_000 }

test('clockOffsetMs() gives the offset while wall and uptime go on together', () => {
  assert.equal(clockOffsetMs(READING, NOW_MS, 5_000), 7_200_000)
  assert.equal(clockOffsetMs(READING, NOW_MS + 86_400_000, 5_000 + 86_400), 7_200_000)
})

test('clockOffsetMs() knows nothing without a reading', () => {
  assert.equal(clockOffsetMs(null, NOW_MS, 5_000), null)
})

test('clockOffsetMs() forgets a reading of another boot', () => {
  assert.equal(clockOffsetMs(READING, NOW_MS + 60_000, 4_999), null)
  // A quick one, right after the first.
  assert.equal(clockOffsetMs({ ...READING, uptimeS: 10 }, NOW_MS + 5_000, 4), null)
  // A later boot that runs longer already than the first did: the two clocks give it away.
  assert.equal(clockOffsetMs(READING, NOW_MS + 7_200_000, 6_000), null)
})

test('clockOffsetMs() forgets a reading when the clock was set since, by more than 30 s', () => {
  for (const sign of [1, -1]) {
    assert.equal(clockOffsetMs(READING, NOW_MS + 100_000 + sign * 30_000, 5_100), 7_200_000)
    assert.equal(clockOffsetMs(READING, NOW_MS + 100_000 + sign * 30_001, 5_100), null)
  }
})

test('clockOffsetMs() forgets a reading from the future', () => {
  assert.equal(clockOffsetMs(READING, NOW_MS - 3_600_000, 5_010), null)
  assert.equal(clockOffsetMs({ ...READING, uptimeS: 9_000 }, NOW_MS, 5_000), null)
})

test('clockOffsetMs() takes no reading that no clock can be off by', () => {
  for (const offsetMs of [1e300, -1e300, 1e15, -1e15])
    assert.equal(clockOffsetMs({ ...READING, offsetMs }, NOW_MS, 5_000), null)
})

test('clockOffsetMs() is the stored offset or null, and null whenever the clocks parted', () => {
  const ms = fc.integer({ min: -10_000_000, max: 10_000_000 })
  fc.assert(
    fc.property(ms, ms, ms, (offsetMs, wallStepMs, uptimeStepMs) => {
      const found = clockOffsetMs(
        { ...READING, offsetMs },
        NOW_MS + wallStepMs,
        READING.uptimeS + Math.round(uptimeStepMs / 1000),
      )
      const parted = Math.abs(wallStepMs - Math.round(uptimeStepMs / 1000) * 1000) > 30_000
      assert.equal(found, parted || Math.round(uptimeStepMs / 1000) < 0 ? null : offsetMs)
    }),
  )
})

test('localExpirationMs() leaves it where the clocks agree within a minute', () => {
  assert.equal(localExpirationMs(NOW_MS, 60_000), NOW_MS)
  assert.equal(localExpirationMs(NOW_MS, -60_000), NOW_MS)
})

test('localExpirationMs() moves it to a clock that is off, so that the time left is right', () => {
  assert.equal(localExpirationMs(NOW_MS, 60_001), NOW_MS - 60_001)
  // This machine is 2 h fast: STS's time is ours minus 2 h.
  const offsetMs = -7_200_000
  const localNowMs = NOW_MS + 7_200_000
  assert.equal(localExpirationMs(NOW_MS + 3_600_000, offsetMs) - localNowMs, 3_600_000)
})

test('toUtcSeconds() cuts fractions and never adds to the end', () => {
  assert.equal(toUtcSeconds(Date.UTC(2026, 0, 2, 3, 4, 5, 999)), '2026-01-02T03:04:05Z')
  assert.equal(toUtcSeconds(0), '1970-01-01T00:00:00Z')
})

test('toUtcSeconds() always gives YYYY-MM-DDTHH:MM:SSZ, which reads back as the same second', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 253_402_300_799_999, noNaN: true }), (timeMs) => {
      const text = toUtcSeconds(timeMs)
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.equal(Date.parse(text), Math.floor(timeMs / 1000) * 1000)
    }),
  )
})

test('spanText() is short', () => {
  const minutes = (count: number) => count * 60_000
  assert.equal(spanText(-5), '0 s')
  assert.equal(spanText(59_999), '59 s')
  assert.equal(spanText(minutes(47)), '47 min')
  assert.equal(spanText(minutes(180)), '3 h')
  assert.equal(spanText(minutes(192)), '3 h 12 min')
  assert.equal(spanText(minutes(48 * 60)), '2 d')
})
