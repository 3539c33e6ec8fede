import type { ServiceCall } from '../../aws/service-call.ts'
import { endpointOverride } from '../../core/sts-endpoint.ts'
import type { RootFetch } from './fetch-root.ts'
import { noteClock } from './note-clock.ts'

/** A call to the service of a root, at the place that settings name. The clock is kept under the host that answered. */
export function serviceCall(
  { workspace, purpose, deadline }: RootFetch,
  service: 'SSO' | 'SSO_OIDC' | 'SIGNIN',
  region: string,
): ServiceCall {
  const { context } = workspace
  return {
    region,
    endpoint: endpointOverride(context.env, service),
    env: context.env,
    purpose,
    nowMs: () => context.nowMs(),
    deadline,
    onClock: (host, seen) => noteClock(workspace, host, seen),
  }
}
