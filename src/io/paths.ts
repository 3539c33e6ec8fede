import { readFileSync, statSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import { checksum } from '../core/checksum.ts'
import type { Environment } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { safeFileName } from './safe-name.ts'

export interface StatePathsOptions {
  readonly env: Environment
  /** As `process.platform`. */
  readonly platform: string
  /** The home folder as the environment names it; null where it names none. */
  readonly home: string | null
}

export interface StatePaths {
  readonly stateDir: string
  readonly cacheDir: string
  readonly locksDir: string
  readonly vaultDir: string
  /** `$XDG_RUNTIME_DIR` itself, unchecked; null where it is not set. */
  readonly runtimeDir: string | null
  /** The index of one machine and one store (any text). */
  indexDir(machine: string, storeId: string): string
}

/**
 * Where this program keeps things. Makes and checks nothing. Per the XDG Base Directory Specification a relative
 * value counts as not set. Throws `CredError` naming HOME (Windows: USERPROFILE) where a path needs it and it is
 * not absolute.
 */
export function statePaths(options: StatePathsOptions): StatePaths {
  const join = joinerOf(options.platform)
  const stateDir = stateFolder(options)
  return {
    stateDir,
    cacheDir:
      options.platform === 'win32'
        ? join(stateDir, 'cache')
        : join(absolute(options, 'XDG_CACHE_HOME') ?? join(homeOf(options), '.cache'), 'aws-cred'),
    locksDir: join(stateDir, 'locks'),
    vaultDir: join(stateDir, 'vault'),
    runtimeDir: options.platform === 'win32' ? null : absolute(options, 'XDG_RUNTIME_DIR'),
    indexDir: (machine, storeId) => join(stateDir, 'index', `${machine}-${safeFileName(storeId)}`),
  }
}

/**
 * Joins with the platform's separator and looks no further: `path.join` reads long paths letter by letter, so hot that
 * V8 compiles it on another thread, 3 MB of a hit. What is joined here has no dots to resolve.
 */
export function joinerOf(platform: string): (...parts: readonly string[]) => string {
  const separator = platform === 'win32' ? '\\' : '/'
  return (...parts) => parts.join(separator)
}

function stateFolder(options: StatePathsOptions): string {
  if (options.platform === 'win32') {
    const local = absolute(options, 'LOCALAPPDATA') ?? joinerOf('win32')(homeOf(options), 'AppData', 'Local')
    return joinerOf('win32')(local, 'aws-cred')
  }
  if (options.platform === 'darwin')
    return joinerOf('posix')(homeOf(options), 'Library', 'Application Support', 'aws-cred')
  return joinerOf('posix')(
    absolute(options, 'XDG_STATE_HOME') ?? joinerOf('posix')(homeOf(options), '.local', 'state'),
    'aws-cred',
  )
}

function homeOf({ home, platform }: StatePathsOptions): string {
  const path = platform === 'win32' ? win32 : posix
  if (home !== null && path.isAbsolute(home)) return home
  const name = platform === 'win32' ? 'USERPROFILE' : 'HOME'
  const state = home === null || home === '' ? 'it is not set' : 'it is not an absolute path'
  throw new CredError('failed', `cannot find your home folder from ${name}: ${state}`)
}

function absolute({ env, platform }: StatePathsOptions, name: string): string | null {
  const value = env[name]
  if (value === undefined) return null
  return (platform === 'win32' ? win32 : posix).isAbsolute(value) ? value : null
}

/**
 * A short id of this machine, for a home folder shared by several: 12 hex digits from systemd's machine id, or from
 * the host name where a container has none. macOS and Windows keep this state on the machine itself, and a Mac's
 * host name changes with its network, so there it is always `local`.
 */
export function machineId(platform: string, idFile = '/etc/machine-id'): string {
  if (platform === 'win32' || platform === 'darwin') return 'local'
  let id = ''
  try {
    id = readFileSync(idFile, 'utf8').trim()
  } catch (error) {
    // Not there, or not for us: the host name does.
    if (errnoOf(error) === null) throw error
  }
  // Images that are to be started many times hold an empty one, or this word (machine-id(5)).
  const known = id !== '' && id !== 'uninitialized'
  const named = known ? `machine-id ${id}` : `hostname ${process.getBuiltinModule('node:os').hostname()}`
  return checksum(named).slice(0, 12)
}

/**
 * False where `home` belongs to another user (sudo keeps HOME): then no code is loaded from it and nothing written
 * to it. A home that is not there is nobody's else. `uid` null (Windows): always true. Throws `CredError` where it
 * cannot be looked at.
 */
export function homeIsOurs(home: string, uid: number | null): boolean {
  if (uid === null) return true
  try {
    const stat = statSync(home, { throwIfNoEntry: false })
    return stat === undefined || stat.uid === uid
  } catch (error) {
    throw fileError('look at', home, error)
  }
}
