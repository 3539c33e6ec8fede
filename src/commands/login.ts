import { usageError } from '../core/arguments.ts'
import { spanText } from '../core/clock.ts'
import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { deviceText, typedCode } from '../core/mfa-code.ts'
import type { Sources } from '../core/obtain-sources.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { HandedOut } from '../core/process-document.ts'
import { tableText } from '../core/table.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { progressLine } from '../io/progress-line.ts'
import { momentText, screenOf } from '../io/screen.ts'
import type { Store } from '../keychain/store.ts'
import type { Asking } from './session/mfa/ask-code.ts'
import { credentialsOf, planOf } from './session/obtain-credentials.ts'
import { servedProfiles } from './session/profiles/profile-names.ts'
import { givesText } from './session/profiles/profile-row.ts'
import { planOf as toolsPlan } from './session/profiles/profile-state.ts'
import { signIn } from './session/roots/sign-in.ts'
import { shellProfile } from './session/shell-profile.ts'
import { cacheKey, profileSources } from './session/sources.ts'
import { openTypedStore } from './session/store/choose-store.ts'
import { nobodyCanBeAsked, typedPatience, typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'login',
  about: 'Fetches sessions ahead of need: asks now for codes, passphrases and sign-ins, so that no tool has to',
  usage: 'aws-cred login [PROFILE…] [options]',
  positionals: ['PROFILE…'],
  options: {
    all: { type: 'boolean', about: 'every profile that is served here' },
    duration: { type: 'string', value: 'TIME', about: 'how long the sessions last, as 3600, 90m or 4h' },
    'mfa-token': { type: 'string', value: '-', about: 'read the MFA code from stdin, one line' },
  },
  examples: ['aws-cred login prod', 'aws-cred login --all', 'aws-cred login prod --mfa-token - < code-file'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const workspace = openWorkspace(context)
  const profiles = wantedProfiles(given, workspace)
  const code = await givenCode(given, context)
  const terminal = typedTerminal(context)
  const store = await openTypedStore(workspace, terminal)
  const asking: Asking = {
    mayAsk: !nobodyCanBeAsked(workspace, false),
    typed: true,
    ...(code === null ? {} : { code }),
  }
  const logins: Login[] = []
  for (const profile of profiles) logins.push(await loginTo({ workspace, store, terminal, asking, given }, profile))
  if (logins.some(({ credentials }) => credentials !== null)) showTable(workspace, logins)
  const failed = logins.filter(({ failure }) => failure !== null)
  if (failed[0]?.failure) throw failed.length === 1 ? failed[0].failure : severalFailed(workspace, failed)
}

function wantedProfiles(given: Arguments, workspace: Workspace): readonly string[] {
  const named = [...new Set(given.positionals)]
  if (!given.flag('all')) return named.length > 0 ? named : [shellProfile(given, workspace.context)]
  if (named.length > 0) throw usageError(verb, '--all and a profile do not go together')
  const served = servedProfiles(workspace)
  if (served.length > 0) return served
  throw new CredError('failed', 'cannot log in: no profile is served here', {
    hint: 'write one: aws-cred setup PROFILE --role-arn ARN --source-profile NAME',
  })
}

/** A code among the arguments could be read by every program of this machine, and stays in the shell's history. */
async function givenCode(given: Arguments, context: Context): Promise<string | null> {
  const text = given.text('mfa-token')
  if (text === undefined) return null
  if (text !== '-') {
    throw usageError(verb, 'an MFA code is not taken as an argument, where other programs can read it: --mfa-token -')
  }
  const code = typedCode((await context.readStdin()).split(/\r?\n/, 1)[0] ?? '')
  if (code !== null) return code
  throw new CredError('failed', 'cannot read the MFA code: the first line on stdin is not six digits')
}

interface Login {
  readonly profile: string
  /** Null where the profile is wrong. */
  readonly plan: Plan | null
  readonly credentials: HandedOut | null
  readonly failure: CredError | null
}

interface LoginSurroundings {
  readonly workspace: Workspace
  readonly store: Store
  readonly terminal: Terminal | null
  readonly asking: Asking
  readonly given: Arguments
}

async function loginTo(surroundings: LoginSurroundings, profile: string): Promise<Login> {
  const { workspace, store, terminal, asking, given } = surroundings
  const progress = progressLine(terminal)
  let plan: Plan | null = null
  /** By cache key: why a session could not be put away. */
  const unkept = new Map<string, unknown>()
  try {
    plan = planOf(workspace, profile, verb.name, given)
    await signIn(workspace, plan.root, terminal)
    const start = () => progress.start(`getting ${shown(profile, 60)}`)
    start()
    const credentials = await credentialsOf(workspace, plan, {
      store,
      patience: typedPatience(workspace),
      // What lives already does so for another time than the one that was typed.
      refresh: given.flag('duration'),
      serveLasting: false,
      aheadOfNeed: true,
      asking: { ...asking, beforeQuestion: progress.stop, afterQuestion: start },
      keptAs: toolsPlan(workspace, profile),
      remembering: (sources) => noting(sources, unkept),
    })
    for (const reason of unkept.values()) throw notKeptError(profile, reason)
    return { profile, plan, credentials, failure: null }
  } catch (error) {
    if (!(error instanceof CredError) || error.code === 'interrupted') throw error
    return { profile, plan, credentials: null, failure: error }
  } finally {
    progress.stop()
  }
}

function noting(sources: Sources, unkept: Map<string, unknown>): Sources {
  return {
    ...sources,
    async save(cacheKey, ...rest) {
      try {
        await sources.save(cacheKey, ...rest)
        unkept.delete(cacheKey)
      } catch (error) {
        unkept.set(cacheKey, error)
        throw error
      }
    },
  }
}

/** Other verbs hand such a session out all the same; here keeping it was all that was asked for. */
function notKeptError(profile: string, reason: unknown): unknown {
  if (!(reason instanceof CredError)) return reason
  const message = `cannot log in to ${quoted(profile)}: the session was made, but not kept: ${reason.message}`
  return new CredError('failed', message, { hint: reason.hint })
}

function severalFailed({ context }: Workspace, failed: readonly Login[]): CredError {
  for (const { failure } of failed) {
    context.err(`aws-cred: error: ${shown(failure?.message ?? '', 1000)}\n`)
    if (failure?.hint) context.err(`aws-cred: hint: ${shown(failure.hint, 500)}\n`)
  }
  const names = failed.map(({ profile }) => quoted(profile, 40)).join(', ')
  return new CredError(failed[0]?.failure?.code ?? 'failed', `cannot log in to ${names}: see above`)
}

/** What lives until when: the profiles, then the sessions made with a code that open them. */
function showTable(workspace: Workspace, logins: readonly Login[]): void {
  const { context } = workspace
  const nowMs = context.nowMs()
  const until = (expiresMs: number): string =>
    `${spanText(expiresMs - nowMs)} left, until ${momentText(expiresMs, nowMs)}`
  const rows = logins.map(({ profile, plan, credentials }) => {
    const lives =
      credentials === null
        ? 'failed'
        : credentials.expiresMs === null
          ? 'keys without an end'
          : until(credentials.expiresMs - credentials.offsetMs)
    return [shown(profile), plan === null ? '-' : givesText(workspace, plan), lives]
  })
  const codes = new Map<string, number>()
  for (const { plan } of logins) {
    if (plan === null) continue
    for (const { serial, expiresMs } of codeSessions(workspace, plan)) codes.set(serial, expiresMs)
  }
  for (const [serial, expiresMs] of codes) rows.push(['(MFA)', deviceText(serial), until(expiresMs)])
  context.out(tableText(['PROFILE', 'GIVES', 'SESSION'], rows, screenOf(context).columns))
}

function codeSessions(workspace: Workspace, plan: Plan): { readonly serial: string; readonly expiresMs: number }[] {
  const nothing = () => Promise.reject(new CredError('failed', 'cannot open a store to look at notes'))
  const identity = profileSources(workspace, plan, { store: nothing }).knownIdentity()
  return plan.steps.flatMap((step, level) => {
    if (step.kind !== 'session-token' || step.mfaSerial === null || identity === null) return []
    const note = workspace.index.read('session', cacheKey(workspace, plan, identity, level))
    return note === null || note.expiresMs <= workspace.context.nowMs()
      ? []
      : [{ serial: step.mfaSerial, expiresMs: note.expiresMs }]
  })
}
