import { createHash, createHmac } from 'node:crypto'
import { StsError } from './sts-answers.ts'

/** A request as far as a signature covers it. `query` is the raw text after `?`. Header names in lower case. */
export interface SignedRequest {
  method: string
  path: string
  query: string
  headers: ReadonlyMap<string, string>
  body: Buffer
}

/** What an `Authorization: AWS4-HMAC-SHA256 …` header says. */
export interface Authorization {
  accessKeyId: string
  day: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Throws `MissingAuthenticationToken` where there is none, `IncompleteSignature` where a part of it is missing. */
export function authorizationOf(request: SignedRequest): Authorization {
  const header = request.headers.get('authorization')
  if (header === undefined)
    throw new StsError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token')
  if (!header.startsWith(`${algorithm} `))
    throw new StsError('IncompleteSignature', 400, `Authorization header must begin with '${algorithm}'`)
  const parts = new Map<string, string>()
  for (const part of header.slice(algorithm.length).split(',')) {
    const at = part.indexOf('=')
    if (at > 0) parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim())
  }
  const credential = required(parts, 'Credential').split('/')
  const [accessKeyId = '', day = '', region = '', service = '', terminator = ''] = credential
  if (credential.length !== 5 || terminator !== 'aws4_request')
    throw new StsError('IncompleteSignature', 400, `Credential must have exactly 5 slash-delimited elements`)
  const signedHeaders = required(parts, 'SignedHeaders').split(';')
  return { accessKeyId, day, region, service, signedHeaders, signature: required(parts, 'Signature') }
}

function required(parts: ReadonlyMap<string, string>, name: string): string {
  const value = parts.get(name)
  if (value) return value
  throw new StsError('IncompleteSignature', 400, `Authorization header requires '${name}' parameter`)
}

/** `X-Amz-Date` as it came and in ms; throws `IncompleteSignature` where it is missing or no date. */
export function signingTime(request: SignedRequest): { text: string; ms: number } {
  const text = request.headers.get('x-amz-date') ?? ''
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const ms = match ? Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) : Number.NaN
  if (Number.isNaN(ms))
    throw new StsError('IncompleteSignature', 400, "Authorization header requires existence of an 'X-Amz-Date' header")
  return { text, ms }
}

/** `YYYYMMDDTHHMMSSZ`, the form of dates in signatures and in the messages about them. */
export function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

/** The signature that the holder of `secret` would have made, in hex (AWS Signature Version 4, headers variant). */
export function expectedSignature(request: SignedRequest, auth: Authorization, secret: string): string {
  const scope = `${auth.day}/${auth.region}/${auth.service}/aws4_request`
  const time = request.headers.get('x-amz-date') ?? ''
  const toSign = [algorithm, time, scope, sha256(canonicalRequest(request, auth.signedHeaders))].join('\n')
  const key = [auth.day, auth.region, auth.service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

function canonicalRequest(request: SignedRequest, signedHeaders: string[]): string {
  const headers = signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? ''
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
  })
  return [
    request.method,
    request.path.split('/').map(encoded).join('/'),
    canonicalQuery(request.query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '')
  const encodedPairs = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return [encoded(decoded(name)), encoded(decoded(value.join('=')))] as const
  })
  // By code point, name first: the order that the specification asks for.
  encodedPairs.sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
  return encodedPairs.map((pair) => pair.join('=')).join('&')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // The only thing decodeURIComponent throws for is a broken escape.
    throw new StsError('MalformedQueryString', 400, 'The query string contains a syntax error')
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
