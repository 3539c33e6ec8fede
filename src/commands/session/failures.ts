import { CredError } from '../../core/errors.ts'
import { type Plan, planProfile } from '../../core/plan/plan.ts'
import { SIGN_IN_NEEDED } from '../../core/roots/sign-in.ts'
import { planOptions } from './plan-options.ts'
import type { Workspace } from './workspace.ts'

/** The code under which a mistake in the config is kept: it is over as soon as the config leads the profile to a source. */
export const PLAN_MISTAKE = 'plan'

/**
 * Keeps why a profile's last refresh failed, for `list` and `status`: consumers such as the JS default chain and Java
 * drop the helper's stderr (contract §1.5). A failure that cannot be kept changes nothing for the caller.
 */
export function recordFailure(workspace: Workspace, profile: string, error: unknown): void {
  if (!(error instanceof CredError) || error.code === 'interrupted') return
  // A mistyped name has nothing to list under.
  if (!workspace.files.profiles.profiles.has(profile) && workspace.index.known('key', profile) === null) return
  const cause = error.cause as { readonly stsCode?: unknown; readonly lasting?: unknown } | undefined
  const ownCode = error.code !== 'failed' || leadsSomewhere(workspace, profile) ? error.code : PLAN_MISTAKE
  const code = typeof cause?.stsCode === 'string' ? cause.stsCode : ownCode
  const { hint } = error
  // Without what is true at that moment alone.
  const message = typeof cause?.lasting === 'string' ? cause.lasting : error.message
  try {
    workspace.index.write('failure', profile, { profile, atMs: workspace.context.nowMs(), code, message, hint })
  } catch (writing) {
    // A full or read-only disk: the failure itself is told on stderr all the same.
    if (!(writing instanceof CredError)) throw writing
  }
}

/** Whether the profile can be planned, down to a source that is known here: of a mistyped name there are no keys. */
function leadsSomewhere(workspace: Workspace, profile: string): boolean {
  try {
    return isKnownRoot(planProfile(profile, workspace.files.profiles, planOptions(workspace)))
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return false
  }
}

export function isKnownRoot({ root }: Pick<Plan, 'root'>): boolean {
  return root.kind !== 'keychain' || root.listed
}

export function forgetFailure(workspace: Workspace, profile: string): void {
  try {
    workspace.index.remove('failure', profile)
  } catch (removing) {
    // As above: an old reason in `list` is no cause to fail.
    if (!(removing instanceof CredError)) throw removing
  }
}

/** What needed a person (a locked store) is over once a person has opened the store. */
export function forgetFailuresForPerson(workspace: Workspace): void {
  try {
    for (const { code, profile } of workspace.index.all('failure')) {
      if (code === 'person') forgetFailure(workspace, profile)
    }
  } catch (reading) {
    // As above: what the verb was typed for is done already.
    if (!(reading instanceof CredError)) throw reading
  }
}

/**
 * Throws what STS refused another process of the same profile since `sinceMs`: of a hundred that wait for one refresh
 * one asks, and all hear the answer. Failures of this machine (no network, no keychain) are each one's own.
 */
export function throwRefusalSince(workspace: Workspace, profile: string, sinceMs: number): void {
  const failure = workspace.index.known('failure', profile)
  const nowMs = workspace.context.nowMs()
  // One from the future was kept under a clock that has been set since.
  if (failure === null || failure.atMs < sinceMs || failure.atMs > nowMs || !/^[A-Z]/.test(failure.code)) return
  const { message, hint, code } = failure
  throw new CredError(code === SIGN_IN_NEEDED ? 'person' : 'failed', message, {
    ...(hint === null ? {} : { hint }),
    cause: { stsCode: code },
  })
}
