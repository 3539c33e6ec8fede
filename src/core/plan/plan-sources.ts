import { parseOwnLine } from '../command-line.ts'
import type { ProfileProperty, Profiles } from '../profiles.ts'
import type { PlanOptions, Root } from './plan.ts'
import { halfKeysError, twoKindsError } from './plan-errors.ts'
import { credentialSourceRoot, loginRoot, type OtherRoot, processRoot, ssoRoot, webIdentityRoot } from './plan-roots.ts'
import { setting, settingKey } from './settings.ts'

/** One kind of source that a profile names. */
export interface Source {
  /** As messages call it: `a role`, `static keys`, `SSO`. */
  readonly what: string
  readonly key: string
  /** Null for keys in the keychain, which no line names. */
  readonly property: ProfileProperty | null
  /** Null for a role (its root lies further on) and for a line of ours that points to another profile. */
  readonly root: Root | null
  readonly nextProfile: string | null
}

export interface Sources {
  readonly role: Source | null
  readonly others: readonly Source[]
}

const SSO_KEYS = ['sso_session', 'sso_account_id', 'sso_start_url'] as const

/** All kinds of source that a profile names. Which of them may stand together is the planner's decision. */
export function findSources(profile: string, profiles: Profiles, options: PlanOptions): Sources {
  const others: Source[] = []
  const keys = options.hasKeys(profile) ? keychainKeys(profile) : staticKeys(profile, profiles)
  if (keys !== null) others.push(keys)
  const ssoKey = SSO_KEYS.find((key) => setting(profiles, profile, key) !== null)
  if (ssoKey !== undefined) others.push(otherSource(profile, profiles, ssoKey, 'SSO', ssoRoot))
  if (setting(profiles, profile, 'login_session') !== null) {
    others.push(otherSource(profile, profiles, 'login_session', 'aws login', loginRoot))
  }
  const process = processSource(profile, profiles, options.platform)
  if (process !== null) others.push(process)
  const role = roleSource(profile, profiles)
  const alias = role === null ? aliasSource(profile, profiles) : null
  // Its own keys may be said to be its source.
  if (alias !== null && !(alias.nextProfile === profile && others.length > 0)) others.push(alias)
  return { role, others }
}

/**
 * A profile with our `aws_cred_source_profile` and no role gives what that one gives: `setup` leaves SSO's keys in a
 * sibling so. The native key means nothing without a role.
 */
function aliasSource(profile: string, profiles: Profiles): Source | null {
  const key = 'aws_cred_source_profile'
  const property = profiles.profiles.get(profile)?.properties.get(key)
  return property?.value ? { what: key, key, property, root: null, nextProfile: property.value } : null
}

/** What may feed a role. The SDKs disagree on which wins of two (contract §2.1, §2.2). */
const ROLE_SOURCES = ['source_profile', 'credential_source', 'web_identity_token_file'] as const

function roleSource(profile: string, profiles: Profiles): Source | null {
  const roleArn = setting(profiles, profile, 'role_arn')
  if (roleArn === null) return null
  const role = {
    what: 'a role',
    key: settingKey(profiles, profile, 'role_arn'),
    property: roleArn,
    root: null,
    nextProfile: null,
  }
  const [first, second] = ROLE_SOURCES.filter((name) => setting(profiles, profile, name) !== null)
  if (first !== undefined && second !== undefined) {
    const named = (name: string): Source => {
      const key = settingKey(profiles, profile, name)
      return { ...role, what: key, key, property: setting(profiles, profile, name) }
    }
    throw twoKindsError(profile, named(first), named(second))
  }
  if (first === undefined || first === 'source_profile') return role
  const makeRoot = first === 'credential_source' ? credentialSourceRoot : webIdentityRoot
  const source = otherSource(profile, profiles, first, first, makeRoot)
  return {
    ...role,
    get root() {
      return source.root
    },
  }
}

/** The root is made when it is taken: of two kinds both names are told before a mistake in either. */
function otherSource(
  profile: string,
  profiles: Profiles,
  name: string,
  what: string,
  makeRoot: (profile: string, profiles: Profiles, line: ProfileProperty) => OtherRoot,
): Source {
  const key = settingKey(profiles, profile, name)
  const property = setting(profiles, profile, name) as ProfileProperty
  return {
    what,
    key,
    property,
    get root() {
      return makeRoot(profile, profiles, property)
    },
    nextProfile: null,
  }
}

function keychainKeys(profile: string): Source {
  return {
    what: 'keys in the keychain',
    key: '',
    property: null,
    root: { kind: 'keychain', name: profile, listed: true, namedBy: null },
    nextProfile: null,
  }
}

/** Keys that a file gives for the profile; botocore reads aws_security_token before aws_session_token. */
function staticKeys(profile: string, profiles: Profiles): Source | null {
  const properties = profiles.profiles.get(profile)?.properties
  const id = properties?.get('aws_access_key_id')
  const secret = properties?.get('aws_secret_access_key')
  if (id === undefined && secret === undefined) return null
  if (!id?.value || !secret?.value) {
    const feeds = setting(profiles, profile, 'source_profile')?.value === profile
    const mayHoldKeys = setting(profiles, profile, 'role_arn') === null || feeds
    throw halfKeysError(profile, id ?? null, secret ?? null, mayHoldKeys)
  }
  const token = properties?.get('aws_security_token')?.value || properties?.get('aws_session_token')?.value || null
  return {
    what: 'static keys',
    key: 'aws_access_key_id',
    property: id,
    root: {
      kind: 'static',
      profile,
      accessKeyId: id.value,
      secretAccessKey: secret.value,
      sessionToken: token,
      origin: id,
    },
    nextProfile: null,
  }
}

/** A `credential_process` line of ours is no source, and is never started; it may point to another profile. */
function processSource(profile: string, profiles: Profiles, platform: string): Source | null {
  const line = profiles.profiles.get(profile)?.properties.get('credential_process')
  if (line === undefined || line.value === '') return null
  const own = parseOwnLine(line.value, platform)
  if (own === null) {
    return otherSource(profile, profiles, 'credential_process', 'another credential_process', processRoot)
  }
  if (own.profile === null || own.profile === profile) return null
  return { what: 'credential_process', key: 'credential_process', property: line, root: null, nextProfile: own.profile }
}
