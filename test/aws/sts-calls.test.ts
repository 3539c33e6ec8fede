import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assumeRole, assumeRoleWithWebIdentity, getSessionToken, type StsCall } from '../../src/aws/sts-calls.ts'
import type { SessionTokenStep } from '../../src/core/plan/plan-steps.ts'
import { losingProxy } from '../support/losing-proxy.ts'
import { callPlace, refusal } from '../support/sts-call.ts'

test('assumeRole() asks for the hour of role chaining where STS refuses more', async (t) => {
  const { sts, call, step } = await callPlace(t)
  sts.faults.next(
    refusal(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    ),
  )
  const session = await assumeRole(call, { ...step, chained: true, durationSeconds: 7_200 }, 'me')
  assert.deepEqual([session.expiresMs - session.issuedMs <= 3_601_000, sts.count('AssumeRole')], [true, 2])
})

test('assumeRole() waits no longer than three seconds, whatever Retry-After says', async (t) => {
  const { sts, call, step } = await callPlace(t)
  sts.faults.next({ kind: '503', retryAfter: 3_600 })
  await assumeRole(call, step, 'me')
  assert.equal(sts.count('AssumeRole'), 2)
})

const HOURS_MS = 3_600_000
const MINUTES_MS = 60_000

test("assumeRole() signs again by STS's clock when its own is far off, once, and says how far", async (t) => {
  for (const offMs of [8 * HOURS_MS, -8 * HOURS_MS]) {
    const { sts, call, step } = await callPlace(t)
    sts.setClockOffsetMs(offMs)
    const clocks: number[] = []
    const onClock: StsCall['onClock'] = ({ dateMs, receivedMs }) => clocks.push(dateMs - receivedMs)
    const session = await assumeRole({ ...call, onClock }, step, 'me')
    assert.deepEqual(
      sts.requests.map(({ outcome }) => outcome),
      ['SignatureDoesNotMatch', 'ok'],
    )
    assert.ok(Math.abs(session.issuedMs - sts.nowMs()) < 5_000)
    assert.ok(clocks.length === 1 && Math.abs((clocks[0] ?? 0) - offMs) < 5_000)
  }
})

test("assumeRole() needs one call where the clock is off by less than STS's window, or by how much is known", async (t) => {
  for (const [offMs, offsetMs] of [
    [4 * MINUTES_MS, 0],
    [-4 * MINUTES_MS, 0],
    [6 * MINUTES_MS, 0],
    [-6 * MINUTES_MS, 0],
    [8 * HOURS_MS, 8 * HOURS_MS],
    [-8 * HOURS_MS, -8 * HOURS_MS],
  ] as const) {
    const { sts, call, step } = await callPlace(t)
    sts.setClockOffsetMs(offMs)
    await assumeRole({ ...call, target: { ...call.target, offsetMs } }, step, 'me')
    assert.equal(sts.count('AssumeRole'), 1, `${offMs}`)
  }
})

test('assumeRole() tells a wrong secret from a wrong clock under a wrong clock', async (t) => {
  const { sts, call, step } = await callPlace(t)
  sts.setClockOffsetMs(8 * HOURS_MS)
  const keys = { ...call.keys, secretAccessKey: 'x'.repeat(40) }
  await assert.rejects(assumeRole({ ...call, keys }, step, 'me'), /the secret key of "user1" is not that of AKIA/)
  assert.ok(sts.count('AssumeRole') <= 2)
  sts.reset()
  const known = { ...call, keys, target: { ...call.target, offsetMs: 8 * HOURS_MS } }
  await assert.rejects(assumeRole(known, step, 'me'), /the secret key of "user1" is not that of AKIA/)
  assert.equal(sts.count('AssumeRole'), 1)
})

test('assumeRole() under a wrong clock tries no refusal again that has nothing to do with it', async (t) => {
  const { sts, call, step } = await callPlace(t)
  sts.setClockOffsetMs(8 * HOURS_MS)
  const known = { ...call, target: { ...call.target, offsetMs: 8 * HOURS_MS } }
  sts.faults.next({ ...refusal('AccessDenied', 403, 'no'), times: 9 })
  await assert.rejects(assumeRole(known, step, 'me'), /AccessDenied/)
  assert.equal(sts.count('AssumeRole'), 1)
})

test('assumeRole() gives a clock that stays wrong one more try, and names it', async (t) => {
  const { sts, call, step } = await callPlace(t)
  sts.setClockOffsetMs(8 * HOURS_MS)
  sts.faults.next({ ...refusal('RequestTimeTooSkewed', 403, 'skewed'), times: 9 })
  await assert.rejects(assumeRole(call, step, 'me'), {
    message: "cannot try: this machine's clock is 8 h behind AWS's (RequestTimeTooSkewed)",
    hint: 'set the clock: sudo timedatectl set-ntp true',
  })
  assert.equal(sts.count('AssumeRole'), 2)
})

