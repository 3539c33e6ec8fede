import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  processOf,
  type RunOptions,
  readyPlace,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import type { Fault } from '../support/sts.ts'

const MINUTE_MS = 60_000

async function readyVault(t: TestContext): Promise<E2ePlace> {
  return readyPlace(await vaultPlace(t))
}

async function keyIdOf(place: E2ePlace, options: RunOptions = {}): Promise<string> {
  return documentOf(await processOf(place, 'one', options)).AccessKeyId
}

/** The session is served when it has been out for `servedMin`, and refreshed at `dueMin`. */
async function provesThreshold(place: E2ePlace, servedMin: number, dueMin: number): Promise<void> {
  const first = await keyIdOf(place)
  travel(place, servedMin * MINUTE_MS)
  assert.equal(await keyIdOf(place), first)
  assert.equal(place.sts.count('AssumeRole'), 1)
  travel(place, dueMin * MINUTE_MS)
  assert.notEqual(await keyIdOf(place), first)
  assert.equal(place.sts.count('AssumeRole'), 2)
}

test('process serves a session of one hour until 16 minutes are left', async (t) => {
  await provesThreshold(await readyVault(t), 43, 44.5)
})

test('process serves a session shorter than 48 minutes until a third of its life is left', async (t) => {
  const place = await readyVault(t)
  place.sts.setIssueSeconds(30 * 60)
  await provesThreshold(place, 19, 20.5)
})

test('process serves a session of 15 minutes, the shortest, more than once', async (t) => {
  const place = await readyVault(t)
  place.sts.setIssueSeconds(15 * 60)
  await provesThreshold(place, 9, 10.5)
})

test('process uses a session that signs the next hop until one minute is left', async (t) => {
  const place = await readyVault(t)
  documentOf(await processOf(place, 'two'))
  travel(place, 58 * MINUTE_MS)
  documentOf(await processOf(place, 'two'))
  assert.deepEqual(place.sts.counts(), { AssumeRole: 3 })
  travel(place, 59.5 * MINUTE_MS)
  documentOf(await processOf(place, 'two'))
  assert.deepEqual(place.sts.counts(), { AssumeRole: 3 }, 'the last hop is fresh, the first is not asked for')
  travel(place, (58 + 58) * MINUTE_MS)
  documentOf(await processOf(place, 'two'))
  assert.deepEqual(place.sts.counts(), { AssumeRole: 5 })
})

const FAULTS: readonly (readonly [Fault, RegExp])[] = [
  [{ kind: '500', times: 99 }, /InternalFailure/],
  [{ kind: 'throttle', times: 99 }, /Throttling/],
  [{ kind: 'error', times: 99 }, /AccessDenied/],
  [{ kind: 'reset', times: 99 }, /cannot reach \S+: the connection was cut|answer of \S+ cannot be read/],
  [{ kind: 'empty', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'garbage', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'huge', times: 99, bytes: 4 * 1024 * 1024 }, /the answer of \S+ cannot be/],
  [{ kind: 'truncated', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'cut', times: 99 }, /cannot reach \S+: the connection was cut|answer of \S+ cannot be read/],
  [{ kind: 'no-credentials', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'no-expiration', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'past-expiration', times: 99 }, /the answer of \S+ cannot be/],
  [{ kind: 'bad-expiration', times: 99 }, /the answer of \S+ cannot be/],
]

for (const [fault, reason] of FAULTS) {
  test(`process serves the old session while STS fails (${fault.kind}), and list says why`, async (t) => {
    const place = await readyVault(t)
    const first = await keyIdOf(place)
    travel(place, 49 * MINUTE_MS)
    place.sts.faults.next(fault)
    assert.equal(await keyIdOf(place), first)
    const { code, out } = await verb(place, ['list'])
    assert.equal(code, 0)
    assert.match(out, /10 min left, failed \d+ s ago/)
    assert.match(out, reason)
    assert.doesNotMatch(out, /SDK|XML|parse|\$response/)
    // Alive by our count, but of no use to anybody any more.
    travel(place, 59.5 * MINUTE_MS)
    failureOf(await processOf(place, 'one'), 1)
    assert.doesNotMatch((await verb(place, ['list'])).out, /min left|\d s left/)
    place.sts.faults.clear()
    assert.notEqual(await keyIdOf(place), first)
    assert.doesNotMatch((await verb(place, ['list'])).out, /failed \d/)
  })
}

test('process gives up on an STS that never answers inside its budget: the old session, or an error', async (t) => {
  const place = await readyVault(t)
  const first = await keyIdOf(place)
  travel(place, 50 * MINUTE_MS)
  place.sts.faults.next({ kind: 'slow', delayMs: 120_000, times: 99 })
  const served = keyIdOf(place)
  const nothing = processOf(place, 'two')
  assert.equal(await served, first)
  assert.match(failureOf(await nothing, 1), /two/)
})

test('process --refresh never passes the old session off as a fresh one', async (t) => {
  const place = await readyVault(t)
  const first = await keyIdOf(place)
  const words = ['process', '--profile', 'one', '--refresh']
  const fresh = documentOf(await verb(place, words))
  assert.notEqual(fresh.AccessKeyId, first)
  assert.equal(await keyIdOf(place), fresh.AccessKeyId)
  place.sts.faults.next({ kind: 'error', times: 9 })
  assert.match(failureOf(await verb(place, words), 1), /cannot assume/)
  assert.equal(await keyIdOf(place), fresh.AccessKeyId)
})

test('process makes a hop anew when STS calls its session expired', async (t) => {
  const place = await readyVault(t)
  documentOf(await processOf(place, 'one'))
  place.sts.faults.next({
    kind: 'error',
    code: 'ExpiredToken',
    message: 'The security token included in the request is expired',
  })
  documentOf(await processOf(place, 'two'))
  assert.deepEqual(place.sts.counts(), { AssumeRole: 4 })
})

test('process prints the end of a session by the clock of this machine when that is wrong', async (t) => {
  const place = await readyVault(t)
  place.sts.setClockOffsetMs(-3 * 3_600_000)
  const before = Date.now()
  const { Expiration = '' } = documentOf(await processOf(place, 'one'))
  const leftMs = Date.parse(Expiration) - before
  assert.ok(leftMs > 59 * MINUTE_MS && leftMs < 62 * MINUTE_MS, `${leftMs} ms`)
  documentOf(await processOf(place, 'one'))
  assert.equal(place.sts.requests.filter(({ outcome }) => outcome === 'ok').length, 1)
})
