import type { RoleRules, ToolTable } from './precedence-table.ts'

const ANY_SSO = ['sso_session', 'sso_account_id', 'sso_role_name', 'sso_region', 'sso_start_url']

/** What most SDKs do. Each tool's own table says the rest, and where it is different. */
const COMMON = {
  basis: 'run',
  profileVariables: ['AWS_PROFILE'],
  emptyProfileVariable: 'unset',
  endsAtOnce: [],
  endsInProfile: 'all',
  environment: {
    ids: ['AWS_ACCESS_KEY_ID'],
    secrets: ['AWS_SECRET_ACCESS_KEY'],
    tokens: ['AWS_SESSION_TOKEN'],
    half: 'passed',
    obeysExpiry: false,
    trims: false,
  },
  webIdentityWithoutRole: 'passed',
  absoluteTokenFileOnly: false,
  variablesInWebIdentity: false,
  emptyValues: 'absent',
  duplicates: 'last-counts',
  checks: [],
  loadsSources: false,
  keysBeginWith: [],
  tokenKeys: ['aws_session_token'],
  ssoBeginsWith: ANY_SSO,
  ssoSessionNeeds: ['sso_account_id', 'sso_role_name', 'sso_region', 'sso_start_url'],
  ssoTwice: 'any',
  caches: [],
} as const satisfies Partial<ToolTable>

const ROLE: RoleRules = {
  withoutSource: 'refused',
  withBoth: 'refused',
  emptySource: 'refused',
  tokenFileFirst: true,
  onTop: false,
  credentialSourceAnyCase: false,
  mfa: 'refused',
  again: null,
}

const BOTOCORE_BUT_ROLE = ['web-identity', 'sso', 'keys-in-credentials', 'login', 'process', 'keys-in-config'] as const

/** botocore 1.43, run. Not looked at here: `AWS_CREDENTIAL_FILE` and `~/.boto`, which it reads before the container's endpoint. */
const BOTOCORE = {
  ...COMMON,
  profileVariables: ['AWS_DEFAULT_PROFILE', 'AWS_PROFILE'],
  emptyProfileVariable: 'a-name',
  chain: ['environment', 'profile', 'container', 'instance'],
  namedChain: ['profile', 'container', 'instance'],
  endsAtOnce: ['profile-missing', 'sso-session-missing', 'sso-session-incomplete'],
  environment: {
    ...COMMON.environment,
    tokens: ['AWS_SECURITY_TOKEN', 'AWS_SESSION_TOKEN'],
    half: 'refused',
    obeysExpiry: true,
  },
  webIdentityWithoutRole: 'refused',
  variablesInWebIdentity: true,
  emptyValues: 'count',
  duplicates: 'file-refused',
  // Clients look for a bearer token too, whoever signs.
  checks: ['sso-session', 'whole-sso-session'],
  rules: ['role', ...BOTOCORE_BUT_ROLE],
  sourceRules: ['role-unless-keys', ...BOTOCORE_BUT_ROLE],
  keysBeginWith: ['aws_access_key_id'],
  tokenKeys: ['aws_security_token', 'aws_session_token'],
  ssoBeginsWith: ['sso_account_id', 'sso_role_name'],
  ssoTwice: 'equal',
  role: { ...ROLE, mfa: 'asked', again: { who: 'itself', onlyWithKeys: true, rules: BOTOCORE_BUT_ROLE } },
} as const satisfies Partial<ToolTable>

/** 1.45, run. */
const CLI_V1: ToolTable = { ...BOTOCORE, tool: 'cli-v1', label: 'AWS CLI v1', caches: ['role', 'web-identity'] }

/** 2.9, run; `login` since 2.32, from its source. */
const CLI_V2: ToolTable = {
  ...BOTOCORE,
  tool: 'cli-v2',
  label: 'AWS CLI v2',
  profileVariables: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
  caches: ['role', 'web-identity', 'sso'],
}

const BOTO3: ToolTable = { ...BOTOCORE, tool: 'boto3', label: 'boto3' }

/** credential-provider-node 3.972, run. A profile named in code is an explicit `fromIni({ profile })`. */
const JS: ToolTable = {
  ...COMMON,
  tool: 'js',
  label: 'JS SDK v3',
  chain: ['environment-without-profile', 'profile', 'process-again', 'web-identity-variables', 'container', 'instance'],
  namedChain: ['profile'],
  endsInProfile: ['mfa-not-asked', 'sso-incomplete', 'sso-session-missing'],
  rules: ['role', 'whole-keys', 'web-identity', 'process', 'sso', 'login'],
  sourceRules: ['whole-keys', 'role', 'credential-source', 'web-identity', 'process', 'sso', 'login'],
  role: {
    ...ROLE,
    withoutSource: 'passed',
    withBoth: 'passed',
    tokenFileFirst: false,
    again: { who: 'the-first', onlyWithKeys: true, rules: ['whole-keys'] },
  },
}

