import { CredError } from '../core/errors.ts'
import type { CallSettings } from '../core/network/call-settings.ts'
import { networkFor } from '../core/network/network.ts'
import type { EndpointOverride } from '../core/network/sts-endpoint.ts'
import type { SeenClock } from './sts-client.ts'
import type { SdkError } from './sts-errors.ts'
import { wordNoAnswer } from './unreachable.ts'

/** A call to one of the services that roots come from, and how it is told of. */
export interface ServiceCall {
  readonly region: string
  /** The endpoint that a setting names; null for AWS's own. */
  readonly override: EndpointOverride | null
  /** Proxies and certificate authorities are those of the profile whose lines name the root. */
  readonly settings: CallSettings
  /** What is tried, for messages: `get credentials of SSO "corp" for profile "dev"`. */
  readonly purpose: string
  nowMs(): number
  /** What to add to our clock to get the host's; 0 where it is not known. */
  offsetMs(host: string): number
  /** Aborts when the refresh has used up its budget. */
  readonly deadline: AbortSignal
  onClock(host: string, seen: Pick<SeenClock, 'dateMs' | 'receivedMs'>): void
}

/** A refusal of the service, by its own name for it. `message` is the service's: escape it before it is shown. */
export class ServiceRefusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** A call that got no answer of the service at `url`. */
export function unreachable(call: ServiceCall, url: string, error: unknown): CredError {
  if (error instanceof CredError) return error
  const { purpose, override, settings } = call
  const { host } = new URL(url)
  const network = networkFor(url, settings)
  return wordNoAnswer(error as SdkError, { purpose, host, service: 'the service', network, override, regionFact: null })
}

export function unusable(call: Pick<ServiceCall, 'purpose'>, host: string, why: string): CredError {
  return new CredError('failed', `cannot ${call.purpose}: the answer of ${host} cannot be used: ${why}`)
}
