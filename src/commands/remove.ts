import type { Context, Terminal } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { pasteable } from '../core/paste.ts'
import { setting } from '../core/plan/settings.ts'
import type { LongLivedKey } from '../core/session.ts'
import { listed, maskedKeyId, nearest, quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { DamagedItemError, HiddenItemError } from '../keychain/item-errors.ts'
import { keyItemName, readKey } from '../keychain/session-items.ts'
import type { Store } from '../keychain/store.ts'
import { readVaultHeader } from '../keychain/vault-header.ts'
import { forgetFailure, forgetFailuresForPerson } from './session/failures.ts'
import { dropSessions, sessionsOfKey } from './session/keys/key-sessions.ts'
import { withKeyLock } from './session/single-flight.ts'
import { openTypedStore } from './session/store/choose-store.ts'
import { keychainAnswers, typedTerminal } from './session/store/open-store.ts'
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
  if (found === null) throw nothingThere(workspace, name)
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
  context.err(`removed ${whatOf(name, keyId, dropped)}\n`)
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
  const near = nearest(
    name,
    workspace.index.all('key').flatMap((entry) => (entry.name === name ? [] : [entry.name])),
  )
  const isProfile = workspace.files.profiles.profiles.has(name) ? 'it is a profile, and ' : ''
  return new CredError('failed', `cannot remove ${quoted(name)}: ${isProfile}no key of that name is stored here`, {
    ...(near === null ? {} : { hint: `the nearest name is ${quoted(near)}` }),
  })
}
