import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

type Entry =
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly bytes: Buffer }
  | { readonly kind: 'link'; readonly target: string }

/** What lies below a folder, to be put back after a fault. */
export type FolderSnapshot = ReadonlyMap<string, Entry>

export function snapshotOf(folder: string): FolderSnapshot {
  const found = new Map<string, Entry>()
  for (const path of pathsBelow(folder)) {
    const entry = entryAt(join(folder, path))
    if (entry !== null) found.set(path, entry)
  }
  return found
}

/** Makes the folder what it was. What is unchanged is not written again: its inode and times stay. */
export function restoreTo(folder: string, snapshot: FolderSnapshot): void {
  for (const path of pathsBelow(folder)) {
    const now = entryAt(join(folder, path))
    // What is null is a pipe and the like, and stands in no snapshot.
    if (now !== null && snapshot.get(path)?.kind === now.kind) continue
    rmSync(join(folder, path), { recursive: true, force: true })
  }
  for (const [path, entry] of snapshot) restoreEntry(join(folder, path), entry)
}

/** Remembers these files and folders with all below; what it gives puts them back, and leaves alone what came beside them. */
export function kept(paths: readonly string[]): () => void {
  const found = new Map<string, Entry>()
  for (const path of paths) {
    const below = entryAt(path)?.kind === 'folder' ? pathsBelow(path).map((each) => join(path, each)) : []
    for (const each of [path, ...below]) {
      const entry = entryAt(each)
      if (entry !== null) found.set(each, entry)
    }
  }
  return () => {
    for (const [path, entry] of found) {
      if (entryAt(path)?.kind !== entry.kind) rmSync(path, { recursive: true, force: true })
      restoreEntry(path, entry)
    }
  }
}

function restoreEntry(path: string, entry: Entry): void {
  const now = entryAt(path)
  if (entry.kind === 'link') {
    if (now?.kind === 'link' && now.target === entry.target) return
    rmSync(path, { force: true })
    symlinkSync(entry.target, path)
    return
  }
  if (entry.kind === 'folder') {
    if (now === null) mkdirSync(path)
  } else if (now?.kind !== 'file' || !now.bytes.equals(entry.bytes)) {
    mkdirSync(dirname(path), { recursive: true })
    if (now === null) rmSync(path, { force: true })
    writeFileSync(path, entry.bytes)
  }
  if (now?.kind !== entry.kind || now.mode !== entry.mode) chmodSync(path, entry.mode)
}

/** What is larger was put there by a fault, and need not be read. */
const MAX_BYTES = 32 * 1024 * 1024

/** Null for a pipe, a socket, a device, for what cannot be read, and for what is not there. */
function entryAt(path: string): Entry | null {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return null
  const mode = stats.mode & 0o7777
  if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
  if (stats.isDirectory()) return { kind: 'folder', mode }
  if (!stats.isFile() || stats.size > MAX_BYTES || (mode & 0o400) === 0) return null
  return { kind: 'file', mode, bytes: readFileSync(path) }
}

/** Folders before what is in them; one that was closed to us is opened. */
function pathsBelow(folder: string, at = ''): string[] {
  const whole = join(folder, at)
  if ((lstatSync(whole).mode & 0o500) !== 0o500) chmodSync(whole, 0o700)
  return readdirSync(whole, { withFileTypes: true }).flatMap((entry) => {
    const path = at === '' ? entry.name : `${at}/${entry.name}`
    return entry.isDirectory() ? [path, ...pathsBelow(folder, path)] : [path]
  })
}
