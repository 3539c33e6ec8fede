import type { IncomingMessage } from 'node:http'
import type { Params } from './sts-checks.ts'
import type { SignedRequest } from './sts-sigv4.ts'

const bodyLimit = 1024 * 1024

/** What the emulator remembers of a request: nothing in it is secret. */
export interface StsRequest {
  /** The Action; `-` where there was none. */
  operation: string
  /** Who signed it, once the signature was found good. */
  callerArn: string | null
  /** As sent; codes and tokens are `***`. */
  params: Record<string, string>
  /** In lower case. */
  headerNames: string[]
  /** As sent, names in lower case; the session token, which is what a session signs with, is `***`. */
  headers: Record<string, string>
  /** Of the signature's scope; empty where unsigned. */
  region: string
  accessKeyId: string
  atMs: number
  /** `ok`, STS's error code, a fault that left no answer, or `none` while it is not answered. */
  outcome: string
}

/** Reads the whole request; throws where it is above 1 MiB or the client hangs up. */
export async function signedRequest(incoming: IncomingMessage): Promise<SignedRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bodyLimit) throw new RangeError('cannot read the request: its body is above 1 MiB')
    chunks.push(chunk)
  }
  const headers = new Map<string, string>()
  const raw = incoming.rawHeaders
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? ''
    const before = headers.get(name)
    headers.set(name, before === undefined ? (raw[i + 1] ?? '') : `${before},${raw[i + 1]}`)
  }
  const [path = '/', ...query] = (incoming.url ?? '/').split('?')
  return { method: incoming.method ?? '', path, query: query.join('?'), headers, body: Buffer.concat(chunks) }
}

/** The Query API's parameters: the form in the body, and those of the query string. */
export function paramsOf(request: SignedRequest): Params {
  const body = new URLSearchParams(request.method === 'POST' ? request.body.toString() : '')
  return new Map([...new URLSearchParams(request.query), ...body])
}

export function withoutSecrets(request: SignedRequest, params: Params, atMs: number): StsRequest {
  const secret = new Set(['TokenCode', 'WebIdentityToken'])
  const scope = /Credential=([^/,]*)\/[^/,]*\/([^/,]*)/.exec(request.headers.get('authorization') ?? '')
  return {
    operation: params.get('Action') || '-',
    callerArn: null,
    params: Object.fromEntries([...params].map(([name, value]) => [name, secret.has(name) ? '***' : value])),
    headerNames: [...request.headers.keys()],
    headers: Object.fromEntries(
      [...request.headers].map(([name, value]) => [name, name === 'x-amz-security-token' ? '***' : value]),
    ),
    region: scope?.[2] ?? '',
    accessKeyId: scope?.[1] ?? '',
    atMs,
    outcome: 'none',
  }
}
