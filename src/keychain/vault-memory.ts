import { statSync } from 'node:fs'
import { CredError } from '../core/errors.ts'
import { errnoOf, fileError } from '../io/file-errors.ts'
import { readPrivateFile, removeLeftTemporaries, removePrivate, writePrivateFile } from '../io/private-files.ts'
import { folderState } from '../io/private-folder.ts'
import { sealed, unsealed } from './envelope.ts'
import { keptKeyFolder, type VaultKeyContext } from './vault-key.ts'

/**
 * Copies of the vault's sessions in the memory folder of an unlocked vault, beside its key and for as long: who reads
 * that folder has the key, and with it the vault. They spare a hit `node:crypto`, whose loading alone costs a quarter
 * of the empty executable. Long-lived keys are never among them.
 */
export interface VaultMemory {
  /** The value of an item; null where there is no copy of exactly the file that lies at `itemPath` now. */
  read(name: string, itemPath: string): string | null
  /** Keeps a copy of what was just written to `itemPath`. Where that cannot be done the vault itself is read next time. */
  keep(name: string, itemPath: string, value: string): void
  /** Takes the copy away with its item. */
  forget(itemPath: string): void
}

/** Null unless `unlock` keeps the key of that vault in memory now. */
export function vaultMemory(context: VaultKeyContext, vaultId: string): VaultMemory | null {
  const folder = keptKeyFolder(context, vaultId)
  if (folder === null) return null
  const copyOf = (itemPath: string) => `${folder}/${itemPath.slice(itemPath.lastIndexOf('/') + 1)}`
  return {
    read(name, itemPath) {
      if (!isSession(name) || folderState(folder, context.userId) !== 'private') return null
      const written = fileStamp(itemPath)
      if (written === null) return null
      try {
        const bytes = readPrivateFile(copyOf(itemPath))
        return bytes === null ? null : unsealed(`${name} ${written}`, bytes.toString(), 'vault')
      } catch (error) {
        // A copy of an older writing, a damaged one, or no file of ours: the vault has the item.
        if (error instanceof CredError) return null
        throw error
      }
    },
    keep(name, itemPath, value) {
      if (!isSession(name)) return
      const written = fileStamp(itemPath)
      if (written === null) return
      try {
        writePrivateFile(copyOf(itemPath), sealed(`${name} ${written}`, value))
        // Whoever deleted the item before the copy was there has not seen it.
        if (fileStamp(itemPath) === null) removePrivate(copyOf(itemPath))
      } catch (error) {
        // Memory that is full, or `lock` has just taken the folder away: the item is in the vault.
        if (!(error instanceof CredError)) throw error
        removePrivate(copyOf(itemPath))
      }
    },
    forget(itemPath) {
      removeLeftTemporaries(folder)
      removePrivate(copyOf(itemPath))
    },
  }
}

/** What is copied: sessions, never long-lived keys. */
export function isSession(name: string): boolean {
  return name.startsWith('session:')
}

/** Changes with every writing of a file, since each is a new one under the name; null where there is none. */
function fileStamp(path: string): string | null {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return `${ino} ${mtimeMs} ${size}`
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw fileError('look at', path, error)
  }
}
