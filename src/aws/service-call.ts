import type { Environment } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import type { SeenClock } from './sts-client.ts'
import { networkReason } from './sts-errors.ts'

/** A call to one of the services that roots come from, and how it is told of. */
export interface ServiceCall {
  readonly region: string
  /** The endpoint that a setting names; null for AWS's own. */
  readonly endpoint: { readonly url: string; readonly setting: string } | null
  readonly env: Environment
  /** What is tried, for messages: `get credentials of SSO "corp" for profile "dev"`. */
  readonly purpose: string
  nowMs(): number
  /** Aborts when the refresh has used up its budget. */
  readonly deadline: AbortSignal
  onClock(host: string, seen: SeenClock): void
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

export function unreachable(call: ServiceCall, host: string, error: unknown): CredError {
  const why = networkReason(error)
  const { purpose, endpoint } = call
  if (why === null) return new CredError('failed', `cannot ${purpose}: the answer of ${host} cannot be read`)
  return new CredError(
    'failed',
    `cannot ${purpose}: cannot reach ${host}: ${why}`,
    endpoint === null ? {} : { hint: `${endpoint.setting} is set to ${endpoint.url}` },
  )
}

export function unusable(call: Pick<ServiceCall, 'purpose'>, host: string, why: string): CredError {
  return new CredError('failed', `cannot ${call.purpose}: the answer of ${host} cannot be used: ${why}`)
}