/** config 1.33, run. It loads the profile before all else: a broken one ends it even where keys are in the environment. */
const GO: ToolTable = {
  ...COMMON,
  tool: 'go',
  label: 'Go SDK v2',
  profileVariables: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
  chain: ['environment', 'web-identity-variables', 'profile'],
  namedChain: ['profile'],
  endsAtOnce: [
    'profile-missing',
    'half-keys',
    'role-arn-missing',
    'two-sources',
    'source-missing',
    'source-empty',
    'source-loop',
    'sso-session-missing',
  ],
  environment: {
    ...COMMON.environment,
    ids: ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'],
    secrets: ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'],
  },
  webIdentityWithoutRole: 'refused',
  rules: [
    'source-profile',
    'whole-keys',
    'credential-source',
    'web-identity',
    'sso',
    'login',
    'process',
    'container',
    'instance',
  ],
  // `aws login` alone does not count as credentials for a role, though it is what is used where a process is there.
  sourceRules: [
    'whole-keys',
    'source-profile',
    'credential-source',
    'web-identity',
    'sso',
    'login-beside-process',
    'process',
  ],
  checks: ['pair', 'role-arn', 'one-source', 'sso-session'],
  loadsSources: true,
  ssoSessionNeeds: ['sso_region', 'sso_start_url'],
  ssoTwice: 'equal',
  role: {
    ...ROLE,
    onTop: true,
    again: {
      who: 'any',
      onlyWithKeys: false,
      rules: ['whole-keys', 'credential-source', 'web-identity', 'sso', 'login-beside-process', 'process'],
    },
  },
}

const JAVA_RULES = ['web-identity', 'sso', 'role', 'process', 'keys'] as const

/** 2.31, run. What fails in its default chain is passed over without a word. A profile named in code: ProfileCredentialsProvider. */
const JAVA: ToolTable = {
  ...COMMON,
  tool: 'java',
  label: 'Java SDK v2',
  emptyProfileVariable: 'a-name',
  chain: ['environment', 'web-identity-variables', 'profile', 'container', 'instance'],
  namedChain: ['profile'],
  endsInProfile: [],
  environment: { ...COMMON.environment, trims: true },
  emptyValues: 'refused',
  rules: JAVA_RULES,
  sourceRules: JAVA_RULES,
  keysBeginWith: ['aws_session_token', 'aws_access_key_id'],
  role: { ...ROLE, withoutSource: 'passed', credentialSourceAnyCase: true, mfa: 'not-sent' },
}

/**
 * AWSSDK.Core 4.0, run. A profile named in code: `CredentialProfileStoreChain.TryGetAWSCredentials`, which gives no reason.
 * SSO in the default chain is passed over while nobody is logged in: that cannot be seen from here.
 */
const DOTNET: ToolTable = {
  ...COMMON,
  tool: 'dotnet',
  label: '.NET SDK v4',
  chain: ['environment', 'web-identity-variables', 'profile', 'container', 'instance'],
  namedChain: ['profile'],
  endsAtOnce: ['sso-session-missing'],
  endsInProfile: ['profile-missing'],
  environment: { ...COMMON.environment, secrets: ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'] },
  absoluteTokenFileOnly: true,
  duplicates: 'profile-missing',
  rules: ['sso', 'known-combination', 'login'],
  sourceRules: ['sso', 'known-combination', 'login'],
  ssoBeginsWith: [...ANY_SSO, 'sso_registration_scopes'],
  role: { ...ROLE, emptySource: 'passed', credentialSourceAnyCase: true },
}

const RUST_BUT_ROLE = ['credential-source', 'web-identity', 'sso', 'login', 'process', 'keys'] as const
const RUST_CHAIN = ['environment', 'profile', 'web-identity-variables', 'container', 'instance'] as const

/** aws-config 1.x. Environment first even where a profile is named in code. */
const RUST: ToolTable = {
  ...COMMON,
  tool: 'rust',
  label: 'Rust SDK',
  basis: 'source',
  emptyProfileVariable: 'a-name',
  chain: RUST_CHAIN,
  namedChain: RUST_CHAIN,
  environment: { ...COMMON.environment, secrets: ['AWS_SECRET_ACCESS_KEY', 'SECRET_ACCESS_KEY'], trims: true },
  webIdentityWithoutRole: 'refused',
  emptyValues: 'count',
  rules: ['role', ...RUST_BUT_ROLE],
  sourceRules: ['whole-keys', 'role', ...RUST_BUT_ROLE],
  keysBeginWith: ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
  ssoTwice: 'refused',
  role: {
    ...ROLE,
    credentialSourceAnyCase: true,
    mfa: 'not-sent',
    again: { who: 'itself', onlyWithKeys: false, rules: RUST_BUT_ROLE },
  },
}

/** In the order in which they are shown. */
export const TOOLS: readonly ToolTable[] = [CLI_V1, CLI_V2, BOTO3, JS, GO, JAVA, DOTNET, RUST]
