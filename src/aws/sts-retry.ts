import { setTimeout as wait } from 'node:timers/promises'

/** All tries of one call, the first included. */
export const ATTEMPTS = 3

/** Doubled at each retry; the real wait is a random part of it. Throttling wants more. */
const BACKOFF_MS = 200
const THROTTLED_BACKOFF_MS = 1_000
/** What a `Retry-After` may ask for at most: there are 15 s for all tries. */
const RETRY_AFTER_MAX_MS = 3_000

const THROTTLED = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'])

/** No byte of the request has reached anybody. */
const UNREACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const TRANSIENT = new Set([
  // STS's own name for it has no "Exception", the SDK's has.
  'IDPCommunicationError',
  'IDPCommunicationErrorException',
  'ServiceUnavailable',
  'TimeoutError',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

const SKEW = new Set(['SignatureDoesNotMatch', 'RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture'])

export type RetryReason = 'throttled' | 'unreached' | 'transient' | 'skewed'

/**
 * Why a failed call is worth another try (contract §5, column "retry?"), null where it is not. `isSkewed`: the refused
 * request was signed by a clock that was far from STS's.
 */
export function retryReason(error: unknown, isSkewed: boolean): RetryReason | null {
  const { name, code, statusCode, $metadata } = error as {
    readonly name?: unknown
    readonly code?: unknown
    /** A proxy's answer to CONNECT. */
    readonly statusCode?: number
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  const is = (codes: ReadonlySet<string>): boolean => [name, code].some((each) => codes.has(String(each)))
  const status = statusCode ?? $metadata?.httpStatusCode ?? 0
  if (is(THROTTLED) || status === 429) return 'throttled'
  if (is(UNREACHED)) return 'unreached'
  if (is(TRANSIENT) || [500, 502, 503, 504].includes(status)) return 'transient'
  // A proxy that hung up or kept silent.
  if (code === 'ERR_PROXY_TUNNEL' && statusCode === undefined) return 'transient'
  return isSkewed && is(SKEW) ? 'skewed' : null
}

interface Token {
  readonly retries: number
  readonly wasSkewed: boolean
  getRetryCount(): number
  getRetryDelay(): number
  getRetryCost(): number | undefined
}

/**
 * The SDK's retry strategy (its `RetryStrategyV2`). Its own one tries every refusal again while this machine's clock is off
 * by 4 min or more, a wrong secret and a used MFA code too. A call with a code is not tried again where STS may have taken
 * the code with it.
 */
export function retryStrategy(isSkewed: () => boolean, signal: AbortSignal, hasCode: boolean) {
  const token = (retries: number, wasSkewed: boolean): Token => ({
    retries,
    wasSkewed,
    getRetryCount: () => retries,
    // Waited for below, where the deadline can break it off.
    getRetryDelay: () => 0,
    getRetryCost: () => undefined,
  })
  return {
    mode: 'standard',
    acquireInitialRetryToken: async () => token(0, false),
    async refreshRetryTokenForRetry(
      given: object,
      failure: { readonly error?: unknown; readonly retryAfterHint?: Date },
    ) {
      const { retries, wasSkewed } = given as Token
      const reason = retryReason(failure.error, isSkewed())
      if (
        reason === null ||
        (hasCode && reason === 'transient') ||
        retries + 1 >= ATTEMPTS ||
        (reason === 'skewed' && wasSkewed)
      ) {
        throw new Error('not tried again')
      }
      const most = (reason === 'throttled' ? THROTTLED_BACKOFF_MS : BACKOFF_MS) * 2 ** retries
      const asked = failure.retryAfterHint === undefined ? 0 : failure.retryAfterHint.getTime() - Date.now()
      const delayMs = reason === 'skewed' ? 0 : Math.max(most * Math.random(), Math.min(asked, RETRY_AFTER_MAX_MS))
      await wait(delayMs, undefined, { signal })
      return token(retries + 1, wasSkewed || reason === 'skewed')
    },
    recordSuccess() {},
  }
}
