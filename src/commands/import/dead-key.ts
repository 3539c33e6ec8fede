import { CredError } from '../../core/errors.ts'
import type { ImportedPair } from '../../core/keys/import-plan.ts'
import { stsPlace } from '../../core/network/sts-endpoint.ts'
import { defaultRegion, hasLegacyEndpoint, isRegionName, partitionOfRegion } from '../../core/network/sts-region.ts'
import { pasteable } from '../../core/paste.ts'
import { maskedKeyId, quoted, shown } from '../../core/text.ts'
import { callSettingsOf } from '../session/call-settings-of.ts'
import { identifyKey, type KeyIdentity, unverifiedIdentity } from '../session/keys/identify-key.ts'
import type { Workspace } from '../session/workspace.ts'
import type { ImportWish } from './choose-import.ts'

/**
 * What to know before a key is taken out for good. Throws `CredError` unless STS itself says that it does not know the
 * key: nobody else holds its secret.
 */
export async function deadKeyNotes(
  workspace: Workspace,
  wish: Pick<ImportWish, 'region' | 'isDryRun'>,
  { profile, pair }: ImportedPair,
): Promise<string[]> {
  const region = askedRegion(workspace, profile, wish.region)
  // The clock that an answer teaches is kept in the index.
  const asking = wish.isDryRun ? { ...workspace, index: { ...workspace.index, write: () => {} } } : workspace
  let identity: KeyIdentity
  try {
    identity = await identifyKey(asking, profile, pair, { region, again: null, drop: null })
  } catch (error) {
    const { stsCode } = ((error as CredError).cause ?? {}) as { readonly stsCode?: unknown }
    if (!(error instanceof CredError) || stsCode !== 'InvalidClientTokenId') throw error
    const keyId = maskedKeyId(pair.accessKeyId)
    const isStored = workspace.index.read('key', profile)?.accessKeyIdMasked === keyId
    return [unknownText(workspace, profile, region, keyId), ...(isStored ? [] : [GONE])]
  }
  throw livingKeyError(workspace, profile, identity)
}

const GONE = 'nothing else here has its secret: a key that is only switched off cannot be used again once it is out'

/** Region of the profile's own lines, before the shell's, which may be in another partition; null where they name none. */
export function ownRegion({ files }: Workspace, profile: string): string | null {
  const properties = files.profiles.profiles.get(profile)?.properties
  const own = properties?.get('aws_cred_region')?.value || properties?.get('region')?.value || ''
  return isRegionName(own) ? own : null
}

/** A region that an account has to switch on does not know the good keys of those that did not: another one is asked then. */
function askedRegion(workspace: Workspace, profile: string, typed: string | null): string {
  const settings = callSettingsOf(workspace, { servedProfile: profile })
  const named = typed ?? ownRegion(workspace, profile)
  const { partition } = unverifiedIdentity(workspace, profile, named)
  const region = named ?? stsPlace(settings, partition).region
  return partitionOfRegion(region) !== 'aws' || hasLegacyEndpoint(region) ? region : defaultRegion(partition)
}

function unknownText(workspace: Workspace, profile: string, region: string, keyId: string): string {
  const { partition } = unverifiedIdentity(workspace, profile, region)
  const typed = { value: region, from: '--region' }
  const { override } = stsPlace(callSettingsOf(workspace, { servedProfile: profile }), partition, typed)
  const asked = override === null ? `STS in ${region}` : `${shown(override.url, 300)} (${shown(override.from, 300)})`
  return `${asked} does not know ${keyId} of ${quoted(profile)}: it was deleted or switched off, or belongs to another partition (China, GovCloud)`
}

function livingKeyError({ index }: Workspace, profile: string, { arn }: KeyIdentity): CredError {
  const hint =
    index.read('key', profile) === null
      ? pasteable`move it into the store: aws-cred import ${profile}`
      : pasteable`switch it off in IAM first, then: aws-cred import ${profile} --drop-key`
  const whose = arn === null ? '' : `, that of ${shown(arn, 300)}`
  return new CredError('failed', `cannot drop the key of ${quoted(profile)}: it is a good one${whose}`, { hint })
}
