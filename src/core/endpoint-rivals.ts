import type { Environment } from './context.ts'
import { at } from './plan/sts-limits.ts'
import type { Profiles } from './profiles.ts'
import { quoted } from './text.ts'

/** What all SDKs, or botocore and JS among them, look at before a container endpoint (contract §2.2, §2.4). */
const VARIABLES: readonly string[] = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
]

const SOURCES: readonly string[] = [
  'aws_access_key_id',
  'credential_process',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'sso_account_id',
  'login_session',
  'web_identity_token_file',
]

/**
 * What would win over the endpoint in a shell with these variables and files: each as the subject of a sentence.
 * `pathOf` makes a path fit to show.
 */
export function endpointRivals(env: Environment, profiles: Profiles, pathOf: (path: string) => string): string[] {
  const name = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default'
  const properties = profiles.profiles.get(name)?.properties
  const source = SOURCES.map((key) => properties?.get(key)).find((property) => property?.value)
  return [
    ...VARIABLES.filter((variable) => env[variable]),
    ...(source === undefined
      ? []
      : [`profile ${quoted(name)} (${at({ path: pathOf(source.path), line: source.line })})`]),
  ]
}
