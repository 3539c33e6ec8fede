import { usageError } from '../../../core/arguments.ts'
import { CredError } from '../../../core/errors.ts'
import type { KeyPair } from '../../../core/keys/key-input.ts'
import { namedPartition } from '../../../core/network/sts-endpoint.ts'
import { isRegionName, partitionOfRegion } from '../../../core/network/sts-region.ts'
import { quoted } from '../../../core/text.ts'
import type { Verb } from '../../../core/verb.ts'
import { callSettingsOf } from '../call-settings-of.ts'
import type { Workspace } from '../workspace.ts'
import { type KeyCommands, keyRefusal } from './key-refusal.ts'

/** Whose key it is; unknown but for the partition where nobody was asked. */
export interface KeyIdentity {
  readonly partition: string
  readonly accountId: string | null
  readonly arn: string | null
  readonly userName: string | null
}

export interface IdentifyOptions extends KeyCommands {
  /** `--region`: where STS is asked; null: by the profile and the environment. */
  readonly region: string | null
}

/** Throws `CredError('usage')` for a `--region` that names none. */
export function checkRegion(verb: Pick<Verb, 'name'>, region: string | undefined): void {
  if (region === undefined || isRegionName(region)) return
  throw usageError(verb, `--region ${quoted(region, 40)} is not a region's name`)
}

/** Whose key it may be, without asking: the partition of the region that is set. */
export function unverifiedIdentity(workspace: Workspace, name: string, region: string | null): KeyIdentity {
  const partition =
    region === null ? namedPartition(callSettingsOf(workspace, { servedProfile: name })) : partitionOfRegion(region)
  return { partition, accountId: null, arn: null, userName: null }
}

/** Whose key it is, by STS's own word. Throws `CredError` with cause and remedy where STS refuses or is out of reach. */
export async function identifyKey(
  workspace: Workspace,
  name: string,
  pair: KeyPair,
  { region, ...commands }: IdentifyOptions,
): Promise<KeyIdentity> {
  const { partition } = unverifiedIdentity(workspace, name, region)
  const [{ stsCall }, { getCallerIdentity }, { wayThere }] = await Promise.all([
    import('../call-sts.ts'),
    import('../../../aws/sts-calls.ts'),
    import('../../../aws/unreachable.ts'),
  ])
  const call = stsCall(
    workspace,
    { servedProfile: name },
    { partition },
    {
      keys: { ...pair, sessionToken: null },
      purpose: `verify the key for ${quoted(name)}`,
      profile: name,
      signer: name,
      typedRegion: region === null ? undefined : { value: region, from: '--region' },
    },
  )
  const { arn, accountId } = await getCallerIdentity(call).catch((error: unknown) => {
    if (!(error instanceof CredError)) throw error
    throw keyRefusal(error, call, workspace, { ...commands, way: wayThere(call) })
  })
  const userName = /:user\/(?:[^/]*\/)*([^/]+)$/.exec(arn)?.[1] ?? null
  return { partition: arn.split(':')[1] || partition, accountId, arn, userName }
}
