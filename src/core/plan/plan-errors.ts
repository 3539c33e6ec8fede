import { CredError } from '../errors.ts'
import { pasteable, withCommand } from '../paste.ts'
import type { ProfileProperty, Profiles } from '../profiles.ts'
import { nearest, quoted, shown } from '../text.ts'
import type { KeychainRoot, StaticRoot } from './plan.ts'
import type { Source } from './plan-sources.ts'
import { setting, settingKey } from './settings.ts'
import { at } from './sts-limits.ts'

/** The cycle, from a profile back to itself. */
export function loopError(cycle: readonly string[], profiles: Profiles): CredError {
  const first = cycle[0] ?? ''
  const properties = profiles.profiles.get(first)?.properties
  const line =
    properties?.get('aws_cred_source_profile') ??
    properties?.get('source_profile') ??
    properties?.get('credential_process')
  const where = line === undefined ? '' : ` (${at(line)})`
  const way = cycle.map((name) => shown(name, 40)).join(' > ')
  return new CredError('failed', `cannot resolve profile ${quoted(first)}${where}: its sources form a loop: ${way}`, {
    hint:
      cycle.length === 2 && cycle[0] === cycle[1]
        ? pasteable`a profile can be its own source only with keys of its own: aws-cred add ${first}`
        : loopCure(cycle, profiles),
  })
}

/** A chain that goes on after `max` sources. */
export function chainTooLongError(chain: readonly string[], max: number): CredError {
  const way = chain
    .slice(0, 3)
    .map((name) => shown(name, 40))
    .join(' > ')
  return new CredError(
    'failed',
    `cannot resolve profile ${quoted(chain[0] ?? '')}: its chain of sources is longer than ${max}: ${way} > …`,
    {
      hint: pasteable`each is a call to STS, and 15 s are all they have; name one nearer to the keys: aws-cred setup ${chain[0] ?? ''} --source-profile NAME`,
    },
  )
}

function loopCure(cycle: readonly string[], profiles: Profiles): string | null {
  const role = cycle.find((name) => setting(profiles, name, 'source_profile') !== null)
  if (role === undefined) return pasteable`let one serve itself: aws-cred setup ${cycle[0] ?? ''}`
  return pasteable`name a profile with keys: aws-cred setup ${role} --source-profile NAME`
}

export function twoKindsError(profile: string, one: Source, other: Source): CredError {
  const name = (source: Source): string =>
    source.property === null ? `${source.what}` : `${source.key} (${at(source.property)})`
  const what = one.what === one.key ? '' : `, ${one.what} and ${other.what}`
  const inKeychain = [one, other].some((source) => source.property === null)
  const { key } = one.property === null ? other : one
  return new CredError(
    'failed',
    `cannot resolve profile ${quoted(profile)}: it names two kinds of credentials${what}: ${name(one)} and ${name(other)}`,
    {
      hint: inKeychain
        ? pasteable`move ${key} and what goes with it to a profile of another name, which loses nothing; or take the key away: aws-cred remove ${profile}`
        : 'tools disagree on which wins; remove one of the two lines, or move it to a profile of its own',
    },
  )
}

export function roleWithoutSourceError(profile: string, role: Source): CredError {
  const where = role.property === null ? '' : ` (${at(role.property)})`
  const missing = role.key === 'aws_cred_role_arn' ? 'aws_cred_source_profile' : 'source_profile or credential_source'
  return new CredError(
    'failed',
    `cannot resolve profile ${quoted(profile)}: ${role.key}${where} has no ${missing} beside it`,
    { hint: pasteable`name the profile whose keys assume it: aws-cred setup ${profile} --source-profile NAME` },
  )
}

/** What names the credentials for a role, in a profile without one: `has credential_source (FILE:2) and no …`; else null. */
export function lackOfRole(profile: string, profiles: Profiles): string | null {
  if (setting(profiles, profile, 'role_arn') !== null) return null
  for (const name of ['credential_source', 'web_identity_token_file']) {
    const property = setting(profiles, profile, name)
    if (property === null) continue
    const key = settingKey(profiles, profile, name)
    return `has ${key} (${at(property)}) and no ${key.replace(name, 'role_arn')} beside it`
  }
  return null
}

type PlacedValue = Pick<ProfileProperty, 'value' | 'path' | 'line'>

