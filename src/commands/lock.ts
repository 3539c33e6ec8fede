import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { readVaultHeader } from '../keychain/vault-header.ts'
import { forgetVaultKey } from '../keychain/vault-key.ts'
import { openWorkspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'lock',
  about: 'Locks the vault: takes its key out of memory',
  usage: 'aws-cred lock',
  positionals: [],
  options: {},
  examples: ['aws-cred lock'],
  exitCodes: '0 done, 1 failed, 2 used wrongly',
  run,
}

async function run(_given: Arguments, context: Context): Promise<void> {
  const { storeKind, paths } = openWorkspace(context)
  const header = readVaultHeader(paths.vaultDir)
  if (storeKind === 'keychain') {
    const hint = header === null ? {} : { hint: 'a vault is here too: AWS_CRED_STORE=vault aws-cred lock' }
    throw new CredError('failed', 'cannot lock the keychain: the system locks it', hint)
  }
  if (header === null) throw new CredError('failed', 'cannot lock the vault: there is none here')
  const forgotten = forgetVaultKey(context, header.id)
  context.err(forgotten ? 'locked the vault\n' : 'the vault was not unlocked\n')
  const opener = ['AWS_CRED_VAULT_KEY_FILE', 'AWS_CRED_PASSPHRASE'].find((name) => context.env[name])
  if (opener !== undefined) context.err(`aws-cred: warning: ${opener} is set here and still opens it\n`)
}
