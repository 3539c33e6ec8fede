import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { nearest, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { dropSession } from '../keychain/session-items.ts'
import { emptyCliCache } from './session/empty-cli-cache.ts'
import { planOf } from './session/profiles/profile-state.ts'
import { cacheKey, profileSources } from './session/sources.ts'
import { openForDeleting } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'logout',
  about: 'Forgets sessions; the keys stay, and the next use fetches new ones',
  usage: 'aws-cred logout [PROFILE… | --all] [--cli-cache]',
  positionals: ['PROFILE…'],
  options: {
    all: { type: 'boolean', about: 'forget every session on this machine' },
    'cli-cache': {
      type: 'boolean',
      about: 'remove the sessions that the AWS CLI keeps in ~/.aws/cli/cache, too or alone',
    },
  },
  examples: ['aws-cred logout prod', 'aws-cred logout --all', 'aws-cred logout --cli-cache'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const profiles = given.positionals
  const all = given.flag('all')
  if (all && profiles.length > 0) throw usageError(verb, '--all and a profile do not go together')
  const hasSessions = all || profiles.length > 0
  if (!hasSessions && !given.flag('cli-cache')) throw usageError(verb, 'name a profile, --all or --cli-cache')
  const workspace = openWorkspace(context)
  // A name that stands nowhere is told before anything is removed.
  const found = all ? allSessions(workspace) : new Set(profiles.flatMap((name) => [...sessionsOf(workspace, name)]))
  const failures: CredError[] = []
  if (given.flag('cli-cache')) await attempt(failures, () => emptyCliCache(workspace))
  if (hasSessions) {
    const what = all ? 'on this machine' : `of ${profiles.map((name) => shown(name)).join(', ')}`
    await attempt(failures, () => forget(workspace, found, what))
  }
  const [first, second] = failures
  if (first !== undefined && second !== undefined) {
    throw new CredError(second.code, `${first.message}; ${second.message}`, { cause: failures, ...hintOf(second) })
  }
  if (first !== undefined) throw first
}

/** What cannot be done does not keep the rest from being done. */
async function attempt(failures: CredError[], work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof CredError) || error.code === 'interrupted') throw error
    failures.push(error)
  }
}

async function forget(workspace: Workspace, found: ReadonlySet<string>, what: string): Promise<void> {
  const { context } = workspace
  if (found.size === 0) {
    context.err(`no sessions ${what} are stored\n`)
    return
  }
  const dropped = await drop(workspace, found, what)
  context.err(`forgot ${countText(dropped)} ${what}; AWS itself ends them when they expire\n`)
}

function countText(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`
}

function allSessions({ index }: Workspace): Set<string> {
  return new Set(index.all('session').map((entry) => entry.cacheKey))
}

/** Those that the index names for the profile, and those on its way there: with an MFA session left it would be back at once. */
function sessionsOf(workspace: Workspace, profile: string): Set<string> {
  const { index, files } = workspace
  const sessions = index.all('session')
  const found = new Set(sessions.filter((entry) => entry.profile === profile).map((entry) => entry.cacheKey))
  try {
    const plan = planOf(workspace, profile)
    const nothing = () => Promise.reject(new CredError('failed', 'cannot open a store to plan'))
    const identity = profileSources(workspace, plan, { store: nothing }).knownIdentity()
    if (identity !== null) {
      for (const level of plan.steps.keys()) found.add(cacheKey(workspace, plan, identity, level))
    }
  } catch (error) {
    // A profile that cannot be planned any more may have left sessions all the same.
    if (!(error instanceof CredError)) throw error
  }
  const names = [...files.profiles.profiles.keys(), ...index.all('key').map(({ name }) => name)]
  if (found.size > 0 || names.includes(profile)) {
    return new Set([...found].filter((each) => index.read('session', each) !== null))
  }
  const near = nearest(profile, names)
  throw new CredError('failed', `cannot log out of profile ${quoted(profile)}: there is none of that name`, {
    ...(near === null ? {} : { hint: `the nearest name is ${quoted(near)}` }),
  })
}

/** Goes on past what cannot be deleted, then says how much is left and why. */
async function drop(workspace: Workspace, cacheKeys: ReadonlySet<string>, what: string): Promise<number> {
  const store = await openForDeleting(workspace)
  let dropped = 0
  let refused: CredError | null = null
  for (const each of cacheKeys) {
    try {
      await dropSession(store, workspace.index, each)
      dropped++
    } catch (error) {
      if (!(error instanceof CredError)) throw error
      refused ??= error
      // A keychain that is locked or silent says the same of all others, each time after a wait.
      if (error.code === 'person') break
    }
  }
  if (refused !== null) throw leftOver(refused, cacheKeys.size - dropped, what)
  return dropped
}

function leftOver(error: CredError, left: number, what: string): CredError {
  return new CredError(error.code, `${error.message}; ${countText(left)} ${what} ${left === 1 ? 'is' : 'are'} left`, {
    ...hintOf(error),
    cause: error,
  })
}

function hintOf({ hint }: CredError): { readonly hint?: string } {
  return hint === null ? {} : { hint }
}