test('getSessionToken() is worded and tried as assumeRole() is', async (t) => {
  const { sts, call } = await callPlace(t)
  const step: SessionTokenStep = { kind: 'session-token', profile: 'me', durationSeconds: 3_600, mfaSerial: null }
  sts.faults.next({ kind: '503', operation: 'GetSessionToken' })
  assert.equal((await getSessionToken(call, step, '123456789012', null)).accountId, '123456789012')
  assert.equal(sts.count('GetSessionToken'), 2)
})

test('getSessionToken() sends a code once where STS may have taken it, and again where it has not', async (t) => {
  const { sts, call, world } = await callPlace(t)
  const serial = world.alice.mfaSerial as string
  const step: SessionTokenStep = { kind: 'session-token', profile: 'me', durationSeconds: 3_600, mfaSerial: serial }
  const code = () => ({ serial, code: sts.mfaCode(serial) })
  for (const kind of ['503', 'reset'] as const) {
    sts.reset()
    sts.faults.next({ kind, operation: 'GetSessionToken' })
    await assert.rejects(getSessionToken(call, step, null, code()))
    assert.equal(sts.count('GetSessionToken'), 1, kind)
  }
  sts.reset()
  sts.faults.next({ kind: 'throttle', operation: 'GetSessionToken' })
  await getSessionToken(call, step, null, code())
  assert.equal(sts.count('GetSessionToken'), 2)
})

test('a session whose answer lost its Date is of the time of its end less what was asked for', async (t) => {
  const { sts, call, step, world } = await callPlace(t)
  const url = await losingProxy(t, sts.url, ['date'])
  const clocks: number[] = []
  const lossy = (offsetMs: number): StsCall => ({
    ...call,
    target: { ...call.target, endpoint: { ...call.target.endpoint, url }, offsetMs },
    onClock: ({ dateMs, receivedMs }) => clocks.push(dateMs - receivedMs),
  })
  for (const offMs of [8 * HOURS_MS, -8 * HOURS_MS, 5 * MINUTES_MS]) {
    sts.setClockOffsetMs(offMs)
    const session = await assumeRole(lossy(offMs), step, 'me')
    assert.ok(Math.abs(session.issuedMs - sts.nowMs()) < 5_000, `${offMs}`)
    assert.ok(Math.abs((clocks.at(-1) ?? 0) - offMs) < 5_000, `${offMs}`)
  }
  // With its Date alone, it is signed once more by that.
  const typeless = await losingProxy(t, sts.url, ['content-type'])
  const unknown = lossy(0)
  const endpoint = { ...call.target.endpoint, url: typeless }
  sts.setClockOffsetMs(8 * HOURS_MS)
  const learned = await assumeRole({ ...unknown, target: { ...unknown.target, endpoint } }, step, 'me')
  assert.ok(Math.abs(learned.issuedMs - sts.nowMs()) < 5_000)
  // No signature is judged by a date here, and nothing was known of STS's clock.
  const [token, audience] = ['a.b.c', 'sts.amazonaws.com']
  world.webIdentityTokens?.push({ token, provider: 'oidc.example.com', subject: 'me', audience })
  const session = await assumeRoleWithWebIdentity(lossy(0), { ...step, roleArn: world.arns.web }, 'me', token)
  assert.ok(Math.abs(session.issuedMs - sts.nowMs()) < 5_000)
})

test('a session whose answer lost its Date is not served longer where STS gave less, or has ended', async (t) => {
  const { sts, call, step } = await callPlace(t)
  const url = await losingProxy(t, sts.url, ['date', 'content-type'])
  const lossy = { ...call, target: { ...call.target, endpoint: { ...call.target.endpoint, url } } }
  for (const seconds of [900, 3_000, 4_200]) {
    sts.setIssueSeconds(seconds)
    const { issuedMs, expiresMs } = await assumeRole(lossy, step, 'me')
    assert.ok(issuedMs >= sts.nowMs() - 5_000, `${seconds}`)
    assert.ok(expiresMs - issuedMs <= Math.min(seconds, 3_600) * 1000 + 5_000, `${seconds}`)
  }
  sts.setIssueSeconds(null)
  sts.faults.next({ kind: 'past-expiration' })
  await assert.rejects(assumeRole(lossy, step, 'me'), /its Expiration has passed/)
})
