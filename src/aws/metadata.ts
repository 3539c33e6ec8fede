import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { CredError } from '../core/errors.ts'
import { type ForeignCredentials, parseMetadata } from '../core/roots/foreign-credentials.ts'
import { quoted, shown } from '../core/text.ts'
import { AnswerTooLong } from './http-handler.ts'
import { askText, type HttpAnswer, type HttpQuestion } from './http-text.ts'
import type { SeenClock } from './sts-client.ts'
import type { SdkError } from './sts-errors.ts'
import { networkReason } from './unreachable.ts'

export interface MetadataCall {
  /** Of the container: its whole address. Of an instance: where the service is. */
  readonly url: URL
  /** Which setting names it, for messages; null where none does. */
  readonly setting: string | null
  readonly purpose: string
  nowMs(): number
  readonly deadline: AbortSignal
  onClock(seen: Pick<SeenClock, 'dateMs' | 'receivedMs'>): void
}

export type MetadataCredentials = ForeignCredentials & { readonly issuedMs: number }

/** These services are on the machine itself or one hop away; botocore waits 1 s for an instance, 2 s for a container. */
const TIMEOUT_MS = 2_000
const TRIES = 3
const PAUSE_MS = 100

/** What a container's endpoint gives (ECS, EKS Pod Identity, Greengrass). `token` goes into the Authorization header. */
export async function containerCredentials(call: MetadataCall, token: string | null): Promise<MetadataCredentials> {
  const headers = { accept: 'application/json', ...(token === null ? {} : { Authorization: token }) }
  return withHandler(call, async (ask) => checked(call, await ask({ method: 'GET', url: call.url, headers })))
}

const ROLE_PATH = '/latest/meta-data/iam/security-credentials/'

/** What an EC2 instance's role gives, by IMDSv2 alone: a token first, which what only forwards requests cannot get. */
export async function instanceCredentials(call: MetadataCall): Promise<MetadataCredentials> {
  const at = (path: string) => new URL(path, call.url)
  return withHandler(call, async (ask) => {
    const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600', 'content-length': '0' }
    const token = await ask({ method: 'PUT', url: at('/latest/api/token'), headers: ttl })
    if (token.status !== 200 || !/^[\x21-\x7e]{1,4096}$/.test(token.text)) {
      throw failed(call, `it gives no IMDSv2 token (status ${token.status})`)
    }
    const headers = { 'x-aws-ec2-metadata-token': token.text }
    const names = await ask({ method: 'GET', url: at(ROLE_PATH), headers })
    if (names.status === 404) throw failed(call, 'the instance has no role')
    const name = names.text.trim().split('\n')[0] ?? ''
    if (names.status !== 200 || !/^[\w+=,.@-]{1,128}$/.test(name)) {
      throw failed(call, `it names no role (status ${names.status})`)
    }
    return checked(call, await ask({ method: 'GET', url: at(`${ROLE_PATH}${name}`), headers }))
  })
}

type Ask = (question: HttpQuestion) => Promise<HttpAnswer>

/** Never through a proxy: it would see the credentials, and could not reach these addresses. */
async function withHandler<T>(call: MetadataCall, work: (ask: Ask) => Promise<T>): Promise<T> {
  const handler = new NodeHttpHandler({
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(),
    httpsAgent: new HttpsAgent({ rejectUnauthorized: true }),
  })
  try {
    return await work((question) => askAgain(handler, call, question))
  } finally {
    handler.destroy()
  }
}

/** Once more after what may pass: throttling, a fault of the service, a connection that broke. */
async function askAgain(handler: NodeHttpHandler, call: MetadataCall, question: HttpQuestion): Promise<HttpAnswer> {
  for (let tries = 1; ; tries++) {
    const isLast = tries === TRIES || call.deadline.aborted
    try {
      const answer = await askText(handler, question, { signal: call.deadline, timeoutMs: TIMEOUT_MS })
      const passes = answer.status === 429 || answer.status >= 500
      if (!passes || isLast) return answer
    } catch (error) {
      if (error instanceof AnswerTooLong) throw failed(call, 'its answer is too long')
      const why = networkReason(error as SdkError)
      if (why === null) throw failed(call, 'its answer cannot be read')
      if (isLast) throw failed(call, `cannot reach it: ${why}`)
    }
    await wait(PAUSE_MS * tries)
  }
}

function checked(call: MetadataCall, answer: HttpAnswer): MetadataCredentials {
  if (answer.status !== 200) throw failed(call, `it answered with status ${answer.status}`)
  const given = parseMetadata(answer.text)
  if ('why' in given) throw failed(call, `its answer cannot be used: ${given.why}`)
  const dateMs = Date.parse(answer.headers.date ?? '')
  const receivedMs = call.nowMs()
  const issuedMs = Number.isFinite(dateMs) ? dateMs : receivedMs
  call.onClock({ dateMs: issuedMs, receivedMs })
  if ((given.expiresMs ?? 0) <= issuedMs) throw failed(call, 'its credentials have expired')
  return { ...given, issuedMs }
}

function failed(call: MetadataCall, state: string): CredError {
  const { url, setting } = call
  return new CredError(
    'failed',
    `cannot ${call.purpose}: ${quoted(url.host)}: ${state}`,
    setting === null ? {} : { hint: `${setting} is set to ${shown(url.href, 300)}` },
  )
}
