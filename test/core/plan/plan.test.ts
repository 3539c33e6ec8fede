import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredError } from '../../../src/core/errors.ts'
import { parseIni } from '../../../src/core/ini.ts'
import { CHAIN_MAX, type Plan, type PlanOptions, planProfile } from '../../../src/core/plan/plan.ts'
import { noKeysError } from '../../../src/core/plan/plan-errors.ts'
import type { AssumeRoleStep, SessionTokenStep } from '../../../src/core/plan/plan-steps.ts'
import { mergeProfiles, type Profiles } from '../../../src/core/profiles.ts'

const ARN = 'arn:aws:iam::123456789012:role/'
const SERIAL = 'arn:aws:iam::123456789012:mfa/me'
const STATIC = 'aws_access_key_id = AKIAEXAMPLE000000000\naws_secret_access_key = HUSH/secret'

/** Line 1 is the first line of `config` after its opening line break. */
function read(config: string, credentials = ''): Profiles {
  const strip = (text: string) => text.replace(/^\n/, '')
  return mergeProfiles(
    parseIni(strip(config), { kind: 'config', path: '~/.aws/config' }),
    parseIni(strip(credentials), { kind: 'credentials', path: '~/.aws/credentials' }),
  )
}

interface Given extends Partial<PlanOptions> {
  readonly keys?: readonly string[]
  readonly credentials?: string
}

function plan(profile: string, config: string, given: Given = {}): Plan {
  const { keys = [], credentials, ...options } = given
  return planProfile(profile, read(config, credentials), {
    platform: 'linux',
    hasKeys: (name) => keys.includes(name),
    ...options,
  })
}

function refused(
  profile: string,
  config: string,
  expected: { message: string; hint?: string },
  given: Given = {},
): void {
  assert.throws(() => plan(profile, config, given), { code: 'failed', ...expected })
}

const role = (step: Plan['steps'][number] | undefined): AssumeRoleStep => {
  assert.equal(step?.kind, 'assume-role')
  return step as AssumeRoleStep
}
const roleNames = (found: Plan): string[] => found.steps.map((step) => role(step).roleArn.slice(ARN.length))

// --- Where the credentials come from

test('planProfile() gives a profile with keys in the keychain one GetSessionToken step', () => {
  const found = plan('me', '', { keys: ['me'] })
  assert.deepEqual(found.root, { kind: 'keychain', name: 'me', listed: true, namedBy: null })
  assert.deepEqual(found.steps, [{ kind: 'session-token', profile: 'me', durationSeconds: 3600, mfaSerial: null }])
})

test('planProfile() assumes the role of a profile with the keys of its source', () => {
  const config = `\n[profile prod]\naws_cred_role_arn = ${ARN}Prod\naws_cred_source_profile = me\nregion = eu-west-1`
  const found = plan('prod', config, { keys: ['me'] })
  assert.equal(found.root.kind, 'keychain')
  assert.deepEqual(roleNames(found), ['Prod'])
  assert.equal(role(found.steps[0]).chained, false)
  assert.deepEqual([found.region, found.servedProfile, found.tellsAccount], ['eu-west-1', 'prod', true])
})

test('planProfile() reads native and aws_cred_ names, mixed, the prefixed first', () => {
  const config = `
[profile prod]
aws_cred_role_arn = ${ARN}Prod
role_arn = ${ARN}Native
source_profile = me
external_id = native
aws_cred_external_id = ours
aws_cred_role_session_name =
role_session_name = native-name
region = eu-west-1
aws_cred_region = eu-west-2
aws_cred_account_id = Never`
  const found = plan('prod', config, { keys: ['me'] })
  const step = role(found.steps[0])
  assert.deepEqual([step.roleArn, step.externalId, step.sessionName], [`${ARN}Prod`, 'ours', 'native-name'])
  assert.deepEqual([found.region, found.servedProfile, found.tellsAccount], ['eu-west-1', 'prod', false])
})

