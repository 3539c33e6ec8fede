import { usageError } from '../core/arguments.ts'
import { ownLine } from '../core/command-line.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { obtainSession } from '../core/obtain.ts'
import { type Plan, planProfile, type Root } from '../core/plan.ts'
import { notServedError } from '../core/plan-errors.ts'
import { type HandedOut, processDocument } from '../core/process-document.ts'
import { at, DURATION_MIN_S, parseDurationText, SESSION_TOKEN_MAX_S } from '../core/sts-limits.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { recordFailure } from './session/failures.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { openStore, processPatience } from './session/open-store.ts'
import { profileSources, stsNowMs } from './session/sources.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'process',
  about: 'Prints the credentials of a profile as one JSON document, for a credential_process line',
  usage: 'aws-cred process --profile NAME [options]',
  positionals: [],
  options: {
    profile: {
      type: 'string',
      value: 'NAME',
      about: 'the profile to serve; always needed, tools do not pass theirs on',
    },
    'no-session': { type: 'boolean', about: 'hand out the long-lived keys of a profile without a role' },
    duration: { type: 'string', value: 'TIME', about: 'how long a fresh session lasts, as 3600, 90m or 4h' },
    refresh: { type: 'boolean', about: 'get a fresh session though the stored one still lives' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person' },
  },
  examples: ['aws-cred process --profile prod', 'aws-cred process --profile prod --refresh'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const profile = given.text('profile')
  if (profile === undefined) {
    const line = ownLine(context.executablePath, 'NAME', context.platform) ?? 'aws-cred process --profile NAME'
    throw new CredError('usage', 'cannot run process: --profile is missing', {
      hint: `in ~/.aws/config: credential_process = ${line}`,
    })
  }
  checkNotUnderOwnMarker(context, profile)
  const workspace = openWorkspace(context)
  const plan = planOf(workspace, profile, given)
  const noPrompt = given.flag('no-prompt')
  const document = processDocument(await credentialsOf(workspace, plan, { noPrompt, refresh: given.flag('refresh') }))
  context.out(document)
}

/** The plan; a mistake in the config is kept for `list`, since some consumers show nobody our stderr. */
function planOf(workspace: Workspace, profile: string, given: Arguments): Plan {
  try {
    const plan = planProfile(profile, workspace.files.profiles, {
      platform: workspace.context.platform,
      hasKeys: (name) => workspace.index.read('key', name) !== null,
      noSession: given.flag('no-session'),
      durationSeconds: durationOf(given),
    })
    if (plan.root.kind === 'other') throw notServedError(profile, plan.root)
    return plan
  } catch (error) {
    recordFailure(workspace, profile, error)
    throw error
  }
}

function durationOf(given: Arguments): number | undefined {
  const text = given.text('duration')
  if (text === undefined) return undefined
  const seconds = parseDurationText(text)
  if (seconds !== null && seconds >= DURATION_MIN_S && seconds <= SESSION_TOKEN_MAX_S) return seconds
  throw usageError(verb, `--duration ${quoted(text, 20)} must be 15m to 12h for a role, to 36h without`)
}

async function credentialsOf(
  workspace: Workspace,
  plan: Plan,
  options: { readonly noPrompt: boolean; readonly refresh: boolean },
): Promise<HandedOut> {
  let opened: ReturnType<typeof openStore> | null = null
  const store = () => {
    opened ??= openStore(workspace, processPatience(workspace, options.noPrompt))
    return opened
  }
  const sources = profileSources(workspace, plan, { store })
  if (plan.steps.length === 0) {
    const root = await sources.rootCredentials()
    if (root.sessionToken !== null) throw pastedSessionError(plan, plan.root)
    return { ...root, expiresMs: null, offsetMs: 0, accountId: plan.tellsAccount ? root.identity.accountId : null }
  }
  const session = await obtainSession(sources, { forceRefresh: options.refresh })
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
      hint: `take these lines out and name a role: aws-cred setup ${shown(plan.profile)} --role-arn ARN --source-profile NAME`,
    },
  )
}
