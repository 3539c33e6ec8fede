import { environmentExpiryMs, readExpiry } from '../key-expiry.ts'
import { parseRoleArn } from '../plan/sts-limits.ts'
import { maskedKeyId } from '../text.ts'
import type { KeyTrouble } from './precedence-model.ts'
import { type Outcome, type PrecedenceWorld, refuses, takes } from './precedence-model.ts'

/** How one tool reads keys out of variables. */
export interface EnvironmentKeys {
  readonly ids: readonly string[]
  readonly secrets: readonly string[]
  readonly tokens: readonly string[]
  /** An id without a secret: an error, or as if neither were set. */
  readonly half: 'refused' | 'passed'
  /** Whether AWS_CREDENTIAL_EXPIRATION is obeyed: botocore refuses keys that it says are over, even new ones. */
  readonly obeysExpiry: boolean
  /** Whether a value of blanks is none. */
  readonly trims: boolean
}

export const TOKEN_FILE_VARIABLE = 'AWS_WEB_IDENTITY_TOKEN_FILE'
export const ROLE_VARIABLE = 'AWS_ROLE_ARN'
const CONTAINER_VARIABLES = ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'] as const

/** The keys in the environment. */
export function environmentKeys(keys: EnvironmentKeys, { env, nowMs }: PrecedenceWorld): Outcome {
  const value = (name: string) => (keys.trims ? env[name]?.trim() : env[name]) ?? ''
  const [id, secret, token] = [keys.ids, keys.secrets, keys.tokens].map(
    (names) => names.find((name) => value(name) !== '') ?? null,
  ) as [string | null, string | null, string | null]
  if (id === null) return null
  if (secret === null) return keys.half === 'refused' ? refuses('half-keys') : null
  const given = env.AWS_CREDENTIAL_EXPIRATION
  if (keys.obeysExpiry && given) {
    const { ms, zoned } = readExpiry(given)
    if (ms === null || !zoned) return refuses('expiry-unreadable')
    if (ms <= nowMs) return refuses('expiry-passed')
  }
  return takes('environment', {
    variables: [id, secret, ...(token === null ? [] : [token])],
    keyId: shownKeyId(value(id)),
    token,
    expiresMs: environmentExpiryMs(env),
    trouble: tokenTrouble(value(id), token !== null),
  })
}

/** What AWS_WEB_IDENTITY_TOKEN_FILE asks for; `withoutRole` is what the tool does where AWS_ROLE_ARN is not beside it. */
export function webIdentityVariables(
  withoutRole: 'refused' | 'passed',
  absolutePathOnly: boolean,
  { env, platform }: PrecedenceWorld,
): Outcome {
  const file = env[TOKEN_FILE_VARIABLE]
  const role = env[ROLE_VARIABLE]
  if (!file || (absolutePathOnly && !isAbsolute(file, platform))) return null
  if (!role) return withoutRole === 'refused' ? refuses('web-identity-without-role') : null
  return takes('web-identity', { variables: [TOKEN_FILE_VARIABLE, ROLE_VARIABLE], roleArn: shownRoleArn(role) })
}

/** The endpoint that ECS, EKS and `serve` name. */
export function container({ env }: PrecedenceWorld): Outcome {
  const variables = CONTAINER_VARIABLES.filter((name) => env[name])
  return variables.length === 0 ? null : takes('container', { variables })
}

/** The role of an EC2 instance, the end of every chain. */
export function instance({ env, instanceMetadata }: PrecedenceWorld): Outcome {
  const off = env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true'
  return instanceMetadata && !off ? takes('instance', {}) : null
}

/** A key id as messages show it; what does not look like one may be a secret in the wrong place. */
export function shownKeyId(id: string): string {
  return /^[A-Z0-9]{16,128}$/.test(id) ? maskedKeyId(id) : '…'
}

export function shownRoleArn(text: string): string | null {
  return parseRoleArn(text) === null ? null : text
}

/** ASIA… ids are good with their token alone, AKIA… ids only without one. */
export function tokenTrouble(id: string, hasToken: boolean): KeyTrouble | null {
  if (id.startsWith('ASIA') && !hasToken) return 'token-missing'
  return id.startsWith('AKIA') && hasToken ? 'token-left-over' : null
}

function isAbsolute(path: string, platform: string): boolean {
  return platform === 'win32' ? /^(?:[A-Za-z]:)?[\\/]/.test(path) : path.startsWith('/')
}
