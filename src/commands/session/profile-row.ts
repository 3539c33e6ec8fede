import { ROOT_LEVEL, type RootIdentity } from '../../core/cache-key.ts'
import { spanText } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { type Plan, planProfile, rootName, signerName } from '../../core/plan.ts'
import { rootText } from '../../core/plan-roots.ts'
import { LAST_USE_MARGIN_MS, serveMarginMs } from '../../core/session.ts'
import { setting } from '../../core/settings.ts'
import { SIGN_IN_NEEDED } from '../../core/sign-in.ts'
import { at, parseRoleArn } from '../../core/sts-limits.ts'
import { maskedKeyId, quoted, shown } from '../../core/text.ts'
import { shortPath } from '../../io/screen.ts'
import type { IndexEntries } from '../../io/state-index.ts'
import { readVaultHeader } from '../../keychain/vault-header.ts'
import { isVaultLocked, vaultLocked } from '../../keychain/vault-key.ts'
import { PLAN_MISTAKE } from './failures.ts'
import { planOptions } from './plan-options.ts'
import { fetchedIdentity } from './root-identity.ts'
import { signInNeeded } from './sign-in-state.ts'
import { profileSources } from './sources.ts'
import type { Workspace } from './workspace.ts'

/** What is known of one profile without opening a store or calling anybody; all fit to show. */
export interface ProfileRow {
  readonly profile: string
  /** What it hands out: `role Prod-Role 123456789012`. */
  readonly gives: string
  /** Whose credentials it is made from, or where its keys lie. */
  readonly from: string
  /** What it holds now: `47 min left`, `failed 3 min ago: AccessDenied`, `none`. */
  readonly session: string
  /** More to say than fits into the row. */
  readonly notes: readonly string[]
}

/** Never throws for what is wrong with the profile: then the row says so, and the note why. */
export function profileRow(workspace: Workspace, profile: string): ProfileRow {
  try {
    const plan = planOf(workspace, profile)
    const { session, notes } = sessionCell(workspace, plan)
    return {
      profile: shown(profile),
      gives: givesText(workspace, plan),
      from: fromCell(workspace, plan),
      session,
      notes: [...notes, ...clampNotes(plan)],
    }
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const roleArn = setting(workspace.files.profiles, profile, 'role_arn')?.value
    return {
      profile: shown(profile),
      gives: roleArn === undefined ? '-' : roleText(roleArn),
      from: shown(setting(workspace.files.profiles, profile, 'source_profile')?.value ?? '-'),
      session: 'cannot be served',
      notes: [noteOf(profile, error.message, error.hint)],
    }
  }
}

export function planOf(workspace: Workspace, profile: string): Plan {
  return planProfile(profile, workspace.files.profiles, planOptions(workspace))
}

/** What a profile hands out: `role Prod-Role 123456789012`. */
export function givesText(workspace: Workspace, plan: Plan): string {
  const last = plan.steps.at(-1)
  if (last?.kind === 'assume-role') return roleText(last.roleArn)
  const { root } = plan
  if (root.kind === 'sso') return shown(`role ${root.roleName} ${root.accountId}`)
  if (root.kind === 'web-identity') return roleText(root.step.roleArn)
  if (root.kind === 'login') return loginText(root.loginSession)
  if (root.kind === 'static') {
    return `${root.sessionToken === null ? 'user' : 'session'} of ${maskedKeyId(root.accessKeyId)}`
  }
  const entry = root.kind === 'keychain' ? workspace.index.read('key', root.name) : null
  if (entry === null) return '-'
  if (entry.arn === null) return 'user, not verified'
  const who = entry.userName === null ? (entry.arn.endsWith(':root') ? 'root' : 'user') : `user ${entry.userName}`
  return shown(entry.accountId === null ? who : `${who} ${entry.accountId}`)
}

function roleText(roleArn: string): string {
  const role = parseRoleArn(roleArn)
  return role === null ? `role ${quoted(roleArn)}` : shown(`role ${role.roleName} ${role.accountId}`)
}

/** Who signed in: `arn:aws:iam::123456789012:user/alice`, an assumed role's or root's ARN. */
function loginText(arn: string): string {
  const [, , , , account = '', who = ''] = arn.split(':')
  return who === '' ? quoted(arn, 80) : shown(`${who.replaceAll('/', ' ')} ${account}`.trim(), 80)
}

function fromCell(workspace: Workspace, plan: Plan): string {
  const { root, steps } = plan
  const last = steps.at(-1)
  if (last !== undefined && last.profile !== plan.profile) return shown(last.profile)
  const signer = last === undefined ? rootName(plan) : signerName(plan, last)
  if (signer !== plan.profile) return shown(signer)
  if (root.kind === 'static')
    return shown(at({ path: shortPath(root.origin.path, workspace.context), line: root.origin.line }), 200)
  if (root.kind !== 'keychain') return rootText(root)
  const entry = workspace.index.read('key', signer)
  return entry === null
    ? 'not known here'
    : `${workspace.storeKind ?? 'keychain'}, ${shown(entry.accessKeyIdMasked, 20)}`
}

