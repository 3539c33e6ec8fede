import { posix, win32 } from 'node:path'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { readExpiry } from '../core/key-expiry.ts'
import { cliCacheFolder } from './cli-cache-folder.ts'
import { readOutsideFile } from './outside-file.ts'

/** A session that the AWS CLIs hold. The keys are secrets: for one call, never to be shown. */
export interface CliCacheSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresMs: number
}

/** A role's session with its policy is a few kilobytes. */
const MAX_BYTES = 1024 * 1024

/** The entry of `~/.aws/cli/cache` under the SHA-1 of `keyText` (contract §3.1); null where there is none that can be used. */
export function cliCacheSession(context: Pick<Context, 'env' | 'platform'>, keyText: string): CliCacheSession | null {
  const folder = cliCacheFolder(context)
  if (folder === null) return null
  const name = process.getBuiltinModule('node:crypto').hash('sha1', keyText, 'hex')
  const path = (context.platform === 'win32' ? win32 : posix).join(folder, `${name}.json`)
  try {
    const document: unknown = JSON.parse(readOutsideFile(path, MAX_BYTES) ?? 'null')
    return sessionOf((document as { readonly Credentials?: unknown } | null)?.Credentials)
  } catch (error) {
    // Node's message would quote the file; the check of the cache itself says that it is damaged.
    if (error instanceof CredError || error instanceof SyntaxError) return null
    throw error
  }
}

function sessionOf(credentials: unknown): CliCacheSession | null {
  if (typeof credentials !== 'object' || credentials === null) return null
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials as Record<string, unknown>
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') return null
  if (typeof SessionToken !== 'string' || typeof Expiration !== 'string') return null
  const expiresMs = readExpiry(Expiration).ms
  if (expiresMs === null) return null
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiresMs }
}