/** `mayHoldKeys` false: a role of that name, which keys in the keychain would break as these do. */
export function halfKeysError(
  profile: string,
  id: PlacedValue | null,
  secret: PlacedValue | null,
  mayHoldKeys = true,
): CredError {
  const missing = id?.value ? 'aws_secret_access_key' : 'aws_access_key_id'
  const there = id?.value ? id : (secret ?? id)
  const where = there === null ? '' : ` (${at(there)})`
  return new CredError('failed', `cannot use the keys of profile ${quoted(profile)}: ${missing} is missing${where}`, {
    hint: mayHoldKeys
      ? pasteable`put the pair into the keychain and take the line out: aws-cred add ${profile}`
      : 'take that line out: the profile is a role, whose keys are those of its source_profile',
  })
}

/** What has a profile that names a source that is not there name another one; null where no line of its own names it so. */
export function otherSourceCommand({ name, namedBy }: KeychainRoot, other: string, profiles: Profiles): string | null {
  if (namedBy === null || setting(profiles, namedBy.profile, 'source_profile')?.value !== name) return null
  return pasteable`aws-cred setup ${namedBy.profile} --source-profile ${other}`
}

/** No keys under that name, neither in the store nor in a file: says which of three mistakes it is. */
export function noKeysError(
  root: KeychainRoot,
  profiles: Profiles,
  keyNames: readonly string[],
  configPath: string,
  store: string,
): CredError {
  if (root.listed) {
    return new CredError('failed', `cannot read the keys of ${quoted(root.name)}: they are gone from the ${store}`, {
      hint: pasteable`put them in again: aws-cred add ${root.name}`,
    })
  }
  const section = profiles.profiles.get(root.name)
  const names = new Set([...profiles.profiles.keys(), ...keyNames].filter((name) => name !== root.name))
  // An empty name is a variable that was not set, not a slip of the fingers.
  const near = root.name === '' ? null : nearest(root.name, names)
  const nearHint = near === null ? {} : { hint: `the nearest name is ${quoted(near)}` }
  if (root.namedBy !== null && section === undefined) {
    const { profile, property } = root.namedBy
    return new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: its source ${quoted(root.name)} (${at(property)}) does not exist, neither in ${configPath} nor in the ${store}`,
      near === null
        ? { hint: pasteable`put its keys in: aws-cred add ${root.name}` }
        : { hint: otherSourceCommand(root, near, profiles) ?? nearHint.hint ?? null },
    )
  }
  if (section === undefined) {
    const lead = names.size === 0 ? 'put a key in' : 'see which there are: aws-cred list; for a key of this name'
    return new CredError(
      'failed',
      `cannot read profile ${quoted(root.name)}: not in ${configPath}`,
      near === null ? { hint: withCommand(`${lead}: `, pasteable`aws-cred add ${root.name}`) } : nearHint,
    )
  }
  const lack = lackOfRole(root.name, profiles)
  if (lack !== null) {
    const { profile, property } = root.namedBy ?? {}
    const who = property === undefined ? 'it' : `its source ${quoted(root.name)} (${at(property)})`
    return new CredError('failed', `cannot resolve profile ${quoted(profile ?? root.name)}: ${who} ${lack}`, {
      hint: pasteable`name the role: aws-cred setup ${root.name} --role-arn ARN`,
    })
  }
  if (root.namedBy !== null) {
    const { profile, property } = root.namedBy
    return new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: its source ${quoted(root.name)} (${at(property)}) names no source of credentials itself, and the ${store} has no keys of that name`,
      { hint: pasteable`put its keys in: aws-cred add ${root.name}` },
    )
  }
  return new CredError(
    'failed',
    `cannot resolve profile ${quoted(root.name)}: it names no source of credentials, and the ${store} has no keys of that name`,
    { hint: pasteable`put its keys in: aws-cred add ${root.name}` },
  )
}

/** A session pasted into a file cannot renew itself: handing it out without an end would keep it past its end. */
export function pastedSessionError(profile: string, root: StaticRoot): CredError {
  return new CredError(
    'failed',
    `cannot serve profile ${quoted(profile)}: its keys (${at(root.origin)}) are a pasted session, which cannot be renewed`,
    { hint: pasteable`take these lines out: aws-cred import ${root.profile} --drop-session` },
  )
}
