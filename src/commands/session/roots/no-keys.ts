import { CredError } from '../../../core/errors.ts'
import type { KeychainRoot } from '../../../core/plan/plan.ts'
import { noKeysError } from '../../../core/plan/plan-errors.ts'
import { shortPath } from '../../../io/screen.ts'
import type { Workspace } from '../workspace.ts'

/** Why there are no keys to sign with, told by the names that the files and the index know. */
export function noKeysHere(workspace: Workspace, root: KeychainRoot): CredError {
  const { context, files, storeKind } = workspace
  const configPath = shortPath(files.configPath, context)
  const names = keyNames(workspace)
  // Without a single name in the index it may be the index that was lost.
  const mayHide = storeKind === 'keychain' && context.platform === 'linux' && names.length === 0
  const store = mayHide ? 'keychain (a locked one shows nothing)' : (storeKind ?? 'keychain')
  return noKeysError(root, files.profiles, names, configPath, store)
}

/** For the nearest name to what was typed: none where the index cannot be read. */
function keyNames(workspace: Workspace): string[] {
  try {
    return workspace.index.all('key').map((entry) => entry.name)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return []
  }
}
