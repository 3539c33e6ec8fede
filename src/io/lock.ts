import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { CredError } from '../core/errors.ts'
import { shown } from '../core/text.ts'
import {
  type LockHolder,
  type LockPaths,
  LockUnavailable,
  lockPaths,
  prepareLockFile,
  readHolder,
  removeHolder,
  writeHolder,
} from './lock-file.ts'

export { LockUnavailable } from './lock-file.ts'

const SQLITE_BUSY = 5
/** Who has waited long looks less often: a hundred that wait for a person would else keep two processors busy. */
const WAIT_LEAST_MS = 10
const WAIT_LONG_MS = 60
const WAIT_SHARE = 3
const WAIT_SPREAD = 1.5

export interface LockOptions<T> {
  readonly folder: string
  /** Any text; the same name is the same lock. */
  readonly name: string
  /** A moment on `nowMs`'s clock after which no further attempt is made. The first is always made. */
  readonly deadlineMs: number
  /** Any clock in milliseconds, best one that never jumps. */
  nowMs(): number
  readonly signal?: AbortSignal
  /** Looked at once the lock is held. */
  readonly holder: LockHolder
  /** Whether the holder may need a person: then it is looked for at long intervals from the first on. */
  readonly isLong?: boolean
  /** Looks for the holder's result after each attempt that failed; what is not null ends the wait. */
  onBusy?(): Promise<T | null>
}

/** Locks held by this process, kept from the garbage collector, which would give them back. POSIX locks do not part a process from itself, and see `prepareLockFile`. */
const heldHere = new Map<string, DatabaseSync>()

/**
 * Runs `work` as the only one, among all processes of this user, that holds the lock of that name. The lock is
 * `BEGIN EXCLUSIVE` on an empty SQLite file that is never unlinked; the system frees it when the holder is killed.
 *
 * Throws `LockUnavailable` where no lock can be had (then `work` has not run), `CredError('failed')` naming the
 * holder at the deadline, and when `signal` aborts its reason if that is a `CredError`, else
 * `CredError('interrupted')`. While `work` runs the signal is `work`'s own business.
 */
export async function withLock<T>(options: LockOptions<T>, work: () => Promise<T>): Promise<T> {
  const paths = lockPaths(options.folder, options.name)
  const attempt = new Attempt(options.folder, paths)
  const startedMs = options.nowMs()
  try {
    for (;;) {
      throwIfAborted(options.signal)
      if (await attempt.take()) break
      const found = await options.onBusy?.()
      if (found !== null && found !== undefined) return found
      if (options.nowMs() >= options.deadlineMs) throw gaveUp(paths)
      await pause(options.isLong ? WAIT_LONG_MS * WAIT_SHARE : options.nowMs() - startedMs, options.signal)
    }
    writeHolder(paths.holder, options.holder, Date.now())
    return await work()
  } finally {
    attempt.end()
  }
}

/** One caller's connection to the lock file, kept open between attempts. */
class Attempt {
  readonly #folder: string
  readonly #paths: LockPaths
  #database: DatabaseSync | null = null
  #ready = false
  #held = false

  constructor(folder: string, paths: LockPaths) {
    this.#folder = folder
    this.#paths = paths
  }

  async take(): Promise<boolean> {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    // From here to `set` nothing awaits, so no other caller of this process comes in between.
    if (heldHere.has(this.#paths.lock)) return false
    try {
      if (this.#database === null) {
        prepareLockFile(this.#folder, this.#paths.lock)
        this.#database = new DatabaseSync(this.#paths.lock, { timeout: 0 })
      }
      // Without it a commit would make a journal file beside the lock.
      if (!this.#ready) this.#database.exec('PRAGMA journal_mode=memory')
      this.#ready = true
      this.#database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      if (error instanceof LockUnavailable) throw error
      const code = sqliteCode(error)
      if (code !== null && (code & 0xff) === SQLITE_BUSY) return false
      throw new LockUnavailable(code === null ? 'it cannot be opened' : `SQLite error ${code}`, error)
    }
    heldHere.set(this.#paths.lock, this.#database)
    this.#held = true
    return true
  }

  /** The name goes first: after the release it could be the next holder's. */
  end(): void {
    if (this.#held) removeHolder(this.#paths.holder)
    this.#database?.close()
    if (this.#held) heldHere.delete(this.#paths.lock)
  }
}

function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null
}

async function pause(waitedMs: number, signal: AbortSignal | undefined): Promise<void> {
  const leastMs = Math.min(WAIT_LONG_MS, Math.max(WAIT_LEAST_MS, waitedMs / WAIT_SHARE))
  try {
    await sleep(leastMs * (1 + Math.random() * WAIT_SPREAD), undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    throwIfAborted(signal)
    throw error
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  if (signal.reason instanceof CredError) throw signal.reason
  throw new CredError('interrupted', 'interrupted while waiting for another aws-cred', { cause: signal.reason })
}

/** Who holds the lock of that name, and for how many ms; null where nobody does, or nobody can be named. */
export function holderOf(folder: string, name: string): (LockHolder & { readonly ageMs: number }) | null {
  const holder = readHolder(lockPaths(folder, name).holder, Date.now())
  return holder === 'unknown' ? null : holder
}

/** Busy all along and nobody ever named: file systems without locks (NFS with no lock daemon) look like that. */
function gaveUp(paths: LockPaths): Error {
  const holder = readHolder(paths.holder, Date.now())
  if (holder === null) return new LockUnavailable('it is always busy, and nobody is named as its holder')
  const who =
    holder === 'unknown'
      ? 'by a program that cannot be seen from here'
      : `for ${age(holder.ageMs)} by ${describe(holder)}`
  const hint = holder === 'unknown' ? {} : { hint: `where it hangs, end it: kill ${holder.pid}` }
  return new CredError('failed', `cannot go on: another aws-cred is at work; its lock is held ${who}`, hint)
}

function describe(holder: LockHolder): string {
  return `pid ${holder.pid} (${shown(holder.program)})`
}

function age(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
