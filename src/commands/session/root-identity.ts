import {
  identityOfFetched,
  identityOfKey,
  identityOfStatic,
  keysIdentity,
  type RootIdentity,
} from '../../core/cache-key.ts'
import { environmentKeys } from '../../core/environment-keys.ts'
import { containerAddress, instanceAddress } from '../../core/metadata-address.ts'
import type { Plan } from '../../core/plan.ts'
import { endpointOverride } from '../../core/sts-endpoint.ts'
import { parseRoleArn } from '../../core/sts-limits.ts'
import { stsPlace } from './sts-place.ts'
import type { Workspace } from './workspace.ts'

/**
 * Who the root is, by the index, the files and the environment. Null where that is not known before it is asked: keys
 * that the index has lost, and a command line that was seen to give keys without an end, each time perhaps another's.
 * Throws `CredError` for a root that cannot be asked here.
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
      const { accessKeyId } = environmentKeys(root.profile, workspace.context.env)
      return keysIdentity('environment', accessKeyId, partitionOf(plan))
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
  const place = (endpoint: string | null, uri: string | null) =>
    identityOfFetched(root, partition, { endpoint, uri, osUser })
  switch (root.kind) {
    case 'sso':
      return place(endpointOverride(env, 'SSO')?.url ?? null, null)
    case 'login':
      return place(endpointOverride(env, 'SIGNIN')?.url ?? null, null)
    case 'web-identity':
      return place(stsPlace(workspace, plan, { partition }).endpoint, null)
    case 'container':
      return place(null, containerAddress(root.profile, env).url)
    case 'instance':
      return place(null, instanceAddress(root, env).url)
    case 'process':
      return place(null, null)
  }
}

/** The partition of the first role that is assumed; AWS's own where there is none. */
export function partitionOf({ root, steps }: Plan): string {
  const first = root.kind === 'web-identity' ? root.step : steps[0]
  return (first?.kind === 'assume-role' ? parseRoleArn(first.roleArn)?.partition : undefined) ?? 'aws'
}
