import { CredError } from '../../core/errors.ts'
import { LockUnavailable, withLock } from '../../io/lock.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import { dropSession } from '../../keychain/session-items.ts'
import type { Store } from '../../keychain/store.ts'
import { stsNowMs } from './sources.ts'
import type { Workspace } from './workspace.ts'

/** At most so many a refresh: it must stay quick. */
const MAX_DROPPED = 5

/** Where STS's clock is not known, only this long past: no clock is that wrong by a time zone or a summer. */
const LONG_PAST_MS = 7 * 86_400_000

/**
 * Deletes sessions that have expired by the clock of the STS that made them.
 * Each under its own lock and only if its note still says so: a refresh may be writing it anew.
 */
export async function dropExpiredSessions(workspace: Workspace, store: Store): Promise<void> {
  const { index, context, paths } = workspace
  const longPast = (entry: { readonly expiresMs: number; readonly clockName: string } | null): boolean =>
    entry !== null && entry.expiresMs < (stsNowMs(workspace, entry.clockName) ?? context.nowMs() - LONG_PAST_MS)
  for (const { cacheKey } of index.all('session').filter(longPast).slice(0, MAX_DROPPED)) {
    const lock = {
      folder: paths.locksDir,
      name: `session ${cacheKey}`,
      deadlineMs: 0,
      nowMs: monotonicMs,
      holder: { pid: process.pid, program: 'aws-cred' },
    }
    try {
      await withLock(lock, async () => {
        if (!longPast(index.read('session', cacheKey))) return
        await dropSession(store, index, cacheKey)
      })
    } catch (error) {
      // Busy, or a store that refuses: the next refresh tries again, and nobody serves what has expired.
      if (!(error instanceof CredError || error instanceof LockUnavailable)) throw error
    }
  }
}
