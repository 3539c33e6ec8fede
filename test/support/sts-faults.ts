import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { type Answer, errorAnswer, type Service, StsError } from './sts-answers.ts'

/**
 * - `throttle`, `500`, `503`, `error` (with code, status, message): refused, nothing done
 * - `reset`: the connection is reset; `empty`: 200 without a body; `garbage`: 200 (or `status`) and a portal's HTML;
 *   `huge`: 200 and 64 MiB (or `bytes`) of XML; `body`: 200 (or `status`) and the XML given
 * - done, but told badly: `slow` (after `delayMs`), `truncated` (the document ends in the middle), `cut` (the
 *   connection does), `no-credentials`, `no-expiration`, `past-expiration`, `bad-expiration`
 */
export const faultKinds = [
  'throttle',
  '500',
  '503',
  'error',
  'reset',
  'empty',
  'garbage',
  'huge',
  'body',
  'slow',
  'truncated',
  'cut',
  'no-credentials',
  'no-expiration',
  'past-expiration',
  'bad-expiration',
] as const

export interface Fault {
  kind: (typeof faultKinds)[number]
  /** Any, unless given. */
  operation?: string
  /** For how many requests; 1 unless given. */
  times?: number
  /** Waits this long first, with any kind; `slow` waits 1,000 unless given. */
  delayMs?: number
  code?: string
  status?: number
  message?: string
  bytes?: number
  body?: string
  /** Seconds that a refusal says to wait, in the `Retry-After` header. */
  retryAfter?: number
}

/** Faults waiting for the requests that they spoil, first in, first out. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = []

  next(fault: Fault): void {
    if (!faultKinds.includes(fault.kind)) throw new TypeError('cannot set the fault: its kind is unknown')
    this.#waiting.push({ fault, left: fault.times ?? 1 })
  }

  clear(): void {
    this.#waiting = []
  }

  /** The fault for this request, one use of it taken; null where none waits. */
  take(operation: string): Fault | null {
    const found = this.#waiting.find(({ fault }) => (fault.operation ?? operation) === operation)
    if (!found) return null
    found.left -= 1
    if (found.left <= 0) this.#waiting = this.#waiting.filter((one) => one !== found)
    return found.fault
  }
}

/** The refusal that the fault stands for; null where the request is to be done. */
export function refusalOf(fault: Fault, service: Service): Answer | null {
  const { code, status, message } = fault
  const refuse = (ownCode: string, ownStatus: number, ownMessage: string) =>
    errorAnswer(service, new StsError(code ?? ownCode, status ?? ownStatus, message ?? ownMessage))
  if (fault.kind === 'throttle') return refuse('Throttling', 400, 'Rate exceeded')
  if (fault.kind === 'error') return refuse('AccessDenied', 403, 'Access denied')
  if (fault.kind === '503') return refuse('ServiceUnavailable', 503, 'Service is unavailable')
  if (fault.kind === '500')
    return refuse('InternalFailure', 500, 'The request processing has failed because of an unknown error.')
  return null
}

/** True where the fault answers in place of STS, without doing the request; it has then been answered. */
export async function answeredBadly(fault: Fault, response: ServerResponse): Promise<boolean> {
  if (fault.kind === 'reset') response.socket?.resetAndDestroy()
  else if (fault.kind === 'empty') response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': 0 }).end()
  else if (fault.kind === 'garbage')
    response
      .writeHead(fault.status ?? 200, { 'Content-Type': 'text/html' })
      .end('<!DOCTYPE html><p>Please <b>sign in & accept\0\u{fffd}')
  else if (fault.kind === 'body')
    response.writeHead(fault.status ?? 200, { 'Content-Type': 'text/xml' }).end(fault.body ?? '')
  else if (fault.kind === 'huge') await sendHuge(response, fault.bytes ?? 64 * 1024 * 1024)
  else return false
  return true
}

/** The answer as the fault tells it: the same, or with the part missing or wrong that its kind names. */
export function spoiled(fault: Fault, answer: Answer, nowMs: number): Answer {
  const { body } = answer
  const expiration = /<Expiration>[^<]*<\/Expiration>/
  const past = new Date(nowMs - 60_000).toISOString().replace(/\.\d+/, '')
  const bodies: Partial<Record<Fault['kind'], string>> = {
    truncated: body.slice(
      0,
      body.includes('</SecretAccessKey>') ? body.indexOf('</SecretAccessKey>') : body.length / 2,
    ),
    'no-credentials': body.replace(/\s*<Credentials>[\s\S]*<\/Credentials>/, ''),
    'no-expiration': body.replace(expiration, ''),
    'past-expiration': body.replace(expiration, `<Expiration>${past}</Expiration>`),
    'bad-expiration': body.replace(expiration, '<Expiration>next tuesday</Expiration>'),
  }
  return { ...answer, body: bodies[fault.kind] ?? body }
}

async function sendHuge(response: ServerResponse, bytes: number): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 'A')
  function* document() {
    yield '<AssumeRoleResponse><AssumeRoleResult><Padding>'
    for (let sent = 0; sent < bytes; sent += block.length) yield block
    yield '</Padding></AssumeRoleResult></AssumeRoleResponse>'
  }
  response.writeHead(200, { 'Content-Type': 'text/xml' })
  await pipeline(document, response).catch(() => {
    // The other side hung up in the middle: that is what it should do.
  })
}
