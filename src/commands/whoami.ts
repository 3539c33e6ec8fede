import { accountOfArn, assumedRole, isPromised, type Promised } from '../core/caller.ts'
import { localExpirationMs, spanText, toUtcSeconds } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { jsonText } from '../core/json-text.ts'
import { pasteable } from '../core/paste.ts'
import { type Plan, rootName } from '../core/plan/plan.ts'
import { wayOf } from '../core/plan/plan-way.ts'
import type { HandedOut } from '../core/process-document.ts'
import { maskedKeyId, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { progressLine } from '../io/progress-line.ts'
import { momentText } from '../io/screen.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { credentialsOf, planOf, typedCall } from './session/obtain-credentials.ts'
import { promisedBy } from './session/profiles/promised.ts'
import { knownRootIdentity, partitionOf } from './session/roots/root-identity.ts'
import { meantProfile } from './session/shell-profile.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'whoami',
  about: 'Asks STS whom the credentials of a profile stand for, and says whether that is who the profile names',
  usage: 'aws-cred whoami [PROFILE] [options]',
  positionals: ['PROFILE?'],
  options: {
    json: { type: 'boolean', about: 'one JSON document; its fields are in the README' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person; a session that is due is good enough' },
  },
  examples: ['aws-cred whoami', 'aws-cred whoami prod', 'aws-cred whoami prod --json'],
  exitCodes:
    '0 done, 1 failed or somebody else than the profile names, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const { profile, variable } = meantProfile(given.positionals[0], context)
  checkNotUnderOwnMarker(context, profile)
  const workspace = openWorkspace(context)
  const plan = planOf(workspace, profile, verb.name, given)
  const answer = await ask(workspace, plan, given.flag('no-prompt'))
  const promised = promisedBy(workspace, plan)
  const { caller, credentials } = answer
  // What the document tells consumers is a promise too: they make addresses of it.
  const isRight =
    isPromised(promised, caller) && (credentials.accountId === null || credentials.accountId === caller.accountId)
  const show = given.flag('json') ? identityJson : identityText
  context.out(show({ ...answer, workspace, plan, variable, promised, isRight }))
  if (!isRight) throw otherError(profile, promised, credentials, caller.arn)
}

interface Answer {
  readonly caller: { readonly arn: string; readonly accountId: string; readonly userId: string }
  readonly credentials: HandedOut
}

async function ask(workspace: Workspace, plan: Plan, noPrompt: boolean): Promise<Answer> {
  const { profile } = plan
  const { asking, ...options } = typedCall(workspace, noPrompt)
  const progress = progressLine(asking.mayAsk ? workspace.context.openTerminal() : null)
  try {
    progress.start(`asking who ${shown(profile, 60)} is`)
    const credentials = await credentialsOf(workspace, plan, {
      ...options,
      refresh: false,
      asking: { ...asking, beforeQuestion: progress.stop },
    })
    const [{ stsCall }, { getCallerIdentity }] = await Promise.all([
      import('./session/call-sts.ts'),
      import('../aws/sts-calls.ts'),
    ])
    const partition = knownRootIdentity(workspace, plan)?.partition ?? partitionOf(workspace, plan)
    const isSession = credentials.sessionToken !== null
    const call = stsCall(
      workspace,
      plan,
      { partition },
      {
        keys: credentials,
        purpose: `ask STS who profile ${quoted(profile)} is`,
        profile,
        signer: isSession ? profile : rootName(plan),
        signerIsForeign: isSession || plan.root.kind !== 'keychain',
      },
    )
    const caller = await getCallerIdentity(call).catch((error: unknown) => {
      throw isSession ? withCure(error, profile) : error
    })
    return { caller, credentials }
  } finally {
    progress.stop()
  }
}

/** The cure of `sts-errors.ts` speaks of a session from elsewhere; this one is our own to make anew. */
function withCure(error: unknown, profile: string): unknown {
  if (!(error instanceof CredError)) return error
  const { stsCode } = (error.cause ?? {}) as { readonly stsCode?: unknown }
  if (stsCode !== 'ExpiredToken') return error
  const hint = pasteable`forget it, and the next use fetches another: aws-cred logout ${profile}`
  return new CredError(error.code, error.message, { hint, cause: error.cause })
}

interface Shown extends Answer {
  readonly workspace: Workspace
  readonly plan: Plan
  readonly variable: string | null
  readonly promised: Promised
  readonly isRight: boolean
}

function localEnd({ expiresMs, offsetMs }: HandedOut): number | null {
  return expiresMs === null ? null : localExpirationMs(expiresMs, offsetMs)
}

function identityText({ workspace, plan, variable, caller, credentials }: Shown): string {
  const nowMs = workspace.context.nowMs()
  const endMs = localEnd(credentials)
  const sessionName = assumedRole(caller.arn)?.sessionName ?? null
  const lines: (readonly [name: string, value: string | null])[] = [
    ['profile', shown(plan.profile) + (variable === null ? '' : ` (${variable})`)],
    ['arn', shown(caller.arn, 2048)],
    ['account', shown(caller.accountId)],
    ['user id', shown(caller.userId, 200)],
    ['session', sessionName === null ? null : shown(sessionName)],
    ['key', maskedKeyId(credentials.accessKeyId)],
    ['expires', endMs === null ? 'never' : `in ${spanText(endMs - nowMs)}, at ${momentText(endMs, nowMs)}`],
    ['source', wayOf(plan).join(' > ')],
  ]
  return lines.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(7)}  ${value}\n`])).join('')
}

/** Raised when a field changes its meaning or goes; a new field does not raise it. README documents each. */
const SCHEMA_VERSION = 1

function identityJson({ workspace, plan, variable, caller, credentials, promised, isRight }: Shown): string {
  const endMs = localEnd(credentials)
  const document = {
    version: SCHEMA_VERSION,
    profile: plan.profile,
    variable,
    arn: caller.arn,
    account: caller.accountId,
    userId: caller.userId,
    sessionName: assumedRole(caller.arn)?.sessionName ?? null,
    accessKeyId: maskedKeyId(credentials.accessKeyId),
    secondsLeft: endMs === null ? null : Math.floor((endMs - workspace.context.nowMs()) / 1000),
    expiration: endMs === null ? null : toUtcSeconds(endMs),
    chain: wayOf(plan),
    promised: { arn: promised.arn, account: promised.accountId, permissionSet: promised.permissionSet },
    asPromised: isRight,
  }
  return jsonText(document)
}

function otherError(profile: string, promised: Promised, credentials: HandedOut, arn: string): CredError {
  const { arn: named, permissionSet } = promised
  const accountId = promised.accountId ?? credentials.accountId
  const of =
    accountId === null || (named !== null && accountOfArn(named) === accountId) ? '' : ` of account ${accountId}`
  const wanted = permissionSet === null ? `${named ?? 'somebody'}${of}` : `permission set ${permissionSet}${of}`
  return new CredError(
    'failed',
    `cannot confirm profile ${quoted(profile)}: it names ${shown(wanted, 300)}, and STS says ${shown(arn, 300)}`,
  )
}
