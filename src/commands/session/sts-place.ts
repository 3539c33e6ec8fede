import type { RootIdentity } from '../../core/cache-key.ts'
import type { Plan } from '../../core/plan.ts'
import { endpointOverride, stsHost, stsRegion } from '../../core/sts-endpoint.ts'
import type { Workspace } from './workspace.ts'

export interface StsPlace {
  readonly region: string
  /** Null for AWS's own endpoint of the region. */
  readonly endpoint: string | null
  /** The host, by which messages and the stored clock name it. */
  readonly clockName: string
}

/** Where STS is asked for a plan: contract §2.5. Throws `CredError` for an endpoint that must not be used. */
export function stsPlace(
  workspace: Workspace,
  plan: Pick<Plan, 'stsRegion' | 'region'>,
  identity: Pick<RootIdentity, 'partition'>,
): StsPlace {
  const { env } = workspace.context
  const candidates = [
    { setting: 'aws_cred_region', region: plan.stsRegion },
    { setting: 'AWS_REGION', region: env.AWS_REGION },
    { setting: 'AWS_DEFAULT_REGION', region: env.AWS_DEFAULT_REGION },
    { setting: 'the profile', region: plan.region },
  ]
  const region = stsRegion(candidates, identity.partition)
  const override = endpointOverride(env)
  const clockName = override === null ? stsHost(region) : new URL(override.url).host
  return { region, endpoint: override?.url ?? null, clockName }
}
