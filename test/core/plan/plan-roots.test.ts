import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CredError } from '../../../src/core/errors.ts'
import { parseIni } from '../../../src/core/ini.ts'
import { type Plan, planProfile } from '../../../src/core/plan/plan.ts'
import { rootText } from '../../../src/core/plan/plan-roots.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'

const ARN = 'arn:aws:iam::123456789012:role/'
const SESSION = '\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start'

function plan(profile: string, config: string, keys: readonly string[] = [], durationSeconds?: number): Plan {
  const profiles = mergeProfiles(parseIni(config, { kind: 'config', path: '~/.aws/config' }), null)
  return planProfile(profile, profiles, { platform: 'linux', hasKeys: (name) => keys.includes(name), durationSeconds })
}

function refused(config: string, message: RegExp, hint?: RegExp): void {
  assert.throws(
    () => plan('p', config),
    (error) => {
      assert.ok(error instanceof CredError && error.code === 'failed', String(error))
      assert.match(error.message, message)
      if (hint !== undefined) assert.match(error.hint ?? '', hint)
      return true
    },
  )
}

function rootOf(config: string, profile = 'p') {
  const { root } = plan(profile, config)
  assert.ok(root.kind !== 'keychain' && root.kind !== 'static')
  return root
}

test('planProfile() finds a role of SSO, by a session or in the older form', () => {
  const role = 'sso_account_id = 123456789012\nsso_role_name = Dev'
  const found = rootOf(`[profile p]\nsso_session = corp\n${role}${SESSION}`)
  assert.ok(found.kind === 'sso')
  const { origin, ...rest } = found
  assert.equal(origin.line, 2)
  assert.deepEqual(rest, {
    kind: 'sso',
    profile: 'p',
    session: 'corp',
    startUrl: 'https://corp.awsapps.com/start',
    region: 'eu-west-1',
    accountId: '123456789012',
    roleName: 'Dev',
  })
  assert.equal(rootText(found), 'SSO "corp"')
  const older = rootOf(`[profile p]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n${role}`)
  assert.ok(older.kind === 'sso' && older.session === null)
  assert.equal(rootText(older), 'SSO "x/start"')
})

test('planProfile() refuses SSO that is not whole, naming what is missing', () => {
  const role = 'sso_account_id = 123456789012\nsso_role_name = Dev'
  refused(
    `[profile p]\nsso_session = crop\n${role}${SESSION}`,
    /no \[sso-session crop\], which its sso_session \(.*:2\)/,
    /"corp"/,
  )
  refused(
    `[profile p]\nsso_session = corp${SESSION}`,
    /it has no sso_account_id or \[sso-session corp\]/,
    /aws configure sso --profile p/,
  )
  refused(`[profile p]\nsso_start_url = https://x\n${role}`, /it has no sso_region$/)
  refused(
    `[profile p]\nsso_session = corp\nsso_region = us-east-1\n${role}${SESSION}`,
    /its sso_region \(.*:3\) is not that of its sso-session \(.*:7\)/,
  )
  refused(
    `[profile p]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = D${SESSION}`,
    /sso_account_id .*: it must be 12 digits/,
  )
  refused(`[profile p]\nsso_start_url = https://x\nsso_region = here\n${role}`, /sso_region .*: it must be a region/)
})

test('planProfile() makes the role of a web identity token the root, for as long as is asked', () => {
  const lines = `role_arn = ${ARN}Web\nweb_identity_token_file = /t\nduration_seconds = 7200\nrole_session_name = me`
  const config = `[profile p]\n${lines}\n[profile q]\nrole_arn = ${ARN}Q\nsource_profile = p\nduration_seconds = 7200`
  const found = plan('p', config)
  assert.ok(found.root.kind === 'web-identity')
  assert.deepEqual(found.steps, [])
  assert.deepEqual(
    [found.root.tokenFile, found.root.step.durationSeconds, found.root.step.sessionName],
    ['/t', 7200, 'me'],
  )
  const asked = plan('p', config, [], 900)
  assert.equal(asked.root.kind === 'web-identity' ? asked.root.step.durationSeconds : 0, 900)
  const chained = plan('q', config, [], 5400)
  assert.equal(chained.root.kind === 'web-identity' ? chained.root.step.durationSeconds : 0, 7200)
  assert.deepEqual(
    chained.steps.map((step) => [step.profile, step.durationSeconds]),
    [['q', 3600]],
  )
})

test('planProfile() refuses what STS has no place for beside a token, and a path that moves', () => {
  const role = `[profile p]\nrole_arn = ${ARN}Web\nweb_identity_token_file = /t\n`
  for (const line of [
    'external_id = abc',
    'aws_cred_tags = a=b',
    'mfa_serial = arn:aws:iam::1:mfa/x',
    'aws_cred_source_identity = me',
  ]) {
    refused(
      role + line,
      new RegExp(`^cannot use ${line.split(' ')[0]} of profile "p" .*:4\\): STS takes none with a web identity token$`),
    )
  }
  refused(`[profile p]\nrole_arn = ${ARN}Web\nweb_identity_token_file = token`, /it must be an absolute path/)
})

