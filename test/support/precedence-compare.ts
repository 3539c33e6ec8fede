import type { CauseCode } from '../../src/core/explain/explain-causes.ts'
import type { Verdict } from '../../src/core/precedence/precedence.ts'
import type { CredentialSource, RefusalCode, Tool } from '../../src/core/precedence/precedence-model.ts'
import { maskedKeyId } from '../../src/core/text.ts'
import type { Observed } from './precedence-consumers.ts'
import { type Fixture, type Label, ROLES } from './precedence-fixture.ts'
import type { Situation } from './precedence-situations.ts'

/** A verdict in a few words: `config`, `role Any < base`, `!half-keys`; `?` and a trouble where keys cannot be good. */
export function told({ source, refusal }: Pick<Verdict, 'source' | 'refusal'>, fixture: Fixture): string {
  return source === null ? `!${refusal?.code}` : sourceTold(source, fixture)
}

function sourceTold(source: CredentialSource, fixture: Fixture): string {
  const { kind, roleArn, from, keyId, token, trouble, mfa } = source
  const role = roleArn?.slice(roleArn.lastIndexOf('/') + 1)
  const legacy = token?.toLowerCase() === 'aws_security_token' ? ` with ${token}` : ''
  const doubt = legacy + (trouble === null ? '' : ` ?${trouble}`)
  switch (kind) {
    case 'environment':
    case 'static-keys':
      return (labelOf(keyId, fixture) ?? `${kind} ${keyId}`) + doubt
    case 'credential-process':
      return 'process'
    case 'cli-cache':
      return `${labelOf(keyId, fixture)} < ${from === null ? '' : sourceTold(from, fixture)}`
    case 'role':
      return `role ${role}${mfa === null ? '' : ` (mfa ${mfa})`} < ${from === null ? '' : sourceTold(from, fixture)}`
    case 'web-identity':
      return `web ${role}`
    default:
      return kind
  }
}

function labelOf(keyId: string | null, { keys }: Fixture): Label | null {
  const found = Object.entries(keys).find(([, { id }]) => maskedKeyId(id) === keyId)
  return (found?.[0] as Label | undefined) ?? null
}

/** Whether what the tool did is what was said it would do. */
export function isAsTold(
  { tool, source, refusal }: Verdict,
  { arn, text }: Observed,
  fixture: Fixture,
  situation: Situation,
): boolean {
  if (source === null) return arn === null && refusalText(tool, refusal?.code ?? 'nothing-found').test(text)
  if ([source.kind, signerKind(source)].some((kind) => LIMITS[tool]?.[kind]?.test(text))) return arn === null
  if (source.mfa === 'asked') return arn === null && /EOFError|MFA/.test(text)
  const expected = isStale(source.token, situation) ? REFUSED : expectedArn(source, fixture)
  if (source.trouble === 'two-files' && arn !== null) return arn.split('/')[1] === labelOf(source.keyId, fixture)
  return expected instanceof RegExp ? arn === null && expected.test(text) : arn?.split('/')[1] === expected
}

const REFUSED = /InvalidClientTokenId|SignatureDoesNotMatch|token included|signature we calculated/

/** Whether the token that goes with the keys is one that AWS does not know. */
function isStale(token: string | null, { env, config = '', credentials = '' }: Situation): boolean {
  if (token === null) return false
  const inFile = new RegExp(`^${token} = (.*)$`, 'm').exec(config + credentials)?.[1]
  return (env[token] ?? inFile) === 'stale'
}

/** The name in the ARN (a user's, or a role's), or what AWS answers instead. */
function expectedArn(source: CredentialSource, fixture: Fixture): string | RegExp {
  const { kind, roleArn, from, keyId, trouble } = source
  if (trouble !== null) return REFUSED
  if (kind === 'environment' || kind === 'static-keys' || kind === 'cli-cache') {
    return labelOf(keyId, fixture) ?? REFUSED
  }
  if (kind === 'web-identity') return roleArn?.split('/')[1] ?? ''
  if (kind !== 'role' || from === null) return kind === 'credential-process' ? 'process' : kind
  const signer = expectedArn(from, fixture)
  if (signer instanceof RegExp) return signer
  if (roleArn === ROLES.any || (roleArn === ROLES.ofBase && signer === 'base')) return roleArn?.split('/')[1] ?? ''
  // A role that does not trust whoever signs: the refusal names the signer.
  return new RegExp(`(user|assumed-role)/${signer}\\b.* is not authorized`)
}

/** The kind of source at the end, through roles and caches. */
function signerKind(source: CredentialSource): CredentialSource['kind'] {
  if (source.kind !== 'role') return source.kind
  return source.from === null ? 'role' : signerKind(source.from)
}

type Kind = CredentialSource['kind']

const NOT_COMPILED_IN = /missing runtime dependency/
/** There is no such package on NuGet yet. */
const NO_SIGNIN = /AWSSDK\.Signin/

