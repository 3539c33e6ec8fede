import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { otherKindBeside } from '../core/keys/keys-beside.ts'
import { pasteable, withCommand } from '../core/paste.ts'
import { setting } from '../core/plan/settings.ts'
import type { LongLivedKey } from '../core/session.ts'
import { listed, maskedKeyId, nearest, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { undoSteps } from '../io/config-backup.ts'
import { shortPath } from '../io/screen.ts'
import { DamagedItemError, HiddenItemError } from '../keychain/item-errors.ts'
import { proveUnlocked } from '../keychain/keytar-store.ts'
import { keyItemName, readKey } from '../keychain/session-items.ts'
import type { Store } from '../keychain/store.ts'
import { readVaultHeader } from '../keychain/vault-header.ts'
import { backupPlace } from './session/config-edits.ts'
import { forgetFailure, forgetFailuresForPerson } from './session/failures.ts'
import { dropSessions, sessionsOfKey } from './session/keys/key-sessions.ts'
import { servedProfiles } from './session/profiles/profile-names.ts'
import { planOf } from './session/profiles/profile-state.ts'
import { withKeyLock } from './session/single-flight.ts'
import { openTypedStore } from './session/store/choose-store.ts'
import { keychainAnswers } from './session/store/open-keychain.ts'
import { typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

const LOCK_WAIT_MS = 5_000

export const verb: Verb = {
  name: 'remove',
  about: 'Deletes a key from the keychain or the vault, and every session made from it',
  usage: 'aws-cred remove NAME [--yes]',
  positionals: ['NAME'],
  options: { yes: { type: 'boolean', about: 'do not ask' } },
  examples: ['aws-cred remove user1', 'aws-cred remove user1 --yes'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

interface Found {
  readonly keyId: string
  readonly sessions: { readonly noted: readonly string[]; readonly possible: readonly string[] }
}

async function run(given: Arguments, context: Context): Promise<void> {
  const name = given.positionals[0] as string
  const workspace = openWorkspace(context)
  if (!(await hasStore(workspace))) throw nothingThere(workspace, name)
  const terminal = typedTerminal(context)
  const store = await openTypedStore(workspace, terminal)
  const found = await find(workspace, store, name)
  if (found === null) {
    // Where the index was lost, nothing else tells a locked keychain from an empty one.
    if (workspace.storeKind !== 'vault') await proveUnlocked(store)
    throw nothingThere(workspace, name)
  }
  if (!given.flag('yes')) await confirm(name, found, dependents(workspace, name), terminal)
  const { keyId, dropped } = await withKeyLock(workspace, name, { waitMs: LOCK_WAIT_MS }, async () => {
    const now = (await find(workspace, store, name)) ?? found
    // The sessions first: while the key is there, a `remove` that was cut short can be typed again.
    const before = await dropSessions(workspace, store, [...now.sessions.noted, ...now.sessions.possible])
    await store.delete(keyItemName(name))
    // A refresh that was under way may have put one more away.
    const late = (await find(workspace, store, name))?.sessions.noted ?? []
    const after = await dropSessions(workspace, store, late)
    workspace.index.remove('key', name)
    forgetFailure(workspace, name)
    return { keyId: now.keyId, dropped: before + after }
  })
  forgetFailuresForPerson(workspace)
  context.err(`removed ${whatOf(name, keyId, dropped)}\n${leftText(workspace, name)}`)
}

/** What found its keys under that name and finds none now, each with what mends it. */
function leftText(workspace: Workspace, name: string): string {
  const add = pasteable`; put a key in: aws-cred add ${name}` ?? ''
  const { context, files } = workspace
  const isOther = otherKindBeside(name, files.profiles, context.platform) !== null
  const needy = isOther ? [] : dependents(workspace, name).filter((each) => each !== name)
  const others =
    needy.length === 0 ? [] : [`${listed(needy)} ${needy.length === 1 ? 'finds' : 'find'} no key now${add}`]
  const own = servedProfiles(workspace).includes(name) && !hasSource(workspace, name)
  const section = `the profile ${quoted(name)} stays in ${shown(shortPath(workspace.files.configPath, workspace.context), 300)}, and gives nothing now`
  return [
    ...(own ? [`${section}${withCommand('; ', undoHint(workspace, name, 'take it out')) ?? add}`] : []),
    ...others,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** Whether a profile still has something to give credentials; also where only its own error can tell. */
function hasSource(workspace: Workspace, profile: string): boolean {
  try {
    const { root } = planOf(workspace, profile)
    return root.kind !== 'keychain' || root.listed || root.name !== profile
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return true
  }
}

/** Each undo takes back one setup; what was there before the first stays. */
function undoHint(workspace: Workspace, profile: string, lead: string): string | null {
  const steps = undoSteps(backupPlace(workspace, profile))
  if (steps === 0) return null
  const repeated = steps === 1 ? '' : `, one of its ${steps} setups each time`
  return withCommand(`${lead}${repeated}: `, pasteable`aws-cred setup ${profile} --undo`)
}

async function hasStore(workspace: Workspace): Promise<boolean> {
  if (workspace.storeKind === 'vault') return readVaultHeader(workspace.paths.vaultDir) !== null
  return workspace.storeKind === 'keychain' || keychainAnswers(workspace)
}

async function find(workspace: Workspace, store: Store, name: string): Promise<Found | null> {
  const entry = workspace.index.read('key', name)
  let key: LongLivedKey | null = null
  let isThere = entry !== null
  try {
    key = await readKey(store, name)
  } catch (error) {
    // Damaged, or locked or gone: the deleting itself says which, before anything is half done.
    if (!(error instanceof DamagedItemError || error instanceof HiddenItemError)) throw error
    isThere = true
  }
  if (key === null && !isThere) return null
  const generations = [key?.generation, entry?.generation].filter((each) => typeof each === 'string')
  const keyId = key === null ? shown(entry?.accessKeyIdMasked ?? 'the key', 20) : maskedKeyId(key.accessKeyId)
  return { keyId, sessions: sessionsOfKey(workspace, new Set(generations), key) }
}

/** The profiles whose role is assumed with the key of that name. */
function dependents({ files: { profiles } }: Workspace, name: string): string[] {
  return [...profiles.profiles.keys()].filter((each) => setting(profiles, each, 'source_profile')?.value === name)
}

async function confirm(
  name: string,
  found: Found,
  profiles: readonly string[],
  terminal: Terminal | null,
): Promise<void> {
  if (terminal === null) {
    throw new CredError('person', `cannot remove ${quoted(name)}: nobody is there to say yes`, {
      hint: pasteable`aws-cred remove ${name} --yes`,
    })
  }
  const use = profiles.length === 0 ? '' : `, which ${listed(profiles)} ${profiles.length === 1 ? 'needs' : 'need'}`
  const answer = await terminal.ask(`remove ${whatOf(name, found.keyId, found.sessions.noted.length)}${use}? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CredError('failed', `cannot remove ${quoted(name)}: the answer was no`)
}

function whatOf(name: string, keyId: string, sessions: number): string {
  const also = sessions === 0 ? '' : sessions === 1 ? ' and 1 session' : ` and ${sessions} sessions`
  return `${keyId} of ${quoted(name)}${also}`
}

function nothingThere(workspace: Workspace, name: string): CredError {
  const message = (state: string) => `cannot remove ${quoted(name)}: ${state}no key of that name is stored here`
  if (workspace.files.profiles.profiles.has(name)) {
    const hint = undoHint(workspace, name, 'take the profile out')
    return new CredError('failed', message('it is a profile, and '), { hint })
  }
  const keys = workspace.index.all('key').flatMap((entry) => (entry.name === name ? [] : [entry.name]))
  const profiles = [...workspace.files.profiles.profiles.keys()]
  const near = nearest(name, keys) ?? nearest(name, profiles)
  const isEmpty = keys.length === 0 && profiles.length === 0
  const list = isEmpty ? null : 'see which there are: aws-cred list'
  return new CredError('failed', message(''), { hint: near === null ? list : `the nearest name is ${quoted(near)}` })
}
