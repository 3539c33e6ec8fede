import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerOf } from '../support/e2e-caller.ts'
import {
  type Document,
  documentOf,
  type E2ePlace,
  keychainPlace,
  processOf,
  readyPlace,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

const CROWD = 100
const AT_ONCE = 20
const SOAK = process.env.AWS_CRED_SOAK === '1'
/** As on a desktop: a daemon asked by 100 at once on two processors may take longer than the 5 s of `--no-prompt`. */
const DESKTOP = { env: { DISPLAY: ':99' } }

test('process: 100 at once from the vault make one STS call a hop, and all hits after them none', async (t) => {
  await provesCrowd(await readyPlace(await vaultPlace(t)), 300)
})

test('process: 100 at once from the keychain make one STS call a hop, and all hits after them none', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    await provesCrowd(await readyPlace(await keychainPlace(t, keyring)), 100)
  })
})

test('process: 40 at once make one STS call when the session is due, none of them with an error', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const old = documentOf(await processOf(place, 'two'))
  travel(place, 50 * 60_000)
  place.sts.reset()
  const answers = await crowd(place, 40, 'two')
  assert.deepEqual(place.sts.counts(), { AssumeRole: 1 })
  // Their ends may be a second apart: STS's clock is known to the second, and here it is far off.
  const keyIds = new Set(answers.map(({ AccessKeyId }) => AccessKeyId))
  assert.equal(keyIds.size, 1)
  assert.ok(!keyIds.has(old.AccessKeyId))
})

test('process: 20 at once and an STS that refuses: each tells the reason, and the calls stay few', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  place.sts.faults.next({ kind: 'error', times: 1_000 })
  const ended = await Promise.all(Array.from({ length: 20 }, () => processOf(place, 'one')))
  for (const { code, out, err } of ended) {
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /^aws-cred: error: cannot assume .*AccessDenied/)
  }
  assert.ok(place.sts.count('AssumeRole') <= 20)
})

async function provesCrowd(place: E2ePlace, hits: number): Promise<void> {
  const [answer, ...others] = await crowd(place, CROWD, 'two')
  assert.deepEqual(others, [], 'all got the same')
  assert.deepEqual(place.sts.counts(), { AssumeRole: 2 })
  assert.ok(answer !== undefined)
  assert.match(await callerOf(place, answer), /:assumed-role\/Chained\/alice$/)
  place.sts.reset()
  for (let done = 0; done < (SOAK ? 1_000 : hits); done += AT_ONCE) {
    assert.deepEqual(await crowd(place, AT_ONCE, 'two'), [answer])
  }
  assert.deepEqual(place.sts.counts(), {})
}

/** The different answers that so many got. */
async function crowd(place: E2ePlace, size: number, profile: string): Promise<Document[]> {
  const words = ['process', '--profile', profile]
  const ended = await Promise.all(Array.from({ length: size }, () => verb(place, words, DESKTOP)))
  const texts = new Set(ended.map((each) => JSON.stringify(documentOf(each))))
  return [...texts].map((text) => JSON.parse(text) as Document)
}
