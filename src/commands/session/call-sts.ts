import { assumeRole, getSessionToken, type MfaCode, type StsCall } from '../../aws/sts-calls.ts'
import { stsEndpoint } from '../../aws/sts-client.ts'
import { type RootIdentity, sessionNameOf } from '../../core/cache-key.ts'
import { CredError } from '../../core/errors.ts'
import type { CallSetting } from '../../core/network/call-settings.ts'
import { networkFor } from '../../core/network/network.ts'
import { stsPlace } from '../../core/network/sts-endpoint.ts'
import { defaultRegion } from '../../core/network/sts-region.ts'
import type { RootCredentials } from '../../core/obtain-sources.ts'
import { pasteable } from '../../core/paste.ts'
import { codeRemedy, mfaSettings } from '../../core/plan/mfa-settings.ts'
import { type Plan, type Step, signerName } from '../../core/plan/plan.ts'
import { parseRoleArn, type RoleArnParts } from '../../core/plan/sts-limits.ts'
import { REFRESH_BUDGET_MS, type Session } from '../../core/session.ts'
import { quoted } from '../../core/text.ts'
import { callSettingsOf } from './call-settings-of.ts'
import type { Asking } from './mfa/ask-code.ts'
import type { CodeUse } from './mfa/with-code.ts'
import { noteClock } from './note-clock.ts'
import { stsNowMs } from './sources.ts'
import type { Workspace } from './workspace.ts'

export interface StepCall {
  readonly signer: RootCredentials | Session
  readonly identity: RootIdentity
  /** The one budget of all calls of the refresh; begins with the first. */
  deadline(): AbortSignal
  readonly asking: Asking
  /** When the waiting of this process ends, for an answer too; on `monotonicMs()`'s clock. */
  readonly answerUntilMs: number
}

/**
 * The call of one step, with the clock that it teaches kept in the index; a step with an MFA serial asks for a code
 * first. Throws `CredError` with cause and remedy.
 */
export async function callSts(workspace: Workspace, plan: Plan, step: Step, stepCall: StepCall): Promise<Session> {
  const { signer, identity, asking, answerUntilMs } = stepCall
  checkPartitions(plan, identity)
  const what = step.kind === 'assume-role' ? `assume ${step.roleArn}` : 'get a session'
  const purpose = `${what} for profile ${quoted(plan.profile)}`
  const send = (code: MfaCode | null, deadline: AbortSignal): Promise<Session> => {
    const call = stsCall(workspace, plan, identity, {
      keys: signer,
      purpose,
      profile: step.profile,
      signer: signerName(plan, step),
      signerIsForeign: !('identity' in signer) || !(plan.root.kind === 'keychain' || plan.root.kind === 'static'),
      isWithoutMfa: plan.steps.every(({ mfaSerial }) => mfaSerial === null),
      deadline,
    })
    if (step.kind === 'session-token') return getSessionToken(call, step, identity.accountId, code)
    return assumeRole(call, step, sessionNameOf(step, identity, workspace.context.userName) as string, code)
  }
  const serial = step.mfaSerial
  if (serial === null) return send(null, stepCall.deadline())
  const { withCode } = await import('./mfa/with-code.ts')
  const { host } = stsEndpoint(stsPlace(callSettingsOf(workspace, plan), identity.partition))
  const use: CodeUse = {
    profile: plan.profile,
    serial,
    settings: mfaSettings(step.profile, workspace.files.profiles),
    remedy: codeRemedy(plan, workspace.files.profiles),
    asking,
    answerUntilMs,
    purpose,
    identityId: identity.id,
    serverMs: () => stsNowMs(workspace, host) ?? workspace.context.nowMs(),
  }
  // A person takes longer than a refresh may: its budget begins anew with each code.
  return withCode(workspace, use, (code) => send({ serial, code }, refreshDeadline()))
}

/** Credentials are good in one partition alone: a role in another is a mistake that needs no call to be found. */
function checkPartitions(plan: Plan, identity: RootIdentity): void {
  for (const step of plan.steps) {
    const role = step.kind === 'assume-role' ? parseRoleArn(step.roleArn) : null
    if (role !== null && role.partition !== identity.partition) {
      throw otherPartitionError(step.profile, role, identity, signerName(plan, plan.steps[0] as Step))
    }
  }
}

/** A role that the root's key can never assume. A key that was not verified is of the partition that it was put in for. */
function otherPartitionError(profile: string, role: RoleArnParts, identity: RootIdentity, rootName: string): CredError {
  const message = `cannot assume role ${role.roleName} of ${role.accountId} for profile ${quoted(profile)}: it is in partition ${role.partition}, and the key of ${quoted(rootName)} in ${identity.partition}`
  return new CredError('failed', message, {
    hint:
      identity.accountId === null
        ? pasteable`where the key belongs to ${role.partition}, put it in again: aws-cred add ${rootName} --replace --region ${defaultRegion(role.partition)}`
        : pasteable`name a profile whose key is of ${role.partition}: aws-cred setup ${profile} --source-profile NAME`,
  })
}

/** When all calls of one refresh must be over. */
export function refreshDeadline(): AbortSignal {
  return AbortSignal.timeout(REFRESH_BUDGET_MS)
}

export type CallPurpose = Pick<
  StsCall,
  'keys' | 'purpose' | 'profile' | 'signer' | 'signerIsForeign' | 'isWithoutMfa' | 'tokenFile'
> & {
  readonly deadline?: AbortSignal
  /** A region of the command line, before all settings. */
  readonly typedRegion?: CallSetting | undefined
}

/** A call at the place that settings and partition name, under STS's own clock as far as it is known. */
export function stsCall(
  workspace: Workspace,
  plan: Pick<Plan, 'servedProfile'>,
  identity: Pick<RootIdentity, 'partition'>,
  given: CallPurpose,
): StsCall {
  const { context } = workspace
  const settings = callSettingsOf(workspace, plan)
  const place = stsPlace(settings, identity.partition, given.typedRegion)
  const endpoint = stsEndpoint(place)
  const clockName = endpoint.host
  const stsMs = stsNowMs(workspace, clockName)
  const offsetMs = stsMs === null ? 0 : stsMs - context.nowMs()
  return {
    ...given,
    deadline: given.deadline ?? refreshDeadline(),
    place,
    target: { endpoint, network: networkFor(endpoint.url, settings), offsetMs },
    nowMs: () => context.nowMs(),
    onClock: (seen) => noteClock(workspace, clockName, seen),
  }
}