test('planProfile() reads every assume-role setting', () => {
  const config = `
[profile prod]
aws_cred_role_arn = ${ARN}Prod
aws_cred_source_profile = me
aws_cred_duration_seconds = 7200
aws_cred_source_identity = alice
aws_cred_mfa_serial = ${SERIAL}
aws_cred_policy = {"Version":"2012-10-17"}
aws_cred_policy_arns = arn:aws:iam::aws:policy/A, arn:aws:iam::aws:policy/B ,
aws_cred_tags = team=ops, env=a=b
aws_cred_transitive_tag_keys = team`
  assert.deepEqual(plan('prod', config, { keys: ['me'] }).steps, [
    {
      kind: 'assume-role',
      profile: 'prod',
      roleArn: `${ARN}Prod`,
      durationSeconds: 7200,
      sessionName: null,
      externalId: null,
      mfaSerial: SERIAL,
      sourceIdentity: 'alice',
      policy: '{"Version":"2012-10-17"}',
      policyArns: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'],
      tags: [
        ['team', 'ops'],
        ['env', 'a=b'],
      ],
      transitiveTagKeys: ['team'],
      chained: false,
      askedSeconds: 7200,
    },
  ])
})

test('planProfile() takes keys in the keychain before static keys of a file', () => {
  const found = plan('me', `\n[profile me]\n${STATIC}`, { keys: ['me'] })
  assert.equal(found.root.kind, 'keychain')
  assert.equal(plan('me', `\n[profile me]\n${STATIC}`).root.kind, 'static')
})

test('planProfile() takes static keys and their session token from either file', () => {
  const credentials = `\n[me]\n${STATIC}\naws_session_token = native\naws_security_token = older`
  const found = plan('me', '', { credentials })
  assert.deepEqual(found.root, {
    kind: 'static',
    profile: 'me',
    accessKeyId: 'AKIAEXAMPLE000000000',
    secretAccessKey: 'HUSH/secret',
    sessionToken: 'older',
    origin: { ...(found.root as { origin: object }).origin },
  })
  // A session cannot get a session.
  assert.deepEqual(found.steps, [])
})

test('planProfile() hands out the keys themselves where the profile or the caller says so', () => {
  assert.deepEqual(plan('me', '', { keys: ['me'], noSession: true }).steps, [])
  assert.deepEqual(plan('me', '\n[profile me]\naws_cred_session = never', { keys: ['me'] }).steps, [])
})

test('planProfile() plans an unknown profile as keys that the keychain may have', () => {
  const found = plan('gone', '\n[profile me]')
  assert.deepEqual(found.root, { kind: 'keychain', name: 'gone', listed: false, namedBy: null })
})

// --- Its own source

const SELF = `\n[profile self]\nrole_arn = ${ARN}Self\nsource_profile = self`

test('planProfile() lets a profile with static keys be its own source', () => {
  const found = plan('self', `${SELF}\n${STATIC}`)
  assert.equal(found.root.kind, 'static')
  assert.deepEqual(roleNames(found), ['Self'])
})

test('planProfile() lets a profile with keys in the keychain be its own source', () => {
  const found = plan('self', SELF, { keys: ['self'] })
  assert.equal(found.root.kind, 'keychain')
  assert.deepEqual(roleNames(found), ['Self'])
})

test('planProfile() takes the keys of such a profile, not its role, as the source of another', () => {
  const next = `\n[profile next]\nrole_arn = ${ARN}Next\nsource_profile = self`
  assert.deepEqual(roleNames(plan('next', `${SELF}\n${STATIC}${next}`)), ['Next'])
})

test('planProfile() refuses a profile that is its own source without keys', () => {
  refused('self', SELF, {
    message: 'cannot resolve profile "self" (~/.aws/config:3): its sources form a loop: self > self',
    hint: 'a profile can be its own source only with keys of its own: aws-cred add self',
  })
})

// --- Mistakes of contract §2.1

