import type { Environment } from '../context.ts'
import type { IniDocument } from '../ini.ts'
import type { Origin } from '../plan/sts-limits.ts'

export type Tool = 'cli-v1' | 'cli-v2' | 'boto3' | 'js' | 'go' | 'java' | 'dotnet' | 'rust'

export type SourceKind =
  | 'environment'
  | 'static-keys'
  | 'role'
  | 'web-identity'
  | 'sso'
  | 'login'
  | 'credential-process'
  | 'cli-cache'
  | 'container'
  | 'instance'

/** What is visibly wrong with a pair of keys. */
export type KeyTrouble =
  /** A temporary key (ASIA…) without its session token: AWS says InvalidClientTokenId. */
  | 'token-missing'
  /** A long-lived key (AKIA…) beside a session token that is not its own. */
  | 'token-left-over'
  /** The id stands in one file and the secret in the other. */
  | 'two-files'
  | 'empty-value'

/** Where credentials would come from, as far as can be told without running or reading anything further. */
export interface CredentialSource {
  readonly kind: SourceKind
  /** The profile whose lines say so; null for what only variables say. */
  readonly profile: string | null
  readonly origin: Origin | null
  /** The variables that take part, in the order in which they are looked at. */
  readonly variables: readonly string[]
  /** Masked; null where only using the source tells. For a role it is the key that signs the first call. */
  readonly keyId: string | null
  /** Which setting gives the session token: the tools do not look at the same ones. */
  readonly token: string | null
  readonly expiresMs: number | null
  /** Null where the setting holds no role's ARN: what else was put there may be a secret. */
  readonly roleArn: string | null
  /** For a role, and for a cached session of one: what gives the credentials that sign. */
  readonly from: CredentialSource | null
  readonly trouble: KeyTrouble | null
  /** For a role with an `mfa_serial`: a person is asked, or the tool leaves the serial out of its call. */
  readonly mfa: 'asked' | 'not-sent' | null
  /** A `credential_process` line of this program. */
  readonly own: boolean
}

/** Why a tool ends with an error, or looks no further into a profile. */
export type RefusalCode =
  /** The profile that was asked for is in neither file. */
  | 'profile-missing'
  | 'half-keys'
  | 'empty-value'
  /** AWS_CREDENTIAL_EXPIRATION lies in the past, or is no time with a zone. */
  | 'expiry-passed'
  | 'expiry-unreadable'
  /** A section or key stands twice: the tool cannot read the file at all. */
  | 'duplicate'
  | 'role-without-source'
  /** `source_profile`, `credential_source` or `web_identity_token_file` without `role_arn`. */
  | 'role-arn-missing'
  /** More than one thing that a role could be signed with. */
  | 'two-sources'
  /** Settings that .NET does not know together. */
  | 'unknown-combination'
  /** `source_profile` names a profile that is not there, that holds no credentials, or that leads back here. */
  | 'source-missing'
  | 'source-empty'
  | 'source-loop'
  | 'credential-source-unknown'
  | 'credential-source-empty'
  | 'web-identity-without-role'
  | 'sso-incomplete'
  | 'sso-session-missing'
  | 'sso-session-incomplete'
  /** The role needs an MFA code, and the SDK asks for one only where the program brings a prompt. */
  | 'mfa-not-asked'
  | 'nothing-found'

export interface Refusal {
  readonly code: RefusalCode
  readonly profile: string | null
  readonly origin: Origin | null
}

/** What a look at one place gives: credentials, or the reason why it gives none. Null: there is nothing there. */
export type Outcome =
  | { readonly source: CredentialSource; readonly refusal: null }
  | { readonly source: null; readonly refusal: Refusal }
  | null

/** One entry of `~/.aws/cli/cache`. */
export interface CachedSession {
  readonly accessKeyId: string
  readonly expiresMs: number
}

/** All that decides who wins. */
export interface PrecedenceWorld {
  readonly env: Environment
  readonly platform: string
  readonly nowMs: number
  /** Null: the file is not there. */
  readonly config: IniDocument | null
  readonly credentials: IniDocument | null
  /** The entry of `~/.aws/cli/cache` whose name is the SHA-1 of this text, in hex; null where there is none. */
  cliCache(keyText: string): CachedSession | null
  /** Whether this machine is one that has an instance metadata service. */
  readonly instanceMetadata: boolean
}

export function takes(
  kind: SourceKind,
  given: Partial<Omit<CredentialSource, 'kind'>>,
): Extract<Outcome, { refusal: null }> {
  const nothing = { profile: null, variables: [], keyId: null, token: null, expiresMs: null, roleArn: null }
  const source = { kind, ...nothing, from: null, trouble: null, mfa: null, own: false, ...given }
  return { source: { ...source, origin: placeOf(given.origin ?? null) }, refusal: null }
}

export function refuses(
  code: RefusalCode,
  profile: string | null = null,
  origin: Origin | null = null,
): Extract<Outcome, { source: null }> {
  return { source: null, refusal: { code, profile, origin: placeOf(origin) } }
}

/** The place alone: what is given is often the whole property, its value with it, and that may be a secret. */
function placeOf(origin: Origin | null): Origin | null {
  return origin === null ? null : { path: origin.path, line: origin.line }
}
