import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import type { AskLimits, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { callerIsGone } from './caller.ts'
import { errnoOf, errnoState } from './file-errors.ts'
import { monotonicMs } from './monotonic-clock.ts'
import { HiddenLine, interrupted, type LineState } from './terminal-input.ts'

const WINDOWS = process.platform === 'win32'
const INPUT = WINDOWS ? '\\\\.\\CONIN$' : '/dev/tty'
const OUTPUT = WINDOWS ? '\\\\.\\CONOUT$' : '/dev/tty'
const FLAGS = constants.O_RDWR | (constants.O_NOCTTY ?? 0)
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** These end a question that others wait for, and not us. */
const LET_GO = new Set<NodeJS.Signals>(['SIGINT', 'SIGTSTP'])
const LINE_BYTES_MAX = 64 * 1024
const TYPED_BEFORE_MS = 30
const LOOK_MS = 250

/**
 * The terminal that started us, opened apart from stdin and stdout, which belong to the consumer. Null where there
 * is none, or where we run in its background: reading there would stop the process (SIGTTIN).
 */
export function openTerminal(): Terminal | null {
  if (!isForeground()) return null
  let output: number
  try {
    closeSync(openSync(INPUT, FLAGS))
    output = openSync(OUTPUT, FLAGS)
  } catch (error) {
    // ENXIO, ENOENT, EACCES, ENOTTY: nobody can be asked here, whichever it is.
    if (errnoOf(error) === null) throw error
    return null
  }
  const show = (text: string) => {
    const bytes = Buffer.from(text)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(output, bytes, at)
    } catch (error) {
      throw terminalError('write to', error)
    }
  }
  return {
    get columns() {
      return readColumns()
    },
    show,
    ask: (question, limits) =>
      readLine({
        raw: false,
        reader: cookedLine(),
        start: () => show(question),
        end: (answered) => (answered ? undefined : show('\n')),
        ...limits,
      }),
    async countDown(ms, text) {
      const endMs = monotonicMs() + ms
      const line = () => show(`\r\u001b[K${text(Math.max(1, Math.ceil((endMs - monotonicMs()) / 1000)))}`)
      await readLine({
        raw: false,
        // What is typed meanwhile is no answer.
        reader: () => ({ done: false }),
        start: line,
        end: (passed) => show(passed ? '\r\u001b[K' : '\n'),
        deadlineMs: ms + 1000,
        passes: { ms, everySecond: line },
      })
    },
    askHidden(question) {
      const line = new HiddenLine()
      const reader = (bytes: Uint8Array) => line.feed(bytes)
      // The person's Enter is not echoed either.
      return readLine({ raw: true, reader, start: () => show(question), end: () => show('\n') })
    },
  }
}

/** Linux says it in /proc (proc_pid_stat(5), fields pgrp and tpgid); elsewhere it is taken for granted. */
function isForeground(): boolean {
  if (process.platform !== 'linux') return true
  let stat: string
  try {
    stat = readFileSync('/proc/self/stat', 'latin1')
  } catch (error) {
    // No /proc: the same as elsewhere.
    if (errnoOf(error) === null) throw error
    return true
  }
  // The program's name may hold spaces and brackets; after its last bracket: state ppid pgrp session tty_nr tpgid.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[2] === fields[5]
}

function readColumns(): number {
  try {
    const screen = new (nodeTty().WriteStream)(openSync(OUTPUT, FLAGS))
    const { columns } = screen
    screen.destroy()
    return columns > 0 ? columns : 80
  } catch (error) {
    // The width is a matter of looks; a serial line has none.
    if (errnoOf(error) === null) throw error
    return 80
  }
}

interface LineQuestion extends Partial<AskLimits> {
  readonly raw: boolean
  reader(bytes: Uint8Array): LineState
  /** Runs once nothing is echoed any more, `end` before the settings are put back. */
  start(): void
  end(answered: boolean): void
  /** Ends by itself, with an empty line. */
  readonly passes?: { readonly ms: number; everySecond(): void }
}

