import { usageError } from '../../core/arguments.ts'
import { CredError } from '../../core/errors.ts'
import { obtainSession } from '../../core/obtain.ts'
import type { RootCredentials, Sources } from '../../core/obtain-sources.ts'
import { pasteable } from '../../core/paste.ts'
import { type Plan, planProfile, type Root } from '../../core/plan/plan.ts'
import { pastedSessionError } from '../../core/plan/plan-errors.ts'
import { withCodeForRole } from '../../core/plan/plan-mfa.ts'
import { DURATION_MIN_S, parseDurationText, SESSION_TOKEN_MAX_S } from '../../core/plan/sts-limits.ts'
import type { HandedOut } from '../../core/process-document.ts'
import type { Session } from '../../core/session.ts'
import { quoted } from '../../core/text.ts'
import type { Arguments } from '../../core/verb.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import type { Store } from '../../keychain/store.ts'
import { recordFailure } from './failures.ts'
import type { Asking } from './mfa/ask-code.ts'
import { planOptions } from './plan-options.ts'
import { profileSources, stsNowMs } from './sources.ts'
import {
  nobodyCanBeAsked,
  openStore,
  type Patience,
  processPatience,
  servesLasting,
  shellPatience,
} from './store/open-store.ts'
import type { Workspace } from './workspace.ts'

/**
 * The plan of `verbName --profile P [--no-session] [--duration TIME]`; a mistake in the config is kept for `list`, since
 * some consumers show nobody our stderr.
 */
export function planOf(workspace: Workspace, profile: string, verbName: string, given: Arguments): Plan {
  try {
    const durationSeconds = durationOf(verbName, given)
    const plan = planProfile(profile, workspace.files.profiles, {
      ...planOptions(workspace),
      noSession: given.flag('no-session'),
      durationSeconds,
    })
    const isFixed = plan.steps.length === 0 && isFetched(plan.root) && plan.root.kind !== 'web-identity'
    if (durationSeconds !== undefined && isFixed) {
      throw usageError({ name: verbName }, `--duration means nothing for ${quoted(profile)}: its source decides it`)
    }
    return plan
  } catch (error) {
    recordFailure(workspace, profile, error)
    throw error
  }
}

function isFetched({ kind }: Root): boolean {
  return kind !== 'keychain' && kind !== 'static'
}

function durationOf(verbName: string, given: Arguments): number | undefined {
  const text = given.text('duration')
  if (text === undefined) return undefined
  const seconds = parseDurationText(text)
  if (seconds !== null && seconds >= DURATION_MIN_S && seconds <= SESSION_TOKEN_MAX_S) return seconds
  throw usageError({ name: verbName }, `--duration ${quoted(text, 20)} must be 15m to 12h for a role, to 36h without`)
}

export interface CredentialsOptions {
  readonly patience: Patience
  readonly refresh: boolean
  /** Whether a session that is due is better than a failure. */
  readonly serveLasting: boolean
  readonly asking: Asking
  /** Also renews what a person will be needed for soon. */
  readonly aheadOfNeed?: boolean
  /** One that is open already. */
  readonly store?: Store
  /** For a process that lives long: puts what it remembers in front of the store. */
  readonly remembering?: (sources: Sources) => Sources
  /** The plan under which what it gives is kept; its own unless given. */
  readonly keptAs?: Plan
}

/** For `process`: a helper that a tool has started. */
export function helperCall(workspace: Workspace, noPrompt: boolean): Omit<CredentialsOptions, 'refresh'> {
  const mayAsk = !nobodyCanBeAsked(workspace, noPrompt)
  return { patience: processPatience(workspace, noPrompt), serveLasting: true, asking: { mayAsk, typed: false } }
}

/**
 * For `export` and `exec`: typed by a person, who is asked rather than given a session that is due, or written into a
 * script with `--no-prompt`.
 */
