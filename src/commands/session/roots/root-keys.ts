import { identityOfKey, identityOfStatic } from '../../../core/cache-key.ts'
import { CredError } from '../../../core/errors.ts'
import type { RootCredentials } from '../../../core/obtain-sources.ts'
import type { KeychainRoot, StaticRoot } from '../../../core/plan/plan.ts'
import type { LongLivedKey } from '../../../core/session.ts'
import { noteKey, readKey } from '../../../keychain/session-items.ts'
import type { Store } from '../../../keychain/store.ts'
import { withKeyLock } from '../single-flight.ts'
import type { Workspace } from '../workspace.ts'
import { noKeysHere } from './no-keys.ts'

/**
 * The keys that sign the first call. Keys in the keychain go before a file's of the same profile, also where a lost
 * index no longer knows of them. Throws `CredError` where there are none.
 */
export async function readRoot(
  workspace: Workspace,
  root: KeychainRoot | StaticRoot,
  partition: string,
  openStore: () => Promise<Store>,
): Promise<RootCredentials> {
  const name = root.kind === 'keychain' ? root.name : root.profile
  const nobodyNamesIt = root.kind === 'keychain' && !root.listed && !workspace.files.profiles.profiles.has(name)
  const noKeys = () => noKeysHere(workspace, root as KeychainRoot)
  let found: { readonly store: Store; readonly key: LongLivedKey | null }
  try {
    const store = await openStore()
    found = { store, key: await readKey(store, name) }
  } catch (error) {
    // A name that stands nowhere is far more often mistyped than known to a keychain that is shut.
    if (nobodyNamesIt && error instanceof CredError) throw noKeys()
    throw error
  }
  if (found.key !== null) {
    await repairEntry(workspace, found.store, found.key)
    return { ...found.key, sessionToken: null, identity: identityOfKey(found.key) }
  }
  if (root.kind === 'static') return { ...root, identity: identityOfStatic(root, partition) }
  throw noKeys()
}

/**
 * Writes the index entry of a key anew where it was lost or speaks of another generation. Under the key's lock and
 * from a fresh read, so that it never brings back what `add` is replacing.
 */
async function repairEntry(workspace: Workspace, store: Store, key: LongLivedKey): Promise<void> {
  const entry = workspace.index.known('key', key.name)
  if (entry !== null && entry.generation === key.generation) return
  try {
    await withKeyLock(workspace, key.name, { waitMs: 0 }, async () => {
      const now = await readKey(store, key.name)
      if (now !== null) noteKey(workspace.index, now)
    })
  } catch (error) {
    // Busy (an `add` that will write it itself) or no lock to be had: the next call tries again.
    if (!(error instanceof CredError)) throw error
  }
}
