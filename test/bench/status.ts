import type { BenchWorld } from './bench-world.ts'
import { type Command, type Figures, interleave } from './interleave.ts'
import { bar, print, table } from './report.ts'

/** `status` beside the hit of the same profile: prompts and scripts run it as often. */
export function statusBeside(program: string, world: BenchWorld, hit: Command, rounds: number): void {
  print('')
  const one = { name: 'status of that profile', argv: [program, 'status', 'prod'] }
  const all = { name: 'status of all, 3 profiles', argv: [program, 'status'] }
  const figures = interleave([hit, one, all], world.env, rounds)
  table(figures)
  const [served, ofOne] = figures as [Figures, Figures, Figures]
  bar('status / process hit', ofOne.medianMs / served.medianMs, 1.15)
}