test('planProfile() prints a loop', () => {
  const config = `
[profile a]
role_arn = ${ARN}A
source_profile = b
[profile b]
role_arn = ${ARN}B
source_profile = a`
  refused('a', config, {
    message: 'cannot resolve profile "a" (~/.aws/config:3): its sources form a loop: a > b > a',
    hint: 'name a profile with keys: aws-cred setup a --source-profile NAME',
  })
})

test('planProfile() prints only the loop of a way that leads into one', () => {
  const link = (name: string, source: string) => `\n[profile ${name}]\nrole_arn = ${ARN}R\nsource_profile = ${source}`
  refused('start', link('start', 'a') + link('a', 'b') + link('b', 'c') + link('c', 'a'), {
    message: 'cannot resolve profile "a" (~/.aws/config:6): its sources form a loop: a > b > c > a',
  })
})

test('planProfile() refuses source_profile and credential_source together', () => {
  const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = me\naws_cred_credential_source = Environment`
  refused('prod', config, {
    message:
      'cannot resolve profile "prod": it names two kinds of credentials: source_profile (~/.aws/config:3) and aws_cred_credential_source (~/.aws/config:4)',
  })
})

test('planProfile() refuses a token file beside another source of the same role', () => {
  for (const other of ['source_profile = me', 'credential_source = Environment']) {
    const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\n${other}\nweb_identity_token_file = /token`
    const [name] = other.split(' ')
    refused('prod', config, {
      message: `cannot resolve profile "prod": it names two kinds of credentials: ${name} (~/.aws/config:3) and web_identity_token_file (~/.aws/config:4)`,
    })
  }
})

test('planProfile() refuses a role without a source', () => {
  refused('prod', `\n[profile prod]\nregion = x\naws_cred_role_arn = ${ARN}Prod`, {
    message:
      'cannot resolve profile "prod": aws_cred_role_arn (~/.aws/config:3) has no aws_cred_source_profile beside it',
    hint: 'name the profile whose keys assume it: aws-cred setup prod --source-profile NAME',
  })
})

test('planProfile() refuses a role without a source beside static keys, where SDKs disagree', () => {
  refused('prod', `\n[profile prod]\nrole_arn = ${ARN}Prod\n${STATIC}`, {
    message:
      'cannot resolve profile "prod": it names two kinds of credentials, a role and static keys: role_arn (~/.aws/config:2) and aws_access_key_id (~/.aws/config:3)',
  })
})

test('planProfile() refuses a chain link with static keys and a role of another source', () => {
  const config = `
[profile prod]
role_arn = ${ARN}Prod
source_profile = link
[profile link]
role_arn = ${ARN}Link
source_profile = me`
  refused(
    'prod',
    config,
    {
      message:
        'cannot resolve profile "link": it names two kinds of credentials, a role and static keys: role_arn (~/.aws/config:5) and aws_access_key_id (~/.aws/credentials:2)',
    },
    { credentials: `\n[link]\n${STATIC}` },
  )
})

test('planProfile() refuses half a pair of keys, and names the half that is there', () => {
  refused('me', '\n[profile me]\naws_access_key_id = AKIAEXAMPLE000000000', {
    message: 'cannot use the keys of profile "me": aws_secret_access_key is missing (~/.aws/config:2)',
    hint: 'put the pair into the keychain and take the line out: aws-cred add me',
  })
  // A key under the name of a role would break it further.
  refused('me', `\n[profile me]\naws_access_key_id = AKIAEXAMPLE000000000\nrole_arn = ${ARN}Prod\nsource_profile = x`, {
    message: 'cannot use the keys of profile "me": aws_secret_access_key is missing (~/.aws/config:2)',
    hint: 'take that line out: the profile is a role, whose keys are those of its source_profile',
  })
  refused('me', '\n[profile me]\nregion = x\naws_secret_access_key = HUSH\naws_access_key_id =', {
    message: 'cannot use the keys of profile "me": aws_access_key_id is missing (~/.aws/config:3)',
  })
})

