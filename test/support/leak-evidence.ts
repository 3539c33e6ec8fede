import { readFileSync } from 'node:fs'
import { filesBelow, type RunOptions } from './e2e-place.ts'
import { type Observed, observed } from './observed.ts'
import { type Leak, SecretSweep } from './secrets.ts'
import type { SweepWorld } from './sweep-world.ts'

export const LEAK_CHANNELS = [
  'file',
  'file written and gone',
  'stdout',
  'stderr',
  'argv',
  'environment',
  'log of STS',
  'core',
] as const
export type LeakChannel = (typeof LEAK_CHANNELS)[number]

export interface FoundLeak extends Leak {
  readonly channel: LeakChannel
  readonly where: string
}

/** What one run left behind, wherever a secret could show. */
export interface Evidence extends Observed {
  /** Its environment as the test gave it. */
  readonly givenEnv: Readonly<Record<string, string | undefined>>
  readonly files: readonly string[]
  readonly stsLog: string
}

/** Who may show what: the session that a verb hands out, on its stdout and in the environment of the program that `exec` runs. */
export interface Meant {
  readonly accessKeyId?: string
  readonly command?: string
}

/** Runs a command under strace; STS's log is that since the last `reset` of it. */
export async function evidenceOf(
  world: SweepWorld,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Evidence> {
  const seen = await observed(world, command, options)
  return {
    ...seen,
    givenEnv: { ...world.env, ...options.env },
    files: filesBelow(world.root),
    stsLog: JSON.stringify(world.sts.requests),
  }
}

/** Every secret of the world that shows where it is not meant to. */
export function leaksOf(world: SweepWorld, evidence: Evidence, meant: Meant = {}): FoundLeak[] {
  const sweep = new SecretSweep(world.secrets())
  const handedOut = `session ${meant.accessKeyId ?? 'none'} `
  const look = (channel: LeakChannel, where: string, content: string | Uint8Array, isMeant = false): FoundLeak[] =>
    sweep
      .leaksIn(content)
      .filter(({ secret }) => !(isMeant && secret.includes(handedOut)))
      .map((leak) => ({ channel, where, ...leak }))
  const given = new Set(Object.entries(evidence.givenEnv).map(([name, value]) => `${name}=${value}`))
  return [
    ...look('stdout', 'stdout', evidence.out, true),
    ...look('stderr', 'stderr', evidence.err),
    ...evidence.execs.flatMap(({ program, argv, env, isChild }) => [
      ...look('argv', program, argv.join('\n')),
      // A child is given nothing of ours: what the test itself set is only for the program that it started.
      ...look(
        'environment',
        program,
        env.filter((entry) => isChild || !given.has(entry)).join('\n'),
        isChild && program === meant.command,
      ),
    ]),
    ...evidence.writes
      .filter(({ path }) => !world.meansToHold(path) || path.endsWith('/.aws/credentials'))
      .flatMap(({ path, text }) => look(evidence.files.includes(path) ? 'file' : 'file written and gone', path, text)),
    ...evidence.files
      .filter((path) => !world.meansToHold(path))
      .flatMap((path) => look('file', path, readFileSync(path))),
    ...look('log of STS', 'what arrived', evidence.stsLog),
  ]
}
