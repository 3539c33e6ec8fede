import { parseRoleArn } from '../plan/sts-limits.ts'
import { quoted, shown } from '../text.ts'
import type { CredentialSource, KeyTrouble, Refusal, RefusalCode } from './precedence-model.ts'

/** A source in a few words: `environment`, `profile prod`, `role Dev of profile prod`. */
export function sourceWords({ kind, profile, roleArn, own, variables }: CredentialSource): string {
  const of = profile === null ? '' : ` of profile ${shown(profile, 60)}`
  const role = roleArn === null ? 'role' : `role ${shown(parseRoleArn(roleArn)?.roleName ?? roleArn, 64)}`
  switch (kind) {
    case 'environment':
      return 'environment'
    case 'static-keys':
      return `keys${of}`
    case 'role':
      return `${role}${of}`
    case 'web-identity':
      return `web identity${of}`
    case 'sso':
      return `SSO${of}`
    case 'login':
      return `aws login${of}`
    case 'credential-process':
      return own ? `aws-cred${of}` : `credential_process${of}`
    case 'cli-cache':
      return `cached ${role}${of}`
    case 'container':
      return `container (${variables.join(', ')})`
    case 'instance':
      return "this machine's EC2 role"
  }
}

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  'profile-missing': 'the profile is in neither file',
  'half-keys': 'half a pair of keys',
  'empty-value': 'a key without a value',
  'expiry-passed': 'AWS_CREDENTIAL_EXPIRATION has passed',
  'expiry-unreadable': 'AWS_CREDENTIAL_EXPIRATION is no time with a zone',
  duplicate: 'a section or key stands twice, and the file cannot be read',
  'role-without-source': 'role_arn without source_profile or credential_source',
  'role-arn-missing': 'a source for a role, and no role_arn',
  'two-sources': 'more than one source for the role',
  'unknown-combination': 'settings that it does not know together',
  'source-missing': 'source_profile names a profile that is not there',
  'source-empty': 'source_profile names a profile without credentials',
  'source-loop': 'source_profile leads back to where it began',
  'credential-source-unknown': 'credential_source is none that AWS has',
  'credential-source-empty': 'credential_source gives nothing here',
  'web-identity-without-role': 'a web identity token without a role',
  'sso-incomplete': 'the SSO settings are incomplete or contradict each other',
  'sso-session-missing': 'sso_session names a section that is not there',
  'sso-session-incomplete': 'the section that sso_session names has no start URL or no region',
  'mfa-not-asked': 'the role needs an MFA code, and the SDK asks nobody',
  'nothing-found': 'nothing found',
}

export function refusalWords({ code, profile }: Refusal): string {
  return profile === null ? REFUSALS[code] : `profile ${quoted(profile, 60)}: ${REFUSALS[code]}`
}

const TROUBLES: Readonly<Record<KeyTrouble, string>> = {
  'token-missing': 'its session token is missing',
  'token-left-over': 'beside a foreign session token',
  'two-files': 'in two files',
  'empty-value': 'a value is empty',
}

export function troubleWords(trouble: KeyTrouble): string {
  return TROUBLES[trouble]
}