test('planProfile() refuses two kinds of credentials, with both names', () => {
  for (const [lines, what] of [
    [
      `${STATIC}\nsso_session = s`,
      'static keys and SSO: aws_access_key_id (~/.aws/config:2) and sso_session (~/.aws/config:4)',
    ],
    [
      `sso_start_url = u\nlogin_session = l`,
      'SSO and aws login: sso_start_url (~/.aws/config:2) and login_session (~/.aws/config:3)',
    ],
    [
      `${STATIC}\ncredential_process = /bin/other`,
      'static keys and another credential_process: aws_access_key_id (~/.aws/config:2) and credential_process (~/.aws/config:4)',
    ],
    [
      `aws_cred_role_arn = ${ARN}X\naws_cred_source_profile = me\ncredential_process = /bin/other`,
      'a role and another credential_process: aws_cred_role_arn (~/.aws/config:2) and credential_process (~/.aws/config:4)',
    ],
    [
      `role_arn = ${ARN}X\nsource_profile = me\nsso_account_id = 1`,
      'a role and SSO: role_arn (~/.aws/config:2) and sso_account_id (~/.aws/config:4)',
    ],
  ] as const) {
    refused('two', `\n[profile two]\n${lines}`, {
      message: `cannot resolve profile "two": it names two kinds of credentials, ${what}`,
      hint: 'tools disagree on which wins; remove one of the two lines, or move it to a profile of its own',
    })
  }
})

test('planProfile() refuses a role beside keys in the keychain that do not feed it', () => {
  const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = me`
  refused(
    'prod',
    config,
    {
      message:
        'cannot resolve profile "prod": it names two kinds of credentials, a role and keys in the keychain: role_arn (~/.aws/config:2) and keys in the keychain',
      hint: 'move role_arn and what goes with it to a profile of another name, which loses nothing; or take the key away: aws-cred remove prod',
    },
    { keys: ['prod', 'me'] },
  )
})

// --- Names that do not exist

function noKeys(
  profile: string,
  config: string,
  keys: readonly string[] = [],
  store: 'keychain' | 'vault' = 'keychain',
) {
  const profiles = read(config)
  const { root } = planProfile(profile, profiles, { platform: 'linux', hasKeys: () => false })
  assert.equal(root.kind, 'keychain')
  return noKeysError(root as Extract<Plan['root'], { kind: 'keychain' }>, profiles, keys, '~/.aws/config', store)
}

test('noKeysError() names the nearest profile for one that does not exist', () => {
  const error = noKeys('prdo', '\n[profile prod]\n[profile dev]')
  assert.equal(error.message, 'cannot read profile "prdo": not in ~/.aws/config')
  assert.equal(error.hint, 'the nearest name is "prod"')
  const list = 'see which there are: aws-cred list'
  assert.equal(noKeys('zzzzzzzz', '\n[profile prod]').hint, `${list}; for a key of this name: aws-cred add zzzzzzzz`)
  assert.equal(noKeys('zzzzzzzz', '').hint, 'put a key in: aws-cred add zzzzzzzz')
  assert.equal(noKeys('', '\n[profile prod]').hint, null)
})

test('noKeysError() names line and nearest name for a source that does not exist', () => {
  const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = usre1`
  const error = noKeys('prod', config, ['user1'])
  assert.equal(
    error.message,
    'cannot resolve profile "prod": its source "usre1" (~/.aws/config:3) does not exist, neither in ~/.aws/config nor in the keychain',
  )
  assert.equal(error.hint, 'aws-cred setup prod --source-profile user1')
  assert.equal(noKeys('prod', config).hint, 'put its keys in: aws-cred add usre1')
})

test('noKeysError() names the profile in whose place there is nothing, and who names it', () => {
  const error = noKeys(
    'prod',
    `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = work\n[profile work]\nregion = x`,
  )
  assert.equal(
    error.message,
    'cannot resolve profile "prod": its source "work" (~/.aws/config:3) names no source of credentials itself, and the keychain has no keys of that name',
  )
  assert.equal(error.hint, 'put its keys in: aws-cred add work')
})

