import type { Context } from '../core/context.ts'
import { homeDir } from './aws-files.ts'
import { isTerminal } from './file-descriptors.ts'

export type Mark = 'good' | 'warning' | 'bad'

/** What stdout can show. */
export interface Screen {
  /** Cells a line; null where nothing is to be cut (a pipe, a file). */
  readonly columns: number | null
  /** `✓ ! ✗`, or `ok ! x` where the terminal speaks no UTF-8; coloured where colours are wanted. */
  mark(kind: Mark): string
  /** Text in a mark's colour, where colours are wanted; the text says the same without. */
  coloured(kind: Mark, text: string): string
}

const MARKS = {
  good: { utf8: '✓', plain: 'ok', colour: 32 },
  warning: { utf8: '!', plain: '!', colour: 33 },
  bad: { utf8: '✗', plain: 'x', colour: 31 },
} as const

type Surroundings = Pick<Context, 'env' | 'platform' | 'openTerminal'>

/** NO_COLOR (no-color.org: any value but the empty one), TERM=dumb and a pipe put colours out. */
export function screenOf(context: Surroundings, onTerminal = isTerminal(1)): Screen {
  const { env } = context
  const coloured = onTerminal && !env.NO_COLOR && env.TERM !== 'dumb'
  const utf8 = speaksUtf8(context)
  const painted = (kind: Mark, text: string): string =>
    coloured ? `\u001b[${MARKS[kind].colour}m${text}\u001b[0m` : text
  return {
    columns: onTerminal ? (context.openTerminal()?.columns ?? 80) : null,
    mark: (kind) => painted(kind, utf8 ? MARKS[kind].utf8 : MARKS[kind].plain),
    coloured: painted,
  }
}

/** By the locale's own order (locale(7)); Windows Terminal always does, macOS's too. */
function speaksUtf8({ env, platform }: Surroundings): boolean {
  if (platform === 'win32') return Boolean(env.WT_SESSION)
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale ? /utf-?8/i.test(locale) : platform === 'darwin'
}

/** A path as a person would type it: the home folder as `~`. */
export function shortPath(path: string, context: Pick<Context, 'env' | 'platform'>): string {
  const home = homeDir(context)?.replace(/[\\/]+$/, '')
  return home && path.startsWith(home) && /^[\\/]/.test(path.slice(home.length)) ? `~${path.slice(home.length)}` : path
}

/** A moment for people, local with its zone: `06:30 GMT+9`, with the date in front unless that is today's. */
export function momentText(timeMs: number, nowMs: number): string {
  const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  const day = new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit' })
  const date = day.format(timeMs)
  return date === day.format(nowMs) ? time.format(timeMs) : `${date} ${time.format(timeMs)}`
}
