import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import { openFileLimits } from './file-descriptors.ts'
import { errnoOf, errnoState } from './file-errors.ts'
import { coreFilterForChildren } from './process-guards.ts'

/** How a command ended: by itself, or by a signal. */
export type CommandEnd = { readonly status: number } | { readonly signal: NodeJS.Signals }

/** Sent to us alone, these are meant for the command. */
const HANDED_ON: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGWINCH']
/** The terminal sends these to its whole foreground group: the command has got them, and decides. */
const LEFT_TO_COMMAND: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

export interface CommandStart {
  /** The descriptors above stderr that our parent gave us: `inheritedDescriptors` before anything else was opened. */
  readonly descriptors: readonly number[]
  /**
   * Gives the whole environment. Called when no signal ends this process any more, so that what it makes for the
   * command can be taken away after it.
   */
  environment(): Readonly<Record<string, string>>
  /** Takes it away again, before signals end this process as usual; also where the command could not be started. */
  tidy?(): void
}

/**
 * Runs a command as a child in our process group, on our stdin, stdout and stderr, with this environment and nothing
 * else, and waits. Ctrl-Z stops both, `fg` wakes both. Its core file filter, its limit of open files and the descriptors
 * above stderr are those that we were started with. Throws `CredError('no-command' | 'not-executable' | 'failed')`.
 */
export async function runCommand(command: readonly string[], start: CommandStart): Promise<CommandEnd> {
  const name = command[0] ?? ''
  const handlers = new Map<NodeJS.Signals, () => void>()
  // Handlers run only after this turn: whatever comes before the command is there reaches it all the same.
  let hand: (signal: NodeJS.Signals) => void = () => {}
  const windows = process.platform === 'win32'
  // Windows has no signals to hand on: `kill` there would end the command at once.
  for (const signal of windows ? (['SIGINT', 'SIGBREAK', 'SIGHUP'] as const) : HANDED_ON) {
    handlers.set(signal, () => (windows ? undefined : hand(signal)))
  }
  for (const signal of windows ? [] : LEFT_TO_COMMAND) handlers.set(signal, () => undefined)
  for (const [signal, handler] of handlers) process.on(signal, handler)
  try {
    const env = start.environment()
    const [program = '', ...args] = limitedCommand(command, env)
    return await new Promise<CommandEnd>((resolve, reject) => {
      const child = withCoreFilter(() => spawn(program, args, { env, stdio: inheritedStdio(start.descriptors) }))
      hand = (signal) => void child.kill(signal)
      child.on('error', reject)
      child.on('exit', (status, signal) => resolve(signal === null ? { status: status ?? 1 } : { signal }))
    })
  } catch (error) {
    throw error instanceof CredError ? error : startError(name, error)
  } finally {
    start.tidy?.()
    for (const [signal, handler] of handlers) process.removeListener(signal, handler)
  }
}

function startError(name: string, error: unknown): CredError {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ERR_INVALID_ARG_VALUE':
      return new CredError('no-command', `cannot run ${quoted(name)}: no such command`, { cause: error })
    case 'E2BIG':
      return new CredError('not-executable', `cannot run ${quoted(name)}: its arguments are too long`, { cause: error })
    case 'ENOEXEC':
    case 'EINVAL':
      return new CredError('not-executable', `cannot run ${quoted(name)}: it is no program`, { cause: error })
    default:
      return new CredError('not-executable', `cannot run ${quoted(name)}: ${errnoState(error)}`, { cause: error })
  }
}

function inheritedStdio(descriptors: readonly number[]): NonNullable<SpawnOptions['stdio']> {
  const fds = new Set([0, 1, 2, ...descriptors])
  // What is ignored above stderr stays as it is.
  return Array.from({ length: Math.max(...fds) + 1 }, (_, fd) => (fds.has(fd) ? 'inherit' : 'ignore'))
}

/**
 * A child takes the filter over when it is made, and keeps it (core(5)). To write it into the child's own file
 * afterwards would come too late for what the child starts first; so ours is put back for as long as `start` takes.
 */
function withCoreFilter<T>(start: () => T): T {
  const filter = coreFilterForChildren()
  if (filter === null) return start()
  const path = '/proc/self/coredump_filter'
  writeFileSync(path, filter)
  try {
    return start()
  } finally {
    writeFileSync(path, '0')
  }
}

const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'] as const
const SH = '/bin/sh'

/**
 * The command under the soft limit of open files that we were started with. Node raises its own to the hard one
 * before any of our code runs, and the old one is kept nowhere; our parent's is what we were given, unless it set one
 * just for us, which nobody can see any more. Only Linux tells another process's limits: elsewhere it stays raised.
 * Node cannot set a limit. util-linux's prlimit sets ours, which the child inherits; where it is not installed sh does
 * it on the way, if sh can hand the environment on whole (dash drops variables whose names are no identifiers).
 */
function limitedCommand(command: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const [ours, before] = [limitsOf('self'), limitsOf(String(process.ppid))]
  if (ours === null || before === null || before.hard !== ours.hard || before.soft === ours.soft) return command
  const prlimit = PRLIMIT.find((path) => existsSync(path))
  if (prlimit !== undefined) {
    const words = [`--pid=${process.pid}`, `--nofile=${before.soft}:`]
    const { status } = spawnSync(prlimit, words, { env: {}, stdio: 'ignore' })
    if (status === 0) return command
  }
  if (!existsSync(SH) || !Object.keys(env).every((name) => /^[A-Za-z_]\w*$/.test(name))) return command
  return [SH, '-c', 'ulimit -Sn "$0"; exec "$@"', before.soft, ...command]
}

function limitsOf(pid: string) {
  try {
    return openFileLimits(readFileSync(`/proc/${pid}/limits`, 'latin1'))
  } catch (error) {
    // Not Linux, or a parent that is not to be seen (hidepid, another container).
    if (errnoOf(error) === null) throw error
    return null
  }
}

/**
 * Ends this process by a signal, as a shell would see of the command itself. Node ignores SIGPIPE and handles SIGSEGV:
 * a listener put on and taken off leaves the system's own action behind. Returns, with the status that shells give,
 * only where the signal does not end a process.
 */
export function dieBySignal(signal: NodeJS.Signals): number {
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') {
    const nothing = () => {}
    process.on(signal, nothing)
    process.removeListener(signal, nothing)
  }
  process.kill(process.pid, signal)
  // Another thread may be the one that it reaches.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  return 128 + (constants.signals[signal] ?? 0)
}
