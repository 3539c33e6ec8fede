import { spanText } from '../../../core/clock.ts'
import type { Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import { shown } from '../../../core/text.ts'
import { momentText } from '../../../io/screen.ts'
import { createVault, readVaultHeader, unwrapVaultKey, type VaultHeader } from '../../../keychain/vault-header.ts'
import { DEFAULT_TTL_MS, keepVaultKey, vaultKeyPlace } from '../../../keychain/vault-key.ts'
import { fillVaultMemory } from '../../../keychain/vault-store.ts'
import type { Workspace } from '../workspace.ts'

const TRIES = 3

/** A passphrase for a vault to be made, typed twice. Throws `CredError('failed')` when three pairs did not match. */
export async function askNewPassphrase(terminal: Terminal): Promise<string> {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = await terminal.askHidden('new passphrase for the vault: ')
    if (first === '') {
      terminal.show('an empty passphrase protects nothing\n')
      continue
    }
    if ((await terminal.askHidden('again: ')) === first) return first
    terminal.show('the two differ\n')
  }
  throw new CredError('failed', 'cannot make the vault: no passphrase was given twice the same')
}

/** The data key of a vault that exists, by a passphrase typed at the terminal; a wrong one is asked for again. */
export async function askVaultKey(terminal: Terminal, dir: string): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    const passphrase = await terminal.askHidden('passphrase of the vault: ')
    try {
      return await unwrapVaultKey(dir, passphrase)
    } catch (error) {
      if (!(error instanceof CredError) || tries === TRIES) throw error
      terminal.show(`${error.message}\n`)
    }
  }
}

/** A vault of this machine's own, made with that passphrase; says where. */
export async function makeVault(
  workspace: Workspace,
  passphrase: string,
): Promise<{ readonly key: Buffer; readonly header: VaultHeader }> {
  const { vaultDir } = workspace.paths
  const key = await createVault(vaultDir, passphrase)
  workspace.context.err(`made a vault in ${shown(vaultDir, 300)}\n`)
  return { key, header: readVaultHeader(vaultDir) as VaultHeader }
}

/** Keeps the vault open for this login and says until when, or that there is no memory to keep it in. */
export async function keepOpen(
  workspace: Workspace,
  vaultId: string,
  key: Buffer,
  ttlMs = DEFAULT_TTL_MS,
): Promise<void> {
  const { context, paths } = workspace
  if (vaultKeyPlace(context) !== null) {
    keepVaultKey(context, vaultId, key, ttlMs)
    await fillVaultMemory(context, paths.vaultDir)
    const nowMs = context.nowMs()
    context.err(`unlocked the vault until ${momentText(nowMs + ttlMs, nowMs)} (${spanText(ttlMs)})\n`)
    return
  }
  context.err(
    'aws-cred: warning: nothing keeps the vault open here; other calls need AWS_CRED_VAULT_KEY_FILE or AWS_CRED_PASSPHRASE\n',
  )
}
