import { backoffLeftMs } from '../../../core/backoff.ts'
import { CredError } from '../../../core/errors.ts'
import { mfaDirectSetting, mfaSettings } from '../../../core/plan/mfa-settings.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { withCodeForRole } from '../../../core/plan/plan-mfa.ts'
import { LockUnavailable, withLock } from '../../../io/lock.ts'
import { backOff, endBackoff } from '../back-off.ts'
import { directName } from '../plan-options.ts'
import { profileLock } from '../single-flight.ts'
import type { Workspace } from '../workspace.ts'
import type { Asking } from './ask-code.ts'

const NOTE = 'STS refuses the session made with that code; a code for the role itself may do'

/** Thrown where another process has learned meanwhile that a role takes the code itself; `plan` is the one to go on with. */
export class RoleTakesCode extends Error {
  readonly plan: Plan

  constructor(plan: Plan) {
    super('the role takes the code itself')
    this.plan = plan
  }
}

/** Throws `RoleTakesCode` where `plan` is older than what is known by now. */
export function throwWhereLearned(workspace: Workspace, plan: Plan): void {
  const direct = directOf(workspace, plan)
  if (direct !== null && workspace.index.known('direct', direct.name) !== null) throw new RoleTakesCode(direct.plan)
}

/**
 * Where STS says AccessDenied to a session made with a code, the role may still take a code itself. That is tried once
 * a back-off, since AccessDenied is also plain lack of permission, and remembered only when it works; of many that were
 * refused together one tries. Throws `refusal` where it is not to be tried, or fails as well.
 *
 * The caller holds the lock of the session that was refused: who comes for it now finds what was learned, and does not
 * have it refused once more.
 */
export async function tryDirect<T>(
  workspace: Workspace,
  plan: Plan,
  { asking, refusal, untilMs }: { readonly asking: Asking; readonly refusal: unknown; readonly untilMs: number },
  obtain: (plan: Plan, asking: Asking) => Promise<T>,
): Promise<T> {
  const { index, context, files } = workspace
  const direct = isRefusedSession(refusal) && asking.mayAsk ? directOf(workspace, plan) : null
  if (direct === null) throw refusal
  const restName = `direct ${direct.name}`
  const attempt = async (): Promise<T> => {
    if (index.known('direct', direct.name) !== null) return obtain(direct.plan, asking)
    if (backoffLeftMs(index.known('backoff', restName), context.nowMs()) > 0) throw refusal
    // Before the question: it may be let go by Ctrl-C.
    backOff(workspace, restName)
    const given = await obtain(direct.plan, { ...asking, note: NOTE })
    index.write('direct', direct.name, { name: direct.name })
    endBackoff(workspace, restName)
    return given
  }
  const deadlineMs = Math.min(performance.now() + mfaSettings(direct.profile, files.profiles).timeoutMs, untilMs)
  try {
    return await withLock(profileLock(workspace, restName, { profile: plan.profile, deadlineMs }), attempt)
  } catch (error) {
    const isTold = error instanceof CredError ? error.code === 'interrupted' : !(error instanceof LockUnavailable)
    throw isTold ? error : refusal
  }
}

/** The plan with the code given to the role itself, where the config leaves that open. */
function directOf({ files }: Workspace, plan: Plan) {
  const direct = withCodeForRole(plan)
  if (direct === null || mfaDirectSetting(direct.step.profile, files.profiles) !== null) return null
  const { roleArn, profile } = direct.step
  return { plan: direct.plan, profile, name: directName(roleArn, direct.serial) }
}

/** STS's refusal of a session made with a code, not of the code itself. */
function isRefusedSession(error: unknown): boolean {
  if (!(error instanceof CredError) || / one time pass code/.test(error.message)) return false
  return (error.cause as { readonly stsCode?: unknown } | undefined)?.stsCode === 'AccessDenied'
}
