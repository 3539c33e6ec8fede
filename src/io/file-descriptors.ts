import { fstatSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf } from './file-errors.ts'

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
  for (const name of readdirSync('/proc/self/fd')) {
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