/** What a program may have been built without, whatever the SDK can: it still says what it was about to do. */
const LIMITS: Partial<Record<Tool, Partial<Record<Kind, RegExp>>>> = {
  // The jar has no SSO module.
  java: { sso: /the 'sso' service module/ },
  // It is compiled without what calls STS and SSO, or knows `aws login`.
  dotnet: { role: NOT_COMPILED_IN, 'web-identity': NOT_COMPILED_IN, sso: NOT_COMPILED_IN, login: NO_SIGNIN },
}

const CREDENTIALS_MISSING = /Unable to locate credentials/

/** What the tool's users read for a refusal; where a tool has one text for all, it is that. */
function refusalText(tool: Tool, code: RefusalCode): RegExp {
  switch (tool) {
    case 'js':
      return JS_TEXTS[code] ?? /Could not (load credentials from any providers|resolve credentials using profile)/
    case 'go':
      return GO_TEXTS[code] ?? /no EC2 IMDS role found/
    case 'java':
      return /Unable to load credentials from any of the providers|contained no credentials|was not configured for|Invalid profile file|has no credentials configured|cannot be blank|'sso' service module|is not a valid credential_source|Failed to refresh process-based/
    case 'dotnet':
      return /Failed to resolve AWS credentials|no credentials in profile|Unable to find the "|missing runtime dependency|cannot be null|were not set with AWS credentials|Failed to find sso_session|requires an implementation of AWS Signature V4a|MfaTokenCodeCallback is required|Property cannot be empty/
    default:
      return BOTOCORE_TEXTS[code] ?? CREDENTIALS_MISSING
  }
}

const BOTOCORE_TEXTS: Partial<Record<RefusalCode, RegExp>> = {
  'profile-missing': /The config profile \(.*\) could not be found/,
  'half-keys': /Partial credentials found in (env|shared-credentials-file|config-file), missing/,
  'empty-value': /list index out of range/,
  'expiry-passed': /the refreshed credentials are still expired/,
  'expiry-unreadable': /Unknown string format|can't subtract offset-naive/,
  duplicate: /Unable to parse config file/,
  'role-without-source': /Partial credentials found in assume-role, missing: source_profile or credential_source/,
  'two-sources': /contains both source_profile and credential_source/,
  'source-missing': /The source_profile ".*" referenced in the profile ".*" does not exist/,
  'source-empty': /The source profile ".*" must have credentials/,
  'source-loop': /Infinite loop in credential configuration/,
  'credential-source-unknown': /The credential source ".*" referenced in profile ".*" is not valid/,
  'credential-source-empty': /No credentials found in credential_source/,
  'web-identity-without-role': /assume role with web identity but has no role ARN/,
  'sso-incomplete': /missing required configuration|is inconsistent between profile/,
  'sso-session-missing': /The specified sso-session does not exist|sso_session configuration does not exist/,
  'sso-session-incomplete': /missing (required|the following) configuration/,
}

const GO_TEXTS: Partial<Record<RefusalCode, RegExp>> = {
  'profile-missing': /failed to get shared config profile/,
  'half-keys': /partial credentials found for profile/,
  'role-arn-missing': /credential type \w+ requires role_arn/,
  'two-sources': /only one credential type may be specified per profile/,
  'source-missing': /failed to load assume role .* failed to get shared config profile/,
  'source-empty': /failed to load assume role .* <nil>/,
  'source-loop': /failed to load assume role .* <nil>/,
  'credential-source-unknown': /credential_source values must be/,
  'credential-source-empty': /static credentials are empty|get credentials/,
  'web-identity-without-role': /role ARN is not set/,
  'sso-incomplete': /missing required configuration|must match/,
  'sso-session-missing': /failed to find SSO session section/,
  'mfa-not-asked': /AssumeRoleTokenProvider/,
}

const JS_TEXTS: Partial<Record<RefusalCode, RegExp>> = {
  'mfa-not-asked': /requires multi-factor authentication/,
  'sso-incomplete': /invalid SSO credentials/,
  'sso-session-missing': /sso_region/,
  'source-loop': /Detected a cycle|Could not load credentials from any providers/,
  'credential-source-unknown': /Unsupported credential source|Could not load credentials from any providers/,
  'credential-source-empty': /Unable to find environment variable|Could not load credentials from any providers/,
}

/** What `explain` makes of the text that the AWS CLI, boto3 and Go show for a refusal. */
export const REFUSAL_CAUSES: Partial<Record<RefusalCode, CauseCode>> = {
  'profile-missing': 'profile-missing',
  'half-keys': 'half-keys',
  'expiry-passed': 'stale-expiration-variable',
  'expiry-unreadable': 'expiration-unreadable',
  duplicate: 'config-unreadable',
  'role-without-source': 'role-config',
  'role-arn-missing': 'role-config',
  'two-sources': 'role-config',
  'source-missing': 'role-config',
  'source-empty': 'role-config',
  'source-loop': 'role-config',
  'credential-source-unknown': 'role-config',
  'web-identity-without-role': 'web-identity-file',
  'sso-incomplete': 'sso-misconfigured',
  'sso-session-missing': 'sso-misconfigured',
  'sso-session-incomplete': 'sso-misconfigured',
  'mfa-not-asked': 'mfa-not-asked',
  'nothing-found': 'nothing-found',
}
