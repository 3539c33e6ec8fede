import type { EnvironmentKeys } from './precedence-environment.ts'
import type { RefusalCode, Tool } from './precedence-model.ts'

/** A place that a tool looks at. */
export type Look =
  | 'environment'
  | 'environment-without-profile'
  | 'web-identity-variables'
  | 'profile'
  | 'process-again'
  | 'container'
  | 'instance'

/** What a tool looks for within a profile. */
export type ProfileRule =
  | 'role'
  | 'role-unless-keys'
  | 'source-profile'
  | 'credential-source'
  | 'web-identity'
  | 'sso'
  | 'login'
  | 'login-beside-process'
  | 'process'
  | 'keys'
  | 'whole-keys'
  | 'keys-in-credentials'
  | 'keys-in-config'
  | 'known-combination'
  | 'container'
  | 'instance'

/**
 * `pair`: half of a key pair. `role-arn`: what asks for a role, without one. `one-source`: two things that a role could
 * be signed with. `sso-session`: one that is named and not there; `whole-sso-session`: or is, without region or URL.
 */
export type ProfileCheck = 'pair' | 'role-arn' | 'one-source' | 'sso-session' | 'whole-sso-session'

/** What one tool looks at, in which order, and what stops it. */
export interface ToolTable {
  readonly tool: Tool
  /** As people call it. */
  readonly label: string
  /** Whether its answers were compared with the tool itself, or read off its source. */
  readonly basis: 'run' | 'source'

  /** The variables that name the profile; the first that counts is taken, `default` where there is none. */
  readonly profileVariables: readonly string[]
  /** A profile variable that is set to nothing: as if it were not set, or the name of a profile. */
  readonly emptyProfileVariable: 'unset' | 'a-name'

  /** In the default chain. */
  readonly chain: readonly Look[]
  /** Where the profile is named in code or by a flag. */
  readonly namedChain: readonly Look[]
  /** Refusals that end it before it looks anywhere: it reads the files first. */
  readonly endsAtOnce: readonly RefusalCode[]
  /** Refusals within the profile after which it looks no further; after the others it goes on to the next place. */
  readonly endsInProfile: 'all' | readonly RefusalCode[]

  readonly environment: EnvironmentKeys
  /** AWS_WEB_IDENTITY_TOKEN_FILE or its profile key without a role. */
  readonly webIdentityWithoutRole: 'refused' | 'passed'
  readonly absoluteTokenFileOnly: boolean
  /** Whether the two variables stand in for the keys of whatever profile is looked at. */
  readonly variablesInWebIdentity: boolean

  /** Keys without a value: as if not there, there, or an error where they are used. */
  readonly emptyValues: 'absent' | 'count' | 'refused'
  /** A section or a key that stands twice: the file cannot be read, the profile is not found, or the later one counts. */
  readonly duplicates: 'file-refused' | 'profile-missing' | 'last-counts'
  /** In this order, within the profile that was asked for. */
  readonly rules: readonly ProfileRule[]
  /** The same for the profile that `source_profile` names. */
  readonly sourceRules: readonly ProfileRule[]
  /** What it refuses in a profile as it loads it, whatever it would have used of it. */
  readonly checks: readonly ProfileCheck[]
  /** Whether it loads the profiles that sign for a role along with it, so that what is wrong there ends it as well. */
  readonly loadsSources: boolean

  /** Which of the key pair's settings, when there, make the other one needed; none: a half pair is no pair. */
  readonly keysBeginWith: readonly string[]
  readonly tokenKeys: readonly string[]
  readonly ssoBeginsWith: readonly string[]
  /** What has to be there where an sso-session is named. */
  readonly ssoSessionNeeds: readonly string[]
  /** A setting that stands in the profile and in its sso-session. */
  readonly ssoTwice: 'any' | 'equal' | 'refused'
  readonly role: RoleRules
  /** Whose sessions it takes from `~/.aws/cli/cache`. */
  readonly caches: readonly ('role' | 'web-identity' | 'sso')[]
}

export interface RoleRules {
  /** `role_arn` with neither `source_profile` nor `credential_source`. */
  readonly withoutSource: 'refused' | 'passed'
  /** `role_arn` with both. */
  readonly withBoth: 'refused' | 'passed'
  /** A source that is named and gives nothing: an error, or something else signs for the role. */
  readonly emptySource: 'refused' | 'passed'
  /** Whether `web_identity_token_file` beside it makes it no role of this kind. */
  readonly tokenFileFirst: boolean
  /** Go assumes the role with whatever the profile gives, its own keys and SSO among it. */
  readonly onTop: boolean
  readonly credentialSourceAnyCase: boolean
  /** `mfa_serial`: asked at the terminal, an error unless the program brings a prompt of its own, or left out of the call. */
  readonly mfa: 'asked' | 'refused' | 'not-sent'
  /** Which profile may come a second time on the way to the source, and what is then looked for in it. */
  readonly again: {
    readonly who: 'itself' | 'the-first' | 'any'
    readonly onlyWithKeys: boolean
    readonly rules: readonly ProfileRule[]
  } | null
}
