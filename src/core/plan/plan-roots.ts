import { CredError } from '../errors.ts'
import { isRegionName } from '../network/sts-region.ts'
import { pasteable } from '../paste.ts'
import type { ProfileProperty, Profiles } from '../profiles.ts'
import { isSecretByLooks, nearest, quoted, shown } from '../text.ts'
import { type AssumeRoleStep, webIdentityStep } from './plan-steps.ts'
import { setting, settingKey } from './settings.ts'
import { at, type Origin } from './sts-limits.ts'

/** Roots whose credentials come from neither the keychain nor a file's keys: named here, fetched elsewhere. */
export type OtherRoot = SsoRoot | LoginRoot | WebIdentityRoot | CredentialSourceRoot | ProcessRoot

interface RootOrigin {
  /** The profile whose lines name it. */
  readonly profile: string
  readonly origin: Origin
}

/** A role of IAM Identity Center, by the token that `aws sso login` left. */
export interface SsoRoot extends RootOrigin {
  readonly kind: 'sso'
  /** Name of the `[sso-session]`; null in the older form, whose token goes by the start URL. */
  readonly session: string | null
  readonly startUrl: string
  readonly region: string
  readonly accountId: string
  readonly roleName: string
}

/** A console session, by what `aws login` left. */
export interface LoginRoot extends RootOrigin {
  readonly kind: 'login'
  /** The ARN of who signed in. */
  readonly loginSession: string
  readonly region: string | null
}

/** A role assumed with the token of an identity provider: that call needs no keys, so it is the root itself. */
export interface WebIdentityRoot extends RootOrigin {
  readonly kind: 'web-identity'
  readonly tokenFile: string
  readonly step: AssumeRoleStep
}

/** What `credential_source` names. */
export interface CredentialSourceRoot extends RootOrigin {
  readonly kind: 'environment' | 'container' | 'instance'
  /** `ec2_metadata_service_endpoint` and `ec2_metadata_service_endpoint_mode` of the profile. */
  readonly metadataEndpoint: string | null
  readonly metadataMode: string | null
}

/** Another program's `credential_process`. */
export interface ProcessRoot extends RootOrigin {
  readonly kind: 'process'
  readonly commandLine: string
  /** `aws_account_id` of the profile, for a program that does not say it (as botocore and the JS SDK have it). */
  readonly accountId: string | null
}

export function ssoRoot(profile: string, profiles: Profiles, first: ProfileProperty): SsoRoot {
  const session = setting(profiles, profile, 'sso_session')
  const section = session === null ? null : profiles.ssoSessions.get(session.value)
  if (session !== null && section === undefined) {
    const near = nearest(session.value, profiles.ssoSessions.keys())
    throw new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: there is no [sso-session ${shown(session.value, 60)}], which its sso_session (${at(session)}) names`,
      near === null ? {} : { hint: `the nearest name is ${quoted(near)}` },
    )
  }
  const value = (key: string): string => {
    const own = setting(profiles, profile, key)
    const shared = section?.properties.get(key)
    // botocore refuses two that differ; Rust's SDK refuses the key in the profile at all.
    if (own !== null && shared?.value && shared.value !== own.value) {
      throw new CredError(
        'failed',
        `cannot resolve profile ${quoted(profile)}: its ${key} (${at(own)}) is not that of its sso-session (${at(shared)})`,
      )
    }
    const found = own?.value ?? (shared?.value || null)
    if (found !== null) return found
    const where = section ? ` or [sso-session ${section.name}]` : ''
    throw new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: for SSO (${at(first)}) it has no ${key}${where}`,
      { hint: pasteable`put it in: aws configure sso --profile ${profile}` },
    )
  }
  const root = {
    kind: 'sso',
    profile,
    origin: first,
    session: session?.value ?? null,
    startUrl: value('sso_start_url'),
    region: value('sso_region'),
    accountId: value('sso_account_id'),
    roleName: value('sso_role_name'),
  } as const
  const wrong = (key: string, range: string) =>
    new CredError('failed', `cannot use ${key} of profile ${quoted(profile)} (${at(first)}): it must be ${range}`)
  if (!isRegionName(root.region)) throw wrong('sso_region', 'a region such as eu-west-1')
  if (!/^\d{12}$/.test(root.accountId)) throw wrong('sso_account_id', '12 digits')
  return root
}

