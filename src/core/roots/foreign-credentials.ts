/** Credentials that another program or service gave, checked. */
export interface ForeignCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** Milliseconds since 1970; null for keys without an end. */
  readonly expiresMs: number | null
  readonly accountId: string | null
}

/** Why an answer cannot be used, in words that quote nothing of it: `its Version is not 1`. */
export interface Unusable {
  readonly why: string
}

/** No more of another program's answer is read (contract §1: Java and Kotlin stop there too). */
export const FOREIGN_MAX_BYTES = 65_536

/**
 * The one document of the credential_process contract (§1.2, §1.3), from another program. Strict where consumers
 * differ: what one of them would read otherwise, or not at all, is refused. `accountId` is the profile's own.
 */
export function parseProcessOutput(text: string, accountId: string | null): ForeignCredentials | Unusable {
  if (text.trim() === '') return { why: 'it printed nothing' }
  if (text.startsWith('\ufeff')) return { why: 'it begins with a byte order mark' }
  const document = parseObject(text)
  if (document === null) return { why: 'it is not one JSON object' }
  if (document.Version !== 1) return { why: 'its Version is not 1' }
  return credentialsOf(document, 'SessionToken', accountId)
}

/** The answer of a container's endpoint or of the instance metadata service, whose credentials always end. */
export function parseMetadata(text: string): ForeignCredentials | Unusable {
  const document = parseObject(text)
  if (document === null) return { why: 'it is not one JSON object' }
  const { Code } = document
  // The instance metadata service answers 200 with this where it has no credentials.
  if (Code !== undefined && Code !== null && Code !== 'Success') return { why: 'its Code is not Success' }
  const given = credentialsOf(document, 'Token', null)
  if ('why' in given) return given
  if (given.sessionToken === null) return { why: 'its Token is missing' }
  return given.expiresMs === null ? { why: 'its Expiration is missing' } : given
}

function parseObject(text: string): Record<string, unknown> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Node's message quotes what it choked on: perhaps a secret.
    return null
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

const KEY_ID = /^[\x21-\x7e]{1,128}$/
/** Contract §1.0: the document stays under 8,000 bytes. */
const SECRET = /^[\x21-\x7e]{1,7000}$/

function credentialsOf(
  document: Record<string, unknown>,
  tokenField: 'SessionToken' | 'Token',
  knownAccount: string | null,
): ForeignCredentials | Unusable {
  const { AccessKeyId, SecretAccessKey, Expiration, AccountId } = document
  const token = document[tokenField]
  for (const [field, value, form] of [
    ['AccessKeyId', AccessKeyId, KEY_ID],
    ['SecretAccessKey', SecretAccessKey, SECRET],
  ] as const) {
    if (value === undefined || value === null || value === '') return { why: `its ${field} is missing` }
    if (typeof value !== 'string' || !form.test(value)) return { why: `its ${field} is of no known form` }
  }
  const sessionToken = token === undefined || token === null || token === '' ? null : token
  if (sessionToken !== null && (typeof sessionToken !== 'string' || !SECRET.test(sessionToken))) {
    return { why: `its ${tokenField} is of no known form` }
  }
  const ends = Expiration !== undefined && Expiration !== null
  const expiresMs = ends ? parseExpiration(Expiration) : null
  if (ends && expiresMs === null) return { why: 'its Expiration is no time with a zone (RFC 3339)' }
  const account = AccountId === undefined || AccountId === null ? knownAccount : AccountId
  if (account !== null && (typeof account !== 'string' || !/^\d{12}$/.test(account))) {
    return { why: 'its AccountId is no account' }
  }
  return {
    accessKeyId: AccessKeyId as string,
    secretAccessKey: SecretAccessKey as string,
    sessionToken,
    expiresMs,
    accountId: account,
  }
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/

/** A time as the contract's consumers read it (§1.3): RFC 3339, also with `+0000`. Null for anything else. */
export function parseExpiration(value: unknown): number | null {
  if (typeof value !== 'string' || !RFC_3339.test(value)) return null
  const timeMs = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isFinite(timeMs) && timeMs > 0 ? timeMs : null
}
