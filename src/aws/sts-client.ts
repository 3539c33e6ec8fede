import { STSClient } from '@aws-sdk/client-sts'
import { CredError } from '../core/errors.ts'
import type { Network } from '../core/network/network.ts'
import type { StsPlace } from '../core/network/sts-endpoint.ts'
import { REFRESH_BUDGET_MS } from '../core/session.ts'
import { httpHandler } from './http-handler.ts'
import { ATTEMPTS, retryStrategy } from './sts-retry.ts'

/** Where STS is, by AWS's own rules. */
export interface StsEndpoint {
  readonly url: string
  /** The host (and port of an endpoint of one's own), by which messages and the stored clock name it. */
  readonly host: string
  readonly signingRegion: string
}

/** The endpoint by the rules of STS's service model that the SDK brings. Throws `CredError('failed')` where AWS has none such. */
export function stsEndpoint(place: StsPlace): StsEndpoint {
  const { region, override, useFips, useDualStack } = place
  if (override !== null) return { url: override.url, host: new URL(override.url).host, signingRegion: region }
  const isGlobal = place.tokenKind === 'global'
  const { endpointProvider } = new STSClient({ region }).config
  const given = { Region: region, UseFIPS: useFips, UseDualStack: useDualStack, UseGlobalEndpoint: isGlobal }
  try {
    const { url } = endpointProvider(given)
    return { url: url.href, host: url.host, signingRegion: isGlobal ? 'us-east-1' : region }
  } catch (error) {
    const kind = [useFips ? 'FIPS' : '', useDualStack ? 'dual-stack' : ''].filter((each) => each !== '').join(' and ')
    throw new CredError('failed', `cannot find the ${kind} endpoint of STS in ${region}: AWS's rules have none`, {
      cause: error,
    })
  }
}

export interface StsTarget {
  readonly endpoint: StsEndpoint
  readonly network: Network
  /** What to add to our clock to get STS's; 0 where it is not known. */
  readonly offsetMs: number
}

export interface SigningKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** The clock of the last answer. */
export interface SeenClock {
  readonly dateMs: number
  readonly receivedMs: number
  /** How far the request's date was moved from our clock before it was signed. */
  readonly signedOffsetMs: number
}

export interface StsConnection {
  readonly client: STSClient
  /** The clock of the newest answer, an error's too; null where none came. */
  seenClock(): SeenClock | null
  /**
   * The clock of an answer whose content proved that it is STS's, though its `Content-Type` (or its `Date`) was lost on
   * the way; `otherwise` where no answer told one. From then on it is what `seenClock` gives.
   */
  trustClock(otherwise: SeenClock): SeenClock
  close(): void
}

/** From here on a date is what made STS refuse; its own window is 15 min. */
const SKEW_MS = 240_000

/** How far off the date was that STS was shown, in milliseconds: behind STS's clock where positive. */
export function skewMs(seen: SeenClock | null): number {
  return seen === null ? 0 : seen.dateMs - seen.receivedMs - seen.signedOffsetMs
}

export interface StsConnectionOptions {
  readonly target: StsTarget
  readonly keys: SigningKeys
  nowMs(): number
  readonly deadline: AbortSignal
}

/**
 * A client whose every setting is ours: the SDK would else read `~/.aws/config` and the environment for itself
 * (retry mode, attempts, endpoints, clock correction) and two readers would disagree. Retries end with `deadline`.
 */
export function connectSts({ target, keys, nowMs, deadline }: StsConnectionOptions, hasCode: boolean): StsConnection {
  let seen: SeenClock | null = null
  let unproved: SeenClock | null = null
  const client = new STSClient({
    region: target.endpoint.signingRegion,
    endpoint: target.endpoint.url,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken === null ? {} : { sessionToken: keys.sessionToken }),
    },
    systemClockOffset: target.offsetMs,
    disableClockSkewCorrection: false,
    maxAttempts: ATTEMPTS,
    // Asked only after a refusal with a code of STS's own, which proves whose answer it was.
    retryStrategy: retryStrategy(() => Math.abs(skewMs(seen ?? unproved)) >= SKEW_MS, deadline, hasCode),
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    userAgentAppId: 'aws-cred',
    defaultsMode: 'standard',
    authSchemePreference: ['sigv4'],
    requestHandler: httpHandler(target.network, REFRESH_BUDGET_MS),
  })
  client.middlewareStack.add(
    (next) => async (args) => {
      // The SDK moves it on with every answer, above here.
      const signedOffsetMs = client.config.systemClockOffset
      const result = await next(args)
      const headers = (result.response as { headers?: Record<string, string> }).headers
      const dateMs = Date.parse(headers?.date ?? '')
      // STS answers in XML; a proxy's own page between us and it has a clock of its own.
      const fromSts = /xml/.test(headers?.['content-type'] ?? '')
      unproved = Number.isFinite(dateMs) ? { dateMs, receivedMs: nowMs(), signedOffsetMs } : null
      if (fromSts) seen = unproved ?? seen
      return result
    },
    // Nearest to the wire: below it the answer is still raw, an error's too.
    { step: 'deserialize', priority: 'low', name: 'seeDateHeader' },
  )
  const trustClock = (otherwise: SeenClock): SeenClock => {
    seen ??= unproved ?? otherwise
    return seen
  }
  return { client, seenClock: () => seen, trustClock, close: () => client.destroy() }
}
