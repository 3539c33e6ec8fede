import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { callerOf } from '../support/e2e-caller.ts'
import { type Document, documentOf, type E2ePlace, processOf } from '../support/e2e-place.ts'
import { indexFiles, travel } from '../support/e2e-stored.ts'
import { asker, inTerminal, mfaPlace, questions, runs } from '../support/mfa-place.ts'
import { need } from '../support/need.ts'
import { hasPty, type Pty } from '../support/pty.ts'
import { randomFrom } from '../support/random.ts'

const ROUNDS = process.env.AWS_CRED_SOAK === '1' ? 200 : 20
/** Two of each role. */
const CROWD = ['prod', 'audit', 'prod', 'audit']
/** Past the question, the answer, both calls and the writes. */
const LATEST_KILL_MS = 250

test('whoever asks for a code is killed at any moment: the next takes over, one question at a time', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const seed = Number(process.env.AWS_CRED_SEED) || Date.now() % 1_000_000
  t.diagnostic(`AWS_CRED_SEED=${seed}`)
  const random = randomFrom(seed)
  const storm: Storm = { place, codes: new Set(), seen: { asked: 0, killed: {}, takeoverMs: [] } }
  const { alice } = place.world
  alice.acceptsCode = (code) => storm.codes.has(code)
  for (let round = 1; round <= ROUNDS; round++) {
    // Both roles and what opens them have ended.
    travel(place, round * 13 * 3_600_000)
    place.sts.reset()
    await oneRound(t, storm, random)
  }
  const { asked, killed, takeoverMs } = storm.seen
  takeoverMs.sort((a, b) => a - b)
  t.diagnostic(
    `${asked} questions in ${ROUNDS} rounds; killed ${JSON.stringify(killed)}; the next question after ${takeoverMs[takeoverMs.length >> 1]} ms, at most ${takeoverMs.at(-1)} ms`,
  )
})

interface Storm {
  readonly place: E2ePlace
  /** Every code that was typed: the emulator takes each once. */
  readonly codes: Set<string>
  readonly seen: { asked: number; readonly killed: Record<string, number>; readonly takeoverMs: number[] }
}

async function oneRound(t: TestContext, storm: Storm, random: () => number): Promise<void> {
  const { place, seen } = storm
  const { sts } = place
  const starts = CROWD.map(
    (profile, i) => `'${place.binary}' process --profile ${profile} >out.${i} 2>err.${i} & p${i}=$!`,
  )
  const ends = CROWD.map((_, i) => `wait $p${i}; echo "end ${i} $?"`)
  const pty = inTerminal(t, place, `${starts.join('; ')}; ${ends.join('; ')}; echo all done`)
  sts.faults.next({ kind: 'slow', operation: 'GetSessionToken', delayMs: random() * 150 })
  let over = false
  const done = pty.waitFor('all done').then(() => {
    over = true
  })
  const killAtAnswer = random() < 0.6
  const killAfterMs = random() * (killAtAnswer ? LATEST_KILL_MS : 60)
  let answered = 0
  let killed: number | null = null
  let askersBefore: number | null = null
  let killedAtMs = 0
  let storedAtKill = false
  for (;;) {
    const before = answered
    await until(() => over || questions(pty) > before)
    if (questions(pty) === before) break
    assert.equal(questions(pty), before + 1, `one question at a time: ${pty.output()}`)
    assert.equal(storedAtKill, false, 'none after an accepted code whose session was stored')
    const pid = await known(() => asker(place))
    if (askersBefore !== null) assert.equal(runs(askersBefore), false, 'who asked before is gone')
    if (killedAtMs > 0) seen.takeoverMs.push(Math.round(performance.now() - killedAtMs))
    killedAtMs = 0
    askersBefore = pid
    answered++
    seen.asked++
    if (killed === null && !killAtAnswer) {
      await wait(killAfterMs)
      killed = pid
      process.kill(pid, 'SIGKILL')
      killedAtMs = performance.now()
      note(storm, 'at the question')
      continue
    }
    typeCode(storm, pty, random)
    if (killed !== null) continue
    await wait(killAfterMs)
    killed = pid
    const calls = sts.count('GetSessionToken')
    if (runs(pid)) process.kill(pid, 'SIGKILL')
    await until(() => !runs(pid))
    storedAtKill = isStored(place)
    killedAtMs = performance.now()
    note(storm, storedAtKill ? 'when it was stored' : calls > 0 ? 'during the call or the write' : 'after the answer')
  }
  await done
  await checkRound(storm, pty)
}

async function checkRound({ place, codes }: Storm, pty: Pty): Promise<void> {
  const { sts } = place
  const statuses = CROWD.map((_, i) => Number(new RegExp(`end ${i} (\\d+)`).exec(pty.output())?.[1]))
  const answers = new Map<string, Document>()
  for (const [i, profile] of CROWD.entries()) {
    const [out, err] = ['out', 'err'].map((name) => readFileSync(join(place.home, `${name}.${i}`), 'utf8'))
    if (statuses[i] === 137) {
      // It may have written its answer before, whole.
      if (out !== '') documentOf({ code: 0, signal: null, out: out ?? '', err: '' })
      continue
    }
    const given = documentOf({ code: statuses[i] ?? null, signal: null, out: out ?? '', err: err ?? '' })
    // Their ends may be a second apart: STS's clock is known to the second, and here it is far off.
    assert.equal((answers.get(profile) ?? given).AccessKeyId, given.AccessKeyId, 'all of a role got the same')
    answers.set(profile, given)
  }
  assert.ok(statuses.filter((status) => status === 137).length <= 1, 'only one was killed')
  for (const [profile, role] of [
    ['prod', 'Needs-Mfa'],
    ['audit', 'Prod-Role'],
  ] as const) {
    const given = answers.get(profile)
    if (given === undefined) continue
    assert.match(await callerOf(place, given), new RegExp(`:assumed-role/${role}/alice$`))
    const next = documentOf(await processOf(place, profile))
    assert.equal(next.AccessKeyId, given.AccessKeyId, 'and it is stored, with no lock left')
  }
  const refused = sts.requests.filter(({ operation, outcome }) => operation === 'GetSessionToken' && outcome !== 'ok')
  assert.deepEqual(refused, [], 'no code was sent twice')
  assert.ok(sts.count('GetSessionToken') <= codes.size)
}

function typeCode({ codes }: Storm, pty: Pty, random: () => number): void {
  let code: string
  do code = String(Math.floor(random() * 1_000_000)).padStart(6, '0')
  while (codes.has(code))
  codes.add(code)
  pty.type(`${code}\r`)
}

/** Whether the index knows a session made with this round's code. */
function isStored(place: E2ePlace): boolean {
  return indexFiles(place, 'session-').some((file) => {
    const { entry } = JSON.parse(readFileSync(file, 'utf8')) as { entry: { cacheKey: string; expiresMs: number } }
    return entry.cacheKey.startsWith('session-token.') && entry.expiresMs > place.sts.nowMs()
  })
}

function note({ seen: { killed } }: Storm, when: string): void {
  killed[when] = (killed[when] ?? 0) + 1
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000 && !isSo(); i++) await wait(5)
  assert.ok(isSo(), 'it goes on within a minute')
}

async function known<T>(find: () => T | null): Promise<T> {
  let found: T | null = null
  await until(() => {
    found = find()
    return found !== null
  })
  return found as T
}
