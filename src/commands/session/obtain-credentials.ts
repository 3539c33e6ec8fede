import { usageError } from '../../core/arguments.ts'
import { CredError } from '../../core/errors.ts'
import { obtainSession } from '../../core/obtain.ts'
import { type Plan, planProfile, type Root } from '../../core/plan.ts'
import type { HandedOut } from '../../core/process-document.ts'
import { at, DURATION_MIN_S, parseDurationText, SESSION_TOKEN_MAX_S } from '../../core/sts-limits.ts'
import { quoted, shown } from '../../core/text.ts'
import type { Arguments } from '../../core/verb.ts'
import { recordFailure } from './failures.ts'
import { openStore, type Patience } from './open-store.ts'
import { profileSources, stsNowMs } from './sources.ts'
import type { Workspace } from './workspace.ts'

/**
 * The plan of `verbName --profile P [--no-session] [--duration TIME]`; a mistake in the config is kept for `list`, since
 * some consumers show nobody our stderr.
 */
export function planOf(workspace: Workspace, profile: string, verbName: string, given: Arguments): Plan {
  try {
    const durationSeconds = durationOf(verbName, given)
    const plan = planProfile(profile, workspace.files.profiles, {
      platform: workspace.context.platform,
      hasKeys: (name) => workspace.index.read('key', name) !== null,
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
}

/** What a profile hands out: its session, renewed where it is due, or its root's keys where these have no end. */
export async function credentialsOf(workspace: Workspace, plan: Plan, options: CredentialsOptions): Promise<HandedOut> {
  let opened: ReturnType<typeof openStore> | null = null
  const store = () => {
    opened ??= openStore(workspace, options.patience)
    return opened
  }
  const sources = profileSources(workspace, plan, { store })
  const { refresh: forceRefresh, serveLasting } = options
  const session = await obtainSession(sources, { forceRefresh, serveLasting })
  if ('identity' in session) {
    const { accessKeyId, secretAccessKey, sessionToken, identity } = session
    if (plan.root.kind === 'static' && sessionToken !== null) throw pastedSessionError(plan, plan.root)
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

function endedError(plan: Plan): CredError {
  return new CredError('failed', `cannot serve profile ${quoted(plan.profile)}: its session ended while it was read`, {
    hint: `try again: aws-cred process --profile ${shown(plan.profile)}`,
  })
}

/** A session pasted into a file cannot renew itself: handing it out without an end would keep it past its end. */
function pastedSessionError(plan: Plan, root: Root): CredError {
  const where = root.kind === 'static' ? ` (${at(root.origin)})` : ''
  return new CredError(
    'failed',
    `cannot serve profile ${quoted(plan.profile)}: its keys${where} are a pasted session, which cannot be renewed`,
    {
      hint: `take these lines out: aws-cred import ${shown(root.kind === 'static' ? root.profile : plan.profile)} --drop-session`,
    },
  )
}