test('noKeysError() says that a profile names no source', () => {
  const error = noKeys('bare', '\n[profile bare]\nregion = eu-west-1')
  assert.equal(
    error.message,
    'cannot resolve profile "bare": it names no source of credentials, and the keychain has no keys of that name',
  )
  assert.equal(error.hint, 'put its keys in: aws-cred add bare')
  assert.match(noKeys('bare', '\n[profile bare]\nregion = x', [], 'vault').message, /, and the vault has no keys/)
})

test('noKeysError() says that what feeds a role has none', () => {
  const bare = noKeys('bare', '\n[profile bare]\naws_cred_credential_source = EcsContainer')
  assert.equal(
    bare.message,
    'cannot resolve profile "bare": it has aws_cred_credential_source (~/.aws/config:2) and no aws_cred_role_arn beside it',
  )
  assert.equal(bare.hint, 'name the role: aws-cred setup bare --role-arn ARN')
  const source = noKeys(
    'prod',
    `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = work\n[profile work]\nweb_identity_token_file = /t`,
  )
  assert.equal(
    source.message,
    'cannot resolve profile "prod": its source "work" (~/.aws/config:3) has web_identity_token_file (~/.aws/config:5) and no role_arn beside it',
  )
  assert.equal(source.hint, 'name the role: aws-cred setup work --role-arn ARN')
})

// --- Lines of ours

test('planProfile() takes no line of ours for a source, whatever its folder', () => {
  for (const program of [
    'aws-cred',
    '/opt/x/aws-cred',
    '"/Users/my me/aws-cred"',
    "'/a b/aws-cred'",
    'C:/x/aws-cred.exe',
  ]) {
    const line = `\n[profile prod]\ncredential_process = ${program} process --profile prod`
    const found = plan('prod', `${line}\naws_cred_role_arn = ${ARN}Prod\naws_cred_source_profile = me`, {
      keys: ['me'],
    })
    assert.deepEqual(roleNames(found), ['Prod'])
    assert.equal(plan('prod', line, { keys: ['prod'] }).root.kind, 'keychain')
  }
})

test('planProfile() takes a line that only looks like ours for another program', () => {
  for (const line of ['aws-cred2 process --profile p', 'aws-cred export --profile p', 'sh -c "aws-cred process"']) {
    assert.equal(plan('p', `\n[profile p]\ncredential_process = ${line}`).root.kind, 'process')
  }
})

const POINTER = '\n[profile a]\ncredential_process = aws-cred process --profile=b'

test('planProfile() goes on where a line of ours points to', () => {
  const config = `${POINTER}\n[profile b]\nrole_arn = ${ARN}B\nsource_profile = me`
  const found = plan('a', config, { keys: ['me'] })
  assert.deepEqual(roleNames(found), ['B'])
  assert.deepEqual(found.root, {
    kind: 'keychain',
    name: 'me',
    listed: true,
    namedBy: found.root.kind === 'keychain' ? found.root.namedBy : null,
  })
})

test('planProfile() plans what a line of ours points to as running the line would', () => {
  const b = `
[profile b]
aws_cred_mfa_serial = ${SERIAL}
aws_cred_duration_seconds = 7200
aws_cred_region = eu-west-2
region = eu-west-1
aws_cred_account_id = never`
  for (const target of [b, `${b}\naws_cred_session = never`, `${b}\nrole_arn = ${ARN}B\nsource_profile = b`]) {
    const { profile: _a, root: rootA, ...a } = plan('a', `${POINTER}${target}`, { keys: ['b'] })
    const { profile: _b, root: rootB, ...direct } = plan('b', `${POINTER}${target}`, { keys: ['b'] })
    assert.deepEqual(a, direct)
    assert.equal(rootA.kind, rootB.kind)
  }
})