test('planProfile() takes the three values of credential_source, as they are written', () => {
  for (const [value, kind] of [
    ['Environment', 'environment'],
    ['EcsContainer', 'container'],
    ['Ec2InstanceMetadata', 'instance'],
  ] as const) {
    const found = plan('p', `[profile p]\nrole_arn = ${ARN}X\ncredential_source = ${value}\nduration_seconds = 7200`)
    assert.equal(found.root.kind, kind)
    // Whether a session signs, only STS can tell: asked for as it stands.
    assert.deepEqual(
      found.steps.map((step) => (step.kind === 'assume-role' ? [step.durationSeconds, step.chained] : [])),
      [[7200, true]],
    )
  }
  refused(
    `[profile p]\nrole_arn = ${ARN}X\ncredential_source = environment`,
    /it must be Environment/,
    /nearest is Environment/,
  )
  refused(`[profile p]\nrole_arn = ${ARN}X\ncredential_source = __proto__`, /it must be Environment/)
  const noRole = plan('p', '[profile p]\ncredential_source = Environment')
  assert.equal(noRole.root.kind, 'keychain', 'without a role it means nothing')
})

test('planProfile() stands hops on every root, an hour each', () => {
  for (const root of [
    `sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev`,
    'login_session = arn:aws:iam::123456789012:user/a',
    'credential_process = /bin/other --x',
  ]) {
    const config = `[profile p]\naws_cred_role_arn = ${ARN}B\naws_cred_source_profile = m
[profile m]\naws_cred_role_arn = ${ARN}A\naws_cred_source_profile = r\nduration_seconds = 7200
[profile r]\n${root}${SESSION}`
    const { root: found, steps } = plan('p', config)
    assert.equal('profile' in found ? found.profile : '', 'r')
    const isOpaque = found.kind === 'process'
    assert.deepEqual(
      steps.map((step) => [step.profile, step.durationSeconds]),
      [
        ['m', isOpaque ? 7200 : 3600],
        ['p', null],
      ],
    )
  }
})

test('planProfile() gives with aws_cred_source_profile and no role what that profile gives', () => {
  const config = `[profile p]\naws_cred_source_profile = r\n[profile r]\nlogin_session = arn:a\nregion = eu-west-1`
  const found = plan('p', config)
  assert.deepEqual([found.root.kind, found.steps, found.region], ['login', [], 'eu-west-1'])
  assert.equal(plan('p', '[profile p]\naws_cred_source_profile = me', ['me']).steps[0]?.kind, 'session-token')
  const own = 'aws_cred_account_id = never\nregion = us-east-1\naws_cred_session = never'
  const speaking = plan('p', `${config.replace('[profile r]', `${own}\n[profile r]`)}`)
  assert.deepEqual([speaking.tellsAccount, speaking.region], [false, 'us-east-1'])
  assert.deepEqual(plan('p', `[profile p]\naws_cred_source_profile = me\n${own}`, ['me']).steps, [])
  assert.equal(plan('p', '[profile p]\nsource_profile = me', ['me']).root.kind, 'keychain')
  const lone = plan('p', '[profile p]\nsource_profile = me', ['me']).root
  assert.equal(lone.kind === 'keychain' ? lone.name : '', 'p', 'the native key means nothing without a role')
  refused('[profile p]\naws_cred_source_profile = p', /loop: p > p/)
  refused(
    '[profile p]\naws_cred_source_profile = r\nlogin_session = arn:a\n[profile r]\nregion = a',
    /two kinds of credentials, aws login and aws_cred_source_profile/,
  )
  assert.equal(plan('p', '[profile p]\naws_cred_source_profile = p', ['p']).root.kind, 'keychain')
})

test('rootText() names of a program no more than its name', () => {
  for (const [line, name] of [
    ['/usr/bin/other --password HUSH', 'other'],
    ['"/opt/a b/other" x', 'other'],
    ["'/opt/a b/other' x", 'other'],
    ['"C:\\a b\\other.exe" x', 'other.exe'],
    ['"HUSH', '"HUSH'],
  ] as const) {
    assert.equal(rootText(rootOf(`[profile p]\ncredential_process = ${line}`)), `program "${name}"`)
  }
})

test('planProfile() knows the account of a program from the profile', () => {
  const account = 'aws_account_id = 123456789012'
  for (const [line, accountId] of [
    [account, '123456789012'],
    ['aws_account_id = 12', null],
  ] as const) {
    const root = rootOf(`[profile p]\ncredential_process = other\n${line}`)
    assert.equal(root.kind === 'process' ? root.accountId : '', accountId)
  }
})
