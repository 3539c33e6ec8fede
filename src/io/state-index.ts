import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { CredError } from '../core/errors.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { ensurePrivateFolder, writePrivateFile } from './private-files.ts'
import { safeFileName } from './safe-name.ts'
import { entryText, type IndexEntries, type IndexKind, parsedEntry } from './state-entries.ts'

export type { IndexEntries, IndexKind } from './state-entries.ts'

/**
 * Names, expiry times and failures, no secrets: one 0600 file per entry, because many processes write. What it says
 * is a hint: it can lag behind the store, so an item read from there is checked by itself. All methods but `known` throw
 * `CredError` where they could not tell or not do.
 */
export interface Index {
  /** Null where there is no entry, and where it is damaged or foreign (another version, kind or name). */
  read<K extends IndexKind>(kind: K, name: string): IndexEntries[K] | null
  /** As `read`, and null where the index cannot be read too: for who takes it as a hint, and asks STS once more for want of it. */
  known<K extends IndexKind>(kind: K, name: string): IndexEntries[K] | null
  write<K extends IndexKind>(kind: K, name: string, entry: IndexEntries[K]): void
  /** True when there was something to remove. */
  remove(kind: IndexKind, name: string): boolean
  /** All sound entries of a kind, ordered by name. */
  all<K extends IndexKind>(kind: K): IndexEntries[K][]
  /** Gives what tells, for who looks again and again, whether an entry may have changed since it was asked last. */
  changes(): () => boolean
}

/** The index in `folder`, which is made at the first write. A read is one `readFileSync`. */
export function openIndex(folder: string): Index {
  const pathOf = (kind: IndexKind, name: string) => `${folder}/${kind}-${safeFileName(name)}.json`
  function read<K extends IndexKind>(kind: K, name: string): IndexEntries[K] | null {
    const found = readEntry(kind, pathOf(kind, name))
    return found !== null && found.name === name ? found.entry : null
  }
  return {
    read,
    known(kind, name) {
      try {
        return read(kind, name)
      } catch (error) {
        if (!(error instanceof CredError)) throw error
        return null
      }
    },
    write(kind, name, entry) {
      ensurePrivateFolder(folder)
      writePrivateFile(pathOf(kind, name), entryText(kind, name, entry))
    },
    remove(kind, name) {
      const path = pathOf(kind, name)
      try {
        unlinkSync(path)
        return true
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return false
        throw fileError('remove', path, error)
      }
    },
    all(kind) {
      return fileNames(folder)
        .filter((file) => file.startsWith(`${kind}-`) && file.endsWith('.json'))
        .map((file) => ({ file, found: readEntry(kind, `${folder}/${file}`) }))
        .flatMap(({ file, found }) =>
          found !== null && `${folder}/${file}` === pathOf(kind, found.name) ? [found] : [],
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((found) => found.entry)
    },
    changes: () => folderChanges(folder),
  }
}

/** Two writings within this time may leave the folder with one and the same time of change. */
const SETTLED_MS = 100
/** A server's folder may have its time of change read from a cache (NFS). */
const LOOKS_SKIPPED_MAX = 3

function folderChanges(folder: string): () => boolean {
  let seenMs: number | null = null
  let skipped = 0
  return () => {
    const changedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (changedMs === seenMs && skipped++ < LOOKS_SKIPPED_MAX) return false
    skipped = 0
    seenMs = Math.abs(Date.now() - changedMs) < SETTLED_MS ? null : changedMs
    return true
  }
}

function readEntry<K extends IndexKind>(kind: K, path: string): { name: string; entry: IndexEntries[K] } | null {
  let text: string
  try {
    text = readFileAt(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    // O_NOFOLLOW on a link: no entry of ours.
    if (errnoOf(error) === 'ELOOP') return null
    throw fileError('read', path, error)
  }
  return parsedEntry(kind, text)
}

const ENTRY_MAX_BYTES = 1024 * 1024

/** A link or a pipe that somebody planted is no entry, and must not be waited for; nor is what no entry of ours could fill. */
function readFileAt(path: string): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = fstatSync(file)
    return stat.isFile() && stat.size <= ENTRY_MAX_BYTES ? readFileSync(file, 'utf8') : ''
  } finally {
    closeSync(file)
  }
}

function fileNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    // Nothing has been written yet.
    if (errnoOf(error) === 'ENOENT') return []
    throw fileError('read the folder', folder, error)
  }
}

/** Which names the store holds items under, for stores that cannot be asked without opening every secret. */
export interface NameRegister {
  has(name: string): Promise<boolean>
  add(name: string): Promise<void>
  remove(name: string): Promise<void>
  all(): Promise<string[]>
}

export function nameRegister(index: Index): NameRegister {
  return {
    has: async (name) => index.read('item', name) !== null,
    add: async (name) => {
      if (index.read('item', name) === null) index.write('item', name, { name })
    },
    remove: async (name) => {
      index.remove('item', name)
    },
    all: async () => index.all('item').map((entry) => entry.name),
  }
}
