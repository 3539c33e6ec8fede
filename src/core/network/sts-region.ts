import { CredError } from '../errors.ts'
import { isWithin } from '../letters.ts'
import { quoted } from '../text.ts'
import type { CallSetting } from './call-settings.ts'

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

export function defaultRegion(partition: string): string {
  return DEFAULT_REGION[partition] ?? 'us-east-1'
}

export const PARTITIONS: readonly string[] = Object.keys(DEFAULT_REGION)

/** By what their names begin with. */
const PARTITION_OF: readonly (readonly [string, string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
]

export function partitionOfRegion(region: string): string {
  return PARTITION_OF.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}

/** Java and Go read the first, botocore the second, AWS CLI v2 both in this order. */
export const REGION_VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION']

/** Whether a name reads like a region; whether AWS has it, only AWS knows. */
export function isRegionName(name: string): boolean {
  const words = name.split('-')
  const number = words.pop() ?? ''
  const [area = ''] = words
  const isNumbered = number.length <= 2 && isWithin(number, '0', '9')
  return (
    isNumbered &&
    words.length > 1 &&
    area.length > 1 &&
    area.length < 5 &&
    words.every((word) => isWithin(word, 'a', 'z'))
  )
}

/** The region whose STS is asked. */
export interface StsRegion {
  readonly region: string
  /** Where `aws-global`, the global endpoint's name, stood in a region's place. */
  readonly isGlobal: boolean
  /** The setting that names it; null for the partition's default. */
  readonly from: string | null
}

/**
 * `own`, which speaks of STS alone, else the first of `others` that is one of the partition's, else the partition's
 * default: a region of another partition could never know the key. Throws `CredError('failed')` for what is no
 * region, and for an `own` of another partition, which nobody can have meant.
 */
export function stsRegion(own: CallSetting | null, others: readonly CallSetting[], partition: string): StsRegion {
  for (const setting of own === null ? others : [own]) {
    const { value, from } = setting
    const isGlobal = value === 'aws-global'
    const region = isGlobal ? 'us-east-1' : value
    const what = () => `cannot use region ${quoted(value, 30)} of ${from}`
    if (!isRegionName(region)) throw new CredError('failed', `${what()}: a region reads like eu-west-1`)
    if (partitionOfRegion(region) === partition) return { region, isGlobal, from }
    if (own !== null) {
      throw new CredError('failed', `${what()}: it is not one of partition ${partition}, which the key belongs to`, {
        hint: `a region of ${partition} reads like ${defaultRegion(partition)}`,
      })
    }
  }
  return { region: defaultRegion(partition), isGlobal: false, from: null }
}

/** The regions that share the legacy global endpoint where it is asked for (the endpoint rules of STS's service model). */
const LEGACY_REGIONS = new Set([
  'ap-northeast-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
])

export function hasLegacyEndpoint(region: string): boolean {
  return LEGACY_REGIONS.has(region)
}
