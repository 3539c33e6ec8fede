import { spanText } from '../../core/clock.ts'
import { tableText } from '../../core/table.ts'
import { quoted, shown } from '../../core/text.ts'
import type { Mark, Screen } from '../../io/screen.ts'
import { failedText, shownCode } from '../session/profiles/profile-row.ts'
import { outcomeOf, type ProfileStatus, type StateWord } from './profile-status.ts'

const MARKS: Readonly<Record<StateWord, Mark>> = { ok: 'good', ready: 'good', person: 'warning', failed: 'bad' }

/** One line a profile, of one that is well but has not the time of `--min` left that: its name, the state, the time left, and whose it is or what is wrong. */
export function statusText(
  statuses: readonly ProfileStatus[],
  screen: Screen,
  { nowMs, minMs }: { readonly nowMs: number; readonly minMs: number | null },
): string {
  const rows = statuses.map((status) => [
    shown(status.profile),
    status.state,
    leftText(status),
    withShort(shortOf(status, minMs), status, nowMs),
  ])
  return tableText(null, rows, screen.columns, (cell, row, column) => {
    const status = statuses[row]
    return column === 1 && status !== undefined
      ? screen.coloured(shortOf(status, minMs) === null ? MARKS[status.state] : 'bad', cell)
      : cell
  })
}

function leftText({ session, isEndless }: ProfileStatus): string {
  if (session !== null) return spanText(session.leftMs)
  return isEndless ? 'no end' : '-'
}

/** Why a profile that is well does not do for `--min`; null where it does, or is not well. */
function shortOf(status: ProfileStatus, minMs: number | null): string | null {
  const { state, session } = status
  if (minMs === null || outcomeOf(status, minMs) === null || (state !== 'ok' && state !== 'ready')) return null
  const wanted = spanText(minMs)
  return session === null ? `no session yet, ${wanted} wanted` : `${spanText(session.leftMs)} left, less than ${wanted}`
}

function withShort(short: string | null, status: ProfileStatus, nowMs: number): string {
  if (short === null) return detailOf(status, nowMs)
  // What failed is why it has not more.
  return status.failure === null ? short : `${short}; ${detailOf(status, nowMs)}`
}

function detailOf(status: ProfileStatus, nowMs: number): string {
  const { profile, state, failure, why, hint, renewal } = status
  const way = status.way.join(' > ')
  if (state === 'person')
    return shown([stateOf(why ?? '', profile), hint].filter((part) => part !== null).join(': '), 1000)
  if (failure !== null && (why === null || renewal !== 'impossible')) {
    const reason = shownCode(failure) ?? shown(stateOf(failure.message, profile), 1000)
    return `${way}; ${failedText(failure, nowMs)}: ${reason}`
  }
  if (why !== null) return `${shown(stateOf(why, profile), 1000)}${hint === null ? '' : `; ${shown(hint, 500)}`}`
  return way
}

/**
 * A message without what only repeats the row: that its profile cannot be served, and whose a setting is. Any other thing
 * stays named (`cannot read the CA bundle "…": …`), as its state alone would say nothing. Where a setting stands
 * (`(…/config:12)`) is left to `list`, which has room for it.
 */
function stateOf(message: string, profile: string): string {
  const text = message.replaceAll(/ \([^()]*:\d+\)/g, '')
  const whose = `profile ${quoted(profile)}`
  const at = text.indexOf(` ${whose}: `)
  if (at !== -1 && !text.slice(0, at).endsWith(' of')) return text.slice(at + ` ${whose}: `.length)
  return text.replace(` of ${whose}`, '').replace(` for ${whose}`, '')
}
