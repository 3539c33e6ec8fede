import { roleCacheText, ssoCacheText } from '../cli-cache-text.ts'
import { parseOwnLine } from '../command-line.ts'
import type { IniSource } from '../ini.ts'
import { profileExpiryMs } from '../key-expiry.ts'
import { ROLE_VARIABLE, shownKeyId, shownRoleArn, TOKEN_FILE_VARIABLE, tokenTrouble } from './precedence-environment.ts'
import { type CredentialSource, type KeyTrouble, type Outcome, refuses, takes } from './precedence-model.ts'
import type { Looking, ProfileView } from './precedence-profile.ts'

const ID = 'aws_access_key_id'
const SECRET = 'aws_secret_access_key'

/** Keys in a profile: in both files together, or in one file alone. */
export function staticKeys(view: ProfileView, { table }: Looking, file?: IniSource['kind']): Outcome {
  const id = view.get(ID, file)
  const secret = view.get(SECRET, file)
  const begun = table.keysBeginWith.map((key) => view.get(key, file)).find((each) => each !== null) ?? null
  if (begun === null && table.keysBeginWith.length > 0) return null
  if (id === null || secret === null) return begun === null ? null : refuses('half-keys', view.name, begun)
  const empty = [id, secret].find(({ value }) => value === '') ?? null
  if (empty !== null && table.emptyValues === 'refused') return refuses('empty-value', view.name, empty)
  const token = table.tokenKeys.find((key) => view.get(key, file)?.value) ?? null
  const trouble: KeyTrouble | null = empty !== null ? 'empty-value' : id.path === secret.path ? null : 'two-files'
  return takes('static-keys', {
    profile: view.name,
    origin: id,
    keyId: shownKeyId(id.value),
    token,
    expiresMs: profileExpiryMs(view.profile),
    trouble: trouble ?? tokenTrouble(id.value, token !== null),
  })
}

/** Keys in a profile where both halves are there: never a refusal. */
export function wholeKeys(view: ProfileView, looking: Looking): Outcome {
  return view.get(ID) === null || view.get(SECRET) === null ? null : staticKeys(view, looking)
}

export function hasAnyKey(view: ProfileView): boolean {
  return view.get(ID) !== null || view.get(SECRET) !== null
}

/** `web_identity_token_file` and `role_arn`; botocore lets the variables stand in for either of them. */
export function webIdentity(view: ProfileView, { world, table, named, visited }: Looking): Outcome {
  const env = table.variablesInWebIdentity && !named && visited.length === 1 ? world.env : {}
  const used = [TOKEN_FILE_VARIABLE, ROLE_VARIABLE].filter((name) => env[name] !== undefined)
  const inProfile = view.get('web_identity_token_file')
  const origin = used.length === 2 ? null : (inProfile ?? view.get('role_arn'))
  const profile = origin === null ? null : view.name
  const file = env[TOKEN_FILE_VARIABLE] ?? inProfile?.value
  const role = env[ROLE_VARIABLE] ?? view.get('role_arn')?.value
  if (file === undefined || env[TOKEN_FILE_VARIABLE] === '') return null
  if (!role)
    return table.webIdentityWithoutRole === 'refused' ? refuses('web-identity-without-role', profile, origin) : null
  const source = takes('web-identity', { profile, origin, variables: used, roleArn: shownRoleArn(role) })
  const sessionName = env.AWS_ROLE_SESSION_NAME ?? view.get('role_session_name')?.value ?? null
  const text = () =>
    roleCacheText({
      roleArn: role,
      roleSessionName: sessionName,
      externalId: null,
      mfaSerial: null,
      durationSeconds: null,
    })
  return fromCache('web-identity', text, source, { world, table })
}

/** In the order in which the first that is there stands for all. */
export const SSO_KEYS = ['sso_session', 'sso_account_id', 'sso_role_name', 'sso_start_url', 'sso_region'] as const
const WITHOUT_SESSION = ['sso_account_id', 'sso_role_name', 'sso_region', 'sso_start_url'] as const
/** What an `[sso-session]` gives in the profile's stead. */
const SHARED = ['sso_region', 'sso_start_url'] as const

export function sso(view: ProfileView, { world, table, files }: Looking): Outcome {
  if (table.ssoBeginsWith.every((key) => view.get(key) === null)) return null
  const origin = SSO_KEYS.map((key) => view.get(key)).find((each) => each !== null) ?? null
  const named = view.get('sso_session')
  const session = named === null ? null : (files.merged.ssoSessions.get(named.value)?.properties ?? null)
  if (named !== null && session === null) return refuses('sso-session-missing', view.name, named)
  const shared = (key: string) => (SHARED.some((each) => each === key) ? session?.get(key)?.value : undefined)
  const value = (key: string) => shared(key) || view.get(key)?.value || ''
  const needed = session === null ? WITHOUT_SESSION : table.ssoSessionNeeds
  if (needed.some((key) => value(key) === '')) return refuses('sso-incomplete', view.name, origin)
  for (const key of session === null ? [] : SHARED) {
    const twice = view.get(key)
    const clashes = table.ssoTwice === 'refused' || (table.ssoTwice === 'equal' && twice?.value !== shared(key))
    if (twice !== null && clashes) return refuses('sso-incomplete', view.name, twice)
  }
  const keyText = () =>
    ssoCacheText({
      accountId: value('sso_account_id'),
      roleName: value('sso_role_name'),
      session: named?.value ?? null,
      startUrl: value('sso_start_url'),
    })
  return fromCache('sso', keyText, takes('sso', { profile: view.name, origin }), { world, table })
}

export function login(view: ProfileView): Outcome {
  const origin = view.get('login_session')
  return origin === null ? null : takes('login', { profile: view.name, origin })
}

export function credentialProcess(view: ProfileView, { world }: Looking): Outcome {
  const origin = view.get('credential_process')
  if (origin === null) return null
  if (origin.value === '') return refuses('empty-value', view.name, origin)
  const own = parseOwnLine(origin.value, world.platform) !== null
  return takes('credential-process', { profile: view.name, origin, own })
}

/** What is cached must last this long, or the AWS CLIs get a new session (contract §3.1). */
const CACHE_MARGIN_MS = 15 * 60_000

/** The session that the AWS CLIs hold for this source, in its stead. */
export function fromCache(
  kind: 'role' | 'web-identity' | 'sso',
  keyText: () => string,
  asked: { readonly source: CredentialSource; readonly refusal: null },
  { world, table }: Pick<Looking, 'world' | 'table'>,
): Outcome {
  const held = table.caches.includes(kind) ? world.cliCache(keyText()) : null
  if (held === null || held.expiresMs - world.nowMs < CACHE_MARGIN_MS) return asked
  const { profile, origin, variables, roleArn } = asked.source
  const { accessKeyId, expiresMs } = held
  const keyId = shownKeyId(accessKeyId)
  return takes('cli-cache', { profile, origin, variables, roleArn, keyId, expiresMs, from: asked.source })
}
