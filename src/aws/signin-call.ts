import { createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { CredError } from '../core/errors.ts'
import { networkFor } from '../core/network/network.ts'
import { partitionOfRegion } from '../core/network/sts-region.ts'
import { httpHandler } from './http-handler.ts'
import { askText, type HttpAnswer } from './http-text.ts'
import { type ServiceCall, ServiceRefusal, unreachable, unusable } from './service-call.ts'

export interface LoginRenewal {
  readonly clientId: string
  readonly refreshToken: string
  /** PEM of the EC key that `aws login` made. */
  readonly dpopKey: string
}

export interface RenewedLogin {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly refreshToken: string
  readonly expiresInS: number
}

/** Of the sign-in service's endpoint rules, for what `aws login` asks. */
const SIGN_IN_DOMAIN: Readonly<Record<string, string>> = {
  aws: 'signin.aws.amazon.com',
  'aws-cn': 'signin.amazonaws.cn',
  'aws-us-gov': 'signin.amazonaws-us-gov.com',
  'aws-iso': 'signin.c2shome.ic.gov',
  'aws-iso-b': 'signin.sc2shome.sgov.gov',
  'aws-iso-e': 'signin.csphome.adc-e.uk',
  'aws-iso-f': 'signin.csphome.hci.ic.gov',
  'aws-eusc': 'signin.amazonaws-eusc.eu',
}

const TIMEOUT_MS = 5_000
const TRIES = 2

/**
 * CreateOAuth2Token with a refresh token (contract §3.3), proved by the key of the sign-in (RFC 9449). AWS publishes
 * no client for it, and its credential provider writes the token file in place. Throws `ServiceRefusal` with the
 * service's reason (`TOKEN_EXPIRED`), else `CredError`.
 */
export async function renewLogin(call: ServiceCall, renewal: LoginRenewal): Promise<RenewedLogin> {
  const domain = SIGN_IN_DOMAIN[partitionOfRegion(call.region)] ?? 'signin.aws.amazon.com'
  const base = call.override?.url ?? `https://${call.region}.${domain}`
  const url = new URL(`${base.replace(/\/+$/, '')}/v1/token`)
  const key = privateKey(call, renewal.dpopKey)
  const { clientId, refreshToken } = renewal
  const body = JSON.stringify({ clientId, grantType: 'refresh_token', refreshToken })
  const answer = await ask(call, url, key, body)
  const fields = record(parsed(answer.text))
  if (answer.status !== 200) {
    const code = String(fields.error ?? answer.headers['x-amzn-errortype'] ?? `status ${answer.status}`)
    throw new ServiceRefusal(code.replace(/:.*/s, ''), answer.status, String(fields.message ?? ''))
  }
  const keys = record(fields.accessToken)
  const [accessKeyId, secretAccessKey, sessionToken] = [keys.accessKeyId, keys.secretAccessKey, keys.sessionToken]
  const next = fields.refreshToken
  // As the SDKs have it where it is not said.
  const expiresInS = fields.expiresIn ?? 900
  if (!isKey(accessKeyId) || !isKey(secretAccessKey) || !isKey(sessionToken) || typeof next !== 'string' || !next) {
    throw unusable(call, url.host, 'it holds no credentials')
  }
  if (typeof expiresInS !== 'number' || !(expiresInS > 0 && expiresInS < 604_800)) {
    throw unusable(call, url.host, 'its expiresIn is no time')
  }
  return { accessKeyId, secretAccessKey, sessionToken, refreshToken: next, expiresInS }
}

async function ask(call: ServiceCall, url: URL, key: KeyObject, body: string): Promise<HttpAnswer> {
  const handler = httpHandler(networkFor(url.href, call.settings), TIMEOUT_MS)
  try {
    for (let tries = 1; ; tries++) {
      const headers = { 'content-type': 'application/json', host: url.host, DPoP: proof(key, url, call.nowMs()) }
      const length = String(Buffer.byteLength(body))
      const question = { method: 'POST', url, headers: { ...headers, 'content-length': length }, body } as const
      const answer = await askText(handler, question, { signal: call.deadline, timeoutMs: TIMEOUT_MS })
      const fails = answer.status === 429 || answer.status >= 500
      if (!fails || tries === TRIES || call.deadline.aborted) return answer
    }
  } catch (error) {
    throw unreachable(call, url.href, error)
  } finally {
    handler.destroy()
  }
}

function privateKey(call: ServiceCall, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch {
    // Told below: Node's message would say what it found in the key.
  }
  throw new CredError('failed', `cannot ${call.purpose}: the dpopKey of its token file is no P-256 key`)
}

/** A DPoP proof: a JWT with ES256, its signature as two numbers of 32 bytes. */
function proof(key: KeyObject, url: URL, nowMs: number): string {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' })
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } }
  const claims = {
    jti: randomUUID(),
    htm: 'POST',
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(nowMs / 1000),
  }
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A page of a proxy, perhaps: it holds no fields.
    return null
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,7000}$/.test(value)
}
