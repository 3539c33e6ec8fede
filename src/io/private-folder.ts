import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** `private`: a real folder of ours that nobody else may enter; `foreign`: anything else that lies there. */
export type FolderState = 'private' | 'absent' | 'foreign'

/**
 * Looks at a folder that is to hold secrets or code, without following a link at its end.
 * `userId` null (Windows) leaves out owner and mode: there the user's profile folder guards what is in it.
 */
export function folderState(path: string, userId: number | null): FolderState {
  const stats = statsOrNull(path)
  if (stats === null) return 'absent'
  if (!stats.isDirectory()) return 'foreign'
  if (userId === null) return 'private'
  return stats.uid === userId && (stats.mode & 0o077) === 0 ? 'private' : 'foreign'
}

/**
 * True when `path` is a private folder of ours or could be made one. It is made, 0700, only under a folder that nobody else can
 * rename things in: under another user's HOME (sudo) that user could swap it after the check.
 */
export function madePrivate(path: string, userId: number | null): boolean {
  if (!parentIsSafe(dirname(path), userId)) return false
  if (folderState(path, userId) === 'absent') {
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      // EEXIST: another process was faster, judged below. All else (read-only, full, no right) means this place is no use.
      if (codeOf(error) !== 'EEXIST') return false
    }
  }
  return folderState(path, userId) === 'private'
}

/**
 * Makes a folder and its missing parents, mode 0700; one that is there stays as it is. Node's own `recursive` tries for
 * ever where the system finds no folder to make one in though it is there (/proc, automounts). Throws what `node:fs` throws.
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster, or it is a link that leads nowhere: whoever uses the folder is told.
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** True when nobody but us (and root) can rename what lies in `path`, which is made, 0700, where it is not there. */
export function parentIsSafe(path: string, userId: number | null): boolean {
  let stats = statsOrNull(path)
  if (stats === null) {
    const above = dirname(path)
    if (above === path || !parentIsSafe(above, userId)) return false
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return false
    }
    stats = statsOrNull(path)
  }
  if (stats === null) return false
  if (userId === null) return true
  // A link such as /home/me -> /data/me is safe when it is ours or root's: nobody else can turn it.
  if (stats.uid !== userId && stats.uid !== 0) return false
  return stats.isSymbolicLink() || (stats.mode & 0o022) === 0 || (stats.mode & 0o1000) !== 0
}

/** Writes a file whole or not at all: 0600, under a name of its own, fsynced, then renamed over `path`. Throws what fs throws. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const temporary = temporaryName(path)
  try {
    writeSynced(temporary, data)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** A name beside `path` that no other process uses. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}-${Math.random().toString(36).slice(2, 10)}.tmp`
}

/** Creates `path` (it must not be there), 0600, and has its bytes on disk when it returns. */
export function writeSynced(path: string, data: string | Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Node's name of a file system failure, as `ENOENT`; an empty text for any other error. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : ''
}

function statsOrNull(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null
  } catch {
    // No right to look, or a file where a folder should be: for every caller the same as nothing usable there.
    return null
  }
}
