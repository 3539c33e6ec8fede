import { CredError } from '../../../core/errors.ts'
import { withCommand } from '../../../core/paste.ts'
import type { KeychainRoot } from '../../../core/plan/plan.ts'
import { noKeysError } from '../../../core/plan/plan-errors.ts'
import { askingShell, setLine } from '../../../core/shell-cures.ts'
import { shortPath } from '../../../io/screen.ts'
import { servedProfiles } from '../profiles/profile-names.ts'
import { meantProfile } from '../shell-profile.ts'
import type { Workspace } from '../workspace.ts'

/** Why there are no keys to sign with, told by the names that the files and the index know. */
export function noKeysHere(workspace: Workspace, root: KeychainRoot): CredError {
  const { context, files, storeKind } = workspace
  const configPath = shortPath(files.configPath, context)
  const names = keyNames(workspace)
  // Without a single name in the index it may be the index that was lost.
  const mayHide = storeKind === 'keychain' && context.platform === 'linux' && names.length === 0
  const store = mayHide ? 'keychain (a locked one shows nothing)' : (storeKind ?? 'keychain')
  const error = noKeysError(root, files.profiles, names, configPath, store)
  const cure = nobodyNamed(workspace, root)
  return cure === null ? error : new CredError(error.code, error.message, { hint: cure })
}

/** Where `default` was meant for want of a name, and others are served: the cure is to name one. Null elsewhere. */
function nobodyNamed(workspace: Workspace, { name, listed, namedBy }: KeychainRoot): string | null {
  const { env, platform } = workspace.context
  if (name !== 'default' || listed || namedBy !== null || meantProfile(undefined, { env }).variable !== null)
    return null
  const served = servedProfiles(workspace)
  const [only, second] = served
  if (only === undefined || served.includes('default')) return null
  const list = 'others are served here; see which: aws-cred list'
  if (second !== undefined) return list
  return withCommand('one other is served here: ', setLine(askingShell(env, platform), 'AWS_PROFILE', only)) ?? list
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
