import { backoffLeftMs } from '../../core/backoff.ts'
import { spanText } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { codeRemedy, isCodeByProgram, mfaSettings } from '../../core/plan/mfa-settings.ts'
import { shown } from '../../core/text.ts'
import { questionName } from '../session/back-off.ts'
import { profileNames } from '../session/profiles/profile-names.ts'
import { failedText } from '../session/profiles/profile-row.ts'
import { type ProfileState, planOf, profileState } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'

/** What this program holds and what it could not do, by the index alone. */
export function sessionFindings(look: Look): Finding[] {
  const wanted = profilesAskedAbout(look)
  const names = profileNames(look.workspace).filter((name) => wanted === null || wanted.has(name))
  return [...names.flatMap((name) => stateFindings(look, name)), ...coolDowns(look, names)]
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
  // Where nobody names a profile, what another one could not do once stops nobody here.
  const isAbout = look.by !== null || name === look.profile
  const severity = session === null && isAbout ? 'bad' : 'warning'
  return [...held, finding('stale', 'last-failure', severity, { what, cure, profiles: [name] })]
}

function coolDowns(look: Look, names: readonly string[]): Finding[] {
  const { workspace, world } = look
  return workspace.index.all('backoff').flatMap((entry) => {
    const leftMs = backoffLeftMs(entry, world.nowMs)
    if (leftMs === 0) return []
    const isQuestion = entry.name.startsWith('question ')
    const whose = entry.name.split(' ').at(-1) ?? ''
    const label = isQuestion
      ? `the MFA device ${shown(whose, 120)}`
      : `the session ${shown(whose.split('.')[0] ?? '', 80)}`
    const byProgram = entry.name === questionName(entry.name.split(' ').at(-2) ?? '', whose, true)
    const profile = isQuestion ? profileOfDevice(look, { serial: whose, byProgram }, names) : null
    const until = `in the next ${spanText(leftMs)}`
    const asked = byProgram ? `no program is asked for a code of ${label}` : `no code of ${label} is asked for`
    return [
      finding('stale', 'cool-down', 'warning', {
        what: isQuestion ? `${asked} ${until}` : `${label} is not renewed ${until}`,
        cure: profile === null ? null : codeRemedy(planOf(workspace, profile), workspace.files.profiles).hint,
        profiles: profile === null ? [] : [profile],
      }),
    ]
  })
}

/** Who may answer for a device: the profile that is meant, else the one that failed last, else the first that asks for its codes. */
function profileOfDevice({ workspace, profile }: Look, device: Device, names: readonly string[]): string | null {
  const asking = names.filter((name) => asksForCodesOf(workspace, name, device))
  if (asking.includes(profile)) return profile
  const failedMs = (name: string) => workspace.index.known('failure', name)?.atMs ?? 0
  return asking.sort((one, other) => failedMs(other) - failedMs(one))[0] ?? null
}

interface Device {
  readonly serial: string
  /** Whether a program, and no person, was asked for its code. */
  readonly byProgram: boolean
}

function asksForCodesOf(workspace: Look['workspace'], name: string, { serial, byProgram }: Device): boolean {
  try {
    return planOf(workspace, name).steps.some(({ mfaSerial, profile }) => {
      return mfaSerial === serial && isCodeByProgram(mfaSettings(profile, workspace.files.profiles)) === byProgram
    })
  } catch (error) {
    // It asks for nothing before its config is mended.
    if (!(error instanceof CredError)) throw error
    return false
  }
}
