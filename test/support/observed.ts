import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type E2ePlace, type Ended, type RunOptions, runIn } from './e2e-place.ts'

/** One start of a program, found or not. */
export interface Exec {
  /** False for the process that was started by the test itself, and for what it turns into. */
  readonly isChild: boolean
  readonly program: string
  readonly argv: readonly string[]
  readonly env: readonly string[]
}

/** Everything that a command and its children did where a secret could show. */
export interface Observed extends Ended {
  readonly execs: readonly Exec[]
  /** What was written to files, also to those that are gone since. */
  readonly writes: readonly { readonly path: string; readonly text: string }[]
}

const CALLS = 'execve,execveat,write,writev,pwrite64,pwritev,pwritev2'

/** Runs a command under strace (`canTrace`), with all of its arguments, environments and writes to files. */
export async function observed(
  place: E2ePlace,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Observed> {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-observed-'))
  try {
    const file = join(folder, 'calls')
    const flags = [
      '-f',
      '--seccomp-bpf',
      '-qq',
      '-v',
      '-y',
      '-s',
      '4000000',
      '-e',
      'signal=none',
      '-e',
      `trace=${CALLS}`,
    ]
    const ended = await runIn(place, ['strace', ...flags, '-o', file, ...command], options)
    const lines = readFileSync(file, 'latin1').split('\n')
    const ours = Number.parseInt(lines[0] ?? '', 10)
    return {
      ...ended,
      execs: lines.flatMap((line) => execOf(line, ours) ?? []),
      writes: lines.flatMap((line) => writeOf(line) ?? []),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `PID execve("/bin/x", ["x", "a"], ["HOME=/", …]) = 0`; a call that was interrupted has its arguments in its first line. */
function execOf(line: string, ours: number): Exec | null {
  const match = /^(\d+) +execve(?:at)?\((?:[^"]*, )?"((?:[^"\\]|\\.)*)", (.*)$/.exec(line)
  if (match === null) return null
  const [argv = [], env = []] = Array.from(
    (match[3] ?? '').matchAll(/\[((?:"(?:[^"\\]|\\.)*"(?:, )?)*)\]/g),
    ([, list]) => Array.from((list ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, text]) => text ?? ''),
  )
  return { isChild: Number(match[1]) !== ours, program: match[2] ?? '', argv, env }
}

/** Pipes, sockets and devices are no files: what goes to stdout, stderr, STS and the keychain is looked at elsewhere. */
function writeOf(line: string): { path: string; text: string } | null {
  const match = /^\d+ +p?write[v264]*\(\d+<(\/[^>]*)>(?:\(deleted\))?, (.*)$/.exec(line)
  const path = match?.[1] ?? ''
  return path === '' || path.startsWith('/dev/') || path.startsWith('/proc/') ? null : { path, text: match?.[2] ?? '' }
}
