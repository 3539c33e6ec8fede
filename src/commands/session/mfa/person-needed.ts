import { CredError } from '../../../core/errors.ts'
import { CODE_NEEDED } from '../../../core/mfa-code.ts'
import { hasMargin } from '../../../core/obtain.ts'
import { type CodeRemedy, codeRemedy, mfaSettings } from '../../../core/plan/mfa-settings.ts'
import type { Plan, Step } from '../../../core/plan/plan.ts'
import { LAST_USE_MARGIN_MS } from '../../../core/session.ts'
import { quoted } from '../../../core/text.ts'
import { knownRootIdentity } from '../roots/root-identity.ts'
import { cacheKey, stsNowMs } from '../sources.ts'
import type { Workspace } from '../workspace.ts'
import type { Asking } from './ask-code.ts'

/**
 * For who waits for another's refresh: throws `CredError('person')` where the way to the session leads over a code that
 * nobody is to be asked for on its behalf. The other may be asking for as long as a person takes.
 */
export function throwWherePersonIsNeeded(workspace: Workspace, plan: Plan, asking: Asking): void {
  const identity = knownRootIdentity(workspace, plan)
  if (identity === null) return
  const { steps } = plan
  const clock = { stsNowMs: (name: string) => stsNowMs(workspace, name) }
  for (let level = steps.length - 1; level >= 0; level--) {
    if (!mayComeByCode(workspace, steps[level] as Step, asking)) {
      throw personNeeded(plan, codeRemedy(plan, workspace.files.profiles))
    }
    const below = level === 0 ? null : workspace.index.known('session', cacheKey(workspace, plan, identity, level - 1))
    if (below !== null && hasMargin(clock, below, LAST_USE_MARGIN_MS)) return
  }
}

function mayComeByCode({ files }: Workspace, { mfaSerial, profile }: Step, asking: Asking): boolean {
  if (mfaSerial === null || asking.code !== undefined) return true
  const { prompt, process } = mfaSettings(profile, files.profiles)
  if (prompt === 'none') return false
  return asking.mayAsk || (process !== null && (prompt === 'process' || prompt === 'auto'))
}

function personNeeded({ profile }: Plan, { forbidden, hint }: CodeRemedy): CredError {
  const why = forbidden ?? 'nobody is to be asked'
  return new CredError('person', `cannot serve profile ${quoted(profile)}: ${CODE_NEEDED}, and ${why}`, { hint })
}
