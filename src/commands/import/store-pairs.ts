import type { Terminal } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import type { ImportedPair } from '../../core/keys/import-plan.ts'
import { pasteable } from '../../core/paste.ts'
import { maskedKeyId, quoted } from '../../core/text.ts'
import { readKey } from '../../keychain/session-items.ts'
import type { Store } from '../../keychain/store.ts'
import type { KeyIdentity } from '../session/keys/identify-key.ts'
import { isSameKey, newKey, presentKey, storedText, storeKey } from '../session/keys/store-key.ts'
import { withKeyLock } from '../session/single-flight.ts'
import { type ChosenStore, chooseStore } from '../session/store/choose-store.ts'
import type { Workspace } from '../session/workspace.ts'

const LOCK_WAIT_MS = 5_000

/** Another key lies under the name already. */
export function otherKeyError(profile: string, keyId: string, store: string): CredError {
  return new CredError(
    'failed',
    `cannot import ${quoted(profile)}: the ${store} holds another key under that name, ${keyId}`,
    {
      hint: pasteable`to keep that one, switch the other off in IAM, then: aws-cred import ${profile} --drop-key; else: aws-cred import ${profile} --replace`,
    },
  )
}

/**
 * Stores the pairs. Nothing is stored where one of the names holds another key, unless `replaces`. Gives the store that
 * was chosen. Throws `CredError`; the files are as they were.
 */
export async function storePairs(
  before: Workspace,
  pairs: readonly ImportedPair[],
  identities: ReadonlyMap<string, KeyIdentity>,
  { replaces, terminal }: { readonly replaces: boolean; readonly terminal: Terminal | null },
): Promise<ChosenStore> {
  const { workspace, store } = await chooseStore(before, terminal)
  const { context } = workspace
  if (!replaces) for (const pair of pairs) await refuseOtherKey(workspace, store, pair)
  for (const { profile, pair } of pairs) {
    const key = newKey(profile, pair, identities.get(profile) as KeyIdentity, context.nowMs())
    const isNew = await storeKey(workspace, store, key, { replaces: replaces ? 'any' : null, keepSame: true })
    context.err(isNew ? storedText(key) : `${maskedKeyId(pair.accessKeyId)} of ${quoted(profile)} is stored already\n`)
  }
  return { workspace, store }
}

/**
 * Runs `work`, which takes the pairs out of the files, while nothing else can change what is stored of them, and only if
 * each reads back as it is in the file. Throws `CredError` where one does not.
 */
export async function whileStored<T>(
  { workspace, store }: ChosenStore,
  pairs: readonly ImportedPair[],
  work: () => Promise<T>,
): Promise<T> {
  const [first, ...others] = pairs
  if (first === undefined) return work()
  return withKeyLock(workspace, first.profile, { waitMs: LOCK_WAIT_MS }, async () => {
    const key = await readKey(store, first.profile)
    if (key === null || !isSameKey({ key, keyId: '' }, first.pair)) {
      throw new CredError(
        'failed',
        `cannot import ${quoted(first.profile)}: the ${store.label} does not give back the key of the file`,
      )
    }
    return whileStored({ workspace, store }, others, work)
  })
}

async function refuseOtherKey(workspace: Workspace, store: Store, { profile, pair }: ImportedPair): Promise<void> {
  const present = await presentKey(workspace, store, profile)
  if (present === null || isSameKey(present, pair)) return
  // What cannot be read is told in the store's own words.
  if (present.key === null) await readKey(store, profile)
  throw otherKeyError(profile, present.keyId, store.label)
}
