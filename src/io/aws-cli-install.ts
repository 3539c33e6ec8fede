import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { posix } from 'node:path'
import type { Environment } from '../core/context.ts'
import { type ProgramFile, programFile } from './search-path.ts'

/** AWS's installer for Linux: `…/v2/2.31.4/dist/aws`, which a link in `…/v2/2.31.4/bin` leads to. */
const INSTALLER_PATH = /\/v2\/(\d+\.\d+\.\d+)\/(?:dist|bin)\/aws$/
/** What pip and Debian leave beside a Python package. */
const PACKAGE_INFO = /^awscli-(\d+\.\d+\.\d+)\.(?:dist|egg)-info$/
const SHEBANG_MAX_BYTES = 512

/**
 * The version of an AWS CLI as its installation names it, `2.31.4`, without starting it; null where the files tell none,
 * or more than one that its Python might take.
 */
export function installedCliVersion({ realPath }: ProgramFile, env: Environment): string | null {
  const byInstaller = INSTALLER_PATH.exec(realPath)?.[1]
  if (byInstaller !== undefined) return byInstaller
  const python = /^#!(\/\S+\/python[\d.]*)\s/.exec(firstBytes(realPath))?.[1]
  // Without its Python it does not run, which only running it shows.
  if (python === undefined || programFile(python) === null) return null
  const prefixes = [python, realPath].map((file) => posix.dirname(posix.dirname(file)))
  const more = prefixes.includes('/usr') ? ['/usr/local'] : []
  const ofUser = env.HOME ? [posix.join(env.HOME, '.local')] : []
  const versions = new Set([...prefixes, ...more, ...ofUser].flatMap(packageVersions))
  const [only] = versions
  return versions.size === 1 && only !== undefined ? only : null
}

function packageVersions(prefix: string): string[] {
  const libraries = names(posix.join(prefix, 'lib')).filter((name) => /^python3(\.\d+)?$/.test(name))
  const folders = libraries.flatMap((name) =>
    ['site-packages', 'dist-packages'].map((kind) => posix.join(prefix, 'lib', name, kind)),
  )
  return folders.flatMap(names).flatMap((name) => PACKAGE_INFO.exec(name)?.[1] ?? [])
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not there, or not to be read: nothing is known from it, and the program is asked instead.
    return []
  }
}

function firstBytes(path: string): string {
  const bytes = Buffer.alloc(SHEBANG_MAX_BYTES)
  try {
    const file = openSync(path, 'r')
    try {
      return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    // A program that we may run and not read.
    return ''
  }
}
