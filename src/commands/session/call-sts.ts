import { assumeRole, getSessionToken, type StsCall } from '../../aws/sts-calls.ts'
import { type RootIdentity, sessionNameOf } from '../../core/cache-key.ts'
import { CredError } from '../../core/errors.ts'
import type { RootCredentials } from '../../core/obtain.ts'
import type { Plan, Step } from '../../core/plan.ts'
import { REFRESH_BUDGET_MS, type Session } from '../../core/session.ts'
import { quoted } from '../../core/text.ts'
import { noteClock } from './note-clock.ts'
import { stsNowMs } from './sources.ts'
import { stsPlace } from './sts-place.ts'
import type { Workspace } from './workspace.ts'

/** The call of one step, with the clock that it teaches kept in the index. Throws `CredError` with cause and remedy. */
export async function callSts(
  workspace: Workspace,
  plan: Plan,
  step: Step,
  signer: RootCredentials | Session,
  identity: RootIdentity,
  deadline: AbortSignal,
): Promise<Session> {
  const what = step.kind === 'assume-role' ? `assume ${step.roleArn}` : 'get a session'
  const purpose = `${what} for profile ${quoted(plan.profile)}`
  if (step.mfaSerial !== null) {
    throw new CredError('person', `cannot ${purpose}: it needs an MFA code, which this version cannot ask for`)
  }
  const call = stsCall(workspace, plan, identity, {
    keys: signer,
    purpose,
    signer: quoted(signerName(plan, step)),
    signerIsForeign: !('identity' in signer) || !(plan.root.kind === 'keychain' || plan.root.kind === 'static'),
    deadline,
  })
  if (step.kind === 'session-token') return getSessionToken(call, step, identity.accountId, null)
  return assumeRole(call, step, sessionNameOf(step, identity, workspace.context.userName) as string)
}

/** The profile whose credentials sign a step: the one before it, or the root. */
function signerName(plan: Plan, step: Step): string {
  const before = plan.steps[plan.steps.indexOf(step) - 1]
  if (before !== undefined) return before.profile
  if (plan.root.kind === 'keychain') return plan.root.name
  return plan.root.profile
}

/** When all calls of one refresh must be over. */
export function refreshDeadline(): AbortSignal {
  return AbortSignal.timeout(REFRESH_BUDGET_MS)
}

export type CallPurpose = Pick<StsCall, 'keys' | 'purpose' | 'signer' | 'signerIsForeign' | 'tokenFile'> & {
  readonly deadline?: AbortSignal
}

/** A call at the place that settings and partition name, under STS's own clock as far as it is known. */
export function stsCall(
  workspace: Workspace,
  plan: Pick<Plan, 'stsRegion' | 'region'>,
  identity: Pick<RootIdentity, 'partition'>,
  given: CallPurpose,
): StsCall {
  const { context } = workspace
  const { region, endpoint, clockName } = stsPlace(workspace, plan, identity)
  const stsMs = stsNowMs(workspace, clockName)
  const offsetMs = stsMs === null ? 0 : stsMs - context.nowMs()
  return {
    ...given,
    deadline: given.deadline ?? refreshDeadline(),
    target: { region, endpoint, offsetMs },
    env: context.env,
    clockName,
    nowMs: () => context.nowMs(),
    onClock: (seen) => noteClock(workspace, clockName, seen),
  }
}