test('planProfile() assumes the role of its own source that a line of ours in a chain points to', () => {
  const next = `\n[profile next]\nrole_arn = ${ARN}Next\nsource_profile = a`
  const b = `\n[profile b]\nrole_arn = ${ARN}B\nsource_profile = b\n${STATIC}`
  const found = plan('next', `${POINTER}${b}${next}`)
  assert.deepEqual(roleNames(found), ['B', 'Next'])
  assert.deepEqual(
    found.steps.map((step) => role(step).chained),
    [false, true],
  )
})

test('planProfile() finds a loop through lines of ours', () => {
  refused('a', `${POINTER}\n[profile b]\ncredential_process = /x/aws-cred process --profile a`, {
    message: 'cannot resolve profile "a" (~/.aws/config:2): its sources form a loop: a > b > a',
  })
  refused('a', `${POINTER}\n[profile b]\nrole_arn = ${ARN}B\nsource_profile = a`, {
    message: 'cannot resolve profile "a" (~/.aws/config:2): its sources form a loop: a > b > a',
  })
})

test('planProfile() refuses a role beside a line of ours that points elsewhere', () => {
  refused('a', `${POINTER}\naws_cred_role_arn = ${ARN}A\naws_cred_source_profile = me`, {
    message:
      'cannot resolve profile "a": it names two kinds of credentials, a role and credential_process: aws_cred_role_arn (~/.aws/config:3) and credential_process (~/.aws/config:2)',
  })
})

// --- Chains

function chain(length: number): string {
  const links = Array.from(
    { length },
    (_, i) => `\n[profile p${i}]\nrole_arn = ${ARN}R${i}\nsource_profile = p${i + 1}`,
  )
  return links.join('')
}

test('planProfile() plans chains of up to 20 roles, nearest to the root first', () => {
  for (let length = 1; length <= CHAIN_MAX; length++) {
    const found = plan('p0', chain(length), { keys: [`p${length}`] })
    assert.deepEqual(
      roleNames(found),
      Array.from({ length }, (_, i) => `R${length - 1 - i}`),
    )
    assert.deepEqual(
      found.steps.map((step) => role(step).chained),
      found.steps.map((_, i) => i > 0),
    )
    assert.equal((found.root as { name: string }).name, `p${length}`)
  }
})

test('planProfile() refuses a longer chain in one line, at once', () => {
  for (const length of [CHAIN_MAX + 1, 100_000]) {
    assert.throws(() => plan('p0', chain(length)), {
      message: 'cannot resolve profile "p0": its chain of sources is longer than 20: p0 > p1 > p2 > …',
      hint: 'each is a call to STS, and 15 s are all they have; name one nearer to the keys: aws-cred setup p0 --source-profile NAME',
    })
  }
})

test('planProfile() clamps what a chained hop asks for to an hour, and remembers what was asked', () => {
  const config = `
[profile prod]
role_arn = ${ARN}Prod
source_profile = middle
duration_seconds = 14400
[profile middle]
role_arn = ${ARN}Middle
source_profile = me
duration_seconds = 7200`
  const seconds = (found: Plan) => found.steps.map((step) => [step.durationSeconds, role(step).askedSeconds])
  assert.deepEqual(seconds(plan('prod', config)), [
    [7200, 7200],
    [3600, 14_400],
  ])
  // What the caller asks for is for the last hop only.
  assert.deepEqual(seconds(plan('prod', config, { durationSeconds: 900 })), [
    [7200, 7200],
    [900, 900],
  ])
})

