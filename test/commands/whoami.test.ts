import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import { fakeContext } from '../support/fake-context.ts'
import { readmeFields } from '../support/readme-fields.ts'
import { signInToSso, startRootServices } from '../support/root-services.ts'
import { type Given, type Place, pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

async function world(t: Parameters<typeof place>[0], more = ''): Promise<Place> {
  const here = await place(t)
  const { arns, alice } = here.world
  const role = (name: string, arn: string, rest = '') =>
    `[profile ${name}]\naws_cred_role_arn = ${arn}\naws_cred_source_profile = user1\n${rest}`
  const serial = `aws_cred_mfa_serial = ${alice.mfaSerial}\n`
  writeAwsFile(
    here,
    'config',
    `${role('prod', arns.prod)}${role('pathed', arns.pathed, 'aws_cred_role_session_name = me@example.com\n')}${role('mfa', arns.needsMfa, serial)}${role('nobody', arns.nobody)}[profile keys]\naws_cred_source_profile = user1\naws_cred_session = never\n${more}`,
  )
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  assert.equal(code, 0, err)
  return here
}

async function fails(
  here: Place,
  words: string[],
  wanted: number,
  message: RegExp,
  given: Given = {},
): Promise<string> {
  const { code, out, err } = await run(here, ['whoami', ...words], given)
  assert.match(err, message)
  assert.equal(code, wanted, err)
  assert.match(err, /^aws-cred: error: [^\n]+\n(aws-cred: hint: [^\n]+\n)?$/)
  return out
}

test('whoami shows a session, its name, its end and what it is made from', async (t) => {
  const here = await world(t)
  const { code, out, err } = await run(here, ['whoami', 'pathed'])
  assert.deepEqual([code, err], [0, ''])
  assert.match(
    out,
    /^profile {2}pathed\narn {6}arn:aws:sts::123456789012:assumed-role\/Pathed\/me@example\.com\naccount {2}123456789012\nuser id {2}AROA\w+:me@example\.com\nsession {2}me@example\.com\nkey {6}ASIA…\w{4}\nexpires {2}in 59 min, at (\d{4}-\d\d-\d\d )?\d\d:\d\d \S+\nsource {3}user1 > Pathed\n$/,
  )
  // The stored session is used, and STS asked anew.
  await run(here, ['whoami', 'pathed'])
  assert.equal(here.sts.count('AssumeRole'), 1)
  assert.equal(here.sts.count('GetCallerIdentity'), 3)
})

test('whoami shows keys without an end as such, and names the variable that named the profile', async (t) => {
  const here = await world(t)
  const { out } = await run(here, ['whoami'], { env: { AWS_PROFILE: 'keys', AWS_CRED_PROFILE: 'prod' } })
  assert.match(out, /^profile {2}keys \(AWS_PROFILE\)\narn {6}arn:aws:iam::123456789012:user\/alice\n/)
  assert.match(out, /^key {6}AKIA…\w{4}\nexpires {2}never\nsource {3}user1\n$/m)
  assert.ok(!out.includes('\nsession'))
  for (const [env, profile] of [
    [{ AWS_DEFAULT_PROFILE: 'keys', AWS_CRED_PROFILE: 'prod' }, 'keys'],
    [{ AWS_CRED_PROFILE: 'prod' }, 'prod'],
  ] as const)
    assert.match((await run(here, ['whoami'], { env })).out, new RegExp(`^profile {2}${profile} \\(AWS_`))
  await fails(here, [], 1, /cannot read profile "default": not in ~\/\.aws\/config/)
  await fails(here, [''], 1, /profile ""/, { env: { AWS_PROFILE: 'keys' } })
  await fails(here, ['prdo'], 1, /cannot read profile "prdo": .*\n.*the nearest name is "prod"/)
})

test('whoami --json holds every field of the README', async (t) => {
  const here = await world(t)
  const { out } = await run(here, ['whoami', 'prod', '--json'])
  const document = JSON.parse(out) as Record<string, unknown>
  assert.deepEqual(Object.keys(document).sort(), ['version', ...readmeFields('`whoami --json` has')].sort())
  const { secondsLeft, expiration, userId, accessKeyId, ...rest } = document
  assert.deepEqual(rest, {
    version: 1,
    profile: 'prod',
    variable: null,
    arn: 'arn:aws:sts::123456789012:assumed-role/Prod-Role/alice',
    account: '123456789012',
    sessionName: 'alice',
    chain: ['user1', 'Prod-Role'],
    promised: { arn: here.world.arns.prod, account: '123456789012', permissionSet: null },
    asPromised: true,
  })
  assert.match(String(userId), /^AROA\w+:alice$/)
  assert.match(String(accessKeyId), /^ASIA…\w{4}$/)
  assert.match(String(expiration), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.ok(Math.abs(Date.parse(String(expiration)) - Date.now() - Number(secondsLeft) * 1000) < 2_000)
  const keys = JSON.parse((await run(here, ['whoami', 'keys', '--json'])).out) as Record<string, unknown>
  assert.deepEqual([keys.secondsLeft, keys.expiration, keys.sessionName], [null, null, null])
})

test('whoami says it when the answer is not whom the profile names: data, then an error', async (t) => {
  const here = await world(
    t,
    '[profile elsewhere]\naws_cred_source_profile = user1\naws_account_id = 210987654321\n[profile other]\ncredential_process = /bin/sh ./give\naws_account_id = 210987654321\n',
  )
  const out = await fails(
    here,
    ['elsewhere'],
    1,
    /error: cannot confirm profile "elsewhere": it names arn:aws:iam::123456789012:user\/alice of account 210987654321, and STS says arn:aws:iam::123456789012:user\/alice\n$/,
  )
  assert.match(out, /^account {2}123456789012$/m)
  // What `add` found out counts as said.
  const { index } = openWorkspace(fakeContext(here))
  const entry = index.read('key', 'user1')
  assert.ok(entry)
  index.write('key', 'user1', { ...entry, arn: 'arn:aws:iam::123456789012:user/bob' })
  const json = await fails(here, ['user1', '--json'], 1, /it names arn:aws:iam::123456789012:user\/bob, and STS says/)
  assert.equal((JSON.parse(json) as { asPromised: boolean }).asPromised, false)
  const { accessKeyId, secret } = here.world.alice
  const given = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secret }
  const script = join(here.home, 'give.sh')
  writeFileSync(script, `echo '${JSON.stringify(given)}'\n`)
  writeAwsFile(
    here,
    'config',
    `[profile other]\ncredential_process = /bin/sh ${script}\naws_account_id = 210987654321\n`,
  )
  await fails(
    here,
    ['other'],
    1,
    /it names somebody of account 210987654321, and STS says arn:aws:iam::123456789012:user\/alice/,
    { env: { PATH: '/usr/bin:/bin' } },
  )
})

test('whoami of a permission set compares its name with that of the role behind it', async (t) => {
  const here = await world(
    t,
    '[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n[profile admin]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n',
  )
  const arn = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef'
  here.sts.world.roles.push({ arn, trust: ['*'] })
  const services = await startRootServices(here.sts, arn)
  t.after(() => services.close())
  const env = { AWS_ENDPOINT_URL_SSO: services.url }
  await fails(here, ['dev'], 3, /nobody has signed in here\n.*hint: aws sso login --profile dev\n$/, { env })
  signInToSso({ home: here.home, services, id: 'corp' })
  const { code, out, err } = await run(here, ['whoami', 'dev'], { env })
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^session {2}sso-Dev$/m)
  assert.match(out, /^source {3}SSO "corp" > Dev$/m)
  await fails(
    here,
    ['admin'],
    1,
    /it names permission set Admin of account 123456789012, and STS says \S+AWSReservedSSO_Dev_/,
    { env },
  )
})

