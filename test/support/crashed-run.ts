import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type E2ePlace, type Ended, type RunOptions, startIn } from './e2e-place.ts'

export interface Crashed extends Ended {
  /** Which of the texts were in its memory when it crashed. */
  readonly inMemory: readonly string[]
  /** `/proc/PID/coredump_filter` at that moment. */
  readonly coreFilter: string
  /** Null where the kernel wrote none. */
  readonly core: Buffer | null
}

/** Whether a core file lands in the working folder; elsewhere (a pipe to a program, a folder) only the filter can be looked at. */
export function coreFilesLandHere(): boolean {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  return pattern !== '' && !/[|/]/.test(pattern)
}

/** strace keeps it at the door of exit_group until it is ended itself, or this long. */
const HELD_US = 20_000_000

/**
 * Runs a command with core files allowed, holds it (strace) where it is about to exit, when everything that it ever read still
 * lies in its memory, looks for `texts` there, and kills it by `signal`.
 */
export async function crashedAtExit(
  place: E2ePlace,
  command: readonly string[],
  signal: 'SIGSEGV' | 'SIGABRT',
  texts: readonly string[],
  options: RunOptions = {},
): Promise<Crashed> {
  for (const file of coresIn(place.home)) rmSync(file)
  const hold = [
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=exit_group',
    '-e',
    `inject=exit_group:delay_enter=${HELD_US}:retval=0`,
  ]
  const allowed = ['sh', '-c', 'ulimit -c unlimited; exec "$@"', 'sh']
  const running = startIn(place, [...allowed, 'strace', ...hold, ...command], options)
  const pid = await heldAtExit(running.child.pid ?? 0)
  const inMemory = textsInMemory(pid, texts)
  const coreFilter = readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim()
  process.kill(pid, signal)
  // Let go of, it goes on into the signal.
  running.child.kill('SIGKILL')
  const ended = await running.ended
  const [core] = coresIn(place.home)
  return { ...ended, inMemory, coreFilter, core: core === undefined ? null : readFileSync(core) }
}

function coresIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^core(\.\d+)?$/.test(name))
    .map((name) => join(folder, name))
}

/** The process that strace started, once it stands before exit_group: stopped, its call taken out (-1), and for longer than a moment. */
async function heldAtExit(strace: number): Promise<number> {
  for (let tries = 0, still = 0; tries < 3_000; tries++) {
    const children = `/proc/${strace}/task/${strace}/children`
    const pid = existsSync(children) ? Number.parseInt(readFileSync(children, 'latin1'), 10) : Number.NaN
    still = Number.isInteger(pid) && isHeld(pid) ? still + 1 : 0
    if (still === 4) return pid
    await wait(5)
  }
  throw new Error('the program did not come to its exit')
}

function isHeld(pid: number): boolean {
  try {
    const stopped = /^State:\tt/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return stopped && readFileSync(`/proc/${pid}/syscall`, 'latin1').startsWith('-1 ')
  } catch {
    // It is just being started.
    return false
  }
}

function textsInMemory(pid: number, texts: readonly string[]): string[] {
  const regions = readFileSync(`/proc/${pid}/maps`, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)
      return match === null ? [] : [[Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)] as const]
    })
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const bytes = Buffer.allocUnsafe(CHUNK_BYTES)
  const found = new Set<string>()
  try {
    for (const [from, to] of regions) {
      // A text that lies across two chunks is in its whole in neither: what is read twice is longer than any.
      for (let at = from; at < to; at += CHUNK_BYTES - OVERLAP_BYTES) {
        const length = readRegion(memory, bytes.subarray(0, Math.min(CHUNK_BYTES, to - at)), at)
        for (const text of texts) if (bytes.subarray(0, length).includes(text)) found.add(text)
      }
    }
  } finally {
    closeSync(memory)
  }
  return [...found]
}

const CHUNK_BYTES = 1024 * 1024
const OVERLAP_BYTES = 1024

function readRegion(memory: number, bytes: Buffer, from: number): number {
  try {
    return readSync(memory, bytes, 0, bytes.length, from)
  } catch {
    // Special regions ([vvar]) and pages that were never touched in a file's place.
    return 0
  }
}
