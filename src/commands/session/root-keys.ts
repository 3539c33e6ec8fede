import { identityOfKey, identityOfStatic } from '../../core/cache-key.ts'
import type { RootCredentials } from '../../core/obtain.ts'
import type { KeychainRoot, StaticRoot } from '../../core/plan.ts'
import { noKeysError } from '../../core/plan-errors.ts'
import type { LongLivedKey } from '../../core/session.ts'
import { noteKey, readKey } from '../../keychain/session-items.ts'
import type { Store } from '../../keychain/store.ts'
import { withKeyLock } from './single-flight.ts'
import type { Workspace } from './workspace.ts'

/**
 * The keys that sign the first call. Keys in the keychain go before a file's of the same profile, also where a lost
 * index no longer knows of them. Throws `CredError` where there are none.
 */
export async function readRoot(
  workspace: Workspace,
  root: KeychainRoot | StaticRoot,
  partition: string,
  store: Store,
): Promise<RootCredentials> {
  const name = root.kind === 'keychain' ? root.name : root.profile
  const key = await readKey(store, name)
  if (key !== null) {
    await repairEntry(workspace, store, key)
    return { ...key, sessionToken: null, identity: identityOfKey(key) }
  }
  if (root.kind === 'static') return { ...root, identity: identityOfStatic(root, partition) }
  const { files, index } = workspace
  const keyNames = index.all('key').map((entry) => entry.name)
  throw noKeysError(root, files.profiles, keyNames, files.configPath)
}

/**
 * Writes the index entry of a key anew where it was lost or speaks of another generation. Under the key's lock and
 * from a fresh read, so that it never brings back what `add` is replacing.
 */
async function repairEntry(workspace: Workspace, store: Store, key: LongLivedKey): Promise<void> {
  const entry = workspace.index.read('key', key.name)
  if (entry !== null && entry.generation === key.generation) return
  await withKeyLock(workspace, key.name, { waitMs: 0 }, async () => {
    const now = await readKey(store, key.name)
    if (now !== null) noteKey(workspace.index, now)
  }).catch(() => {
    // Busy (an `add` that will write it itself) or no lock to be had: the next call tries again.
  })
}