test('whoami words what STS refuses as the other verbs do, and needs a person where they do', async (t) => {
  const here = await world(t)
  await fails(here, ['mfa'], 3, /cannot .* for profile "mfa": it needs an MFA code.*\n.*hint: aws-cred login mfa\n$/)
  assert.equal(await fails(here, ['nobody'], 1, /for profile "nobody": STS refused .* \(AccessDenied\)/), '')
  const locked = { env: { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: undefined } }
  await fails(here, ['prod'], 3, /cannot open the vault: it is locked\n.*hint: aws-cred unlock\n$/, locked)
  await run(here, ['process', '--profile', 'prod'])
  for (const [code, message] of [
    [
      'ExpiredToken',
      /error: cannot ask STS who profile "prod" is: the session ASIA…\w{4} of "prod" has expired \(ExpiredToken\)\n.*hint: forget it, and the next use fetches another: aws-cred logout prod\n$/,
    ],
    ['InvalidClientTokenId', /STS does not know the session ASIA…\w{4} of "prod" .*\n.*hint: it was revoked/],
  ] as const) {
    here.sts.faults.next({ kind: 'error', operation: 'GetCallerIdentity', code, status: 403 })
    await fails(here, ['prod'], 1, message)
  }
  await fails(here, ['keys'], 1, /cannot ask STS who profile "keys" is: /, {
    env: { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' },
  })
})