/** Reads one line from a stream of its own, and leaves neither the stream nor a setting nor a handler behind. */
async function readLine(question: LineQuestion): Promise<string> {
  const { deadlineMs, passes } = question
  // Much may have changed since the terminal was opened: we may have waited for another's question.
  const idle = deadlineMs === undefined ? null : nobodyWaits()
  if (idle !== null) throw idle
  const stream = openInput()
  const restore = () => {
    if (question.raw) stream.setRawMode(false)
  }
  const handlers: (() => void)[] = []
  let answered = false
  let asked = deadlineMs === undefined
  let hasData = false
  try {
    const line = await new Promise<string>((resolve, reject) => {
      // A stopped process would keep the others waiting: where they wait, Ctrl-Z lets the question go.
      for (const signal of asked ? ENDING_SIGNALS : ([...ENDING_SIGNALS, 'SIGTSTP'] as const)) {
        const handler = () => {
          reject(interrupted())
          if (LET_GO.has(signal) || process.listenerCount(signal) > 1) return
          // Nobody else handles it, so it must end this process as if we had not been listening.
          restore()
          process.removeListener(signal, handler)
          process.kill(process.pid, signal)
        }
        process.on(signal, handler)
        handlers.push(() => process.removeListener(signal, handler))
      }
      process.on('exit', restore)
      handlers.push(() => process.removeListener('exit', restore))
      stream.on('data', (bytes: Uint8Array) => {
        hasData = true
        if (!asked) return
        try {
          const state = question.reader(bytes)
          if (state.done) resolve(state.line)
        } catch (error) {
          reject(error)
        }
      })
      stream.on('end', () => reject(interrupted()))
      stream.on('error', (error) => reject(terminalError('read from', error)))
      if (question.raw) stream.setRawMode(true)
      if (deadlineMs === undefined) return question.start()
      handlers.push(whenNobodyWaits(deadlineMs, reject))
      if (passes !== undefined) {
        handlers.push(stopped(setTimeout(() => resolve(''), passes.ms)))
        handlers.push(stopped(setInterval(passes.everySecond, 1000)))
      }
      // The terminal gives a line a look: lines typed before the question are over after a look that found none.
      const drained = () => {
        if (hasData) {
          hasData = false
          return void setImmediate(drained)
        }
        asked = true
        try {
          question.start()
        } catch (error) {
          reject(error)
        }
      }
      handlers.push(stopped(setTimeout(() => setImmediate(drained), TYPED_BEFORE_MS)))
    })
    answered = true
    return line
  } finally {
    try {
      question.end(answered)
    } finally {
      restore()
      stream.destroy()
      for (const remove of handlers) remove()
    }
  }
}

function stopped(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer)
}

/** Gives up at the deadline, and when nobody is there any more. Gives what ends the watch. */
function whenNobodyWaits(deadlineMs: number, giveUp: (error: CredError) => void): () => void {
  const deadline = setTimeout(() => giveUp(new CredError('person', 'cannot ask: nobody answered in time')), deadlineMs)
  const watch = setInterval(() => {
    const idle = nobodyWaits()
    if (idle !== null) giveUp(idle)
  }, LOOK_MS)
  return () => {
    clearTimeout(deadline)
    clearInterval(watch)
  }
}

function nobodyWaits(): CredError | null {
  if (callerIsGone()) return new CredError('person', 'cannot ask: the program that asked has ended')
  return isForeground() ? null : new CredError('person', 'cannot ask: it was put into the background')
}

/** The system's own line editor does the work; a line comes whole. */
function cookedLine(): (bytes: Uint8Array) => LineState {
  const decoder = new TextDecoder()
  let typed = ''
  return (bytes) => {
    typed += decoder.decode(bytes, { stream: true })
    if (typed.length > LINE_BYTES_MAX)
      throw new CredError('failed', 'cannot read from the terminal: the line is too long')
    const end = typed.search(/[\r\n]/)
    return end < 0 ? { done: false } : { done: true, line: typed.slice(0, end) }
  }
}

function openInput(): ReadStream {
  try {
    return new (nodeTty().ReadStream)(openSync(INPUT, FLAGS))
  } catch (error) {
    throw terminalError('read from', error)
  }
}

function terminalError(action: string, error: unknown): CredError {
  return new CredError('person', `cannot ${action} the terminal: ${errnoState(error)}`, { cause: error })
}

/** Loaded at the first question: with it come Node's streams and net, which no hit needs. */
function nodeTty(): typeof import('node:tty') {
  return process.getBuiltinModule('node:tty')
}
