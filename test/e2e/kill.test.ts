import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { callerOf } from '../support/e2e-caller.ts'
import {
  documentOf,
  type E2ePlace,
  keychainPlace,
  processOf,
  readyPlace,
  startIn,
  vaultPlace,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { randomFrom, seedOfRun } from '../support/random.ts'

const ROUNDS = process.env.AWS_CRED_SOAK === '1' ? 200 : 10
/** From start to well past the end of a refresh. */
const LATEST_KILL_MS = 450

test('process killed at any moment of a contended refresh leaves the old or the new session, and no lock', async (t) => {
  await provesKills(await readyPlace(await vaultPlace(t)), (text) => t.diagnostic(text))
})

test('process killed at any moment leaves the old or the new session in the keychain, and no lock', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    await provesKills(await readyPlace(await keychainPlace(t, keyring)), (text) => t.diagnostic(text))
  })
})

async function provesKills(place: E2ePlace, say: (text: string) => void): Promise<void> {
  const seed = seedOfRun()
  say(`AWS_CRED_SEED=${seed}`)
  const random = randomFrom(seed)
  let last = documentOf(await processOf(place, 'two')).AccessKeyId
  for (let round = 1; round <= ROUNDS; round++) {
    // Both hops are due: two locks, two calls, two items to write.
    travel(place, round * 59.5 * 60_000)
    const words = [place.binary, 'process', '--profile', 'two', '--no-prompt']
    const running = Array.from({ length: 3 }, () => startIn(place, words))
    const killed = running.slice(0, 2).map(async ({ child, ended }) => {
      await wait(random() * LATEST_KILL_MS)
      child.kill('SIGKILL')
      return ended
    })
    for (const each of await Promise.all(killed)) {
      // Ended before the kill, or killed: then stdout holds all of the document or none of it.
      if (each.code === 0 || each.out !== '') documentOf({ ...each, code: 0, signal: null })
      else assert.equal(each.signal, 'SIGKILL')
    }
    // The one that was spared waits for nobody who is dead.
    const spared = documentOf(await (running[2] as (typeof running)[0]).ended)
    const next = documentOf(await processOf(place, 'two'))
    assert.match(await callerOf(place, next), /:assumed-role\/Chained\/alice$/)
    assert.notEqual(next.AccessKeyId, last, 'a fresh one')
    assert.equal(next.AccessKeyId, spared.AccessKeyId, 'and only one')
    last = next.AccessKeyId
  }
}
