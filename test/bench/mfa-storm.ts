import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { E2ePlace } from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { answer, asker, inTerminal, mfaPlace, QUESTION, SERIAL } from '../support/mfa-place.ts'

export interface StormFigures {
  /** From the start of one cold process to its end, the code typed at once. */
  readonly aloneMs: number
  /** A hundred starts of the executable at once that do nothing. */
  readonly startsMs: number
  /** A hundred cold processes of two roles at once, the code typed at once. */
  readonly stormMs: number
  readonly counts: Readonly<Record<string, number>>
  /** From the kill of whoever asks to the next one's question, waiting for less and for more than two seconds. */
  readonly takeoverMs: { readonly early: readonly number[]; readonly late: readonly number[] }
}

const CROWD = 100
const EVENING_MS = 13 * 3_600_000

/** Everything through a real terminal; `rounds` of what is short. */
export async function mfaStorm(rounds: number): Promise<StormFigures> {
  const ends: (() => unknown)[] = []
  // The places of the end-to-end tests want nothing of a test but its end.
  const t = { after: (end: () => unknown) => ends.push(end) } as unknown as TestContext
  try {
    return await measured(t, await mfaPlace(t), rounds)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function measured(t: TestContext, place: E2ePlace, rounds: number): Promise<StormFigures> {
  let days = 0
  const cold = (): void => {
    travel(place, ++days * EVENING_MS)
    place.sts.reset()
  }
  const one = (profile: string): string => `'${place.binary}' process --profile ${profile} >/dev/null & `
  await timed(t, place, one('prod'))
  const alone: number[] = []
  for (let i = 0; i < rounds; i++) {
    cold()
    alone.push(await timed(t, place, one('prod')))
  }
  cold()
  const stormMs = await timed(t, place, `${one('prod')}${one('audit')}`.repeat(CROWD / 2))
  const counts = place.sts.counts()
  const starts = `'${place.binary}' --version >/dev/null & `.repeat(CROWD)
  const startsMs = await timed(t, place, starts, { asks: false })
  const takeoverMs = { early: [] as number[], late: [] as number[] }
  for (let i = 0; i < rounds; i++) {
    for (const [when, afterMs] of [
      ['early', 300],
      ['late', 2_500],
    ] as const) {
      cold()
      takeoverMs[when].push(await takeover(t, place, `${one('prod')}${one('audit')}`.repeat(2), afterMs))
    }
  }
  return { aloneMs: median(alone), startsMs, stormMs, counts, takeoverMs }
}

async function timed(t: TestContext, place: E2ePlace, script: string, { asks } = { asks: true }): Promise<number> {
  const started = performance.now()
  const pty = inTerminal(t, place, `${script} wait; echo all done`)
  if (asks) await answer(pty, place)
  await pty.waitFor('all done')
  const ms = performance.now() - started
  await pty.exited
  return ms
}

async function takeover(t: TestContext, place: E2ePlace, script: string, afterMs: number): Promise<number> {
  const pty = inTerminal(t, place, `${script} wait; echo all done`)
  await pty.waitFor(QUESTION)
  await wait(afterMs)
  process.kill(asker(place) ?? 0, 'SIGKILL')
  const killed = performance.now()
  await pty.waitFor(QUESTION)
  const ms = performance.now() - killed
  pty.type(`${place.sts.mfaCode(SERIAL)}\r`)
  await pty.waitFor('all done')
  return ms
}

export function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}
