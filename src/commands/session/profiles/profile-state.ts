import { ROOT_LEVEL, type RootIdentity } from '../../../core/cache-key.ts'
import { CredError } from '../../../core/errors.ts'
import { CODE_NEEDED } from '../../../core/mfa-code.ts'
import { isCodeByProgram, mfaSettings } from '../../../core/plan/mfa-settings.ts'
import { type Plan, planProfile, rootName, type Step } from '../../../core/plan/plan.ts'
import { SIGN_IN_NEEDED } from '../../../core/roots/sign-in.ts'
import { LAST_USE_MARGIN_MS, serveMarginMs } from '../../../core/session.ts'
import type { IndexEntries } from '../../../io/state-index.ts'
import { vaultIdOf } from '../../../keychain/vault-header.ts'
import { isVaultLocked, vaultLocked } from '../../../keychain/vault-key.ts'
import { isKnownRoot, PLAN_MISTAKE } from '../failures.ts'
import { planOptions } from '../plan-options.ts'
import { fetchedIdentity } from '../roots/root-identity.ts'
import { signInNeeded } from '../roots/sign-in-state.ts'
import { profileSources } from '../sources.ts'
import type { Workspace } from '../workspace.ts'

/** What the files and the index know of a profile that can be planned: no store is opened and nobody is called. */
export interface ProfileState {
  readonly profile: string
  readonly plan: Plan
  /** False where it hands out keys, which have no end. */
  readonly givesSession: boolean
  /** The session that it hands out, while that lives; null where it must be made first. */
  readonly session: HeldSession | null
  /** The last failure, unless it is over. */
  readonly failure: IndexEntries['failure'] | null
  /** What only a person can do before a session is made anew; null where that needs nobody. Reads tokens when it is asked. */
  needs(): PersonNeed | null
}

/** The command that signs in, or a code of an MFA device. */
export type PersonNeed = { readonly kind: 'sign-in'; readonly command: string } | { readonly kind: 'mfa-code' }

/** A session as the index notes it; its item may be gone. */
export interface HeldSession {
  /** By STS's clock. */
  readonly leftMs: number
  readonly expiresMs: number
  readonly savedMs: number
  /** Whether it would be served, were nothing newer to be had. */
  readonly isLive: boolean
  /** Whether the next call would rather renew it. */
  readonly isDue: boolean
}

/** Throws `CredError` for a profile that cannot be planned. */
export function planOf(workspace: Workspace, profile: string): Plan {
  return planProfile(profile, workspace.files.profiles, planOptions(workspace))
}

/** The one answer to how a profile stands, for all verbs that tell it. Throws `CredError` for one that cannot be planned. */
export function profileState(workspace: Workspace, profile: string): ProfileState {
  const plan = planOf(workspace, profile)
  const held = heldSessions(workspace, plan)
  const top = held.at(-1) ?? null
  const recorded = standingFailure(workspace, plan, held)
  const refusedMs = recorded?.code === SIGN_IN_NEEDED ? recorded.atMs : null
  const command = once(() => signInNeeded(workspace, plan.root, refusedMs))
  return {
    profile,
    plan,
    givesSession: held.length > 0,
    session: top?.isLive ? top : null,
    // A sign-in that was missing is over with the next one.
    failure: refusedMs !== null && command() === null ? null : recorded,
    needs() {
      const signIn = command()
      if (signIn !== null) return { kind: 'sign-in', command: signIn }
      return needsPerson(workspace, stepsWithoutCode(plan, held)) ? { kind: 'mfa-code' } : null
    },
  }
}

function once<T>(look: () => T): () => T {
  let seen: { readonly value: T } | null = null
  return () => {
    seen ??= { value: look() }
    return seen.value
  }
}

/** The steps whose code stands between the last session that still signs and the one that is handed out. */
function stepsWithoutCode({ steps }: Plan, held: readonly (HeldSession | null)[]): readonly Step[] {
  const lastGood = held.slice(0, -1).findLastIndex((each) => each?.isLive)
  return steps.filter((step, level) => level > lastGood && step.mfaSerial !== null)
}

