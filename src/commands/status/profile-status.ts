import type { Promised } from '../../core/caller.ts'
import { localExpirationMs } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { codeRemedy } from '../../core/plan/mfa-settings.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { pastedSessionError } from '../../core/plan/plan-errors.ts'
import { wayOf } from '../../core/plan/plan-way.ts'
import { environmentKeys } from '../../core/roots/environment-keys.ts'
import type { IndexEntries } from '../../io/state-index.ts'
import { type ProfileState, profileState } from '../session/profiles/profile-state.ts'
import { promisedBy } from '../session/profiles/promised.ts'
import { noKeysHere } from '../session/roots/no-keys.ts'
import type { Workspace } from '../session/workspace.ts'

/**
 * `ok`: holds what it hands out. `ready`: the next use fetches it, without a person. `person`: somebody has to type or
 * sign in first. `failed`: the last try failed, or there is nothing to make it from.
 */
export type StateWord = 'ok' | 'ready' | 'person' | 'failed'

export interface ProfileStatus {
  readonly profile: string
  readonly state: StateWord
  /** Of the session that it holds, in milliseconds by this machine's clock; null where it holds none. */
  readonly session: { readonly leftMs: number; readonly expiresMs: number } | null
  /** Hands out keys, which have no end. */
  readonly isEndless: boolean
  /** What renewing it takes. */
  readonly renewal: 'alone' | 'person' | 'impossible'
  /** Why it is not well, and the command or fact that mends it; null where it is well. */
  readonly why: string | null
  readonly hint: string | null
  /** Of the session's chain, from the root; empty where it cannot be planned. */
  readonly way: readonly string[]
  readonly promised: Promised | null
  readonly failure: IndexEntries['failure'] | null
}

/** How a profile stands; what is wrong with it is in the answer, not thrown. `isVaultShut`: that of the workspace. */
export function profileStatus(workspace: Workspace, profile: string, isVaultShut: boolean): ProfileStatus {
  try {
    const state = profileState(workspace, profile)
    const { plan, session, failure } = state
    const judged = judgedState(workspace, state, isVaultShut)
    return {
      profile,
      ...judged,
      session: session === null ? null : localSession(workspace, session),
      isEndless: !state.givesSession && judged.renewal !== 'impossible',
      way: wayOf(plan),
      promised: promisedBy(workspace, plan),
      failure,
    }
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const nothing = { session: null, isEndless: false, way: [], promised: null, failure: null }
    return { profile, ...missing(error), ...nothing }
  }
}

function localSession(
  { context }: Workspace,
  { leftMs, expiresMs }: { readonly leftMs: number; readonly expiresMs: number },
): { readonly leftMs: number; readonly expiresMs: number } {
  return { leftMs, expiresMs: localExpirationMs(expiresMs, expiresMs - leftMs - context.nowMs()) }
}

type Judged = Pick<ProfileStatus, 'state' | 'renewal' | 'why' | 'hint'>

function judgedState(workspace: Workspace, state: ProfileState, isVaultShut: boolean): Judged {
  const { plan, session, failure, givesSession } = state
  // Behind a locked vault a session cannot be read, however long it lives.
  if (isVaultShut) return person('the vault is locked', 'aws-cred unlock')
  const lack = lackOf(workspace, plan)
  const needs = state.needs()
  const renewal = lack !== null ? 'impossible' : needs !== null ? 'person' : 'alone'
  if (session !== null) return { state: 'ok', renewal, why: null, hint: null }
  if (lack !== null) return missing(lack)
  if (needs?.kind === 'sign-in') return person('log in', needs.command)
  const isOwn = failure !== null && !/^[A-Z]/.test(failure.code)
  if (needs !== null && (failure === null || isOwn)) {
    return person('needs an MFA code', codeRemedy(plan, workspace.files.profiles).hint)
  }
  if (failure?.code === 'person') return person(failure.message, failure.hint)
  if (failure !== null) return { state: 'failed', renewal, why: failure.message, hint: failure.hint }
  return { state: givesSession ? 'ready' : 'ok', renewal, why: null, hint: null }
}

function person(why: string, hint: string | null): Judged {
  return { state: 'person', renewal: 'person', why, hint }
}

function missing({ message, hint }: CredError): Judged {
  return { state: 'failed', renewal: 'impossible', why: message, hint }
}

/** What the profile would be made from and is not there, as far as that can be seen from here. */
function lackOf(workspace: Workspace, plan: Plan): CredError | null {
  const { root } = plan
  if (root.kind === 'keychain') return root.listed ? null : noKeysHere(workspace, root)
  if (root.kind === 'static') {
    const isPasted = root.sessionToken !== null && plan.steps.length === 0
    return isPasted ? pastedSessionError(plan.profile, root) : null
  }
  if (root.kind !== 'environment') return null
  try {
    environmentKeys(root.profile, workspace.context.env)
    return null
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return error
  }
}

/** What `status` ends with for one profile: `null` is well. With `minMs` only the time left counts. */
export function outcomeOf(status: ProfileStatus, minMs: number | null): 'failed' | 'person' | null {
  const { state, session, isEndless, renewal } = status
  if (minMs === null) return state === 'failed' || state === 'person' ? state : null
  if (state === 'ok' && (isEndless || (session !== null && session.leftMs >= minMs))) return null
  return state === 'person' || renewal === 'person' ? 'person' : 'failed'
}

/** The worst of several: what a person at hand would not mend, then what one would. */
export function worstOf(outcomes: readonly ('failed' | 'person' | null)[]): 'failed' | 'person' | null {
  return outcomes.includes('failed') ? 'failed' : outcomes.includes('person') ? 'person' : null
}
