import { backoffLeftMs } from '../../core/backoff.ts'
import { spanText } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { shown } from '../../core/text.ts'
import { profileNames } from '../session/profiles/profile-names.ts'
import { failedText } from '../session/profiles/profile-row.ts'
import { type ProfileState, profileState } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'

/** What this program holds and what it could not do, by the index alone. */
export function sessionFindings(look: Look): Finding[] {
  const wanted = profilesAskedAbout(look)
  const names = profileNames(look.workspace).filter((name) => wanted === null || wanted.has(name))
  return [...names.flatMap((name) => stateFindings(look, name)), ...coolDowns(look)]
}

function stateFindings(look: Look, name: string): Finding[] {
  const { workspace, world } = look
  let state: ProfileState
  try {
    state = profileState(workspace, name)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return [
      finding('stale', 'last-failure', 'bad', { what: shown(error.message, 600), cure: error.hint, profiles: [name] }),
    ]
  }
  const { session, failure, plan } = state
  const held =
    session === null || (plan.steps.length === 0 && !state.givesSession)
      ? []
      : [
          finding('stale', 'session', 'good', {
            what: `${shown(name)}: ${spanText(session.leftMs)} left`,
            profiles: [name],
          }),
        ]
  if (failure === null) return held
  const what = `${shown(name)}: ${failedText(failure, world.nowMs)}: ${shown(failure.message, 600)}`
  const cure = failure.hint === null ? null : shown(failure.hint, 400)
  return [
    ...held,
    finding('stale', 'last-failure', session === null ? 'bad' : 'warning', { what, cure, profiles: [name] }),
  ]
}

function coolDowns({ workspace, world }: Look): Finding[] {
  return workspace.index.all('backoff').flatMap((entry) => {
    const leftMs = backoffLeftMs(entry, world.nowMs)
    if (leftMs === 0) return []
    const isQuestion = entry.name.startsWith('question ')
    const whose = entry.name.split(' ').at(-1) ?? ''
    const label = isQuestion
      ? `the MFA device ${shown(whose, 120)}`
      : `the session ${shown(whose.split('.')[0] ?? '', 80)}`
    return [
      finding('stale', 'cool-down', 'warning', {
        what: isQuestion
          ? `no code of ${label} is asked for in the next ${spanText(leftMs)}`
          : `${label} is not renewed in the next ${spanText(leftMs)}`,
        cure: isQuestion ? 'aws-cred login' : null,
      }),
    ]
  })
}
