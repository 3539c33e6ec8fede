import type { Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import type { Store } from '../../../keychain/store.ts'
import { noVault, readVaultHeader, type VaultHeader } from '../../../keychain/vault-header.ts'
import { readVaultKey, vaultLocked } from '../../../keychain/vault-key.ts'
import { vaultMemory } from '../../../keychain/vault-memory.ts'
import { openVault } from '../../../keychain/vault-store.ts'
import { rememberStore, type Workspace } from '../workspace.ts'
import { askNewPassphrase, askVaultKey, keepOpen, makeVault } from './ask-passphrase.ts'
import { keychainAnswers, openKeychain } from './open-keychain.ts'
import { typedPatience } from './open-store.ts'

export interface ChosenStore {
  /** Anew: the index lies elsewhere once a store is chosen. */
  readonly workspace: Workspace
  readonly store: Store
}

/**
 * The store of this machine for a verb that puts keys in. The first time it is chosen: the keychain where one answers,
 * else a vault, and remembered. A chosen keychain that is absent is an error of its first call, never a new vault.
 */
export async function chooseStore(workspace: Workspace, terminal: Terminal | null): Promise<ChosenStore> {
  const kind = workspace.storeKind ?? ((await keychainAnswers(workspace)) ? 'keychain' : 'vault')
  if (kind === 'keychain') {
    const chosen = workspace.storeKind === null ? rememberStore(workspace, kind) : workspace
    return { workspace: chosen, store: openKeychain(chosen, typedPatience(chosen)) }
  }
  const store =
    readVaultHeader(workspace.paths.vaultDir) === null
      ? await newVault(workspace, terminal)
      : await openTypedVault(workspace, terminal)
  return { workspace: workspace.storeKind === null ? rememberStore(workspace, kind) : workspace, store }
}

/** The store for a verb typed by a person: a locked vault asks for its passphrase at the terminal. Makes nothing. */
export async function openTypedStore(workspace: Workspace, terminal: Terminal | null): Promise<Store> {
  if (workspace.storeKind === 'vault') return openTypedVault(workspace, terminal)
  return openKeychain(workspace, typedPatience(workspace))
}

async function openTypedVault(workspace: Workspace, terminal: Terminal | null): Promise<Store> {
  const { context, paths } = workspace
  const header = readVaultHeader(paths.vaultDir)
  if (header === null) throw noVault(paths.vaultDir)
  const known = await readVaultKey(context, paths.vaultDir, header)
  if (known !== null) return opened(workspace, known, header)
  if (terminal === null) throw vaultLocked()
  const key = await askVaultKey(terminal, paths.vaultDir)
  await keepOpen(workspace, header.id, key)
  return opened(workspace, key, header)
}

/** With the copies that an unlocked vault has in memory: they go with the sessions that are deleted. */
function opened({ context, paths }: Workspace, key: Buffer, header: VaultHeader): Store {
  return openVault(paths.vaultDir, key, header, vaultMemory(context, header.id))
}

async function newVault(workspace: Workspace, terminal: Terminal | null): Promise<Store> {
  const given = workspace.context.env.AWS_CRED_PASSPHRASE
  if (given) {
    const { key, header } = await makeVault(workspace, given)
    return opened(workspace, key, header)
  }
  if (terminal === null) throw noPassphrase(workspace)
  if (workspace.storeKind === null) terminal.show('no keychain answers here: keys go into an encrypted vault\n')
  const { key, header } = await makeVault(workspace, await askNewPassphrase(terminal))
  await keepOpen(workspace, header.id, key)
  return opened(workspace, key, header)
}

/** A vault is to be made, and nobody is there to say its passphrase. */
export function noPassphrase(workspace: Workspace): CredError {
  const why =
    workspace.storeKind === null
      ? 'no keychain answers here (gnome-keyring is one to install), and nobody is there to type a passphrase for a vault'
      : 'nobody is there to type its passphrase, and AWS_CRED_PASSPHRASE is not set'
  return new CredError('person', `cannot make the vault: ${why}`, { hint: 'aws-cred unlock' })
}
