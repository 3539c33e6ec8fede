import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import { type CliCacheEntry, isCliCacheName, parseCliCacheEntry } from '../core/cli-cache.ts'
import type { Context } from '../core/context.ts'
import { homeDir } from './aws-files.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { isOurs, lstatOrNull } from './private-files.ts'

/** A role's session with its policy is a few kilobytes. */
const MAX_BYTES = 1024 * 1024

/** What lies in the cache's folder, by file name. */
export interface CliCacheFile {
  readonly name: string
  readonly path: string
  /** Null where it is no entry of that cache: then `why` says what it is. */
  readonly entry: CliCacheEntry | null
  readonly why: string | null
}

/**
 * `~/.aws/cli/cache` as both AWS CLIs find it: Python's `os.path.expanduser`, which on Windows goes by USERPROFILE and
 * never by HOME (ntpath.py), and no variable of AWS's moves it. Null where there is no home folder.
 */
export function cliCacheFolder(context: Pick<Context, 'env' | 'platform'>): string | null {
  const { env, platform } = context
  if (platform !== 'win32') {
    const home = homeDir(context)
    return home === null ? null : posix.join(home, '.aws', 'cli', 'cache')
  }
  const { USERPROFILE, HOMEDRIVE = '', HOMEPATH } = env
  const home = USERPROFILE || (HOMEPATH ? HOMEDRIVE + HOMEPATH : null)
  return home === null ? null : win32.join(home, '.aws', 'cli', 'cache')
}

/**
 * All that lies in the folder, in order; null where it is not there. Links are not followed. Throws `CredError` where
 * the folder cannot be read; a file that cannot is one of the others.
 */
export function readCliCache(folder: string): CliCacheFile[] | null {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw fileError('read the folder', folder, error)
  }
  return names.sort().flatMap((name) => {
    const path = `${folder}/${name}`
    const found = lookAt(path, name)
    return found === null ? [] : [{ name, path, ...found }]
  })
}

/** Whether a folder, a link to it followed, belongs to us. */
export function folderIsOurs(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false })
  return stats === undefined || isOurs(stats)
}

/** Null where it is gone by now: the CLI writes there too. */
function lookAt(path: string, name: string): Pick<CliCacheFile, 'entry' | 'why'> | null {
  const stats = lstatOrNull(path)
  if (stats === null) return null
  const other = (why: string) => ({ entry: null, why })
  if (stats.isSymbolicLink()) return other('a link')
  if (stats.isDirectory()) return other('a folder')
  if (!stats.isFile()) return other('no file')
  if (!isCliCacheName(name)) return other('another name')
  if (!isOurs(stats)) return other("another user's")
  const text = stats.size > MAX_BYTES ? null : readPlainFile(path)
  const entry = text === null ? null : parseCliCacheEntry(text)
  return entry === null ? other('no session in it') : { entry, why: null }
}

/** Null for what has become a link or a pipe since, is gone, or cannot be read. */
function readPlainFile(path: string): string | null {
  let file: number | null = null
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    return fstatSync(file).isFile() ? readFileSync(file, 'utf8') : null
  } catch (error) {
    if (errnoOf(error) === null) throw error
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** Removes one entry; false where it is gone already. Throws `CredError` where that cannot be done. */
export function removeCliCacheFile(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw fileError('remove', path, error)
  }
}
