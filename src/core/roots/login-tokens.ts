import { toUtcSeconds } from '../clock.ts'
import { parseExpiration } from './foreign-credentials.ts'

/** Below this the token is renewed, where that needs no person: as the JS SDK and, for `aws login`, botocore do. */
const RENEW_MARGIN_MS = 5 * 60_000

/** What `aws sso login` left in `~/.aws/sso/cache` (contract §3.2). Other programs read and write it too. */
export interface SsoToken {
  readonly accessToken: string
  readonly expiresMs: number
  /** What a renewal needs; null where the sign-in has none, or its client's registration is over. */
  readonly renewal: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string } | null
}

/** What `aws login` left in `~/.aws/login/cache` (contract §3.3): credentials, and what renews them. */
export interface LoginToken {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly accountId: string | null
  readonly expiresMs: number
  readonly clientId: string
  readonly refreshToken: string
  /** PEM of the key that proves who renews (DPoP). */
  readonly dpopKey: string
  readonly region: string | null
}

/** Null where the text is no token at all. */
export function parseSsoToken(text: string, nowMs: number): SsoToken | null {
  const file = parseRecord(text)
  const accessToken = textOf(file?.accessToken)
  const expiresMs = timeOf(file?.expiresAt)
  if (file === null || accessToken === null || expiresMs === null) return null
  const [clientId, clientSecret, refreshToken] = [file.clientId, file.clientSecret, file.refreshToken].map(textOf)
  const registered = timeOf(file.registrationExpiresAt)
  const renewal =
    clientId && clientSecret && refreshToken && registered !== null && registered > nowMs
      ? { clientId, clientSecret, refreshToken }
      : null
  return { accessToken, expiresMs, renewal }
}

export function parseLoginToken(text: string): LoginToken | null {
  const file = parseRecord(text)
  const keys = record(file?.accessToken)
  if (file === null || keys === null) return null
  const [accessKeyId, secretAccessKey, sessionToken, clientId, refreshToken, dpopKey] = [
    keys.accessKeyId,
    keys.secretAccessKey,
    keys.sessionToken,
    file.clientId,
    file.refreshToken,
    file.dpopKey,
  ].map(textOf)
  const expiresMs = timeOf(keys.expiresAt)
  // They are signed with and handed out: nothing that a header or a consumer would choke on.
  const areSound = [accessKeyId, secretAccessKey, sessionToken].every((each) => each && /^[\x21-\x7e]+$/.test(each))
  if (!areSound) return null
  if (!accessKeyId || !secretAccessKey || !sessionToken || !clientId || !refreshToken || !dpopKey) return null
  if (expiresMs === null) return null
  const accountId = textOf(keys.accountId)
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    accountId: accountId !== null && /^\d{12}$/.test(accountId) ? accountId : null,
    expiresMs,
    clientId,
    refreshToken,
    dpopKey,
    region: textOf(file.signInRegion),
  }
}

export function isDue(token: { readonly expiresMs: number }, nowMs: number): boolean {
  return token.expiresMs - nowMs <= RENEW_MARGIN_MS
}

/** The file with a renewed token: every field that is not of it stays, in its place. */
export function renewedSsoText(
  text: string,
  renewed: { readonly accessToken: string; readonly refreshToken: string | null; readonly expiresMs: number },
): string {
  const { accessToken, refreshToken, expiresMs } = renewed
  const file = { ...parseRecord(text), accessToken, expiresAt: toUtcSeconds(expiresMs) }
  return JSON.stringify(refreshToken === null ? file : { ...file, refreshToken })
}

export function renewedLoginText(
  text: string,
  renewed: Pick<LoginToken, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'refreshToken' | 'expiresMs'>,
): string {
  const file = parseRecord(text)
  const { accessKeyId, secretAccessKey, sessionToken, refreshToken, expiresMs } = renewed
  const keys = { accessKeyId, secretAccessKey, sessionToken, expiresAt: toUtcSeconds(expiresMs) }
  return JSON.stringify({ ...file, accessToken: { ...record(file?.accessToken), ...keys }, refreshToken })
}

function parseRecord(text: string): Record<string, unknown> | null {
  try {
    return record(JSON.parse(text))
  } catch {
    // Half written or not ours to judge: it counts as no token. Node's message would quote it.
    return null
  }
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && /^[^\0\r]{1,100000}$/s.test(value) ? value : null
}

/** Older tools end these times in `UTC` (contract §3.1). */
function timeOf(value: unknown): number | null {
  return typeof value === 'string' ? parseExpiration(value.replace(/UTC$/, 'Z')) : null
}