export function typedCall(workspace: Workspace, noPrompt: boolean): Omit<CredentialsOptions, 'refresh'> {
  const mayAsk = !nobodyCanBeAsked(workspace, noPrompt)
  const patience = shellPatience(workspace, noPrompt)
  return { patience, serveLasting: servesLasting(workspace, noPrompt), asking: { mayAsk, typed: true } }
}

/** What a profile hands out: its session, renewed where it is due, or its root's keys where these have no end. */
export async function credentialsOf(workspace: Workspace, plan: Plan, options: CredentialsOptions): Promise<HandedOut> {
  const session = await sessionOf(workspace, plan, { ...options, beganMs: monotonicMs() })
  if ('identity' in session) {
    const { accessKeyId, secretAccessKey, sessionToken, identity } = session
    if (plan.root.kind === 'static' && sessionToken !== null) throw pastedSessionError(plan.profile, plan.root)
    const accountId = plan.tellsAccount ? identity.accountId : null
    return { accessKeyId, secretAccessKey, sessionToken, expiresMs: null, offsetMs: 0, accountId }
  }
  // A machine may sleep between the read and here: what has ended in the meantime is not handed out.
  const nowMs = stsNowMs(workspace, session.clockName)
  if (nowMs === null || session.expiresMs <= nowMs) throw endedError(plan)
  return {
    ...session,
    offsetMs: nowMs - workspace.context.nowMs(),
    accountId: plan.tellsAccount ? session.accountId : null,
  }
}

async function sessionOf(
  workspace: Workspace,
  plan: Plan,
  options: CredentialsOptions & { readonly beganMs: number },
): Promise<Session | RootCredentials> {
  const needsCode = plan.steps.some(({ mfaSerial }) => mfaSerial !== null)
  let opened: ReturnType<typeof openStore> | null = null
  const store = () => {
    opened ??= options.store ? Promise.resolve(options.store) : openStore(workspace, options.patience)
    return opened
  }
  const { asking, beganMs, keptAs = plan, refresh: forceRefresh, serveLasting, aheadOfNeed = false } = options
  // Else the session made with the code for the role would be kept where no tool looks for it.
  const withCode = { ...options, keptAs: withCodeForRole(keptAs)?.plan ?? keptAs }
  const sinceMs = workspace.context.nowMs() - (monotonicMs() - beganMs)
  const withCodeForItself = async (direct: Plan, asked: Asking): Promise<Session | RootCredentials> => {
    const { isMadeSince } = await import('./mfa/learn-direct.ts')
    // One that another process has made meanwhile is as fresh as was asked for, and spares a code.
    const refresh = forceRefresh && !isMadeSince(workspace, direct, direct.steps.length - 1, sinceMs)
    return sessionOf(workspace, direct, { ...withCode, refresh, asking: asked })
  }
  const afterRefusal = async (refusal: unknown, untilMs: number): Promise<Session> => {
    if (!needsCode) throw refusal
    const { tryDirect } = await import('./mfa/learn-direct.ts')
    return tryDirect(workspace, plan, { asking, refusal, untilMs }, async (direct, asked) => {
      const given = await withCodeForItself(direct, asked)
      if ('identity' in given) throw refusal
      return given
    })
  }
  const stored = profileSources(workspace, plan, { store, asking, keptAs, afterRefusal, beganMs })
  const sources = options.remembering?.(stored) ?? stored
  try {
    return await obtainSession(sources, { forceRefresh, serveLasting, aheadOfNeed })
  } catch (error) {
    if (!needsCode) throw error
    const { RoleTakesCode } = await import('./mfa/learn-direct.ts')
    if (!(error instanceof RoleTakesCode)) throw error
    return withCodeForItself(error.plan, asking)
  }
}

function endedError(plan: Plan): CredError {
  return new CredError('failed', `cannot serve profile ${quoted(plan.profile)}: its session ended while it was read`, {
    hint: pasteable`try again: aws-cred process --profile ${plan.profile}`,
  })
}