/** By the index alone: which hops hold a live session, and whether the last try failed since. */
function sessionCell(
  workspace: Workspace,
  plan: Plan,
): { readonly session: string; readonly notes: readonly string[] } {
  const { context } = workspace
  const held = heldSessions(workspace, plan)
  if (held.length === 0) return { session: 'never', notes: [] }
  const top = held.at(-1) ?? null
  const left = top?.isLive ? `${spanText(top.leftMs)} left` : null
  const failure = standingFailure(workspace, plan, top)
  const signIn = signInNeeded(workspace, plan.root, failure?.code === SIGN_IN_NEEDED ? failure.atMs : null)
  if (signIn !== null && left === null) return { session: `log in: ${signIn}`, notes: [] }
  if (failure?.code === SIGN_IN_NEEDED && signIn === null) return { session: left ?? 'none', notes: [] }
  const lastGood = held.findLastIndex((each) => each?.isLive)
  const needsCode = plan.steps.some((step, level) => level > lastGood && step.mfaSerial !== null)
  const needsCodeNext = plan.steps.some((step, level) => step.mfaSerial !== null && !held[level]?.isLive)
  if (failure !== null) {
    const code = /^[A-Z]\w+$/.test(failure.code) ? `: ${shown(failure.code, 60)}` : ''
    const failed = `failed ${spanText(context.nowMs() - failure.atMs)} ago${code}`
    const notes = [noteOf(plan.profile, failure.message, failure.hint)]
    if (left !== null) {
      return { session: needsCodeNext && code === '' ? `${left}, then a code` : `${left}, ${failed}`, notes }
    }
    return { session: needsCode && code === '' ? 'needs an MFA code' : failed, notes }
  }
  return { session: left ?? (needsCode ? 'needs an MFA code' : 'none'), notes: [] }
}

/**
 * The last failure, unless it is over. Over is one older than the session or the key, and a mistake in the config or on the
 * command line, since the plan works now. What STS refused stands until it gives a session. Of this machine's own
 * failures a locked vault stands while it is locked; of the others (network, keychain) nobody can tell from here, and
 * they are told unless a session is held that is not due: that one is served whatever has failed.
 */
function standingFailure(workspace: Workspace, plan: Plan, top: Held | null): IndexEntries['failure'] | null {
  const failure = workspace.index.read('failure', plan.profile)
  const addedMs = workspace.index.read('key', rootName(plan))?.addedMs ?? 0
  if (failure === null || failure.atMs <= Math.max(top?.savedMs ?? 0, addedMs)) return null
  if (/^[A-Z]/.test(failure.code)) return failure
  if (failure.code === PLAN_MISTAKE || failure.code === 'usage') return null
  if (failure.message === vaultLocked().message) return isVaultShut(workspace) ? failure : null
  return top?.isLive && !top.isDue ? null : failure
}

/** Whether keys lie in a vault that nothing here opens. */
export function isVaultShut({ context, paths, storeKind }: Workspace): boolean {
  try {
    const header = storeKind === 'vault' ? readVaultHeader(paths.vaultDir) : null
    return header !== null && isVaultLocked(context, header)
  } catch (error) {
    // A damaged header is no lock; every call that needs the vault says it.
    if (!(error instanceof CredError)) throw error
    return false
  }
}

interface Held {
  readonly leftMs: number
  readonly savedMs: number
  readonly isLive: boolean
  /** Whether the next call would rather renew it. */
  readonly isDue: boolean
}

/** Of each step; without steps of the root, where it gives sessions. */
function heldSessions(workspace: Workspace, plan: Plan): (Held | null)[] {
  const nothing = () => Promise.reject(new CredError('failed', 'cannot open a store to list profiles'))
  const sources = profileSources(workspace, plan, { store: nothing })
  const identity = sources.knownIdentity() ?? lastEndless(workspace, plan)
  const levels = [...plan.steps.keys()]
  if (levels.length === 0 && identity?.givesSession === true) levels.push(ROOT_LEVEL)
  return levels.map((level) => {
    const note: IndexEntries['session'] | null =
      identity === null ? null : workspace.index.read('session', sources.cacheKey(identity, level))
    if (note === null) return null
    const nowMs = sources.stsNowMs(note.clockName)
    const leftMs = nowMs === null ? 0 : note.expiresMs - nowMs
    const { savedMs } = note
    return { leftMs, savedMs, isLive: leftMs > LAST_USE_MARGIN_MS, isDue: leftMs <= serveMarginMs(note) }
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

/** A chained role that asks for more than STS gives: cut without a word at refresh, so that it is said here. */
function clampNotes(plan: Plan): string[] {
  return plan.steps.flatMap((step) =>
    step.kind === 'assume-role' &&
    step.profile === plan.profile &&
    step.askedSeconds !== null &&
    step.durationSeconds !== null &&
    step.durationSeconds < step.askedSeconds
      ? [
          `${shown(plan.profile)}: asks for ${spanText(step.askedSeconds * 1000)}, and gets 1 h: a role assumed with another role's session lasts no longer`,
        ]
      : [],
  )
}

function noteOf(profile: string, message: string, hint: string | null): string {
  return `${shown(profile)}: ${shown(message, 1000)}${hint === null ? '' : `\n  ${shown(hint, 500)}`}`
}
