import { roleCacheText } from '../cli-cache-text.ts'
import type { ProfileProperty } from '../profiles.ts'
import { container, environmentKeys, instance, shownRoleArn, webIdentityVariables } from './precedence-environment.ts'
import { type CredentialSource, type Outcome, refuses, takes } from './precedence-model.ts'
import { type Looking, type ProfileFiles, type ProfileView, viewProfile } from './precedence-profile.ts'
import {
  credentialProcess,
  fromCache,
  hasAnyKey,
  login,
  sso,
  staticKeys,
  webIdentity,
  wholeKeys,
} from './precedence-sources.ts'
import type { ProfileCheck, ProfileRule } from './precedence-table.ts'

type Rule = (view: ProfileView, looking: Looking) => Outcome

const RULES: Readonly<Record<ProfileRule, Rule>> = {
  role,
  'role-unless-keys': (view, looking) => (hasAnyKey(view) ? null : role(view, looking)),
  'source-profile': (view, looking) => {
    const named = view.get('source_profile')
    return named === null ? null : sourceProfile(view, named, looking)
  },
  'credential-source': (view, looking) => {
    const named = view.get('credential_source')
    const isRoles = view.get('role_arn') !== null && !looking.table.role.onTop
    return named === null || isRoles ? null : credentialSource(view, named, looking)
  },
  'web-identity': webIdentity,
  sso,
  login,
  'login-beside-process': (view) => (view.get('credential_process') === null ? null : login(view)),
  process: credentialProcess,
  keys: (view, looking) => staticKeys(view, looking),
  'whole-keys': wholeKeys,
  'keys-in-credentials': (view, looking) => staticKeys(view, looking, 'credentials'),
  'keys-in-config': (view, looking) => staticKeys(view, looking, 'config'),
  'known-combination': knownCombination,
  container: (_view, { world }) => container(world),
  instance: (_view, { world }) => instance(world),
}

/** The first of the rules that finds something. */
export function applyRules(rules: readonly ProfileRule[], view: ProfileView, looking: Looking): Outcome {
  const broken = profileMistake(view, looking)
  if (broken !== null) return broken
  for (const rule of rules) {
    const found = RULES[rule](view, looking)
    if (found === null || found.refusal !== null) {
      if (found !== null) return found
      continue
    }
    const isRoleAlready = rule === 'web-identity'
    return looking.table.role.onTop && !isRoleAlready ? onTop(view, found.source, looking) : found
  }
  return null
}

function onTop(view: ProfileView, source: CredentialSource, looking: Looking): Outcome {
  const roleArn = isAgain(looking) ? null : view.get('role_arn')
  return roleArn === null ? { source, refusal: null } : assumedRole(view, roleArn, source, looking)
}

/** `role_arn` with its source: the credentials that sign come from elsewhere. */
function role(view: ProfileView, looking: Looking): Outcome {
  const { withoutSource, withBoth, tokenFileFirst } = looking.table.role
  const roleArn = view.get('role_arn')
  if (roleArn === null || (tokenFileFirst && view.get('web_identity_token_file') !== null)) return null
  const named = view.get('source_profile')
  const asked = view.get('credential_source')
  if (named !== null && asked !== null) {
    return withBoth === 'refused' ? refuses('two-sources', view.name, asked) : null
  }
  if (named === null && asked === null) {
    return withoutSource === 'refused' ? refuses('role-without-source', view.name, roleArn) : null
  }
  const given = named === null ? credentialSource(view, asked, looking) : sourceProfile(view, named, looking)
  const isEmpty = given?.refusal && !given.refusal.code.startsWith('sso-')
  const found = isEmpty ? (inItsStead(looking) ?? given) : given
  return found === null || found.refusal !== null ? found : assumedRole(view, roleArn, found.source, looking)
}

/** .NET signs for a role whose source gives nothing with what its default chain finds, where the profile was named in code. */
function inItsStead(looking: Looking): Outcome {
  const { world, table, files, visited, named } = looking
  if (!named || table.role.emptySource === 'refused') return null
  const { environment, webIdentityWithoutRole, absoluteTokenFileOnly } = table
  const profile = table.profileVariables.map((name) => world.env[name]).find(Boolean) ?? 'default'
  const further = { ...looking, visited: [...visited, profile] }
  const looks = [
    () => environmentKeys(environment, world),
    () => webIdentityVariables(webIdentityWithoutRole, absoluteTokenFileOnly, world),
    () => (visited.includes(profile) ? null : applyRules(table.rules, viewProfile(profile, files, table), further)),
    () => container(world),
    () => instance(world),
  ]
  for (const look of looks) {
    const found = look()
    if (found !== null && found.refusal === null) return found
  }
  return null
}

function assumedRole(view: ProfileView, roleArn: ProfileProperty, from: CredentialSource, looking: Looking): Outcome {
  const mfa = view.get('mfa_serial')
  const way = looking.table.role.mfa
  if (mfa !== null && way === 'refused') return refuses('mfa-not-asked', view.name, mfa)
  const source = takes('role', {
    profile: view.name,
    origin: roleArn,
    roleArn: shownRoleArn(roleArn.value),
    keyId: from.keyId,
    from,
    mfa: mfa === null || way === 'refused' ? null : way,
  })
  const text = (key: string) => view.get(key)?.value ?? null
  const duration = text('duration_seconds')?.trim() ?? ''
  const keyText = () =>
    roleCacheText({
      roleArn: roleArn.value,
      roleSessionName: text('role_session_name'),
      externalId: text('external_id'),
      mfaSerial: mfa?.value ?? null,
      durationSeconds: /^[+-]?\d{1,9}$/.test(duration) ? Number(duration) : null,
    })
  return fromCache('role', keyText, source, looking)
}

