import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { FAULTS } from '../support/faults/all-faults.ts'
import { describe, type JudgedRun, judgedRun, type Outcome, plannedRuns } from '../support/faults/fault-run.ts'
import { keyringInstalled } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { seedOfRun } from '../support/random.ts'
import { sweepWorld, type WorldKind } from '../support/sweep-world.ts'

const SOAK = process.env.AWS_CRED_SOAK === '1'
/** How many of all runs each world takes. */
const SHARES: Readonly<Record<WorldKind, number>> = { 'vault by key file': 0.45, 'vault unlocked': 0.3, keychain: 0.25 }
const RUNS = Number(process.env.AWS_CRED_FAULT_RUNS) || (SOAK ? 1_300 : 100)
/** Some runs again, with the seed beside it: `17`, a number of the report, or `0-199`. */
const [FIRST, LAST = FIRST] = process.env.AWS_CRED_FAULT_ONLY?.split('-').map(Number) ?? [0, Number.POSITIVE_INFINITY]

test(`${RUNS} faulted runs: no wrong answer, hang, stack, leak or loss, and the next run works`, {
  concurrency: 3,
}, async (t) => {
  const seed = seedOfRun()
  t.diagnostic(`AWS_CRED_SEED=${seed}`)
  const judged: JudgedRun[] = []
  const kinds = Object.keys(SHARES) as WorldKind[]
  await Promise.all(kinds.map((kind) => t.test(kind, (inner) => sweepIn(inner, kind, seed, judged))))
  const table = tableOf(judged, SOAK ? (name) => name : (name) => name.split(':')[0] ?? name)
  for (const line of table) t.diagnostic(line)
  const { AWS_CRED_FAULT_TABLE: file } = process.env
  if (file) writeFileSync(file, `AWS_CRED_SEED=${seed}\n${tableOf(judged, (name) => name).join('\n')}\n`)
})

async function sweepIn(t: TestContext, kind: WorldKind, seed: number, judged: JudgedRun[]): Promise<void> {
  if (kind === 'keychain' && !need(t, 'gnome-keyring', keyringInstalled())) return
  const world = await sweepWorld(t, kind)
  const faults = FAULTS.filter((fault) => (SOAK || !fault.slow) && (fault.where?.(world) ?? true))
  const problems: string[] = []
  for (const planned of plannedRuns(
    faults,
    seed + Object.keys(SHARES).indexOf(kind),
    Math.round(RUNS * SHARES[kind]),
  )) {
    if (planned.number < (FIRST ?? 0) || planned.number > (LAST ?? 0)) continue
    const run = await judgedRun(world, planned)
    judged.push(run)
    problems.push(...run.problems.map((problem) => `${describe(planned)}: ${problem}`))
  }
  assert.deepEqual(problems, [])
}

const OUTCOMES: readonly Outcome[] = ['answered', 'done', 'refused', 'ended by signal']

/** `fault, runs, answered, …`; the last row is the sum of all runs, which is less than that of the rows where two faults met. */
function tableOf(judged: readonly JudgedRun[], groupOf: (name: string) => string): string[] {
  const groups = [...new Set(FAULTS.map(({ name }) => groupOf(name)))]
  const row = (name: string, runs: readonly JudgedRun[]): string[] => [
    name,
    String(runs.length),
    ...OUTCOMES.map((outcome) => String(runs.filter((run) => run.outcome === outcome).length)),
    String(runs.filter((run) => run.problems.length > 0).length),
  ]
  const rows = [
    ['fault', 'runs', ...OUTCOMES, 'bad'],
    ...groups.flatMap((group) => {
      const runs = judged.filter(({ planned }) => planned.faults.some(({ name }) => groupOf(name) === group))
      return runs.length === 0 ? [] : [row(group, runs)]
    }),
    row('all', judged),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? []
  return rows.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
}
