import type { ServiceCall } from '../../../aws/service-call.ts'
import type { ServiceName } from '../../../core/network/sts-endpoint.ts'
import { noteClock } from '../note-clock.ts'
import { stsNowMs } from '../sources.ts'
import type { RootFetch } from './fetch-root.ts'
import { rootEndpoint, rootSettings } from './root-identity.ts'

/** A call to the service of a root, at the place that settings name. The clock is kept under the host that answered. */
export function serviceCall(
  { workspace, purpose, deadline }: RootFetch,
  profile: string,
  service: Exclude<ServiceName, 'sts'>,
  region: string,
): ServiceCall {
  const nowMs = () => workspace.context.nowMs()
  return {
    region,
    override: rootEndpoint(workspace, profile, service),
    settings: rootSettings(workspace, profile),
    purpose,
    nowMs,
    offsetMs: (host) => (stsNowMs(workspace, host) ?? nowMs()) - nowMs(),
    deadline,
    onClock: (host, seen) => noteClock(workspace, host, seen),
  }
}
