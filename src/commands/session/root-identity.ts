import {
  identityOfFetched,
  identityOfKey,
  identityOfStatic,
  keysIdentity,
  type RootIdentity,
} from '../../core/cache-key.ts'
import type { Plan } from '../../core/plan.ts'
import { endpointOverride } from '../../core/sts-endpoint.ts'
import { parseRoleArn } from '../../core/sts-limits.ts'
import { stsPlace } from './sts-place.ts'
import type { Workspace } from './workspace.ts'

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
      return identityOfStatic(root, partitionOf(plan))
    case 'keychain': {
      const entry = index.read('key', root.name)
      return entry?.generation ? identityOfKey({ ...entry, generation: entry.generation }) : null
    }
    case 'environment': {
      const { AWS_ACCESS_KEY_ID: accessKeyId } = workspace.context.env
      return accessKeyId ? keysIdentity('environment', accessKeyId, partitionOf(plan)) : null
    }
    default: {
      const identity = fetchedIdentity(workspace, plan)
      return root.kind === 'process' && index.read('endless', identity.id) !== null ? null : identity
    }
  }
}

/** A fetched root by what it is fetched from. */
export function fetchedIdentity(workspace: Workspace, plan: Plan): RootIdentity {
  const { root } = plan
  const { env, userName: osUser } = workspace.context
  const partition = partitionOf(plan)
  if (root.kind === 'keychain' || root.kind === 'static' || root.kind === 'environment') {
    throw new TypeError('keys are not fetched')
  }
  const place = (endpoint: string | null, address: readonly (string | null | undefined)[] = []) =>
    identityOfFetched(root, partition, { endpoint, address, osUser })
  switch (root.kind) {
    case 'sso':
      return place(endpointOverride(env, 'SSO')?.url ?? null)
    case 'login':
      return place(endpointOverride(env, 'SIGNIN')?.url ?? null)
    case 'web-identity':
      return place(stsPlace(workspace, plan, { partition }).endpoint)
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

/** The partition of the first role that is assumed; AWS's own where there is none. */
export function partitionOf({ root, steps }: Plan): string {
  const first = root.kind === 'web-identity' ? root.step : steps[0]
  return (first?.kind === 'assume-role' ? parseRoleArn(first.roleArn)?.partition : undefined) ?? 'aws'
}
