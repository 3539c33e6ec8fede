import type { ForeignCredentials } from '../../../core/roots/foreign-credentials.ts'
import type { Session } from '../../../core/session.ts'
import { noteClock } from '../note-clock.ts'
import type { RootFetch } from './fetch-root.ts'
import { fetchedIdentity } from './root-identity.ts'

/**
 * A session whose end was told by nobody with a clock of its own: it goes by this machine's, and is a miss once that
 * was set or the machine was started anew. The clock is named for the root, so that nobody else's reading vouches for it.
 */
export function localSession(
  { workspace, plan }: RootFetch,
  given: Pick<ForeignCredentials, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'accountId'> & {
    readonly expiresMs: number
  },
): Session {
  const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresMs } = given
  const issuedMs = workspace.context.nowMs()
  const clockName = fetchedIdentity(workspace, plan).id
  noteClock(workspace, clockName, { dateMs: issuedMs, receivedMs: issuedMs })
  return { accessKeyId, secretAccessKey, sessionToken, accountId, expiresMs, issuedMs, clockName, arn: null }
}
