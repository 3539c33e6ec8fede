import { localExpirationMs, toUtcSeconds } from '../clock.ts'
import type { Environment } from '../context.ts'
import type { HandedOut } from '../process-document.ts'

/** One variable: its new value, or null where it is taken away. */
export interface VariableChange {
  readonly name: string
  readonly value: string | null
}

export const SECRET_VARIABLES: readonly string[] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']

/** How other programs say when the keys end: granted, awsume, aws-sso-cli. */
const FOREIGN_EXPIRATIONS: readonly string[] = [
  'AWS_SESSION_EXPIRATION',
  'AWSUME_EXPIRATION',
  'AWS_SSO_SESSION_EXPIRATION',
]

const PROFILE_VARIABLES: readonly string[] = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']
const REGION_VARIABLES: readonly string[] = ['AWS_REGION', 'AWS_DEFAULT_REGION']

/** What `--unset` clears whatever it holds, and what `setx` or fish may have kept. */
export const UNSET_VARIABLES: readonly string[] = [
  ...SECRET_VARIABLES,
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  ...FOREIGN_EXPIRATIONS,
  'AWS_ACCOUNT_ID',
  'AWS_CRED_PROFILE',
]

/** Other ways to credentials, and what opens our own store: none of it is for a command that `exec` runs. */
const NOT_FOR_COMMANDS: readonly string[] = [
  ...UNSET_VARIABLES,
  ...PROFILE_VARIABLES,
  'AWS_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_CREDENTIAL_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CRED_PROFILE_CHAIN',
  'AWS_CRED_PASSPHRASE',
  'AWS_CRED_VAULT_KEY_FILE',
]

export interface ExportedProfile {
  readonly profile: string
  readonly credentials: HandedOut
  /** To be set; null leaves a region alone that is not our own. */
  readonly region: string | null
  /** The region of the profile in AWS_CRED_PROFILE, which an earlier export may have set. */
  readonly earlierRegion: string | null
}

/** What makes a shell's environment speak for one profile alone; what is taken away stands first. */
export function exportChanges(exported: ExportedProfile, env: Environment): VariableChange[] {
  const { profile, credentials, region, earlierRegion } = exported
  const { accessKeyId, secretAccessKey, sessionToken, expiresMs, offsetMs } = credentials
  const changes: VariableChange[] = [
    { name: 'AWS_ACCESS_KEY_ID', value: accessKeyId },
    { name: 'AWS_SECRET_ACCESS_KEY', value: secretAccessKey },
    { name: 'AWS_SESSION_TOKEN', value: sessionToken },
    {
      name: 'AWS_CREDENTIAL_EXPIRATION',
      value: expiresMs === null ? null : toUtcSeconds(localExpirationMs(expiresMs, offsetMs)),
    },
    { name: 'AWS_CRED_PROFILE', value: profile },
    ...['AWS_SECURITY_TOKEN', ...PROFILE_VARIABLES, 'AWS_ACCOUNT_ID', ...FOREIGN_EXPIRATIONS].map(taken),
    ...regionChanges(region, earlierRegion, env),
  ]
  return [...changes.filter(({ value }) => value === null), ...changes.filter(({ value }) => value !== null)]
}

/** A container-credentials endpoint (contract §2.4), by which SDKs fetch credentials instead of holding them. */
export interface EndpointAccess {
  readonly uri: string
  readonly token: string
}

/** What points a program to the endpoint; the token alone opens it. */
export function endpointChanges({ uri, token }: EndpointAccess): VariableChange[] {
  return [
    { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: uri },
    { name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN', value: token },
  ]
}

export interface EndpointCommand extends Omit<ExportedProfile, 'credentials'> {
  readonly endpoint: EndpointAccess
  /** The AWS files that the command sees instead of the user's. */
  readonly configPath: string
  readonly credentialsPath: string
}

/** What makes the environment of a command speak for one profile alone, by way of the endpoint. */
export function endpointCommandChanges(command: EndpointCommand, env: Environment): VariableChange[] {
  const { endpoint, profile, configPath, credentialsPath, region, earlierRegion } = command
  return [
    ...endpointChanges(endpoint),
    { name: 'AWS_CONFIG_FILE', value: configPath },
    { name: 'AWS_SHARED_CREDENTIALS_FILE', value: credentialsPath },
    { name: 'AWS_CRED_PROFILE', value: profile },
    ...proxyChanges(new URL(endpoint.uri).hostname, env),
    ...regionChanges(region, earlierRegion, env),
  ]
}

/** Keeps the token from a proxy, through which .NET and curl would ask even this machine (seen; the other SDKs do not). */
function proxyChanges(host: string, env: Environment): VariableChange[] {
  if (!['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].some((name) => env[name])) return []
  return ['no_proxy', 'NO_PROXY'].flatMap((name) => {
    const direct = env[name] || env.no_proxy || env.NO_PROXY || ''
    const hosts = direct.split(',').filter((each) => each.trim() !== '')
    const has = hosts.some((each) => each.trim() === host || each.trim() === '*')
    return has && env[name] ? [] : [{ name, value: has ? direct : [...hosts, host].join(',') }]
  })
}

function regionChanges(region: string | null, earlierRegion: string | null, env: Environment): VariableChange[] {
  if (region === null) return ownRegions(env, earlierRegion).map(taken)
  return REGION_VARIABLES.map((name) => ({ name, value: region }))
}

/** `--unset`: AWS_PROFILE stays, and a region that is not of our making. */
export function unsetChanges(env: Environment, earlierRegion: string | null): VariableChange[] {
  return [...UNSET_VARIABLES, ...ownRegions(env, earlierRegion)].map(taken)
}

function taken(name: string): VariableChange {
  return { name, value: null }
}

/** The region variables that hold what an export of the profile in AWS_CRED_PROFILE has put there. */
function ownRegions(env: Environment, earlierRegion: string | null): string[] {
  if (!env.AWS_CRED_PROFILE || earlierRegion === null) return []
  return REGION_VARIABLES.filter((name) => env[name] === earlierRegion)
}

/** The environment of a command: every other credential taken out of ours, then the changes made. */
export function commandEnvironment(
  env: Environment,
  changes: readonly VariableChange[],
  platform: string,
): Record<string, string> {
  // Windows knows variables without regard to case.
  const key = (name: string) => (platform === 'win32' ? name.toUpperCase() : name)
  const gone = new Set([...NOT_FOR_COMMANDS, ...changes.map(({ name }) => name)])
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !gone.has(key(name))) result[name] = value
  }
  for (const { name, value } of changes) if (value !== null) result[name] = value
  return result
}
