import { CredError } from '../core/errors.ts'
import { decodeKey, decodeSession, encodeKey, encodeSession, type LongLivedKey, type Session } from '../core/session.ts'
import { maskedKeyId } from '../core/text.ts'
import type { Index } from '../io/state-index.ts'
import { DamagedItemError, HiddenItemError } from './item-errors.ts'
import type { Store } from './store.ts'

export function keyItemName(name: string): string {
  return `key:${name}`
}

export function sessionItemName(cacheKey: string): string {
  return `session:${cacheKey}`
}

/** The key under `name`; null where there is none. Throws what `Store.get` throws, a damaged item too. */
export async function readKey(store: Store, name: string): Promise<LongLivedKey | null> {
  const text = await store.get(keyItemName(name))
  if (text === null) return null
  const key = decodeKey(name, text)
  if (key === null) throw new DamagedItemError(keyItemName(name), store.label)
  return key
}

/**
 * Puts a key away so that no moment serves the old identity under the new key: the generation leaves the index
 * first (who looks then reads the item itself), and comes back when the item is in place.
 */
export async function writeKey(store: Store, index: Index, key: LongLivedKey): Promise<void> {
  const old = index.read('key', key.name)
  if (old !== null) index.write('key', key.name, { ...old, generation: null })
  try {
    await store.set(keyItemName(key.name), encodeKey(key))
  } catch (error) {
    if (old !== null) index.write('key', key.name, old)
    throw error
  }
  noteKey(index, key)
}

/** Writes a key's entry in the index: what `list` and the hot path know of it without the keychain. */
export function noteKey(index: Index, key: LongLivedKey): void {
  const { name, generation, arn, accountId, userName, partition, addedMs } = key
  const accessKeyIdMasked = maskedKeyId(key.accessKeyId)
  index.write('key', name, { name, generation, accessKeyIdMasked, arn, accountId, userName, partition, addedMs })
}

/**
 * A stored session, checked by its own name, hash and shape; null for anything that is not it. An item that the
 * keychain hides or that cannot be read counts as a miss too: the keys that a refresh needs lie in the same store, and say
 * what is wrong with it. Throws where a person is needed (locked, silent).
 */
export async function readSession(store: Store, cacheKey: string): Promise<Session | null> {
  try {
    const text = await store.get(sessionItemName(cacheKey))
    return text === null ? null : decodeSession(cacheKey, text)
  } catch (error) {
    if (error instanceof HiddenItemError || (error instanceof CredError && error.code === 'failed')) return null
    throw error
  }
}

export interface SessionOwner {
  readonly cacheKey: string
  readonly profile: string
  /** The root's identity, by which `remove` finds the sessions made from a key. */
  readonly rootId: string
}

/** The item first, then its note: a note never speaks of what is not there yet. */
export async function writeSession(
  store: Store,
  index: Index,
  owner: SessionOwner,
  session: Session,
  nowMs: number,
): Promise<void> {
  await store.set(sessionItemName(owner.cacheKey), encodeSession(owner.cacheKey, session))
  const { issuedMs, expiresMs, clockName } = session
  const note = { ...owner, givesArn: session.arn, issuedMs, expiresMs, clockName, savedMs: nowMs }
  index.write('session', owner.cacheKey, note)
}

/** The session and its note; the note last, as long as it stands `remove` finds the item. */
export async function dropSession(store: Pick<Store, 'delete'>, index: Index, cacheKey: string): Promise<void> {
  await store.delete(sessionItemName(cacheKey))
  index.remove('session', cacheKey)
}
