import { parseOwnLine } from '../command-line.ts'
import type { Profile } from '../profiles.ts'
import { container, ROLE_VARIABLE, shownKeyId, shownRoleArn, TOKEN_FILE_VARIABLE } from './precedence-environment.ts'
import { type CredentialSource, type PrecedenceWorld, takes } from './precedence-model.ts'
import type { ProfileFiles } from './precedence-profile.ts'
import { SSO_KEYS } from './precedence-sources.ts'

/** Every variable that one of the tools takes for a key or its token. */
const KEY_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_ACCESS_KEY',
  'AWS_SECRET_KEY',
] as const

/** What the variables and these profiles hold, whole or not, and whether or not any tool would take it. */
export function presentSources(
  profiles: readonly string[],
  files: ProfileFiles,
  world: PrecedenceWorld,
): CredentialSource[] {
  return [
    ...inVariables(world),
    ...profiles.flatMap((name) => [...keysOf(name, files), ...namedBy(files.merged.profiles.get(name), world)]),
  ]
}

function inVariables(world: PrecedenceWorld): CredentialSource[] {
  const { env } = world
  const found: CredentialSource[] = []
  const keys = KEY_VARIABLES.filter((name) => env[name])
  if (keys.some((name) => !name.endsWith('_TOKEN'))) {
    const id = env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY
    found.push(takes('environment', { variables: keys, keyId: id ? shownKeyId(id) : null }).source)
  }
  if (env[TOKEN_FILE_VARIABLE]) {
    const variables = [TOKEN_FILE_VARIABLE, ROLE_VARIABLE].filter((name) => env[name])
    found.push(takes('web-identity', { variables, roleArn: shownRoleArn(env[ROLE_VARIABLE] ?? '') }).source)
  }
  const endpoint = container(world)
  return endpoint?.source ? [...found, endpoint.source] : found
}

function keysOf(name: string, files: ProfileFiles): CredentialSource[] {
  return [files.credentials, files.config].flatMap(({ profiles }) => {
    const properties = profiles.get(name)?.properties
    const id = properties?.get('aws_access_key_id')
    const origin = id ?? properties?.get('aws_secret_access_key')
    if (origin === undefined) return []
    return [takes('static-keys', { profile: name, origin, keyId: id ? shownKeyId(id.value) : null }).source]
  })
}

function namedBy(profile: Profile | undefined, { platform }: PrecedenceWorld): CredentialSource[] {
  if (profile === undefined) return []
  const { name, properties } = profile
  const [tokenFile, role, login, process] = [
    'web_identity_token_file',
    'role_arn',
    'login_session',
    'credential_process',
  ].map((key) => properties.get(key))
  const sso = SSO_KEYS.map((key) => properties.get(key)).find((each) => each !== undefined)
  const roleArn = shownRoleArn(role?.value ?? '')
  const found = [
    tokenFile && takes('web-identity', { profile: name, origin: tokenFile, roleArn }),
    tokenFile === undefined && role && takes('role', { profile: name, origin: role, roleArn }),
    sso && takes('sso', { profile: name, origin: sso }),
    login && takes('login', { profile: name, origin: login }),
    process &&
      takes('credential-process', {
        profile: name,
        origin: process,
        own: parseOwnLine(process.value, platform) !== null,
      }),
  ]
  return found.flatMap((each) => (each ? [each.source] : []))
}
