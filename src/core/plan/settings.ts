import type { ProfileProperty, Profiles } from '../profiles.ts'

/**
 * A setting of a profile: `aws_cred_X`, which every SDK ignores, before native `X`, which means the same.
 * `session` and `account_id` exist under the prefix alone.
 */
export function setting(profiles: Profiles, profile: string, name: string): ProfileProperty | null {
  const properties = profiles.profiles.get(profile)?.properties
  const own = properties?.get(`aws_cred_${name}`)
  if (own !== undefined && own.value !== '') return own
  const native = ONLY_PREFIXED.has(name) ? undefined : properties?.get(name)
  return native === undefined || native.value === '' ? null : native
}

const ONLY_PREFIXED = new Set(['session', 'account_id', 'region'])

/** The key under which `setting` found its value, as messages name it. */
export function settingKey(profiles: Profiles, profile: string, name: string): string {
  return profiles.profiles.get(profile)?.properties.get(`aws_cred_${name}`)?.value ? `aws_cred_${name}` : name
}
