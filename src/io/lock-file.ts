import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { errnoOf, errnoState } from './file-errors.ts'
import { ensurePrivateFolder, hasBits, isOurs } from './private-files.ts'
import { isAlive } from './process-alive.ts'
import { safeFileName } from './safe-name.ts'

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0
const NO_WAIT = constants.O_NONBLOCK ?? 0

/** No lock can be had here at all (NFS, full, read-only, planted file): `process` goes on without, others refuse. */
export class LockUnavailable extends Error {
  /** Fit to show: `the disk is full`. */
  readonly reason: string
  /** What mends it, where something does. */
  readonly hint: string | null

  constructor(reason: string, cause?: unknown) {
    super(`cannot lock: ${reason}`, cause === undefined ? undefined : { cause })
    this.name = 'LockUnavailable'
    this.reason = reason
    this.hint = cause instanceof CredError ? cause.hint : null
  }
}

export interface LockHolder {
  readonly pid: number
  /** What runs there, as `process --profile prod`: shown in messages, so no secrets. */
  readonly program: string
}

export interface LockPaths {
  readonly lock: string
  readonly holder: string
}

/** Names that are safe as they are stay readable; any other gets a hash. */
export function lockPaths(folder: string, name: string): LockPaths {
  const safe = /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name) ? name : safeFileName(name)
  return { lock: join(folder, `${safe}.lock`), holder: join(folder, `${safe}.holder`) }
}

/**
 * Makes sure of the lock file before SQLite sees it: it would follow a link, make the file under the umask, and
 * grant an exclusive lock twice on a file it cannot write. Must not run while this process holds the lock: closing
 * any descriptor of a file drops the process's POSIX locks on it. Throws `LockUnavailable`.
 */
export function prepareLockFile(folder: string, path: string): void {
  let fd: number | null = null
  try {
    ensurePrivateFolder(folder)
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | NO_FOLLOW | NO_WAIT, 0o600)
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new LockUnavailable('the lock file is not a file')
    if (!isOurs(stat)) throw new LockUnavailable('the lock file belongs to another user')
    if ((stat.mode & 0o200) === 0) throw new LockUnavailable('the lock file is read-only')
    if (hasBits(stat, 0o022)) throw new LockUnavailable('other users may write to the lock file')
    if (hasBits(stat, 0o077)) fchmodSync(fd, 0o600)
    // Ours stay empty. SQLite refuses whatever else stands in it, so that nobody can be holding it.
    if (stat.size > 0) ftruncateSync(fd, 0)
  } catch (error) {
    if (error instanceof LockUnavailable) throw error
    if (error instanceof CredError) throw new LockUnavailable(error.message, error)
    throw new LockUnavailable(`the lock file: ${errnoState(error)}`, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** Names the holder for the others' messages. It may be missing (a full disk): the lock does not depend on it. */
export function writeHolder(path: string, holder: LockHolder, startedMs: number): void {
  try {
    // Without O_NONBLOCK a FIFO planted here would hang the open, with the lock held.
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW | NO_WAIT, 0o600)
    try {
      if (!fstatSync(fd).isFile()) return
      ftruncateSync(fd, 0)
      writeFileSync(fd, JSON.stringify({ ...holder, startedMs }))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    // Only the text of somebody's error is poorer. What is no file error is a mistake of ours.
    if (errnoOf(error) === null) throw error
  }
}

export function removeHolder(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    // A stale name is overwritten by the next holder, and not believed once its pid is gone.
    if (errnoOf(error) === null) throw error
  }
}

const HOLDER_MAX_BYTES = 10_000

/** Who holds the lock and for how many ms; `unknown` where the name is stale or damaged; null where none was left. */
export function readHolder(path: string, wallMs: number): (LockHolder & { ageMs: number }) | 'unknown' | null {
  let value: unknown
  try {
    const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT)
    try {
      const stat = fstatSync(fd)
      value = stat.isFile() && stat.size <= HOLDER_MAX_BYTES ? JSON.parse(readFileSync(fd, 'utf8')) : null
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    // Half-written counts as unknown: it is being taken or given back right now.
    return errnoOf(error) === 'ENOENT' ? null : 'unknown'
  }
  if (typeof value !== 'object' || value === null) return 'unknown'
  const { pid, program, startedMs } = value as Record<string, unknown>
  if (!Number.isSafeInteger(pid) || typeof program !== 'string' || typeof startedMs !== 'number') return 'unknown'
  if (!isAlive(pid as number)) return 'unknown'
  return { pid: pid as number, program, ageMs: Math.max(0, wallMs - startedMs) }
}
