import { spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Context } from '../core/context.ts'
import { secretLine } from '../core/setup/setup-secrets.ts'
import { errnoOf } from './file-errors.ts'
import { hasBits, leftTemporaries, lstatOrNull } from './private-files.ts'
import { finalTarget } from './replace-file.ts'

/** Where else the secrets of a file may lie that this program does not touch. */
export interface LeftCopies {
  /** Files beside it that hold secrets, or cannot be looked into. */
  readonly files: readonly { readonly path: string; readonly readable: boolean }[]
  /** Other names of the same file: they keep what it held. */
  readonly hardLinks: number
  /** `unknown`: it lies in a working tree of git, and git could not be asked. */
  readonly git: 'tracked' | 'unknown' | 'untracked'
  /** Whether other users of this machine may read it. */
  readonly othersMayRead: boolean
}

/** How editors and people name what was before: `credentials.bak`, `credentials~`, `credentials.2024-01-01`. */
const OLD_NAME = /(~|\.(bak|backup|old|orig|save|copy|swp|swo|tmp)([._-]?\d+)?|#)$/i
const BYTES_MAX = 1024 * 1024
const FILES_MAX = 200
const GIT_DEADLINE_MS = 3_000

/** Looks beside the file and, where it is a link, beside what it leads to. Throws `CredError` for links without an end. */
export function leftCopies(path: string, context: Pick<Context, 'env'>): LeftCopies {
  const target = finalTarget(path)
  const stat = lstatOrNull(target)
  // Whoever replaces the file removes these.
  const own = leftTemporaries(dirname(target))
  return {
    files: [...new Set([path, target])].flatMap(oldFilesBeside).filter((each) => !own.includes(each.path)),
    hardLinks: stat === null ? 0 : stat.nlink - 1,
    git: [...new Set([path, target])].map((each) => gitState(each, context)).reduce(worse),
    othersMayRead: stat !== null && hasBits(stat, 0o044),
  }
}

function oldFilesBeside(path: string): LeftCopies['files'] {
  const name = basename(path)
  const folder = dirname(path)
  const isOld = (each: string): boolean =>
    each !== name && (OLD_NAME.test(each) || each.replace(/^[.#]+/, '').startsWith(`${name}.`) || each === `#${name}#`)
  return namesIn(folder)
    .filter(isOld)
    .slice(0, FILES_MAX)
    .flatMap((each) => {
      const held = holdsSecret(join(folder, each))
      return held === false ? [] : [{ path: join(folder, each), readable: held !== null }]
    })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    // A folder that may not be listed: nothing in it can be named.
    if (errnoOf(error) === null) throw error
    return []
  }
}

/** Null where it cannot be read; false too for what is no plain file. */
function holdsSecret(path: string): boolean | null {
  let file: number | null = null
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    if (!fstatSync(file).isFile()) return false
    const bytes = Buffer.alloc(BYTES_MAX)
    const length = readSync(file, bytes, 0, BYTES_MAX, 0)
    return secretLine(bytes.toString('latin1', 0, length)) !== null
  } catch (error) {
    if (errnoOf(error) === null) throw error
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

function worse(one: LeftCopies['git'], other: LeftCopies['git']): LeftCopies['git'] {
  return [one, other].includes('tracked') ? 'tracked' : [one, other].includes('unknown') ? 'unknown' : 'untracked'
}

/** Asks git only where a `.git` stands above the file. A bare repository elsewhere that tracks it is not to be seen. */
function gitState(path: string, { env }: Pick<Context, 'env'>): LeftCopies['git'] {
  if (!isInWorkingTree(dirname(path))) return 'untracked'
  // Windows looks for a program in the current folder first.
  if (process.platform === 'win32') return 'unknown'
  // A repository's own settings can name programs that git starts.
  const words = ['-c', 'core.fsmonitor=false', 'ls-files', '--error-unmatch', '--', basename(path)]
  const { PATH, HOME } = env
  const given = Object.entries({ PATH, HOME }).filter(([, value]) => value !== undefined)
  const { status } = spawnSync('git', words, {
    cwd: dirname(path),
    env: { ...Object.fromEntries(given), GIT_OPTIONAL_LOCKS: '0' },
    stdio: 'ignore',
    timeout: GIT_DEADLINE_MS,
  })
  return status === 0 ? 'tracked' : status === 1 ? 'untracked' : 'unknown'
}

function isInWorkingTree(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (dirname(at) === at) return false
  }
}
