import { CredError } from '../../../core/errors.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { loadKeytarAddon } from '../../../io/packaged.ts'
import { nameRegister } from '../../../io/state-index.ts'
import { openKeytarStore } from '../../../keychain/keytar-store.ts'
import type { Store } from '../../../keychain/store.ts'
import type { Workspace } from '../workspace.ts'
import { NOBODY_MS, type Patience } from './open-store.ts'

/** The keychain of this machine, also where it uses the vault. Nothing is loaded or asked before the first use. */
export function openKeychain(workspace: Workspace, patience: Patience): Store {
  const { context, paths, homeIsOurs, service, index } = workspace
  const store = openKeytarStore({
    service,
    addon: () =>
      loadKeytarAddon({
        cacheDir: homeIsOurs ? paths.cacheDir : null,
        runtimeDir: paths.runtimeDir === null ? null : `${paths.runtimeDir}/aws-cred`,
        userId: context.userId,
      }),
    names: nameRegister(index),
    platform: context.platform,
    env: context.env,
    ...patience,
  })
  return { ...store, delete: async (name) => asOnlyDeletion(workspace, () => store.delete(name)) }
}

/** A deletion takes milliseconds; where the other waits for its person, both go on. */
const DELETION_WAIT_MS = 2_000

/**
 * libsecret looks for an item and then deletes it: where another process was faster GLib writes a complaint of its own
 * to stderr, and the error is that of a missing collection (seen). Goes on where no lock can be had.
 */
async function asOnlyDeletion<T>({ paths }: Workspace, work: () => Promise<T>): Promise<T> {
  const { LockUnavailable, withLock } = await import('../../../io/lock.ts')
  const lock = {
    folder: paths.locksDir,
    name: 'keychain deletion',
    nowMs: monotonicMs,
    deadlineMs: monotonicMs() + DELETION_WAIT_MS,
    holder: { pid: process.pid, program: 'aws-cred' },
  }
  let hasBegun = false
  try {
    return await withLock(lock, async () => {
      hasBegun = true
      return work()
    })
  } catch (error) {
    if (hasBegun || !(error instanceof CredError || error instanceof LockUnavailable)) throw error
    return work()
  }
}

/**
 * Whether a keychain answers here, without asking anybody: one read of an item that does not exist. False where
 * there is none; throws `CredError('person')` where there is one that is silent.
 */
export async function keychainAnswers(workspace: Workspace): Promise<boolean> {
  try {
    await openKeychain(workspace, { deadlineMs: NOBODY_MS }).get('probe')
    return true
  } catch (error) {
    // `failed` is the keychain's absence, found out in under a second; a locked or silent one is there.
    if (error instanceof CredError && error.code === 'failed') return false
    throw error
  }
}
