import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type E2ePlace, type Ended, type RunOptions, runIn } from './e2e-place.ts'

/** True where strace is there and may trace (containers often forbid it). */
export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true'], { env: { PATH: '/usr/bin:/bin' } }).status === 0
}

export interface Traced extends Ended {
  /** One system call a line, of all threads and children, without the pid. */
  readonly calls: readonly string[]
}

/** Runs the binary under strace. `what` is strace's `-e trace=` list. */
export async function traced(
  place: E2ePlace,
  words: readonly string[],
  what: string,
  options: RunOptions = {},
): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-strace-'))
  try {
    const file = join(folder, 'calls')
    const flags = ['-f', '-qq', '-y', '-s', '9000', '-e', 'signal=none', '-e', `trace=${what}`, '-o', file]
    const ended = await runIn(place, ['strace', ...flags, place.binary, ...words], options)
    const lines = readFileSync(file, 'utf8').split('\n')
    const calls = lines.map((line) => line.replace(/^\d+ +/, '')).filter((line) => line !== '')
    return { ...ended, calls }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The calls that open, make, change or remove a file, apart from reads. */
export function fileWrites(calls: readonly string[]): string[] {
  return calls.filter(
    (call) =>
      /^(open|openat|openat2|creat)\(.*\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/.test(call) ||
      /^(creat|mkdir|mkdirat|rename|renameat|renameat2|unlink|unlinkat|rmdir|link|linkat|symlink|symlinkat|chmod|fchmod|fchmodat|fchmodat2|chown|fchown|fchownat|truncate|ftruncate|utimensat|mknod|mknodat)\(/.test(
        call,
      ),
  )
}
