import { spanText } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { pasteable } from '../../core/paste.ts'
import { mfaSettings } from '../../core/plan/mfa-settings.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { ASSUME_ROLE_DEFAULT_S, CHAINED_MAX_S } from '../../core/plan/sts-limits.ts'
import { shown } from '../../core/text.ts'
import { planOf, profileState } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'

/** Below this a session is in its last 15 minutes for most of its life (contract §1.7). */
const SHORT_S = 30 * 60

/** How long what the profile gives will do. */
export function lastingFindings(look: Look): Finding[] {
  const { workspace, profile } = look
  let plan: Plan
  try {
    plan = planOf(workspace, profile)
  } catch (error) {
    // It is told as what cannot be served.
    if (!(error instanceof CredError)) throw error
    return []
  }
  const name = shown(profile, 60)
  const found: Finding[] = []
  for (const step of plan.steps) {
    const seconds = step.durationSeconds ?? ASSUME_ROLE_DEFAULT_S
    const isLast = step === plan.steps.at(-1)
    if (isLast && seconds < SHORT_S) {
      found.push(
        finding('lasts', 'session-short', 'warning', {
          what: `a session of ${name} lasts ${spanText(seconds * 1000)}: tools ask for a new one most of the time`,
          cure: pasteable`aws-cred setup ${profile} --duration 1h`,
          profiles: [profile],
        }),
      )
    }
    if (step.kind === 'assume-role' && step.chained && (step.askedSeconds ?? 0) > CHAINED_MAX_S) {
      found.push(
        finding('lasts', 'session-chained', 'warning', {
          what: `${shown(step.profile, 60)} asks for ${spanText((step.askedSeconds ?? 0) * 1000)} and gets 1 h: its role is assumed with a session`,
          cure: pasteable`aws-cred setup ${step.profile} --duration 1h`,
          profiles: [step.profile],
        }),
      )
    }
    if (step.mfaSerial !== null && seconds <= CHAINED_MAX_S && asksPerson(workspace.files, step.profile)) {
      found.push(
        finding('lasts', 'mfa-often', 'warning', {
          what: `${name} needs an MFA code every ${spanText(seconds * 1000)}`,
          cure: pasteable`aws-cred setup ${step.profile} --duration 4h`,
          profiles: [step.profile],
        }),
      )
    }
  }
  return [...found, ...refusedLength(look, plan)]
}

/** The role's maximum is told by nobody but STS, when it refuses: what it said last stands until it gives a session. */
function refusedLength({ workspace, profile, world }: Look, { steps }: Plan): Finding[] {
  const { failure } = profileState(workspace, profile)
  if (failure?.code !== 'ValidationError' || !failure.message.includes('MaxSessionDuration')) return []
  // An hour is within every role's maximum.
  const step = steps.find(({ durationSeconds }) => (durationSeconds ?? 0) > ASSUME_ROLE_DEFAULT_S)
  if (step === undefined) return []
  const asked = spanText((step.durationSeconds ?? 0) * 1000)
  return [
    finding('lasts', 'session-too-long', 'bad', {
      what: `${shown(step.profile, 60)} asks for ${asked}, and its role's MaxSessionDuration is less, as STS said ${spanText(world.nowMs - failure.atMs)} ago`,
      cure: pasteable`aws-cred setup ${step.profile} --duration 1h`,
      profiles: [step.profile],
    }),
  ]
}

function asksPerson({ profiles }: Look['workspace']['files'], profile: string): boolean {
  const { prompt, process } = mfaSettings(profile, profiles)
  return process === null || (prompt !== 'auto' && prompt !== 'process')
}
