import { spawnSync } from 'node:child_process'

export interface Command {
  readonly name: string
  readonly argv: readonly string[]
}

export interface Figures {
  readonly name: string
  readonly medianMs: number
  readonly p90Ms: number
  /** Of the fastest tenth the slowest: what a busy machine leaves nearly as it is. */
  readonly p10Ms: number
}

/**
 * Runs all commands in turn, round after round, so that a machine whose speed drifts drifts under all of them. Throws
 * when one fails: a failing command is fast. `stdout` is /dev/null unless a pipe is asked for.
 */
export function interleave(
  commands: readonly Command[],
  env: NodeJS.ProcessEnv,
  rounds: number,
  { warmups = 3, stdout = 'ignore' }: { readonly warmups?: number; readonly stdout?: 'ignore' | 'pipe' } = {},
): Figures[] {
  const times = commands.map((): number[] => [])
  for (let round = -warmups; round < rounds; round++) {
    for (const [index, { name, argv }] of commands.entries()) {
      const [program, ...args] = argv as [string, ...string[]]
      const start = process.hrtime.bigint()
      const { status } = spawnSync(program, args, { env, stdio: ['ignore', stdout, 'ignore'] })
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      if (status !== 0) throw new Error(`${name} ended with ${status}`)
      if (round >= 0) times[index]?.push(ms)
    }
  }
  return commands.map(({ name }, index) => {
    const sorted = (times[index] ?? []).sort((a, b) => a - b)
    return { name, medianMs: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9), p10Ms: quantile(sorted, 0.1) }
  })
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
