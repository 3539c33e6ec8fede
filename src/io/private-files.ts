import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { pathWord } from '../core/paste.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { makeFolder } from './private-folder.ts'
import { isAlive } from './process-alive.ts'

/** Windows has neither of these flags; there they are 0. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0
const NO_WAIT = constants.O_NONBLOCK ?? 0

/** Our effective user id; null on Windows, where neither owner numbers nor mode bits say anything. */
function ourUserId(): number | null {
  return process.geteuid?.() ?? null
}

/** True where owner and mode bits mean nothing (Windows) or the owner is us. */
export function isOurs(stat: Stats): boolean {
  const uid = ourUserId()
  return uid === null || stat.uid === uid
}

/** True where one of the permission bits in `mask` is set; never on Windows, whose bits are made up by Node. */
export function hasBits(stat: Stats, mask: number): boolean {
  return ourUserId() !== null && (stat.mode & mask) !== 0
}

/**
 * Makes `path` a folder of ours with mode 0700, its missing parents too. One that is ours but readable by others is
 * tightened; a link, another user's folder, or one that others may write to (they could have planted files) is
 * refused with a `CredError`.
 */
export function ensurePrivateFolder(path: string): void {
  try {
    let stat = lstatOrNull(path)
    if (stat === null) {
      makeFolder(path)
      stat = lstatSync(path)
    }
    refuseOpenFolder(path, stat)
    if (hasBits(stat, 0o077) || (ourUserId() !== null && (stat.mode & 0o700) !== 0o700)) tighten(path)
  } catch (error) {
    throw fileError('use the folder', path, error)
  }
}

/** The same look at a folder that is only read from, changing nothing: `CredError` for what is refused, and nothing said where it is not there. */
export function checkPrivateFolder(path: string): void {
  try {
    const stat = lstatOrNull(path)
    if (stat !== null) refuseOpenFolder(path, stat)
  } catch (error) {
    throw fileError('use the folder', path, error)
  }
}

function refuseOpenFolder(path: string, stat: Stats): void {
  if (stat.isSymbolicLink()) throw refusal(path, 'it is a symbolic link')
  if (!stat.isDirectory()) throw refusal(path, 'it is not a folder')
  if (!isOurs(stat)) throw refusal(path, 'it belongs to another user')
  if (hasBits(stat, 0o022)) throw refusal(path, 'other users may write to it', chmodHint('700', path))
}

/** A process elsewhere, in a container or on another machine that has the same HOME, counts as dead here and may be writing. */
const WRITING_ELSEWHERE_MS = 60_000

/**
 * Writes a 0600 file whole or not at all: temporary name beside it, fsync, rename, fsync of the folder. The folder
 * is not made here; what killed processes left in it goes. A link at `path` is replaced, not followed.
 */
export function writePrivateFile(path: string, data: string | Uint8Array): void {
  try {
    removeLeftTemporaries(dirname(path), WRITING_ELSEWHERE_MS)
    replaceWhole(path, data)
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/** Twice what the largest holds, the backup of a config. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * The bytes of a 0600 file of ours; null where it is not there. Throws `CredError` for a link, a file of another
 * user, one that others may read or write, one that nothing of ours could be, or anything that is no plain file.
 */
export function readPrivateFile(path: string): Buffer | null {
  let fd: number | null = null
  try {
    // Without O_NONBLOCK a FIFO planted here would hang the open.
    fd = openSync(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT)
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new CredError('failed', `cannot read ${quoted(path, 300)}: it is not a file`)
    if (!isOurs(stat)) throw new CredError('failed', `cannot read ${quoted(path, 300)}: it belongs to another user`)
    if (hasBits(stat, 0o077)) {
      throw new CredError('failed', `cannot use ${quoted(path, 300)}: other users may read or write it`, {
        hint: chmodHint('600', path),
      })
    }
    if (stat.size > MAX_BYTES) throw new CredError('failed', `cannot read ${quoted(path, 300)}: it is too large`)
    return readFileSync(fd)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null
    throw fileError('read', path, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** Removes a file from a folder of ours, or whatever lies in its place; nothing there is well. Throws `CredError`. */
export function removePrivate(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    throw fileError('remove', path, error)
  }
}

/** Loaded at the first write: node:crypto costs more than all the rest of a hit, which writes nothing. */
function randomName(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex')
}

export interface ReplaceSteps {
  /** Gets the temporary file's descriptor, written and not yet synced. */
  beforeSync?(fd: number): void
  /** The last thing before the rename. */
  beforeRename?(): void
}

/**
 * Puts `data` at `path` under a temporary name in the same folder, then renames. When one of the steps throws, nothing
 * has changed. Throws what `node:fs` throws.
 */
export function replaceWhole(path: string, data: string | Uint8Array, steps: ReplaceSteps = {}): void {
  const folder = dirname(path)
  const temporary = join(folder, `.aws-cred-${process.pid}-${randomName()}.tmp`)
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, 0o600)
  try {
    try {
      fchmodSync(fd, 0o600)
      writeFileSync(fd, data)
      steps.beforeSync?.(fd)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    steps.beforeRename?.()
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(folder)
}

/** Nobody takes as long to write: a process that has the number of a file so old is another one. */
const LONGEST_WRITE_MS = 3_600_000

/**
 * The files that processes which were killed have left in their `replaceWhole` in `folder`, untouched for `minAgeMs`; none
 * where it is not there or may not be listed. That of a process alive is none of them. Throws `CredError`.
 */
export function leftTemporaries(folder: string, minAgeMs = 0): string[] {
  try {
    return namesIn(folder).flatMap((name) => {
      const pid = /^\.aws-cred-(\d+)-[0-9a-f]{16}\.tmp$/.exec(name)?.[1]
      const path = join(folder, name)
      const stat = pid === undefined ? null : lstatOrNull(path)
      if (stat === null || !stat.isFile() || !isOurs(stat)) return []
      // A clock that was set back makes no file young for long.
      const ageMs = Math.abs(Date.now() - stat.mtimeMs)
      return ageMs > LONGEST_WRITE_MS || (ageMs >= minAgeMs && !isAlive(Number(pid))) ? [path] : []
    })
  } catch (error) {
    throw fileError('read the folder', folder, error)
  }
}

/** Removes `leftTemporaries`, which may hold secrets. Throws `CredError`. */
export function removeLeftTemporaries(folder: string, minAgeMs = 0): void {
  for (const path of leftTemporaries(folder, minAgeMs)) removePrivate(path)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
    return []
  }
}

/** Makes a rename last through a power cut. Windows cannot open folders; some network file systems refuse to sync one. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  let fd: number | null = null
  try {
    fd = openSync(folder, constants.O_RDONLY)
    fsyncSync(fd)
  } catch (error) {
    // The new file stands already; these say only that this file system has no such call, or that the folder may be
    // written but not read.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

function tighten(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | NO_FOLLOW)
  try {
    fchmodSync(fd, 0o700)
  } finally {
    closeSync(fd)
  }
}

/** `lstat`, with null for what is not there. */
export function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null
}

function refusal(path: string, state: string, hint: string | null = null): CredError {
  return new CredError('failed', `cannot use the folder ${quoted(path, 300)}: ${state}`, { hint })
}

function chmodHint(mode: string, path: string): string | null {
  const word = pathWord(path)
  return word === null ? null : `chmod ${mode} ${word}`
}
