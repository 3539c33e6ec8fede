import {
  identityOfFetched,
  identityOfKey,
  identityOfStatic,
  keysIdentity,
  type RootIdentity,
} from '../../../core/cache-key.ts'
import type { CallSettings } from '../../../core/network/call-settings.ts'
import {
  type EndpointOverride,
  endpointOverride,
  namedPartition,
  type ServiceName,
  stsPlace,
} from '../../../core/network/sts-endpoint.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { parseRoleArn } from '../../../core/plan/sts-limits.ts'
import { callSettingsOf } from '../call-settings-of.ts'
import type { Workspace } from '../workspace.ts'

/**
 * Who the root is, by the index, the files and the environment. Null where that is not known before it is asked: keys
 * that the index has lost or the environment does not have, and a command line that was seen to give keys without an
 * end, each time perhaps another's. Settings are compared here as they are written: what is wrong with them is said
 * when they are used, by what a hit does not load.
 */
export function knownRootIdentity(workspace: Workspace, plan: Plan): RootIdentity | null {
  const { root } = plan
  const { index } = workspace
  switch (root.kind) {
    case 'static':
      return identityOfStatic(root, partitionOf(workspace, plan))
    case 'keychain': {
      const entry = index.known('key', root.name)
      return entry?.generation ? identityOfKey({ ...entry, generation: entry.generation }) : null
    }
    case 'environment': {
      const { AWS_ACCESS_KEY_ID: accessKeyId } = workspace.context.env
      return accessKeyId ? keysIdentity('environment', accessKeyId, partitionOf(workspace, plan)) : null
    }
    default: {
      const identity = fetchedIdentity(workspace, plan)
      return root.kind === 'process' && index.known('endless', identity.id) !== null ? null : identity
    }
  }
}

/** A fetched root by what it is fetched from. */
export function fetchedIdentity(workspace: Workspace, plan: Plan): RootIdentity {
  const { root } = plan
  const { env, userName: osUser } = workspace.context
  const partition = partitionOf(workspace, plan)
  if (root.kind === 'keychain' || root.kind === 'static' || root.kind === 'environment') {
    throw new TypeError('keys are not fetched')
  }
  const place = (endpoint: string | null, address: readonly (string | null | undefined)[] = []) =>
    identityOfFetched(root, partition, { endpoint, address, osUser })
  switch (root.kind) {
    case 'sso':
      return place(rootEndpoint(workspace, root.profile, 'sso')?.url ?? null)
    case 'login':
      return place(rootEndpoint(workspace, root.profile, 'signin')?.url ?? null)
    case 'web-identity':
      return place(stsPlace(callSettingsOf(workspace, plan), partition).override?.url ?? null)
    case 'container': {
      const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env
      return place(null, relative ? [relative, null] : [null, full])
    }
    case 'instance': {
      const { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: mode } = env
      return place(null, [endpoint || root.metadataEndpoint, mode || root.metadataMode])
    }
    case 'process':
      return place(null)
  }
}

/** The endpoint that a setting of this shell or of the root's own profile names for a service. */
export function rootEndpoint(workspace: Workspace, profile: string, service: ServiceName): EndpointOverride | null {
  return endpointOverride(rootSettings(workspace, profile), service)
}

export function rootSettings({ context, files }: Workspace, profile: string): CallSettings {
  return { env: context.env, profiles: files.profiles, profile }
}

/** The partition of the first role that is assumed, else that of the region that the profile's calls are made in. */
export function partitionOf(workspace: Workspace, plan: Plan): string {
  const { root, steps } = plan
  const first = root.kind === 'web-identity' ? root.step : steps[0]
  return (
    (first?.kind === 'assume-role' ? parseRoleArn(first.roleArn)?.partition : undefined) ??
    namedPartition(callSettingsOf(workspace, plan))
  )
}
