import { usageError } from '../../../core/arguments.ts'
import { CredError } from '../../../core/errors.ts'
import { type KeyPair, secretLengthFault } from '../../../core/keys/key-input.ts'
import { namedPartition } from '../../../core/network/sts-endpoint.ts'
import { isRegionName, partitionOfRegion } from '../../../core/network/sts-region.ts'
import { withCommand } from '../../../core/paste.ts'
import { quoted } from '../../../core/text.ts'
import type { Verb } from '../../../core/verb.ts'
import { callSettingsOf } from '../call-settings-of.ts'
import type { Workspace } from '../workspace.ts'

/** Whose key it is; unknown but for the partition where nobody was asked. */
export interface KeyIdentity {
  readonly partition: string
  readonly accountId: string | null
  readonly arn: string | null
  readonly userName: string | null
}

export interface IdentifyOptions {
  /** `--region`: where STS is asked; null: by the profile and the environment. */
  readonly region: string | null
  /** The command to type again, as hints name it: `aws-cred add user1`; null where that cannot be pasted. */
  readonly again: string | null
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
  { region, again }: IdentifyOptions,
): Promise<KeyIdentity> {
  const { partition } = unverifiedIdentity(workspace, name, region)
  const [{ stsCall }, { getCallerIdentity }] = await Promise.all([
    import('../call-sts.ts'),
    import('../../../aws/sts-calls.ts'),
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
    throw withCure(error, pair, again)
  })
  const userName = /:user\/(?:[^/]*\/)*([^/]+)$/.exec(arn)?.[1] ?? null
  return { partition: arn.split(':')[1] || partition, accountId, arn, userName }
}

/** The cures of `sts-errors.ts` speak of a key that is stored already; this one is not yet. */
function withCure(error: unknown, pair: KeyPair, again: string | null): unknown {
  if (!(error instanceof CredError)) return error
  const stsCode = (error.cause as { readonly stsCode?: unknown } | undefined)?.stsCode
  const fault = stsCode === 'SignatureDoesNotMatch' ? secretLengthFault(pair.secretAccessKey) : null
  const hint =
    stsCode === undefined
      ? withCommand('store it without asking AWS: ', again, ' --no-verify')
      : stsCode === 'InvalidClientTokenId'
        ? withCommand(
            'it is mistyped, deleted or switched off; only if it is of China: ',
            again,
            ' --region cn-north-1',
          )
        : (error.hint?.replace(' --replace', '') ?? null)
  const message = fault === null ? error.message : `${error.message}: ${fault}`
  return new CredError(error.code, message, { cause: error.cause, hint })
}
