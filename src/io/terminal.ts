import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import type { AskLimits, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { errnoOf, errnoState } from './file-errors.ts'
import { HiddenLine, interrupted, type LineState } from './terminal-input.ts'

const WINDOWS = process.platform === 'win32'
const INPUT = WINDOWS ? '\\\\.\\CONIN$' : '/dev/tty'
const OUTPUT = WINDOWS ? '\\\\.\\CONOUT$' : '/dev/tty'
const FLAGS = constants.O_RDWR | (constants.O_NOCTTY ?? 0)
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const LINE_BYTES_MAX = 64 * 1024
/** Whole lines that were typed before the question come at once; what comes later is taken for an answer. */
const TYPED_BEFORE_MS = 30
const PARENT_LOOK_MS = 250

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
      return readSize().columns
    },
    get rows() {
      return readSize().rows
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

function readSize(): { readonly columns: number; readonly rows: number } {
  try {
    const screen = new (nodeTty().WriteStream)(openSync(OUTPUT, FLAGS))
    const { columns, rows } = screen
    screen.destroy()
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 }
  } catch (error) {
    // The size is a matter of looks; a serial line has none.
    if (errnoOf(error) === null) throw error
    return { columns: 80, rows: 24 }
  }
}

interface LineQuestion extends Partial<AskLimits> {
  readonly raw: boolean
  reader(bytes: Uint8Array): LineState
  /** Runs once nothing is echoed any more, `end` before the settings are put back. */
  start(): void
  end(answered: boolean): void
}

/** Reads one line from a stream of its own, and leaves neither the stream nor a setting nor a handler behind. */
async function readLine(question: LineQuestion): Promise<string> {
  const stream = openInput()
  const restore = () => {
    if (question.raw) stream.setRawMode(false)
  }
  const handlers: (() => void)[] = []
  let answered = false
  let asked = question.deadlineMs === undefined
  try {
    const line = await new Promise<string>((resolve, reject) => {
      for (const signal of ENDING_SIGNALS) {
        const handler = () => {
          reject(interrupted())
          if (signal === 'SIGINT' || process.listenerCount(signal) > 1) return
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
      if (question.deadlineMs === undefined) return question.start()
      handlers.push(whenNobodyWaits(question.deadlineMs, reject))
      const start = () => {
        asked = true
        try {
          question.start()
        } catch (error) {
          reject(error)
        }
      }
      const timer = setTimeout(start, TYPED_BEFORE_MS)
      handlers.push(() => clearTimeout(timer))
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

/** Gives up at the deadline, and when the program that started us is gone. Gives what ends the watch. */
function whenNobodyWaits(deadlineMs: number, giveUp: (error: CredError) => void): () => void {
  const parent = process.ppid
  const deadline = setTimeout(() => giveUp(new CredError('person', 'cannot ask: nobody answered in time')), deadlineMs)
  const watch = setInterval(() => {
    if (process.ppid !== parent) giveUp(new CredError('person', 'cannot ask: the program that asked has ended'))
  }, PARENT_LOOK_MS)
  return () => {
    clearTimeout(deadline)
    clearInterval(watch)
  }
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
