import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import { callerIsGone } from './caller.ts'
import { errnoOf, errnoState } from './file-errors.ts'
import { dieBySignal } from './run-command.ts'

/**
 * A command line, run through `sh -c` (Windows: `cmd.exe /c`) as every consumer of the contract but botocore does
 * (§1.6): what botocore can run, words and quotes, means the same there, and `~`, `$VAR` and pipes work too. Or words,
 * run as they are, the program looked for on PATH.
 */
export type HelperCommand = { readonly line: string } | { readonly argv: readonly [program: string, ...args: string[]] }

export interface HelperLimits {
  readonly env: Readonly<Record<string, string | undefined>>
  /** More on stdout ends it; of stderr so much is kept. */
  readonly maxBytes: number
  readonly deadlineMs: number
  /** Ends it too: the budget of the whole refresh. */
  readonly signal: AbortSignal
  /** Shows stderr to the person at the terminal instead of keeping it: `touch your YubiKey`. */
  readonly stderrToTerminal?: boolean
}

/** How another program's helper ended. Its output may hold secrets. */
export type HelperEnd =
  | { readonly kind: 'ended'; readonly status: number; readonly out: string; readonly err: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly err: string }
  | { readonly kind: 'too-long' | 'too-much'; readonly err: string }

/** The status of a command that is not there, as shells have it. */
export const NO_COMMAND = 127

const STDERR_MAX_BYTES = 8_192
/** A child that stays behind may hold its stdout open: what the helper itself wrote is there by then. */
const AFTERMATH_MS = 300
const LOOK_MS = 250
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs the words given with an empty stdin, and ends their whole session when our end of its own stdin is closed: killed
 * outright we can end nothing any more, and a window left open would be a second question beside the next one's.
 */
const WITH_US = `command -v "$1" >/dev/null || exit ${NO_COMMAND}
exec 3<&0 </dev/null
"$@" 3<&- &
helper=$!
{ read -r _ <&3; kill -s KILL -- "-$$"; } >/dev/null 2>&1 &
exec 2>/dev/null
wait "$helper"
status=$?
kill "$!"
[ "$status" -le 128 ] || kill "-$((status - 128))" "$$"
exit "$status"`

/**
 * Runs another program for what it prints. Its stdin is empty. It gets a session of its own, without our terminal: at
 * the deadline, on too much output, when we are interrupted or killed and when whoever started us is gone, all of its
 * processes are killed. What it leaves behind after a good end is its own affair.
 * It inherits our core filter, so its core files hold nothing. Throws `CredError` where it cannot be started.
 */
export async function runHelper(command: HelperCommand, limits: HelperLimits): Promise<HelperEnd> {
  const screen = limits.stderrToTerminal === true ? openScreen() : null
  let child: ChildProcess | null = null
  const interrupted = (signal: NodeJS.Signals) => {
    if (child !== null) killTree(child)
    dieBySignal(signal)
  }
  // Before it starts: there must be no moment in which it runs and would be left behind.
  for (const signal of ENDING) process.once(signal, interrupted)
  try {
    child = start(command, limits.env, screen)
    return await ending(child, limits)
  } catch (error) {
    if (error instanceof CredError) throw error
    if ('argv' in command && errnoOf(error) === 'ENOENT') {
      return { kind: 'ended', status: NO_COMMAND, out: '', err: '' }
    }
    const what = 'argv' in command ? quoted(command.argv[0]) : 'a shell'
    throw new CredError('failed', `cannot start ${what}: ${errnoState(error)}`, { cause: error })
  } finally {
    for (const signal of ENDING) process.removeListener(signal, interrupted)
    child?.stdin?.destroy()
    child?.stdout?.destroy()
    child?.stderr?.destroy()
    if (screen !== null) closeSync(screen)
  }
}

/** Null where there is no terminal: then nobody reads what the helper says. */
function openScreen(): number | null {
  try {
    return openSync(process.platform === 'win32' ? '\\\\.\\CONOUT$' : '/dev/tty', 'w')
  } catch (error) {
    if (errnoOf(error) === null) throw error
    return null
  }
}

function start(command: HelperCommand, env: HelperLimits['env'], screen: number | null): ChildProcess {
  const options: SpawnOptions = { env: { ...env } }
  if (process.platform !== 'win32') {
    const words = 'argv' in command ? command.argv : ['/bin/sh', '-c', command.line]
    const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', screen ?? 'pipe']
    return spawn('/bin/sh', ['-c', WITH_US, 'sh', ...words], { ...options, stdio, detached: true })
  }
  const windows: SpawnOptions = { ...options, stdio: ['ignore', 'pipe', screen ?? 'pipe'], windowsHide: true }
  if ('argv' in command) return spawn(command.argv[0], command.argv.slice(1), windows)
  const cmd = `${env.SystemRoot ?? 'C:\\Windows'}\\System32\\cmd.exe`
  const words = ['/d', '/s', '/c', `"${command.line}"`]
  return spawn(cmd, words, { ...windows, windowsVerbatimArguments: true })
}

async function ending(child: ChildProcess, { maxBytes, deadlineMs, signal }: HelperLimits): Promise<HelperEnd> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  let outBytes = 0
  let errBytes = 0
  const kept = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8')
  return new Promise((resolve, reject) => {
    let done = false
    const finish = (end: HelperEnd): void => {
      if (done) return
      done = true
      over()
      resolve(end)
    }
    const stop = (kind: 'too-long' | 'too-much'): void => {
      killTree(child)
      finish({ kind, err: kept(err) })
    }
    const giveUp = (): void => stop('too-long')
    const timer = setTimeout(giveUp, deadlineMs)
    const watch = setInterval(() => (callerIsGone() ? giveUp() : undefined), LOOK_MS)
    const over = (): void => {
      clearTimeout(timer)
      clearInterval(watch)
      signal.removeEventListener('abort', giveUp)
    }
    signal.addEventListener('abort', giveUp)
    child.stdout?.on('data', (chunk: Buffer) => {
      outBytes += chunk.length
      if (outBytes > maxBytes) return stop('too-much')
      out.push(chunk)
    })
    // Read to its end whatever is kept: a helper must not wait for somebody to read what it complains of.
    child.stderr?.on('data', (chunk: Buffer) => {
      const rest = STDERR_MAX_BYTES - errBytes
      if (rest > 0) err.push(chunk.subarray(0, rest))
      errBytes += chunk.length
    })
    const end = (status: number | null, died: NodeJS.Signals | null): void =>
      finish(
        died === null
          ? { kind: 'ended', status: status ?? 1, out: kept(out), err: kept(err) }
          : { kind: 'killed', signal: died, err: kept(err) },
      )
    child.on('error', (error) => {
      done = true
      over()
      reject(error)
    })
    child.on('close', end)
    child.on('exit', (status, died) => setTimeout(() => end(status, died), AFTERMATH_MS))
  })
}

/** The group is the helper's own session, unless a child of it has left it. Windows has no groups: its tool ends the tree. */
function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return
  if (process.platform === 'win32') {
    const tool = `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\taskkill.exe`
    spawn(tool, ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).on('error', () => {
      child.kill('SIGKILL')
    })
    return
  }
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // All of it has ended already.
  }
}
