import { isIniName } from './ini-grammar.ts'
import type { Profile, Profiles } from './profiles.ts'

/**
 * The config of a command that gets its credentials from an endpoint. It knows one profile, as the default and under its
 * own name, with all its settings (region, output, services, retries …) and none of what leads to credentials: in
 * botocore and JS a profile's own would go before the endpoint (contract §2.2). Other profiles are not in it: without
 * their credentials botocore would hand out the endpoint's under their names.
 */
export function commandConfig(profiles: Profiles, profile: string, region: string | null): string {
  const found = profiles.profiles.get(profile)
  const settings = new Map([...(found?.properties ?? [])].filter(([key]) => !leadsToCredentials(key)))
  const text = (name: string): string => sectionText(name, settings, region)
  const services = profiles.services.get(settings.get('services')?.value ?? '')
  return [
    text('default'),
    ...(profile === 'default' || !isIniName(profile) ? [] : [text(`profile ${profile}`)]),
    ...(services === undefined ? [] : [sectionText(`services ${services.name}`, services.properties, null)]),
  ].join('\n')
}

/** By prefix, so that what SDKs add to a family of keys stays out too; `aws_` has keys and our own settings. */
const CREDENTIAL_PREFIXES: readonly string[] = [
  'aws_',
  'credential_',
  'granted_',
  'login_',
  'mfa_',
  'role_',
  'sso_',
  'web_identity_',
]
const CREDENTIAL_KEYS: readonly string[] = ['duration_seconds', 'external_id', 'source_profile']

export function leadsToCredentials(key: string): boolean {
  return CREDENTIAL_KEYS.includes(key) || CREDENTIAL_PREFIXES.some((prefix) => key.startsWith(prefix))
}

/** Continuation lines are indented under their key, as they were: `s3 =` and what belongs to it. */
function sectionText(name: string, settings: Profile['properties'], region: string | null): string {
  const values = new Map([...settings].map(([key, { value }]) => [key, value] as const))
  if (region !== null && !values.get('region')) values.set('region', region)
  const lines = [...values].map(([key, value]) => `${key} = ${value}`.replaceAll('\n', '\n  ').replace(/ +$/m, ''))
  return [`[${name}]`, ...lines, ''].join('\n')
}
