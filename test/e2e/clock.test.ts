import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { CONSUMERS } from '../support/consumers.ts'
import {
  type Document,
  documentOf,
  type E2ePlace,
  type Ended,
  processOf,
  type RunOptions,
  readyPlace,
  runIn,
  vaultPlace,
} from '../support/e2e-place.ts'
import { changeIndex, indexFiles } from '../support/e2e-stored.ts'
import { type ConsumerWorld, consumerWorld } from '../support/e2e-world.ts'
import { need } from '../support/need.ts'
import { exampleWorld } from '../support/sts.ts'

const MINUTE_MS = 60_000

/** What libfaketime calls a clock that is off by so many minutes. */
const shift = (minutes: number) => `${minutes < 0 ? '-' : '+'}${Math.abs(minutes)}m`

/** Runs a command on a machine whose wall clock is off. */
async function underClock(
  place: E2ePlace,
  minutes: number,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return runIn(place, minutes === 0 ? command : ['faketime', '-f', shift(minutes), ...command], options)
}

const helper = ({ binary }: E2ePlace) => [binary, 'process', '--profile', 'one']

/** The session's end as a consumer on that machine reads it: so many minutes from its own now. */
function minutesLeft({ Expiration = '' }: Document, clockMinutes: number): number {
  return (Date.parse(Expiration) - Date.now()) / MINUTE_MS - clockMinutes
}

function ready(t: TestContext): boolean {
  return need(t, 'faketime', spawnSync('faketime', ['-f', '+1h', 'true']).status === 0)
}

for (const minutes of [480, -480, 6, -6, 4, -4]) {
  test(`process gives the right end under a clock that is off by ${minutes} min, and nothing dead once it is mended`, async (t) => {
    if (!ready(t)) return
    const place = await readyPlace(await vaultPlace(t))
    const outcomes = () => {
      const seen = place.sts.requests.map(({ outcome }) => outcome)
      place.sts.reset()
      return seen
    }
    const first = documentOf(await underClock(place, minutes, helper(place)))
    // Else the binary does not see the clock of faketime, and nothing here is proved.
    assert.ok(Math.abs(minutesLeft(first, 0) - minutes - 60) < 1, `${first.Expiration}`)
    assert.deepEqual(outcomes(), Math.abs(minutes) > 15 ? ['SignatureDoesNotMatch', 'ok'] : ['ok'])
    assert.deepEqual(documentOf(await underClock(place, minutes, helper(place))), first)
    assert.deepEqual(outcomes(), [])
    // Mended: how far it is off is unknown again, so the session counts as none.
    const mended = documentOf(await processOf(place, 'one'))
    assert.notEqual(mended.AccessKeyId, first.AccessKeyId)
    assert.ok(Math.abs(minutesLeft(mended, 0) - 60) < 1, `${mended.Expiration}`)
    assert.deepEqual(outcomes(), ['ok'])
    assert.deepEqual(documentOf(await processOf(place, 'one')), mended)
    assert.deepEqual(outcomes(), [])
  })
}

test('the JS SDK takes and uses sessions under a wrong clock, and after it is mended', async (t) => {
  if (!ready(t)) return
  const { arns } = exampleWorld()
  const world = await consumerWorld(t, { keyring: null, profiles: { prod: [arns.prod, 'alice'] } })
  for (const minutes of [480, -480, 6, 0]) {
    assert.deepEqual(await callsAs(world, minutes), { code: 0, calls: 2 }, shift(minutes))
    assert.ok(world.sts.count('AssumeRole') <= 2)
    world.sts.reset()
  }
})

/** Two calls of the JS SDK through the helper, on a machine whose clock is off. */
async function callsAs(
  world: ConsumerWorld,
  minutes: number,
): Promise<{ readonly code: number | null; readonly calls: number }> {
  const js = CONSUMERS.find(({ name }) => name === 'JS SDK, explicit fromIni')
  assert.ok(js !== undefined)
  const endpoint = world.env.AWS_ENDPOINT_URL_STS ?? ''
  const command = js.command({ profile: 'prod', calls: 2, pauseSeconds: 0, endpoint })
  const { code, out } = await underClock(world, minutes, command)
  return { code, calls: out.split('assumed-role/Prod-Role/').length - 1 }
}

type Clock = Readonly<Record<string, unknown>>
const NOTES: readonly (readonly [what: string, change: (entry: Clock) => Clock])[] = [
  ['from the future', (entry) => ({ ...entry, wallMs: (entry.wallMs as number) + 3_600_000 })],
  ['from before this boot', (entry) => ({ ...entry, uptimeS: (entry.uptimeS as number) + 100_000 })],
  ['from another boot that ran as long', (entry) => ({ ...entry, wallMs: (entry.wallMs as number) - 86_400_000 })],
  ['of another host', (entry) => ({ ...entry, name: 'sts.example' })],
  ['without a number', (entry) => ({ ...entry, offsetMs: 'NaN' })],
  ['with a number that is none', (entry) => ({ ...entry, wallMs: null })],
]

test('process believes no note of the clock that is damaged or of another time: a miss, and a new note', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  let before = documentOf(await processOf(place, 'one'))
  for (const [what, change] of NOTES) {
    place.sts.reset()
    changeIndex(place, 'clock', change)
    const fresh = documentOf(await processOf(place, 'one'))
    // The name inside is not what it is found by: that alone changes nothing.
    const isMiss = what !== 'of another host'
    assert.equal(fresh.AccessKeyId !== before.AccessKeyId, isMiss, what)
    assert.deepEqual(place.sts.counts(), isMiss ? { AssumeRole: 1 } : {}, what)
    assert.deepEqual(documentOf(await processOf(place, 'one')), fresh)
    before = fresh
  }
  for (const file of indexFiles(place, 'clock-')) writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20))
  assert.notEqual(documentOf(await processOf(place, 'one')).AccessKeyId, before.AccessKeyId)
})

test('process serves the same under any time zone, and while the clock of one is put forward', async (t) => {
  if (!ready(t)) return
  const place = await readyPlace(await vaultPlace(t))
  const first = documentOf(await processOf(place, 'one'))
  for (const TZ of ['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', ':/nowhere', '']) {
    assert.deepEqual(documentOf(await processOf(place, 'one', { env: { TZ } })), first, TZ)
  }
  assert.deepEqual(place.sts.counts(), { AssumeRole: 1 })
  // Two seconds before Berlin's clocks went from 2 to 3: the second run is an hour on, by the wall.
  const leapMs = Date.UTC(2026, 2, 29, 1) - Date.now() - 2_000
  const atLeap = ['faketime', '-f', `-${Math.floor(-leapMs / 1000)}s`]
  const env = { TZ: 'Europe/Berlin' }
  const localHour = async () => (await runIn(place, [...atLeap, 'date', '+%H'], { env })).out.trim()
  place.sts.reset()
  assert.equal(await localHour(), '01')
  const before = documentOf(await runIn(place, [...atLeap, ...helper(place)], { env }))
  const calls = place.sts.count('AssumeRole')
  await wait(2_500)
  assert.equal(await localHour(), '03')
  assert.deepEqual(documentOf(await runIn(place, [...atLeap, ...helper(place)], { env })), before)
  assert.equal(place.sts.count('AssumeRole'), calls, 'a hit')
})
