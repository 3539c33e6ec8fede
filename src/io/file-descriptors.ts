import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errnoOf, fileError } from './file-errors.ts'

/** Whether a descriptor is a terminal. Cheap where it is not: `node:tty` brings Node's streams and net with it. */
export function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false
  } catch (error) {
    if (errnoOf(error) === null) throw error
    // A closed descriptor.
    return false
  }
  return process.getBuiltinModule('node:tty').isatty(fd)
}

/** Shells number what they open for a command below this. */
const LAST_FD = 63

/**
 * The descriptors above stderr that our parent gave us: `3>file`, and what stands behind zsh's `<(…)`. Node closes them
 * for its children (`uv_disable_stdio_inheritance`). Its own are told by what they are: event queues, pipes with both
 * ends here, /dev/null. What this program opens is not: look before it opens anything (the keychain's connection to
 * D-Bus, a listening socket). Linux only: elsewhere nothing tells them apart.
 */
export function inheritedDescriptors(platform: string): number[] {
  if (platform !== 'linux') return []
  const targets = new Map<number, string>()
  for (const name of ownDescriptors()) {
    try {
      targets.set(Number(name), readlinkSync(`/proc/self/fd/${name}`))
    } catch (error) {
      // The one that read the folder is closed again.
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  const all = [...targets.values()]
  const isOwn = (target: string): boolean =>
    target.startsWith('anon_inode:') ||
    target === '/dev/null' ||
    target === '/dev/tty' ||
    (target.startsWith('pipe:') && all.indexOf(target) !== all.lastIndexOf(target))
  return [...targets].filter(([fd, target]) => fd > 2 && fd <= LAST_FD && !isOwn(target)).map(([fd]) => fd)
}

function ownDescriptors(): string[] {
  try {
    return readdirSync('/proc/self/fd')
  } catch (error) {
    throw fileError('read', '/proc/self/fd', error)
  }
}

/** What a process may open, and how much of it is left: as this process sees it. */
export interface OpenFiles {
  readonly limit: string
  readonly left: number
}

/** Null where nothing tells (no /proc). */
export function openFilesLeft(): OpenFiles | null {
  let fd: number
  try {
    // The lowest that is free, as for every open; the limit is one for its number.
    fd = openSync('/proc/self/limits', 'r')
  } catch (error) {
    if (errnoOf(error) === null) throw error
    return errnoOf(error) === 'EMFILE' ? { limit: 'reached', left: 0 } : null
  }
  try {
    const { soft } = openFileLimits(readFileSync(fd, 'latin1')) ?? { soft: 'unlimited' }
    return { limit: soft, left: soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) - fd }
  } finally {
    closeSync(fd)
  }
}

/** The soft and the hard limit in the text of a `/proc/<pid>/limits`. */
export function openFileLimits(text: string): { readonly soft: string; readonly hard: string } | null {
  const match = /^Max open files +(\d+|unlimited) +(\d+|unlimited) /m.exec(text)
  return match === null ? null : { soft: match[1] ?? '', hard: match[2] ?? '' }
}
