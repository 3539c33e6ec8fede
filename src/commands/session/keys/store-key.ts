import { CredError } from '../../../core/errors.ts'
import { type KeyPair, secretLengthFault } from '../../../core/keys/key-input.ts'
import type { LongLivedKey } from '../../../core/session.ts'
import { maskedKeyId, quoted, shown } from '../../../core/text.ts'
import { DamagedItemError, HiddenItemError } from '../../../keychain/item-errors.ts'
import { noteKey, readKey, writeKey } from '../../../keychain/session-items.ts'
import type { Store } from '../../../keychain/store.ts'
import { forgetFailure } from '../failures.ts'
import { withKeyLock } from '../single-flight.ts'
import type { Workspace } from '../workspace.ts'
import type { KeyIdentity } from './identify-key.ts'
import { dropSessions, sessionsOfKey } from './key-sessions.ts'

const LOCK_WAIT_MS = 5_000

/** What is stored under a name. */
export interface PresentKey {
  /** Null where it cannot be read. */
  readonly key: LongLivedKey | null
  /** Fit to show. */
  readonly keyId: string
}

/** Null where nothing is stored under the name. Throws what the store throws when it could not tell. */
export async function presentKey(workspace: Workspace, store: Store, name: string): Promise<PresentKey | null> {
  const keyId = workspace.index.read('key', name)?.accessKeyIdMasked
  try {
    const key = await readKey(store, name)
    return key === null ? null : { key, keyId: maskedKeyId(key.accessKeyId) }
  } catch (error) {
    // Replacing mends both: a locked keychain refuses the writing by itself.
    if (error instanceof DamagedItemError || error instanceof HiddenItemError) {
      return { key: null, keyId: keyId === undefined ? 'the key' : shown(keyId, 20) }
    }
    throw error
  }
}

/** Whether that is the key. */
export function isSameKey(present: PresentKey | null, pair: KeyPair): boolean {
  const key = present?.key
  return key?.accessKeyId === pair.accessKeyId && key.secretAccessKey === pair.secretAccessKey
}

/** A key to be stored, with a generation of its own. */
export function newKey(name: string, pair: KeyPair, identity: KeyIdentity, addedMs: number): LongLivedKey {
  const generation = process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex')
  const { accessKeyId, secretAccessKey } = pair
  const { partition, accountId, arn, userName } = identity
  return { name, generation, accessKeyId, secretAccessKey, partition, accountId, arn, userName, addedMs }
}

/** What a person is told of a key that was stored, with a warning of a root key and of a secret that nobody tried and AWS would not give. */
export function storedText(key: LongLivedKey): string {
  const who = key.arn === null ? ', not verified,' : ` of ${shown(key.arn, 300)}`
  const stored = `stored ${maskedKeyId(key.accessKeyId)}${who} as ${quoted(key.name)}\n`
  const fault = key.arn === null ? secretLengthFault(key.secretAccessKey) : null
  if (fault !== null) return `${stored}aws-cred: warning: the secret may be mistyped: ${fault}\n`
  if (!key.arn?.endsWith(':root')) return stored
  return `${stored}aws-cred: warning: that is a root key, which can do everything and assume no role; make an IAM user instead\n`
}

export interface StoreKeyOptions {
  /** The generation that the person let go (null: nothing was there), `any` of them with `--replace`. */
  readonly replaces: string | null
  /** Whether the same key is left as it is, with its generation and sessions. */
  readonly keepSame?: boolean
}

/** Under the key's lock; the old key's sessions go with it. True where it was written, false where the same one was kept. */
export async function storeKey(
  workspace: Workspace,
  store: Store,
  key: LongLivedKey,
  { replaces, keepSame = false }: StoreKeyOptions,
): Promise<boolean> {
  const { index } = workspace
  return withKeyLock(workspace, key.name, { waitMs: LOCK_WAIT_MS }, async () => {
    const present = await presentKey(workspace, store, key.name)
    const noted = index.read('key', key.name)?.generation
    if (keepSame && present?.key && isSameKey(present, key)) {
      if (noted !== present.key.generation) noteKey(index, present.key)
      return false
    }
    if (present !== null && replaces !== 'any' && (present.key?.generation ?? null) !== replaces) {
      throw new CredError('failed', `cannot add ${quoted(key.name)}: another aws-cred has just put a key there`)
    }
    const generations = [present?.key?.generation, noted].filter((each) => typeof each === 'string')
    const old = sessionsOfKey(workspace, new Set(generations), present?.key ?? null)
    await writeKey(store, index, key)
    forgetFailure(workspace, key.name)
    try {
      await dropSessions(workspace, store, [...old.noted, ...old.possible])
    } catch (error) {
      // They are never served for the new key, and end by themselves.
      if (!(error instanceof CredError)) throw error
    }
    return true
  })
}
