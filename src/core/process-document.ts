import { localExpirationMs, toUtcSeconds } from './clock.ts'

export interface HandedOut {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** By STS's clock; null for long-lived keys. */
  readonly expiresMs: number | null
  /** What to add to this machine's clock to get STS's. */
  readonly offsetMs: number
  readonly accountId: string | null
}

/** The one JSON document of the credential_process contract (§1.0): what is absent is left out, never null or empty. */
export function processDocument(credentials: HandedOut): string {
  const { accessKeyId, secretAccessKey, sessionToken, expiresMs, offsetMs, accountId } = credentials
  const document = {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    ...(sessionToken === null ? {} : { SessionToken: sessionToken }),
    ...(expiresMs === null ? {} : { Expiration: toUtcSeconds(localExpirationMs(expiresMs, offsetMs)) }),
    ...(accountId === null ? {} : { AccountId: accountId }),
  }
  return `${JSON.stringify(document)}\n`
}