test('planProfile() takes the first role for chained where the root is a session', () => {
  const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = me\nduration_seconds = 7200`
  const credentials = `\n[me]\n${STATIC}\naws_session_token = t`
  assert.deepEqual(
    plan('prod', config, { credentials }).steps.map((step) => [role(step).chained, step.durationSeconds]),
    [[true, 3600]],
  )
})

test('planProfile() inherits no mfa_serial', () => {
  const config = `
[profile prod]
role_arn = ${ARN}Prod
source_profile = me
[profile me]
mfa_serial = ${SERIAL}`
  assert.equal(role(plan('prod', config, { keys: ['me'] }).steps[0]).mfaSerial, null)
  assert.equal((plan('me', config, { keys: ['me'] }).steps[0] as SessionTokenStep).mfaSerial, SERIAL)
})

// --- Values that STS would refuse

const withLine = (line: string) => `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = me\n${line}`

test('planProfile() refuses an MFA serial on a chained role', () => {
  refused(
    'prod',
    `${withLine(`aws_cred_mfa_serial = ${SERIAL}`)}\n[profile me]\nrole_arn = ${ARN}Me\nsource_profile = root`,
    {
      message:
        'cannot use mfa_serial of profile "prod" (~/.aws/config:4): STS takes an MFA code only from an IAM user\'s own key, and this role is assumed with a session',
      hint: 'name the serial on the first role of the chain instead',
    },
  )
})

test('planProfile() refuses the serials of users and passkeys', () => {
  refused('prod', withLine('mfa_serial = arn:aws:iam::123456789012:user/me'), {
    message:
      'cannot use mfa_serial "arn:aws:iam::123456789012:user/me" of profile "prod" (~/.aws/config:4): it names a user; a device\'s serial reads arn:aws:iam::ACCOUNT:mfa/NAME',
  })
  refused('prod', withLine('mfa_serial = arn:aws:iam::123456789012:u2f/user/me/k'), {
    message:
      'cannot use mfa_serial "arn:aws:iam::123456789012:u2f/user/me/k" of profile "prod" (~/.aws/config:4): it names a passkey or security key, which AWS does not take for STS; add a TOTP device',
  })
})

test('planProfile() refuses a malformed role ARN', () => {
  refused('prod', '\n[profile prod]\naws_cred_role_arn = Prod\nsource_profile = me', {
    message:
      'cannot use aws_cred_role_arn "Prod" of profile "prod" (~/.aws/config:2): a role reads arn:aws:iam::ACCOUNT:role/NAME',
  })
  // A secret key pasted into the wrong line is not repeated.
  refused(
    'prod',
    '\n[profile prod]\naws_cred_role_arn = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nsource_profile = me',
    {
      message:
        'cannot use aws_cred_role_arn of profile "prod" (~/.aws/config:2): a role reads arn:aws:iam::ACCOUNT:role/NAME',
    },
  )
})

test('planProfile() refuses durations that STS refuses', () => {
  for (const text of ['899', '43201', 'abc', '-1', '1h', '3600.5']) {
    refused('prod', withLine(`aws_cred_duration_seconds = ${text}`), {
      message: `cannot use aws_cred_duration_seconds "${text}" of profile "prod" (~/.aws/config:4): it must be 900 to 43200 seconds`,
      hint: 'aws-cred setup prod --duration 1h',
    })
  }
  for (const [text, seconds] of [
    ['900', 900],
    ['43200', 43_200],
  ] as const) {
    assert.equal(plan('prod', withLine(`duration_seconds = ${text}`)).steps[0]?.durationSeconds, seconds)
  }
  refused(
    'me',
    '\n[profile me]\nduration_seconds = 129601',
    {
      message:
        'cannot use duration_seconds "129601" of profile "me" (~/.aws/config:2): it must be 900 to 129600 seconds',
    },
    { keys: ['me'] },
  )
})

test('planProfile() refuses tags that are no pairs', () => {
  for (const tags of ['team', '=ops', 'a=b, c']) {
    refused('prod', withLine(`aws_cred_tags = ${tags}`), {
      message: 'cannot use aws_cred_tags of profile "prod" (~/.aws/config:4): tags read KEY=VALUE, KEY=VALUE',
    })
  }
})

// --- Hostile names

const HOSTILE = [
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(10_000),
  'a"b',
  "a'b",
  'a\nb',
  'a\u001b[31mb',
  '',
  ' ',
  '$(x)',
]

test('planProfile() and its errors take hostile names, escaped and cut', () => {
  for (const name of HOSTILE) {
    const unknown = noKeys(name, '\n[profile prod]')
    for (const text of [unknown.message, unknown.hint ?? '']) {
      assert.doesNotMatch(text, /[\u0000-\u001f]/)
      assert.ok(text.length < 400)
    }
    assert.deepEqual(plan(name, '', { keys: [name] }).steps.length, 1)
  }
})

test('planProfile() follows sources with hostile names', () => {
  for (const name of ['__proto__', 'constructor', 'x'.repeat(10_000)]) {
    const config = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = ${name}\n[profile ${name}]\nrole_arn = ${ARN}B\nsource_profile = prod`
    assert.throws(
      () => plan('prod', config),
      (error) => error instanceof CredError && error.message.length < 400,
    )
    const keys = `\n[profile prod]\nrole_arn = ${ARN}Prod\nsource_profile = ${name}\n[profile ${name}]\n${STATIC}`
    assert.equal(plan('prod', keys).root.kind, 'static')
  }
})