/** Far beyond what anyone writes: a file may hold thousands of profiles, each the source of the next. */
const MAX_LINKS = 100

function sourceProfile(view: ProfileView, named: ProfileProperty, looking: Looking): Outcome {
  const { files, table, visited } = looking
  const { again } = table.role
  const name = named.value
  const loop = refuses('source-loop', view.name, named)
  if (visited.length > MAX_LINKS) return loop
  const source = viewProfile(name, files, table)
  const further: Looking = { ...looking, visited: [...visited, name] }
  if (!visited.includes(name)) {
    if (!source.exists) return refuses('source-missing', view.name, named)
    return applyRules(table.sourceRules, source, further) ?? refuses('source-empty', view.name, named)
  }
  if (again === null || isAgain(looking) || (again.onlyWithKeys && !hasAnyKey(source))) return loop
  const allowed = { itself: name === view.name, 'the-first': name === visited[0], any: true }[again.who]
  return allowed ? (applyRules(again.rules, source, further) ?? loop) : loop
}

/** Whether the profile in hand has been looked at before on this way. */
function isAgain({ visited }: Looking): boolean {
  return visited.indexOf(visited.at(-1) ?? '') < visited.length - 1
}

const CREDENTIAL_SOURCES = ['Environment', 'EcsContainer', 'Ec2InstanceMetadata'] as const

function credentialSource(view: ProfileView, asked: ProfileProperty | null, { world, table }: Looking): Outcome {
  const same = (name: string) =>
    table.role.credentialSourceAnyCase ? name.toLowerCase() === asked?.value.toLowerCase() : name === asked?.value
  const known = CREDENTIAL_SOURCES.find(same)
  if (known === undefined) return refuses('credential-source-unknown', view.name, asked)
  const looks = {
    Environment: () => environmentKeys(table.environment, world),
    EcsContainer: () => container(world),
    Ec2InstanceMetadata: () => instance(world),
  }
  return looks[known]() ?? refuses('credential-source-empty', view.name, asked)
}

/** The first of the tool's checks that the profile does not pass. */
function profileMistake(view: ProfileView, looking: Looking): Outcome {
  const { table, files, visited } = looking
  if (visited.length > 1 && !table.loadsSources) return null
  // Go: the source of a role is not checked further where it has keys, nor a profile that comes a second time.
  const isChecked = visited.length === 1 || (!isAgain(looking) && wholeKeys(view, looking) === null)
  for (const check of table.checks) {
    const found = check === 'pair' || isChecked ? CHECKS[check](view, files) : null
    if (found !== null) return found
  }
  return null
}

const CHECKS: Readonly<Record<ProfileCheck, (view: ProfileView, files: ProfileFiles) => Outcome>> = {
  pair: (view, files) => {
    // The errors of a section in the credentials file put out those of the same section in the config.
    const file = files.credentials.profiles.has(view.name) ? 'credentials' : 'config'
    const properties = files[file].profiles.get(view.name)?.properties
    const id = properties?.get('aws_access_key_id') ?? null
    const secret = properties?.get('aws_secret_access_key') ?? null
    return (id === null) === (secret === null) ? null : refuses('half-keys', view.name, id ?? secret)
  },
  'role-arn': (view) => {
    const needs = ['source_profile', 'credential_source', 'web_identity_token_file'].map((key) => view.get(key))
    const first = needs.find((each) => each !== null) ?? null
    return first === null || view.get('role_arn') !== null ? null : refuses('role-arn-missing', view.name, first)
  },
  'one-source': (view) => {
    const keys = ['source_profile', 'credential_source', 'web_identity_token_file', 'credential_process']
    const [, second] = keys.map((key) => view.get(key)).filter((each) => each !== null)
    return second === undefined ? null : refuses('two-sources', view.name, second)
  },
  'sso-session': (view, files) => {
    const named = view.get('sso_session')
    const isMissing = named !== null && !files.merged.ssoSessions.has(named.value)
    return isMissing ? refuses('sso-session-missing', view.name, named) : null
  },
  'whole-sso-session': (view, files) => {
    const named = view.get('sso_session')
    const session = named === null ? undefined : files.merged.ssoSessions.get(named.value)
    const isWhole = session === undefined || ['sso_region', 'sso_start_url'].every((key) => session.properties.has(key))
    return isWhole ? null : refuses('sso-session-incomplete', view.name, named)
  },
}

/** .NET looks at which settings stand together, and knows these sets alone; `may` may be there too. */
const COMBINATIONS: readonly {
  readonly rule: ProfileRule
  readonly needs: readonly string[]
  readonly may: readonly string[]
}[] = [
  { rule: 'process', needs: ['credential_process'], may: [] },
  { rule: 'keys', needs: ['aws_access_key_id', 'aws_secret_access_key'], may: ['aws_session_token'] },
  { rule: 'role', needs: ['role_arn', 'source_profile'], may: ['external_id', 'mfa_serial', 'role_session_name'] },
  { rule: 'role', needs: ['role_arn', 'credential_source'], may: ['role_session_name'] },
  { rule: 'web-identity', needs: ['role_arn', 'web_identity_token_file'], may: ['role_session_name'] },
]
const COMBINED = new Set(COMBINATIONS.flatMap(({ needs, may }) => [...needs, ...may]))

function knownCombination(view: ProfileView, looking: Looking): Outcome {
  const present = [...COMBINED].filter((key) => view.get(key) !== null)
  if (present.length === 0) return null
  const known = COMBINATIONS.find(
    ({ needs, may }) =>
      needs.every((key) => present.includes(key)) && present.every((key) => needs.includes(key) || may.includes(key)),
  )
  if (known === undefined) return refuses('unknown-combination', view.name, view.get(present[0] ?? ''))
  return RULES[known.rule](view, looking)
}
