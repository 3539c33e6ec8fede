import { spanText } from '../../core/clock.ts'
import { tableText } from '../../core/table.ts'
import { shown } from '../../core/text.ts'
import type { Mark, Screen } from '../../io/screen.ts'
import { failedText, shownCode } from '../session/profiles/profile-row.ts'
import type { ProfileStatus, StateWord } from './profile-status.ts'

const MARKS: Readonly<Record<StateWord, Mark>> = { ok: 'good', ready: 'good', person: 'warning', failed: 'bad' }

/** One line a profile: its name, the state, the time left, and whose it is or what is wrong. */
export function statusText(statuses: readonly ProfileStatus[], screen: Screen, nowMs: number): string {
  const rows = statuses.map((status) => [
    shown(status.profile),
    status.state,
    leftText(status),
    detailOf(status, nowMs),
  ])
  return tableText(null, rows, screen.columns, (cell, row, column) => {
    const status = statuses[row]
    return column === 1 && status !== undefined ? screen.coloured(MARKS[status.state], cell) : cell
  })
}

function leftText({ session, isEndless }: ProfileStatus): string {
  if (session !== null) return spanText(session.leftMs)
  return isEndless ? 'no end' : '-'
}

function detailOf(status: ProfileStatus, nowMs: number): string {
  const { state, failure, why, hint, renewal } = status
  const way = status.way.join(' > ')
  if (state === 'person') return shown([stateOf(why ?? ''), hint].filter((part) => part !== null).join(': '), 1000)
  if (failure !== null && (why === null || renewal !== 'impossible')) {
    const reason = shownCode(failure) ?? shown(stateOf(failure.message), 1000)
    return `${way}; ${failedText(failure, nowMs)}: ${reason}`
  }
  if (why !== null) return `${shown(stateOf(why), 1000)}${hint === null ? '' : `; ${shown(hint, 500)}`}`
  return way
}

/**
 * What a message says after naming what could not be done to which thing: the line names the profile already. Where a
 * setting stands (`(…/config:12)`) is left to `list`, which has room for it.
 */
function stateOf(message: string): string {
  const at = message.startsWith('cannot ') ? message.indexOf(': ') : -1
  return (at === -1 ? message : message.slice(at + 2)).replaceAll(/ \([^()]*:\d+\)/g, '')
}
