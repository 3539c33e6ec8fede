import { backoffLeftMs } from '../../../core/backoff.ts'
import { CredError } from '../../../core/errors.ts'
import { mfaDirectSetting, mfaSettings } from '../../../core/plan/mfa-settings.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { withCodeForRole } from '../../../core/plan/plan-mfa.ts'
import { LockUnavailable, withLock } from '../../../io/lock.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { backOff, endBackoff } from '../back-off.ts'
import { directName } from '../plan-options.ts'
import { knownRootIdentity } from '../roots/root-identity.ts'
import { profileLock } from '../single-flight.ts'
import { cacheKey } from '../sources.ts'
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
 * a back-off, since AccessDenied is also plain lack of permission, and remembered only when the role takes it; of many that
 * were refused together one tries. Throws `refusal` where it is not to be tried, or the role refuses that as well.
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
  let isLearned = false
  const attempt = async (): Promise<T> => {
    isLearned = index.known('direct', direct.name) !== null
    if (isLearned) return obtain(direct.plan, asking)
    if (backoffLeftMs(index.known('backoff', restName), context.nowMs()) > 0) throw refusal
    // Before the question: it may be let go by Ctrl-C.
    backOff(workspace, restName)
    const sinceMs = context.nowMs()
    try {
      const given = await obtain(direct.plan, { ...asking, note: NOTE })
      isLearned = true
      return given
    } catch (error) {
      // What comes after the role in a chain may be refused for a reason of its own.
      isLearned = isMadeSince(workspace, direct.plan, 0, sinceMs)
      throw error
    } finally {
      if (isLearned) remember(workspace, direct.name, restName)
    }
  }
  const deadlineMs = Math.min(monotonicMs() + mfaSettings(direct.profile, files.profiles).timeoutMs, untilMs)
  try {
    return await withLock(profileLock(workspace, restName, { profile: plan.profile, deadlineMs }), attempt)
  } catch (error) {
    const isTold = error instanceof CredError ? error.code === 'interrupted' : !(error instanceof LockUnavailable)
    throw isTold || isLearned ? error : refusal
  }
}

function remember(workspace: Workspace, name: string, restName: string): void {
  try {
    workspace.index.write('direct', name, { name })
    endBackoff(workspace, restName)
  } catch (error) {
    // A full or read-only disk: it is learned once more, and what was made is handed out all the same.
    if (!(error instanceof CredError)) throw error
  }
}

/** Whether the session of step `level` was made since then (wall time in ms), by its note in the index. */
export function isMadeSince(workspace: Workspace, plan: Plan, level: number, sinceMs: number): boolean {
  const identity = knownRootIdentity(workspace, plan)
  if (identity === null) return false
  const note = workspace.index.known('session', cacheKey(workspace, plan, identity, level))
  return note !== null && note.savedMs >= sinceMs
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
