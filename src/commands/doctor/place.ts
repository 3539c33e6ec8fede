import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { shown } from '../../core/text.ts'
import { readVaultHeader } from '../../keychain/vault-header.ts'
import { isVaultLocked } from '../../keychain/vault-key.ts'
import { installedState, loadedState } from '../hook.ts'
import { keychainAnswers } from '../session/store/open-keychain.ts'
import type { Look } from './look.ts'

/** The prompt hook, where it is installed: nobody has to have it. */
export function hookFindings({ workspace, shell }: Look): Finding[] {
  const { context } = workspace
  const state = installedState(context, shell)
  if (state === 'absent') return []
  if (state === 'other') {
    const what = `the ${shell} hook is of another version; run the installer again`
    return [finding('setup', 'hook', 'warning', { what, cure: null })]
  }
  const loaded = loadedState(context)
  if (loaded.ok) return [finding('setup', 'hook', 'good', { what: `the ${shell} hook is loaded` })]
  const what = `the ${shell} hook is installed and not loaded in this shell`
  return [finding('setup', 'hook', 'warning', { what, cure: 'open a new terminal, or run the installer again' })]
}

/** Whether the store can be read now, without asking anybody. */
export async function storeFindings(look: Look): Promise<Finding[]> {
  const { workspace } = look
  const { storeKind, context, paths } = workspace
  // Nothing was ever put away on this machine.
  if (storeKind === null) return []
  try {
    if (storeKind === 'vault') {
      const header = readVaultHeader(paths.vaultDir)
      if (header === null) return []
      if (!isVaultLocked(context, header)) return [finding('setup', 'store', 'good', { what: 'the vault is open' })]
      return [finding('setup', 'store', 'warning', { what: 'the vault is locked', cure: 'aws-cred unlock' })]
    }
    const state = await look.keyring()
    if (state === 'locked')
      return [finding('setup', 'store', 'warning', { what: 'the keychain is locked', cure: 'aws-cred unlock' })]
    if (state === 'silent')
      return [finding('setup', 'store', 'bad', { what: 'the keychain does not answer', cure: 'aws-cred unlock' })]
    const answers = await keychainAnswers(workspace)
    if (answers) return [finding('setup', 'store', 'good', { what: 'the keychain answers' })]
    const what = 'the keychain cannot be reached; aws-cred unlock says why'
    return [finding('setup', 'store', 'bad', { what, cure: 'aws-cred unlock' })]
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const cure = error.hint === null ? null : shown(error.hint, 300)
    return [
      finding('setup', 'store', error.code === 'person' ? 'warning' : 'bad', { what: shown(error.message, 400), cure }),
    ]
  }
}