export function loginRoot(profile: string, profiles: Profiles, line: ProfileProperty): LoginRoot {
  const region = profiles.profiles.get(profile)?.properties.get('region')?.value || null
  return { kind: 'login', profile, origin: line, loginSession: line.value, region }
}

export function webIdentityRoot(profile: string, profiles: Profiles, line: ProfileProperty): WebIdentityRoot {
  const path = line.value
  // A tool starts its helper in a folder of its own, and the stored session goes by this path.
  if (!/^(~?[\\/]|[A-Za-z]:[\\/])/.test(path)) {
    const key = settingKey(profiles, profile, 'web_identity_token_file')
    throw new CredError(
      'failed',
      `cannot use ${key} ${quoted(path)} of profile ${quoted(profile)} (${at(line)}): it must be an absolute path`,
    )
  }
  const step = webIdentityStep(profile, profiles, undefined)
  return { kind: 'web-identity', profile, origin: line, tokenFile: path, step }
}

const CREDENTIAL_SOURCES: Readonly<Record<string, CredentialSourceRoot['kind']>> = {
  Environment: 'environment',
  EcsContainer: 'container',
  Ec2InstanceMetadata: 'instance',
}

export function credentialSourceRoot(profile: string, profiles: Profiles, line: ProfileProperty): CredentialSourceRoot {
  const kind = Object.hasOwn(CREDENTIAL_SOURCES, line.value) ? CREDENTIAL_SOURCES[line.value] : undefined
  if (kind === undefined) {
    const key = settingKey(profiles, profile, 'credential_source')
    const near = nearest(line.value, Object.keys(CREDENTIAL_SOURCES))
    throw new CredError(
      'failed',
      `cannot use ${key} ${quoted(line.value, 40)} of profile ${quoted(profile)} (${at(line)}): it must be Environment, EcsContainer or Ec2InstanceMetadata`,
      near === null ? {} : { hint: `the nearest is ${near}` },
    )
  }
  const own = (key: string): string | null => profiles.profiles.get(profile)?.properties.get(key)?.value || null
  return {
    kind,
    profile,
    origin: line,
    metadataEndpoint: own('ec2_metadata_service_endpoint'),
    metadataMode: own('ec2_metadata_service_endpoint_mode'),
  }
}

export function processRoot(profile: string, profiles: Profiles, line: ProfileProperty): ProcessRoot {
  const account = profiles.profiles.get(profile)?.properties.get('aws_account_id')?.value ?? ''
  const accountId = /^\d{12}$/.test(account) ? account : null
  return { kind: 'process', profile, origin: line, commandLine: line.value, accountId }
}

/** What signs the first hop: `unknown` where only STS can tell whether the keys are a session's (contract §2.3). */
export type SignerKind = 'key' | 'session' | 'unknown'

export function signerOf(root: { readonly kind: string; readonly sessionToken?: string | null }): SignerKind {
  if (root.kind === 'keychain') return 'key'
  if (root.kind === 'static') return root.sessionToken === null ? 'key' : 'session'
  return root.kind === 'sso' || root.kind === 'login' || root.kind === 'web-identity' ? 'session' : 'unknown'
}

/** Which session the root's own would be, for people: `SSO "corp"`. */
export function rootText(root: OtherRoot): string {
  switch (root.kind) {
    case 'sso':
      return `SSO ${quoted(root.session ?? root.startUrl.replace(/^https:\/\//, ''), 60)}`
    case 'login':
      return 'aws login'
    case 'web-identity':
      return 'a web identity token'
    case 'environment':
      return 'the environment'
    case 'container':
      return 'the container'
    case 'instance':
      return 'the instance'
    case 'process':
      return `program ${quoted(programOf(root.commandLine), 60)}`
  }
}

/** Its name alone: what follows may be nobody's business. */
function programOf(commandLine: string): string {
  const word = /^\s*(?:"([^"]+)"|'([^']+)'|(\S+))/.exec(commandLine)
  const path = word?.[1] ?? word?.[2] ?? word?.[3] ?? ''
  if (isSecretByLooks(path)) return '…'
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}
