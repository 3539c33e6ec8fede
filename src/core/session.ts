/** Temporary credentials as STS gave them, and what is known of them. */
export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Null only for what another program gave: keys that end all the same. */
  readonly sessionToken: string | null
  /** Both by STS's clock, in milliseconds. */
  readonly issuedMs: number
  readonly expiresMs: number
  /** The endpoint whose clock that is. */
  readonly clockName: string
  readonly accountId: string | null
  /** The ARN that the credentials stand for, where the answer said it. */
  readonly arn: string | null
}

/** An IAM user's long-lived key as it lies in the keychain. */
export interface LongLivedKey {
  readonly name: string
  /** A random id, new with every key that is put in: sessions of an older key are never served for a newer one. */
  readonly generation: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly partition: string
  readonly accountId: string | null
  readonly arn: string | null
  readonly userName: string | null
  readonly addedMs: number
}

/** botocore, the AWS CLI and .NET run the helper again at every use below 15 min (contract §1.7); 1 min is margin. */
const SERVE_MARGIN_MS = 16 * 60_000
/** A session shorter than this could never satisfy that margin for long: it serves down to a third of its life. */
const SHORT_SESSION_MS = 48 * 60_000
/** Enough to sign one call with, and the least that is served when nothing newer can be had. */
export const LAST_USE_MARGIN_MS = 60_000

/** A refresh may take this long with all its tries: Rust's SDK gives up after 22 s, Go's after 60 s (contract §1.6). */
export const REFRESH_BUDGET_MS = 15_000
/** Waiting for another's refresh and one of our own, together. */
const WAIT_AND_REFRESH_MS = 21_000
/** What is left after the longest wait, also after one for a person. */
const REFRESH_LEAST_MS = 5_000

/** What a refresh may take, in ms, that has waited for another's before. */
export function refreshBudgetMs(waitedMs: number): number {
  return Math.max(REFRESH_LEAST_MS, Math.min(REFRESH_BUDGET_MS, Math.round(WAIT_AND_REFRESH_MS - waitedMs)))
}

/** From how much remaining life down a session is refreshed instead of served. */
export function serveMarginMs(session: { readonly issuedMs: number; readonly expiresMs: number }): number {
  const lifetimeMs = session.expiresMs - session.issuedMs
  return lifetimeMs >= SHORT_SESSION_MS ? SERVE_MARGIN_MS : lifetimeMs / 3
}

export function encodeSession(cacheKey: string, session: Session): string {
  return JSON.stringify({ version: 1, kind: 'session', cacheKey, ...session })
}

/** The session that was stored under `cacheKey`; null for anything else, however it looks. */
export function decodeSession(cacheKey: string, text: string): Session | null {
  const item = parseItem(text, 'session')
  if (item === null || item.cacheKey !== cacheKey) return null
  const { accessKeyId, secretAccessKey, sessionToken, issuedMs, expiresMs, clockName, accountId, arn } = item
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isTextOrNull(sessionToken) || !isText(clockName)) return null
  if (!isTime(issuedMs) || !isTime(expiresMs) || !isTextOrNull(accountId) || !isTextOrNull(arn)) return null
  return { accessKeyId, secretAccessKey, sessionToken, issuedMs, expiresMs, clockName, accountId, arn }
}

export function encodeKey(key: LongLivedKey): string {
  return JSON.stringify({ version: 1, kind: 'key', ...key })
}

/** The key that was stored under `name`; null for anything else. */
export function decodeKey(name: string, text: string): LongLivedKey | null {
  const item = parseItem(text, 'key')
  if (item === null || item.name !== name) return null
  const { generation, accessKeyId, secretAccessKey, partition, accountId, arn, userName, addedMs } = item
  if (!isText(generation) || !isText(accessKeyId) || !isText(secretAccessKey) || !isText(partition)) return null
  if (!isTime(addedMs) || !isTextOrNull(accountId) || !isTextOrNull(arn) || !isTextOrNull(userName)) return null
  return { name, generation, accessKeyId, secretAccessKey, partition, accountId, arn, userName, addedMs }
}

function parseItem(text: string, kind: string): Record<string, unknown> | null {
  let item: unknown
  try {
    item = JSON.parse(text)
  } catch {
    // Not JSON: another program's item. Node's own message would quote it, so it goes no further.
    return null
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null
  const fields = item as Record<string, unknown>
  return fields.version === 1 && fields.kind === kind ? fields : null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value)
}

/** The last moment that `YYYY-MM-DDTHH:MM:SSZ` can say. */
const LAST_TIME_MS = 253_402_300_799_999

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= LAST_TIME_MS
}
