import type { Environment } from './context.ts'
import { CredError } from './errors.ts'
import { quoted, shown } from './text.ts'

/** Where a partition's STS is asked when nobody names a region. */
const DEFAULT_REGION: Record<string, string> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-iso': 'us-iso-east-1',
  'aws-iso-b': 'us-isob-east-1',
  'aws-iso-e': 'eu-isoe-west-1',
  'aws-iso-f': 'us-isof-south-1',
  'aws-eusc': 'eusc-de-east-1',
}

const PARTITION_OF: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
  [/^eusc-/, 'aws-eusc'],
]

export function partitionOfRegion(region: string): string {
  return PARTITION_OF.find(([prefix]) => prefix.test(region))?.[1] ?? 'aws'
}

export interface RegionSetting {
  /** What names it, for messages: `AWS_REGION`. */
  readonly setting: string
  readonly region: string | null | undefined
}

const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/

/** Whether a name reads like a region; whether AWS has it, only AWS knows. */
export function isRegionName(name: string): boolean {
  return REGION.test(name)
}

/**
 * The region whose STS is asked: the first of `candidates` that is one of the partition's, else the
 * partition's default. A region of another partition could never know the key.
 */
export function stsRegion(candidates: readonly RegionSetting[], partition: string): string {
  for (const { setting, region } of candidates) {
    if (!region) continue
    if (!isRegionName(region))
      throw new CredError(
        'failed',
        `cannot use region ${quoted(region, 40)} of ${setting}: a region reads like eu-west-1`,
      )
    if (partitionOfRegion(region) === partition) return region
  }
  return DEFAULT_REGION[partition] ?? 'us-east-1'
}

/** AWS's own STS host of a region. */
export function stsHost(region: string): string {
  const suffix = partitionOfRegion(region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `sts.${region}.${suffix}`
}

export interface EndpointOverride {
  readonly url: string
  /** The setting that it comes from, for messages. */
  readonly setting: string
}

/**
 * AWS_ENDPOINT_URL_STS (or another service's own), then AWS_ENDPOINT_URL (contract §2.5); null where neither is set.
 * Throws for what is no http(s) URL, and for `http://` to another machine: the keys' signature and the
 * session that comes back would cross the network in the clear.
 */
export function endpointOverride(env: Environment, service = 'STS'): EndpointOverride | null {
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true'
  const setting = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find((name) => env[name])
  const url = setting === undefined ? undefined : env[setting]
  if (ignored || setting === undefined || url === undefined) return null
  const match = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/:?#@\s]+)(:\d{1,5})?(\/[^\s?#]*)?$/i.exec(url)
  if (match === null || !URL.canParse(url)) {
    throw new CredError('failed', `cannot use ${setting}: it is not an http or https URL`)
  }
  const host = (match[2] ?? '').toLowerCase()
  const loopback = host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  if (match[1]?.toLowerCase() === 'http' && !loopback && env.AWS_CRED_ALLOW_HTTP !== '1') {
    throw new CredError(
      'failed',
      `cannot use ${setting}: http:// to "${shown(host)}" would send credentials in the clear`,
      {
        hint: 'use https://, or allow it for this shell: export AWS_CRED_ALLOW_HTTP=1',
      },
    )
  }
  return { url, setting }
}
