import { spanText } from '../../../core/clock.ts'
import { CredError } from '../../../core/errors.ts'
import { pasteable } from '../../../core/paste.ts'
import { type Plan, rootName, signerName } from '../../../core/plan/plan.ts'
import { lackOfRole } from '../../../core/plan/plan-errors.ts'
import { rootText } from '../../../core/plan/plan-roots.ts'
import { setting } from '../../../core/plan/settings.ts'
import { at, parseRoleArn } from '../../../core/plan/sts-limits.ts'
import { maskedKeyId, quoted, shown } from '../../../core/text.ts'
import { shortPath } from '../../../io/screen.ts'
import type { Workspace } from '../workspace.ts'
import { type ProfileState, profileState } from './profile-state.ts'

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
    const state = profileState(workspace, profile)
    const { plan } = state
    const { session, notes } = sessionCell(workspace, state)
    return {
      profile: shown(profile),
      gives: givesText(workspace, plan),
      from: fromCell(workspace, plan),
      session,
      notes: [
        ...notes,
        ...(state.failure === null ? lackNotes(workspace, plan) : []),
        ...clampNotes(plan),
        ...codeNotes(plan),
      ],
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

function sessionCell(
  workspace: Workspace,
  state: ProfileState,
): { readonly session: string; readonly notes: readonly string[] } {
  const { failure, givesSession, session } = state
  if (!givesSession) return { session: 'never', notes: [] }
  const left = session === null ? null : `${spanText(session.leftMs)} left`
  const needs = left === null || failure !== null ? state.needs() : null
  if (left === null && needs?.kind === 'sign-in') return { session: `log in: ${needs.command}`, notes: [] }
  const needsCode = needs?.kind === 'mfa-code'
  if (failure === null) return { session: left ?? (needsCode ? 'needs an MFA code' : 'none'), notes: [] }
  const code = shownCode(failure)
  const failed = `${failedText(failure, workspace.context.nowMs())}${code === null ? '' : `: ${code}`}`
  const notes = [noteOf(state.profile, failure.message, failure.hint)]
  if (needsCode && code === null)
    return { session: left === null ? 'needs an MFA code' : `${left}, then a code`, notes }
  return { session: left === null ? failed : `${left}, ${failed}`, notes }
}

/** The same words in `list`, `status` and `doctor`. */
export function failedText({ atMs }: { readonly atMs: number }, nowMs: number): string {
  return `failed ${spanText(nowMs - atMs)} ago`
}

/** What a service calls its refusal; null for a failure of this machine. */
export function shownCode({ code }: { readonly code: string }): string | null {
  return /^[A-Z]\w+$/.test(code) ? shown(code, 60) : null
}

/** Of keys that the index does not know; the store may hold them all the same, where the index was lost. */
function lackNotes({ files }: Workspace, { profile, root }: Plan): string[] {
  if (root.kind !== 'keychain' || root.listed || root.name !== profile) return []
  const lack = lackOfRole(profile, files.profiles)
  if (lack !== null)
    return [`${shown(profile)}: ${lack}${pasteable`\n  aws-cred setup ${profile} --role-arn ARN` ?? ''}`]
  return [`${shown(profile)}: no key of that name is known here${pasteable`\n  aws-cred add ${profile}` ?? ''}`]
}

/** Said of the roles that take a code themselves; those that are opened by one shared code are the rule. */
function codeNotes(plan: Plan): string[] {
  return plan.steps.flatMap((step) =>
    step.kind === 'assume-role' && step.profile === plan.profile && step.mfaSerial !== null
      ? [`${shown(plan.profile)}: each new session asks for an MFA code of its own`]
      : [],
  )
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
