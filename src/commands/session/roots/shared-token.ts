import { isDue } from '../../../core/roots/login-tokens.ts'
import { LockUnavailable, withLock } from '../../../io/lock.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { replaceFile } from '../../../io/replace-file.ts'
import { canReplaceToken, readToken } from '../../../io/token-cache.ts'
import type { RootFetch } from './fetch-root.ts'

const LOCK_WAIT_MS = 10_000

/** A kind of token file that the AWS CLI and other programs read and write too. */
export interface SharedToken<T extends { readonly expiresMs: number }> {
  readonly path: string
  /** Null where the text is no token. */
  parse(text: string): T | null
  /** Whether nobody is needed to renew it. */
  canRenew(token: T): boolean
  /** Asks for a new one: the token, and the whole file with it. What it spends must not be lost. */
  renew(token: T, text: string): Promise<{ readonly token: T; readonly text: string }>
}

/**
 * The token of a file, renewed where it is due and nobody is needed for that; null where there is none. By one process
 * at a time, which reads the file again first and puts the new one in its place whole: another's half-written or
 * overwritten renewal loses the sign-in (aws-cli#10628). Where the file cannot be replaced nothing is renewed.
 * Throws what `renew` throws.
 */
export async function sharedToken<T extends { readonly expiresMs: number }>(
  fetch: RootFetch,
  shared: SharedToken<T>,
): Promise<T | null> {
  const { context, paths, homeIsOurs } = fetch.workspace
  const read = (): { readonly text: string; readonly token: T } | null => {
    const text = readToken(shared.path)
    const token = text === null ? null : shared.parse(text)
    return text === null || token === null ? null : { text, token }
  }
  const needsRenewal = (token: T): boolean =>
    isDue(token, context.nowMs()) && shared.canRenew(token) && homeIsOurs && canReplaceToken(shared.path)
  const now = read()
  if (now === null || !needsRenewal(now.token)) return now?.token ?? null
  const renewOnce = async (): Promise<T | null> => {
    // Another may have renewed it while we waited.
    const latest = read()
    if (latest === null || !needsRenewal(latest.token)) return latest?.token ?? null
    const renewed = await shared.renew(latest.token, latest.text)
    try {
      replaceFile(shared.path, renewed.text, { expected: latest.text })
    } catch (error) {
      // Full, or changed by another program in these moments: the new token is good here all the same.
      fetch.record(error)
    }
    return renewed.token
  }
  const lock = {
    folder: paths.locksDir,
    name: `token ${shared.path}`,
    deadlineMs: monotonicMs() + LOCK_WAIT_MS,
    nowMs: monotonicMs,
    holder: { pid: process.pid, program: 'aws-cred' },
  }
  try {
    return await withLock(lock, renewOnce)
  } catch (error) {
    if (!(error instanceof LockUnavailable)) throw error
    fetch.record(error)
    return renewOnce()
  }
}
