import { CredError } from '../errors.ts'
import { at } from '../plan/sts-limits.ts'
import { nearest, quoted, shown } from '../text.ts'
import {
  type CallSetting,
  type CallSettings,
  callFlag,
  callSettings,
  lineSetting,
  oneOf,
  variableSetting,
} from './call-settings.ts'
import { hasLegacyEndpoint, partitionOfRegion, REGION_VARIABLES, stsRegion } from './sts-region.ts'

/** Tokens of the legacy global endpoint are good in fewer regions than those of a region's own. */
export type TokenKind = 'regional' | 'global'

/** Where STS is asked, as far as it can be told without AWS's own endpoint rules. */
export interface StsPlace {
  readonly region: string
  /** The setting that names the region, for messages; null for the partition's default. */
  readonly regionFrom: string | null
  /** The endpoint that a setting names; null for AWS's own, by the region and the three that follow. */
  readonly override: EndpointOverride | null
  readonly tokenKind: TokenKind
  readonly useFips: boolean
  readonly useDualStack: boolean
}

export interface EndpointOverride {
  readonly url: string
  /** The setting that it comes from, for messages. */
  readonly from: string
}

/**
 * Contract §2.5. `partition` is that of the key, `typedRegion` one of a command line. Throws `CredError('failed')`, naming
 * setting and line, for what means nothing, contradicts itself, or must not be used.
 */
export function stsPlace(settings: CallSettings, partition: string, typedRegion?: CallSetting): StsPlace {
  const own = typedRegion ?? lineSetting(settings, 'aws_cred_region')
  const found = stsRegion(own, callSettings(settings, 'region', REGION_VARIABLES), partition)
  const override = endpointOverride(settings)
  const fips = callFlag(settings, 'use_fips_endpoint', 'AWS_USE_FIPS_ENDPOINT')
  const dualStack = callFlag(settings, 'use_dualstack_endpoint', 'AWS_USE_DUALSTACK_ENDPOINT')
  const special = fips?.isOn ? fips : dualStack?.isOn ? dualStack : null
  if (override !== null && special !== null) throw twoEndpointsError(special, override, special === fips)
  const isGlobal = found.isGlobal || (wantsLegacyEndpoint(settings) && hasLegacyEndpoint(found.region))
  return {
    region: found.region,
    regionFrom: found.from,
    override,
    tokenKind: isGlobal && override === null && special === null ? 'global' : 'regional',
    useFips: fips?.isOn === true,
    useDualStack: dualStack?.isOn === true,
  }
}

/** The partition of the region that a profile's calls are made in: what a key belongs to that tells nothing by itself. */
export function namedPartition(settings: CallSettings): string {
  return partitionOfRegion(callSettings(settings, 'region', REGION_VARIABLES)[0]?.value ?? '')
}

function wantsLegacyEndpoint(settings: CallSettings): boolean {
  const found = callSettings(settings, 'sts_regional_endpoints', ['AWS_STS_REGIONAL_ENDPOINTS'])[0]
  return found !== undefined && oneOf(found, ['regional', 'legacy']) === 'legacy'
}

function twoEndpointsError(special: CallSetting, override: EndpointOverride, isFips: boolean): CredError {
  const what = isFips ? 'FIPS' : 'dual-stack'
  return new CredError(
    'failed',
    `cannot use ${special.from} together with ${override.from}: AWS alone has ${what} endpoints`,
    override.from.startsWith('aws_cred_')
      ? {}
      : { hint: 'leave the endpoint out, in this shell: export AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true' },
  )
}

/** A service as endpoint settings name it: `AWS_ENDPOINT_URL_SSO_OIDC`, `sso_oidc =` in a `services` section. */
export type ServiceName = 'sts' | 'sso' | 'sso_oidc' | 'signin'

/**
 * `aws_cred_endpoint_url` (STS alone); then, unless these are to be ignored, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, what the
 * `services` section says of sts, the profile's `endpoint_url`; null where none says anything. Throws for what is no
 * http(s) URL, and for `http://` to another machine: the keys' signature and the session that comes back would cross the
 * network in the clear.
 */
export function endpointOverride(settings: CallSettings, service: ServiceName = 'sts'): EndpointOverride | null {
  const allowsHttp = settings.env.AWS_CRED_ALLOW_HTTP === '1'
  const own = service === 'sts' ? lineSetting(settings, 'aws_cred_endpoint_url') : null
  if (own !== null) return checked(own, allowsHttp)
  if (callFlag(settings, 'ignore_configured_endpoint_urls', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.isOn) return null
  const found =
    variableSetting(settings, `AWS_ENDPOINT_URL_${service.toUpperCase()}`) ??
    variableSetting(settings, 'AWS_ENDPOINT_URL') ??
    serviceEndpoint(settings, service) ??
    lineSetting(settings, 'endpoint_url')
  return found === null ? null : checked(found, allowsHttp)
}

/** `endpoint_url` under `sts =` in the section that the profile's `services` names; null where it says nothing of sts. */
function serviceEndpoint(settings: CallSettings, service: ServiceName): CallSetting | null {
  const named = callSettings(settings, 'services', [])[0]
  if (named === undefined) return null
  const section = settings.profiles.services.get(named.value)
  if (section === undefined) {
    const near = nearest(named.value, settings.profiles.services.keys())
    throw new CredError(
      'failed',
      `cannot find section [services ${shown(named.value, 60)}], which ${named.from} names`,
      near === null ? {} : { hint: `the nearest name is ${quoted(near)}` },
    )
  }
  const line = section.properties.get(service)
  const value = line?.subProperties?.get('endpoint_url')
  return line === undefined || !value ? null : { value, from: `[services ${section.name}] (${at(line)})` }
}

function checked({ value: url, from }: CallSetting, allowsHttp: boolean): EndpointOverride {
  // Without the flag i, for which V8 goes through all of Unicode: 0.2 ms of a hit.
  const match = /^([Hh][Tt]{2}[Pp][Ss]?):\/\/(\[[0-9A-Fa-f:.]+\]|[^/\\:?#@\s]+)(:\d{1,5})?(\/[^\s?#]*)?$/.exec(url)
  if (match === null || !URL.canParse(url)) {
    throw new CredError('failed', `cannot use the endpoint URL of ${from}: it is not an http or https URL`, {
      hint: 'one looks like https://sts.eu-west-1.amazonaws.com',
    })
  }
  const host = (match[2] ?? '').toLowerCase()
  if (match[1]?.toLowerCase() === 'http' && !isLoopback(host) && !allowsHttp) {
    throw new CredError(
      'failed',
      `cannot use the endpoint URL of ${from}: http:// to "${shown(host)}" would send credentials in the clear`,
      {
        hint: 'use https://, or allow it for this shell: export AWS_CRED_ALLOW_HTTP=1',
      },
    )
  }
  return { url, from }
}

/** Whether a URL's host is this machine by its own name, whatever a resolver says. IPv6 in brackets. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