/** Whether a person has to give one of these codes. */
function needsPerson({ files }: Workspace, steps: readonly Step[]): boolean {
  return steps.some(({ profile }) => !isCodeByProgram(mfaSettings(profile, files.profiles)))
}

/**
 * The last failure, unless it is over. Over is one older than the session or the key, a mistake in the config that the
 * plan works without now, and one on the command line. What STS refused stands until it gives a session. Of this machine's own
 * failures a locked vault stands while it is locked, and a missing code while no session is held that was made with one; of the others (network, keychain) nobody can tell from here, and
 * they are told unless a session is held that is not due: that one is served whatever has failed.
 */
function standingFailure(
  workspace: Workspace,
  plan: Plan,
  held: readonly (HeldSession | null)[],
): IndexEntries['failure'] | null {
  const top = held.at(-1) ?? null
  const failure = workspace.index.known('failure', plan.profile)
  const addedMs = workspace.index.known('key', rootName(plan))?.addedMs ?? 0
  if (failure === null || failure.atMs <= Math.max(top?.savedMs ?? 0, addedMs)) return null
  if (/^[A-Z]/.test(failure.code)) return failure
  if (failure.code === PLAN_MISTAKE) return isKnownRoot(plan) ? null : failure
  if (failure.code === 'usage') return null
  if (failure.message === vaultLocked().message) return isVaultShut(workspace) ? failure : null
  // A code typed for any profile of that person opens this one too.
  if (failure.code === 'person' && failure.message.includes(CODE_NEEDED)) {
    return stepsWithoutCode(plan, held).length > 0 ? failure : null
  }
  return top?.isLive && !top.isDue ? null : failure
}

/** Whether keys lie in a vault that nothing here opens. */
export function isVaultShut({ context, paths, storeKind }: Workspace): boolean {
  try {
    // By the id alone: to prove the header would load node:crypto, a fifth of the time that `status` takes.
    const id = storeKind === 'vault' ? vaultIdOf(paths.vaultDir) : null
    return id !== null && isVaultLocked(context, { id })
  } catch (error) {
    // A damaged header is no lock; every call that needs the vault says it.
    if (!(error instanceof CredError)) throw error
    return false
  }
}

/** Of each step; without steps of the root, where it gives sessions. */
function heldSessions(workspace: Workspace, plan: Plan): (HeldSession | null)[] {
  const nothing = () => Promise.reject(new CredError('failed', 'cannot open a store to look at profiles'))
  const sources = profileSources(workspace, plan, { store: nothing })
  const identity = sources.knownIdentity() ?? lastEndless(workspace, plan)
  const levels = [...plan.steps.keys()]
  if (levels.length === 0 && identity?.givesSession === true) levels.push(ROOT_LEVEL)
  return levels.map((level) => {
    const note: IndexEntries['session'] | null =
      identity === null ? null : workspace.index.known('session', sources.cacheKey(identity, level))
    if (note === null) return null
    const nowMs = sources.stsNowMs(note.clockName)
    const leftMs = nowMs === null ? 0 : note.expiresMs - nowMs
    const { savedMs, expiresMs } = note
    return { leftMs, expiresMs, savedMs, isLive: leftMs > LAST_USE_MARGIN_MS, isDue: leftMs <= serveMarginMs(note) }
  })
}

/** A command line that gives keys without an end is known by those of its last run, as the newest hop on them tells. */
function lastEndless(workspace: Workspace, plan: Plan): RootIdentity | null {
  if (plan.root.kind !== 'process') return null
  const { givesSession: _, ...fetched } = fetchedIdentity(workspace, plan)
  const hops = workspace.index.all('session').filter(({ rootId }) => rootId.startsWith(`${fetched.id}:`))
  const newest = hops.sort((a, b) => b.savedMs - a.savedMs)[0]
  return newest === undefined ? null : { ...fetched, id: newest.rootId }
}
