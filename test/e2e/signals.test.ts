import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  documentOf,
  type E2ePlace,
  filesBelow,
  processOf,
  readyPlace,
  startIn,
  vaultPlace,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`process ends at ${signal} during a slow call: no half document, no lock, no temporary file`, async (t) => {
    const place = await readyPlace(await vaultPlace(t))
    const old = documentOf(await processOf(place, 'two'))
    travel(place, 50 * 60_000)
    const before = filesBelow(place.home)
    place.sts.reset()
    place.sts.faults.next({ kind: 'slow', delayMs: 10_000, times: 1 })
    const { child, ended } = startIn(place, [place.binary, 'process', '--profile', 'two'])
    await asked(place, 1)
    child.kill(signal)
    const { code, signal: by, out, err } = await ended
    assert.equal(out, '')
    assert.ok(by === signal || code === { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal], `${code} ${by}`)
    assert.doesNotMatch(err, /\n./)
    assert.deepEqual(
      // The empty lock file stays for good; its holder's name is believed no longer than its pid lives.
      filesBelow(place.home).filter((file) => !before.includes(file) && !/\.(lock|holder)$/.test(file)),
      [],
    )
    const next = documentOf(await processOf(place, 'two'))
    assert.notEqual(next.AccessKeyId, old.AccessKeyId)
    assert.deepEqual(place.sts.counts(), { AssumeRole: 2 })
  })
}

test('process that waits for another ends at SIGINT too, and leaves the other alone', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  place.sts.faults.next({ kind: 'slow', delayMs: 3_000, times: 1 })
  const first = startIn(place, [place.binary, 'process', '--profile', 'one'])
  await asked(place, 1)
  const second = startIn(place, [place.binary, 'process', '--profile', 'one'])
  await wait(500)
  second.child.kill('SIGINT')
  const { code, signal, out } = await second.ended
  assert.equal(out, '')
  assert.ok(signal === 'SIGINT' || code === 130, `${code} ${signal}`)
  documentOf(await first.ended)
  assert.deepEqual(place.sts.counts(), { AssumeRole: 1 })
})

/** Until so many requests have come. */
async function asked(place: E2ePlace, count: number): Promise<void> {
  while (place.sts.requests.length < count) await wait(10)
}
