import { benchExport } from './export-cost.ts'
import type { Bench } from './hits.ts'
import { benchPrompts } from './prompt-cost.ts'
import { benchShellStarts } from './shell-start.ts'

/** What the prompt hooks add to a prompt and to a shell's start, and `export` beside `process`. */
export async function benchHooks(bench: Bench): Promise<void> {
  await benchPrompts(bench.rounds)
  benchShellStarts(bench)
  await benchExport(bench)
}
