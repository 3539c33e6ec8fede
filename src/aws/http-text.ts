import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { AnswerTooLong } from './http-handler.ts'

export interface HttpQuestion {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** What a credential document may have; a portal's page or an attacker sends as much as it likes. */
const ANSWER_MAX_BYTES = 65_536

/** One request and its whole answer, redirects not followed. Throws what Node and the handler throw, and `AnswerTooLong`. */
export async function askText(
  handler: NodeHttpHandler,
  question: HttpQuestion,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<HttpAnswer> {
  const { url, method, headers, body } = question
  const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const request = {
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
  }
  const { response } = await handler.handle(request as unknown as Parameters<NodeHttpHandler['handle']>[0], {
    abortSignal: both,
    requestTimeout: timeoutMs,
  })
  const stream = response.body as NodeJS.ReadableStream & { destroy(error?: Error): void }
  const giveUp = (): void => stream.destroy(new DOMException('no answer in time', 'TimeoutError'))
  both.addEventListener('abort', giveUp)
  try {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > ANSWER_MAX_BYTES) throw new AnswerTooLong()
      chunks.push(chunk)
    }
    return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }
  } finally {
    both.removeEventListener('abort', giveUp)
  }
}
