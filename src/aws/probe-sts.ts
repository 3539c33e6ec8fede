import { CredError } from '../core/errors.ts'
import type { CallSettings } from '../core/network/call-settings.ts'
import { type Network, networkFor } from '../core/network/network.ts'
import type { StsPlace } from '../core/network/sts-endpoint.ts'
import { httpHandler } from './http-handler.ts'
import { askText } from './http-text.ts'
import { stsEndpoint } from './sts-client.ts'
import type { SdkError } from './sts-errors.ts'
import { wordNoAnswer } from './unreachable.ts'

/** How STS was reached, without a signature. */
export interface StsProbe {
  readonly host: string
  readonly network: Network
  readonly tookMs: number
  /** STS's time minus this machine's, to a second: the Date header has no more. As the clock stands at the end. */
  readonly offsetMs: number | null
  /** By how much this machine's clock was set while STS was asked. */
  readonly setByMs: number
}

const TIMEOUT_MS = 3_000
/** In the middle of the second that a Date header names. */
const HALF_SECOND_MS = 500

/**
 * Asks STS who we are without saying it: any answer of STS's own, a refusal, shows that name, network, TLS and proxy
 * work, and what time it is there. Throws `CredError` that names what does not.
 */
export async function probeSts(place: StsPlace, settings: CallSettings, nowMs: () => number): Promise<StsProbe> {
  const { url, host } = stsEndpoint(place)
  const network = networkFor(url, settings)
  const purpose = 'reach STS'
  const handler = httpHandler(network, TIMEOUT_MS)
  const question = new URL(url)
  question.search = 'Action=GetCallerIdentity&Version=2011-06-15'
  const began = performance.now()
  const sentMs = nowMs()
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await askText(
      handler,
      { method: 'GET', url: question, headers: {} },
      { signal, timeoutMs: TIMEOUT_MS },
    )
    const tookMs = performance.now() - began
    // A proxy's page, or a portal's, has a clock of its own and is not STS.
    if (!/xml/.test(answer.headers['content-type'] ?? '')) {
      throw Object.assign(new Error('not STS'), { $response: { statusCode: answer.status } })
    }
    const dateMs = Date.parse(answer.headers.date ?? '')
    const endedMs = nowMs()
    const offsetMs = Number.isFinite(dateMs) ? dateMs + HALF_SECOND_MS - (endedMs - tookMs / 2) : null
    return { host, network, tookMs, offsetMs, setByMs: endedMs - sentMs - tookMs }
  } catch (error) {
    if (error instanceof CredError) throw error
    const regionFact = place.regionFrom === null ? null : `${place.regionFrom} says ${place.region}`
    throw wordNoAnswer(error as SdkError, {
      purpose,
      host,
      service: 'STS',
      network,
      override: place.override,
      regionFact,
    })
  } finally {
    handler.destroy()
  }
}
