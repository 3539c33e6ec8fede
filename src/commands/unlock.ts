import { dirname } from 'node:path'
import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { parseDurationText } from '../core/plan/sts-limits.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { readPrivateFile, removeLeftTemporaries, writePrivateFile } from '../io/private-files.ts'
import { HiddenItemError } from '../keychain/item-errors.ts'
import { keyItemName } from '../keychain/session-items.ts'
import { readVaultHeader, unwrapVaultKey } from '../keychain/vault-header.ts'
import { DEFAULT_TTL_MS, vaultKeyPlace } from '../keychain/vault-key.ts'
import { openUnlockedVault } from '../keychain/vault-store.ts'
import { forgetFailuresForPerson } from './session/failures.ts'
import { askNewPassphrase, askVaultKey, keepOpen, makeVault } from './session/store/ask-passphrase.ts'
import { noPassphrase } from './session/store/choose-store.ts'
import { keychainAnswers, openKeychain } from './session/store/open-keychain.ts'
import { typedPatience, typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, rememberStore, type StoreKind, type Workspace } from './session/workspace.ts'

const TTL_MIN_S = 60
const TTL_MAX_S = 7 * 24 * 3600

export const verb: Verb = {
  name: 'unlock',
  about: 'Makes the store readable: keeps the key of the vault in memory, or has the keychain ask',
  usage: 'aws-cred unlock [options]',
  positionals: [],
  options: {
    ttl: { type: 'string', value: 'TIME', about: 'how long the vault stays open, as 30m or 8h; 12h unless given' },
    stdin: { type: 'boolean', about: 'read the passphrase of the vault from stdin, one line' },
  },
  examples: ['aws-cred unlock', 'aws-cred unlock --ttl 1h', 'aws-cred unlock --stdin < passphrase-file'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const ttlMs = ttlOf(given)
  const workspace = openWorkspace(context)
  if ((await storeToOpen(workspace)) === 'vault') {
    await openVaultFor(workspace, ttlMs, given.flag('stdin'))
    forgetFailuresForPerson(workspace)
    return
  }
  for (const name of ['stdin', 'ttl']) {
    if (given.flag(name)) throw usageError(verb, `--${name} is for the vault, and the store here is the keychain`)
  }
  await openKeychainByHand(workspace)
  forgetFailuresForPerson(workspace)
  context.err('the keychain is open\n')
}

function ttlOf(given: Arguments): number {
  const text = given.text('ttl')
  if (text === undefined) return DEFAULT_TTL_MS
  const seconds = parseDurationText(text)
  if (seconds !== null && seconds >= TTL_MIN_S && seconds <= TTL_MAX_S) return seconds * 1000
  throw usageError(verb, `--ttl ${quoted(text, 20)} must be 1m to 168h`)
}

async function storeToOpen(workspace: Workspace): Promise<StoreKind> {
  if (workspace.storeKind !== null) return workspace.storeKind
  try {
    return (await keychainAnswers(workspace)) ? 'keychain' : 'vault'
  } catch (error) {
    // One that is silent or locked is there, and may answer when it is given more time.
    if (error instanceof CredError && error.code === 'person') return 'keychain'
    throw error
  }
}

/** A read of an item that is there opens the system's dialog; where none can be read, writing one tells. */
async function openKeychainByHand(workspace: Workspace): Promise<void> {
  const store = openKeychain(workspace, typedPatience(workspace))
  const known = workspace.index.all('key')[0]
  try {
    try {
      if (known !== undefined && (await store.get(keyItemName(known.name))) !== null) return
    } catch (error) {
      if (!(error instanceof HiddenItemError)) throw error
    }
    await store.set('probe', 'probe')
    await store.delete('probe')
  } catch (error) {
    if (!(error instanceof CredError) || error.code !== 'person') throw error
    throw new CredError('person', error.message, {
      hint: 'unlock it in the desktop session, or use the encrypted vault: export AWS_CRED_STORE=vault',
      cause: error,
    })
  }
}

async function openVaultFor(workspace: Workspace, ttlMs: number, stdin: boolean): Promise<void> {
  const { context } = workspace
  const keyFile = vaultKeyPlace(context) === null ? context.env.AWS_CRED_VAULT_KEY_FILE || null : null
  if (vaultKeyPlace(context) === null && keyFile === null) {
    throw new CredError('failed', 'cannot keep the vault unlocked: there is no folder in memory (XDG_RUNTIME_DIR)', {
      hint: 'set AWS_CRED_VAULT_KEY_FILE to a file for its key and unlock again, or set AWS_CRED_PASSPHRASE',
    })
  }
  if (keyFile !== null) removeLeftTemporaries(dirname(keyFile))
  if (keyFile !== null && readPrivateFile(keyFile) !== null) {
    await openUnlockedVault(context, workspace.paths.vaultDir)
    context.err('the vault opens with AWS_CRED_VAULT_KEY_FILE\n')
    return
  }
  const { key, id } = await vaultKey(workspace, stdin)
  if (workspace.storeKind === null) rememberStore(workspace, 'vault')
  if (keyFile !== null) {
    writePrivateFile(keyFile, `${key.toString('base64')}\n`)
    context.err(`wrote the key of the vault to ${shown(keyFile, 300)}: who reads that file reads the vault\n`)
    return
  }
  await keepOpen(workspace, id, key, ttlMs)
}

/** From stdin, else AWS_CRED_PASSPHRASE, else typed; makes the vault where there is none. */
async function vaultKey(workspace: Workspace, stdin: boolean): Promise<{ key: Buffer; id: string }> {
  const { context, paths } = workspace
  const header = readVaultHeader(paths.vaultDir)
  const given = stdin ? stdinPassphrase(await context.readStdin()) : context.env.AWS_CRED_PASSPHRASE || null
  const terminal = given === null ? typedTerminal(context) : null
  if (header !== null) {
    if (given !== null) {
      const origin = stdin ? 'the passphrase' : 'AWS_CRED_PASSPHRASE'
      return { key: await unwrapVaultKey(paths.vaultDir, given, origin), id: header.id }
    }
    if (terminal === null) {
      throw new CredError('person', 'cannot unlock the vault: nobody is there to type its passphrase', {
        hint: 'aws-cred unlock --stdin',
      })
    }
    return { key: await askVaultKey(terminal, paths.vaultDir), id: header.id }
  }
  if (given === null && terminal === null) throw noPassphrase(workspace)
  const made = await makeVault(workspace, given ?? (await askNewPassphrase(terminal as NonNullable<typeof terminal>)))
  return { key: made.key, id: made.header.id }
}

function stdinPassphrase(text: string): string {
  if (text.trim() === '') throw new CredError('failed', 'cannot read the passphrase: there is nothing on stdin')
  return text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? ''
}
