import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type E2ePlace, PASSPHRASE, verb } from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { answer, asker, inTerminal, mfaPlace, QUESTION, questions, SERIAL } from '../support/mfa-place.ts'
import type { Owner } from '../support/pty.ts'
import type { Bench } from './hits.ts'
import { bar, print } from './report.ts'

const CROWD = 100
const PROFILES = ['prod', 'audit']
const EVENING_MS = 13 * 3_600_000
/** A storm takes seconds. */
const ROUNDS_MAX = 5

/**
 * A hundred cold processes that need a code, beside one alone and beside a hundred starts that do nothing; then how soon
 * the next one asks when whoever asks is killed. Everything through a real terminal. Times run from the start of the shell
 * that starts them to the end of the last; the code is typed as soon as the question is seen, so that nobody's typing is in them.
 */
export async function benchStorm(bench: Bench): Promise<void> {
  const rounds = Math.min(bench.rounds, ROUNDS_MAX)
  const ends: (() => unknown)[] = []
  const owner = { after: (end: () => unknown) => ends.push(end) }
  try {
    await measure(new Storm(owner, await unlockedPlace(owner, bench.program)), rounds)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

/** With the vault as a person has it who can be asked for a code: opened by `unlock`. */
async function unlockedPlace(owner: Owner, binary: string): Promise<E2ePlace> {
  const memory = mkdtempSync('/dev/shm/aws-cred-bench-')
  owner.after(() => rmSync(memory, { recursive: true, force: true }))
  const place = await mfaPlace(owner)
  const { AWS_CRED_VAULT_KEY_FILE: _, ...env } = place.env
  const unlocked = { ...place, binary, env: { ...env, XDG_RUNTIME_DIR: memory } }
  const { code, err } = await verb(unlocked, ['unlock', '--stdin'], { stdin: `${PASSPHRASE}\n` })
  if (code !== 0) throw new Error(err)
  return unlocked
}

async function measure(storm: Storm, rounds: number): Promise<void> {
  const line = (index: number): string => storm.helper(PROFILES[index % PROFILES.length] ?? '', index)
  const crowd = Array.from({ length: CROWD }, (_, i) => line(i)).join('')
  const starts = `'${storm.place.binary}' --version >/dev/null & `.repeat(CROWD)
  await storm.timed(line(0))
  const aloneMs: number[] = []
  const startsMs: number[] = []
  const stormMs: number[] = []
  for (let i = 0; i < rounds; i++) {
    aloneMs.push(await storm.timed(line(0)))
    startsMs.push(await storm.timed(starts, { asks: false }))
    stormMs.push(await storm.timed(crowd))
    storm.checkAnswers()
  }
  const [alone, started, all] = [median(aloneMs), median(startsMs), median(stormMs)]
  print(
    `\n${CROWD} cold processes of two roles that need one code: ${JSON.stringify(storm.place.sts.counts())}, 1 question`,
  )
  print(`  one alone ${shown(aloneMs)} ms`)
  print(`  ${CROWD} starts that do nothing ${shown(startsMs)} ms`)
  print(`  the storm ${shown(stormMs)} ms`)
  bar(`storm / (3 x one alone + ${CROWD} starts)`, all / (3 * alone + started), 1)
  for (const [when, afterMs] of [
    ['at once', 300],
    ['after 2.5 s of waiting', 2_500],
  ] as const) {
    const takeoverMs: number[] = []
    for (let i = 0; i < rounds; i++) takeoverMs.push(await storm.takeover([0, 1, 2, 3].map(line).join(''), afterMs))
    bar(`the next question after a kill -9 ${when}, the slowest of ${rounds}`, Math.max(...takeoverMs), 250, 'ms')
  }
}

class Storm {
  readonly #owner: Owner
  readonly place: E2ePlace
  #evenings = 0

  constructor(owner: Owner, place: E2ePlace) {
    this.#owner = owner
    this.place = place
  }

  helper(profile: string, index: number): string {
    return `{ '${this.place.binary}' process --profile ${profile} >out.${index} 2>&1; echo $? >status.${index}; } & `
  }

  async timed(script: string, { asks } = { asks: true }): Promise<number> {
    this.#cold()
    const started = performance.now()
    const pty = inTerminal(this.#owner, this.place, `${script} wait; echo all done`)
    if (asks) await answer(pty, this.place)
    await pty.waitFor('all done')
    const ms = performance.now() - started
    await pty.exited
    if (questions(pty) !== (asks ? 1 : 0)) throw new Error(`not one question: ${pty.output()}`)
    return ms
  }

  /** From the kill of whoever asks to the next one's question. */
  async takeover(script: string, afterMs: number): Promise<number> {
    this.#cold()
    const pty = inTerminal(this.#owner, this.place, `${script} wait; echo all done`)
    await pty.waitFor(QUESTION)
    await wait(afterMs)
    process.kill(asker(this.place) ?? 0, 'SIGKILL')
    const killed = performance.now()
    await pty.waitFor(QUESTION)
    const ms = performance.now() - killed
    pty.type(`${this.place.sts.mfaCode(SERIAL)}\r`)
    await pty.waitFor('all done')
    return ms
  }

  /** All of a role ended well with one and the same answer. */
  checkAnswers(): void {
    const read = (name: string): string => readFileSync(join(this.place.home, name), 'utf8')
    const answers = PROFILES.map(() => new Set<string>())
    for (let i = 0; i < CROWD; i++) {
      const text = read(`out.${i}`)
      if (read(`status.${i}`) !== '0\n' || !/^{"Version":1,.*}\n$/.test(text)) throw new Error(`process ${i}: ${text}`)
      // Their ends may be a second apart: STS's clock is known to the second, and here it is far off.
      answers[i % PROFILES.length]?.add((JSON.parse(text) as { AccessKeyId: string }).AccessKeyId)
    }
    if (answers.some(({ size }) => size !== 1)) throw new Error(`answers differ: ${answers.map(({ size }) => size)}`)
  }

  #cold(): void {
    travel(this.place, ++this.#evenings * EVENING_MS)
    this.place.sts.reset()
  }
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}

function shown(times: readonly number[]): string {
  return `${median(times).toFixed(0)} (${times.map((ms) => ms.toFixed(0)).join(', ')})`
}