// --- Any config

const name = fc.constantFrom('a', 'b', 'c', 'default', '__proto__', 'gone', "q'", '')
const lines = fc.oneof(
  name.map((to) => `source_profile = ${to}`),
  name.map((to) => `aws_cred_source_profile = ${to}`),
  name.map((to) => `credential_process = /x/aws-cred process --profile ${to}`),
  fc.constantFrom(
    `role_arn = ${ARN}R`,
    `aws_cred_role_arn = ${ARN}R`,
    'role_arn = broken',
    'role_arn =',
    'aws_access_key_id = AKIAEXAMPLE000000000',
    'aws_access_key_id =',
    'aws_secret_access_key = HUSH1',
    'aws_session_token = HUSH2',
    'aws_security_token = HUSH3',
    'credential_process = /bin/other --password HUSH4',
    'credential_process = "unclosed',
    'credential_process = aws-cred process',
    'credential_source = Environment',
    'web_identity_token_file = /t',
    'sso_session = s',
    'login_session = l',
    `mfa_serial = ${SERIAL}`,
    'mfa_serial = arn:aws:iam::123456789012:user/me',
    'duration_seconds = 7200',
    'duration_seconds = abc',
    'aws_cred_session = never',
    'aws_cred_tags = a=b,c',
    'aws_cred_policy_arns = ,,',
    'external_id = x',
    'services =\n  sts =\n    x = y',
  ),
)
const section = fc.tuple(name, fc.array(lines, { maxLength: 7 })).map(([of, all]) => [of, all.join('\n')] as const)

test('planProfile() plans any config or throws a CredError that shows no secret', () => {
  let planned = 0
  fc.assert(
    fc.property(
      name,
      fc.array(section, { maxLength: 6 }),
      fc.array(section, { maxLength: 2 }),
      fc.subarray(['a', 'b', 'c']),
      fc.boolean(),
      (profile, config, credentials, keys, noSession) => {
        const configText = config.map(([of, all]) => `[profile ${of}]\n${all}\n`).join('')
        const credentialsText = credentials.map(([of, all]) => `[${of}]\n${all}\n`).join('')
        try {
          const found = plan(profile, configText, { credentials: credentialsText, keys, noSession })
          planned++
          const { root, steps } = found
          assert.ok(steps.every((step, i) => step.kind === 'assume-role' || i === 0))
          assert.ok(steps.every((step, i) => step.mfaSerial === null || i === 0))
          if (root.kind === 'static') assert.ok(!keys.includes(root.profile))
        } catch (error) {
          assert.ok(error instanceof CredError && error.code === 'failed', String(error))
          assert.doesNotMatch(`${error.message} ${error.hint} ${String(error.cause)}`, /HUSH/)
        }
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(planned > 300, `only ${planned} were planned`)
})
