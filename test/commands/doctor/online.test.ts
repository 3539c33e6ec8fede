import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openWorkspace } from '../../../src/commands/session/workspace.ts'
import { fakeContext, fakeTerminal } from '../../support/fake-context.ts'
import { type Place, pairOf, place, run, writeAwsFile } from '../../support/vault-place.ts'

interface Told {
  readonly findings: readonly { code: string; severity: string; what: string; cure: string | null }[]
}

/** What `doctor` finds, as `bad clock`; what is good only where its code is asked for. */
async function found(here: Place, words: readonly string[] = [], given: Parameters<typeof run>[2] = {}) {
  const env = { PATH: join(here.home, 'bin'), ...given.env }
  const { code, out, err } = await run(here, ['doctor', ...words, '--json'], { ...given, env })
  assert.equal(err, '')
  const { findings } = JSON.parse(out) as Told
  const wrong = findings.filter(({ severity }) => severity !== 'good').map((each) => `${each.severity} ${each.code}`)
  assert.equal(code, wrong.some((each) => each.startsWith('bad')) ? 1 : 0, out)
  assert.ok(!out.includes(here.world.alice.secret), 'no secret is shown')
  return { findings, wrong, text: out, one: (name: string) => findings.find((each) => each.code === name) }
}

const variablesOf = ({ accessKeyId, secret, token }: { accessKeyId: string; secret: string; token?: string }) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secret,
  ...(token === undefined ? {} : { AWS_SESSION_TOKEN: token }),
})

async function withOwnProfile(t: TestContext): Promise<Place> {
  const here = await place(t)
  const binary = join(here.home, 'bin', 'aws-cred')
  mkdirSync(join(here.home, 'bin'), { recursive: true })
  writeFileSync(binary, '#!/bin/sh\necho aws-cred 0.1.0\n')
  chmodSync(binary, 0o755)
  writeAwsFile(
    here,
    'config',
    `[profile prod]\ncredential_process = "${binary}" process --profile prod\naws_cred_role_arn = ${here.world.arns.prod}
aws_cred_source_profile = user1\nregion = eu-west-1\n`,
  )
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(code, 0, err)
  return here
}

test('a good key in the environment: everything is well, and AWS says who it is', async (t) => {
  const here = await place(t)
  const { wrong, one } = await found(here, [], { env: variablesOf(here.world.alice) })
  assert.deepEqual(wrong, [])
  assert.match(one('identity')?.what ?? '', /^environment: arn:aws:iam::\d{12}:user\/alice$/)
  assert.match(one('clock')?.what ?? '', /^[01]\.\d s from AWS$/)
  assert.match(one('endpoint')?.what ?? '', /^127\.0\.0\.1:\d+, \d+ ms; by AWS_ENDPOINT_URL_STS$/)
})

test('--offline asks nobody', async (t) => {
  const here = await place(t)
  here.sts.reset()
  const { findings } = await found(here, ['--offline'], { env: variablesOf(here.world.alice) })
  assert.ok(!findings.some(({ code }) => ['identity', 'endpoint', 'clock'].includes(code)))
  assert.equal(here.sts.requests.length, 0)
})

test('a key that AWS does not know', async (t) => {
  const here = await place(t)
  const { wrong, one } = await found(here, [], {
    env: variablesOf({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'x'.repeat(40) }),
  })
  assert.deepEqual(wrong, ['bad identity'])
  assert.match(one('identity')?.what ?? '', /InvalidClientTokenId/)
  assert.equal(one('identity')?.cure, 'eval "$(aws-cred export --unset)"')
})

test('a wrong secret', async (t) => {
  const here = await place(t)
  const env = variablesOf({ ...here.world.alice, secret: 'x'.repeat(40) })
  const { wrong, one } = await found(here, [], { env })
  assert.deepEqual(wrong, ['bad identity'])
  assert.match(one('identity')?.what ?? '', /SignatureDoesNotMatch/)
})

test('an expired session that no variable tells of', async (t) => {
  const here = await place(t)
  const session = here.sts.issue(here.world.arns.prod, 'old', -600)
  const { wrong, one } = await found(here, [], { env: variablesOf(session) })
  assert.deepEqual(wrong, ['bad identity'])
  assert.match(one('identity')?.what ?? '', /has expired \(ExpiredToken\)/)
})

test('the case of the article: an expired session in the config, an older one in the shell', async (t) => {
  const here = await place(t)
  const [pasted, old] = [-600, -6000].map((seconds) => here.sts.issue(here.world.arns.prod, 'old', seconds))
  assert.ok(pasted && old)
  writeAwsFile(
    here,
    'config',
    `[profile project1]\naws_access_key_id = ${pasted.accessKeyId}\naws_secret_access_key = ${pasted.secret}
aws_session_token = ${pasted.token}\n`,
  )
  const env = {
    ...variablesOf(old),
    AWS_PROFILE: 'project1',
    AWS_CREDENTIAL_EXPIRATION: new Date(old.expiresAtMs).toISOString(),
  }
  const { wrong, text } = await found(here, [], { env })
  assert.deepEqual(wrong, [
    'warning profile-shadowed',
    'bad env-expired',
    'bad token-in-config',
    'bad identity',
    'bad identity',
  ])
  for (const secret of [pasted.secret, pasted.token, old.secret, old.token]) assert.ok(!text.includes(secret))
})

test('one session in the shell and in two profiles: what STS says of it once lets --fix take it from all', async (t) => {
  const here = await place(t)
  const session = here.sts.issue(here.world.arns.prod, 'old', -600)
  const other = here.sts.issue(here.world.arns.prod, 'live', 600)
  const section = (name: string, { accessKeyId, secret, token }: typeof session) =>
    `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\naws_session_token = ${token}\n`
  // The same id with another token is not known to be over.
  const kept = section('live', other) + section('odd', { ...session, token: other.token })
  writeAwsFile(here, 'credentials', section('default', session) + section('copy', session) + kept)
  const given = { env: { PATH: '/nowhere', ...variablesOf(session) }, terminal: fakeTerminal(['y']) }
  const { out, err } = await run(here, ['doctor', '--fix'], given)
  assert.match(out, /environment: .*ExpiredToken\); the same session lies in profiles default, copy\n/)
  assert.match(out, /to mend; --fix does 2 of them\n/)
  assert.ok(!err.includes('not done'), err)
  assert.equal(readFileSync(join(here.home, '.aws/credentials'), 'utf8'), `[default]\n[copy]\n${kept}`)
  assert.match(out, /only this shell can do the rest:\n {2}eval "\$\(aws-cred export --unset\)"\n$/)
})

test('long-lived keys of a file are asked about as the tools would sign', async (t) => {
  const here = await place(t)
  const { accessKeyId, secret } = here.world.alice
  writeAwsFile(
    here,
    'credentials',
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`,
  )
  const { wrong, one } = await found(here)
  assert.deepEqual(wrong, ['warning static-keys'])
  assert.match(one('identity')?.what ?? '', /^keys of profile default: arn:.*user\/alice$/)
})

test('a profile of ours is resolved by our own path, and a session is then held', async (t) => {
  const here = await withOwnProfile(t)
  const { wrong, one } = await found(here, ['prod'])
  assert.deepEqual(wrong, [])
  assert.match(
    one('identity')?.what ?? '',
    /^aws-cred of profile prod: arn:aws:sts::\d{12}:assumed-role\/Prod-Role\/alice$/,
  )
  assert.match((await found(here, ['prod'])).one('session')?.what ?? '', /^prod: \d+ min left$/)
})

test('a role that refuses: the error of STS, and the failure afterwards', async (t) => {
  const here = await withOwnProfile(t)
  here.world.roles.find(({ arn }) => arn === here.world.arns.prod)?.trust.splice(0)
  assert.deepEqual((await found(here, ['prod'])).wrong, ['bad identity'])
  const { wrong, one } = await found(here, ['prod', '--offline'])
  assert.deepEqual(wrong, ['bad last-failure'])
  assert.match(one('last-failure')?.what ?? '', /AccessDenied/)
})

test("a role whose maximum is below what is asked for: STS's own word, until an hour is asked for", async (t) => {
  const here = await withOwnProfile(t)
  const file = join(here.home, '.aws/config')
  const config = readFileSync(file, 'utf8').replace(here.world.arns.prod, here.world.arns.short)
  writeAwsFile(here, 'config', `${config}aws_cred_duration_seconds = 43200\n`)
  assert.deepEqual((await found(here, ['prod'])).wrong, ['bad identity'])
  const { wrong, one } = await found(here, ['prod', '--offline'])
  assert.deepEqual(wrong, ['bad last-failure', 'bad session-too-long'])
  assert.match(
    one('session-too-long')?.what ?? '',
    /^prod asks for 12 h, and its role's MaxSessionDuration is less, as STS/,
  )
  assert.equal(one('session-too-long')?.cure, 'aws-cred setup prod --duration 1h')
  writeAwsFile(here, 'config', `${config}aws_cred_duration_seconds = 3600\n`)
  assert.deepEqual((await found(here, ['prod'])).wrong, ['bad last-failure'])
  assert.deepEqual((await found(here, ['prod'])).wrong, [])
})

test('a failure of a config that is mended since, by setup or by hand, is over for doctor and status', async (t) => {
  const here = await withOwnProfile(t)
  const config = join(here.home, '.aws/config')
  const good = readFileSync(config, 'utf8')
  const bad = good.replace('= user1', '= alce')
  const failedSince = async () => {
    assert.equal((await run(here, ['process', '--profile', 'prod'])).code, 1)
    const { one } = await found(here, ['prod', '--offline'])
    assert.match(one('last-failure')?.what ?? '', /its source "alce" .*does not exist/)
  }
  for (const mend of [
    async () => writeAwsFile(here, 'config', good),
    async () => run(here, ['setup', 'prod', '--source-profile', 'user1', '--yes']),
  ]) {
    writeAwsFile(here, 'config', bad)
    await failedSince()
    await mend()
    assert.equal((await found(here, ['prod', '--offline'])).one('last-failure'), undefined)
    assert.match((await run(here, ['status', 'prod', '--json'])).out, /"state": ?"ready"/)
  }
  here.world.roles.find(({ arn }) => arn === here.world.arns.prod)?.trust.splice(0)
  assert.equal((await run(here, ['process', '--profile', 'prod'])).code, 1)
  assert.equal((await found(here, ['prod', '--offline'])).one('last-failure')?.severity, 'bad')
  const { code, err } = await run(here, ['setup', 'prod', '--role-arn', here.world.arns.middle, '--yes'])
  assert.equal(code, 0, err)
  assert.equal((await found(here, ['prod', '--offline'])).one('last-failure'), undefined, 'STS refused another role')
})

test("another profile's failures are notes where nobody names it, and a cool-down names who is to log in", async (t) => {
  const here = await withOwnProfile(t)
  const { arns, alice } = here.world
  const role = (name: string) =>
    `[profile ${name}]\naws_cred_role_arn = ${arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${alice.mfaSerial}\n`
  writeAwsFile(here, 'config', `${role('first')}${role('bad')}`)
  assert.equal((await run(here, ['process', '--profile', 'bad', '--no-prompt'])).code, 3)
  const name = `question key:x ${alice.mfaSerial}`
  openWorkspace(fakeContext({ home: here.home, env: here.env })).index.write('backoff', name, {
    name,
    untilMs: Date.now() + 25_000,
    spanMs: 30_000,
  })
  const env = variablesOf(alice)
  const plain = await found(here, ['--offline'], { env })
  assert.deepEqual(plain.wrong, ['warning last-failure', 'warning cool-down'])
  assert.match(plain.one('last-failure')?.what ?? '', /^bad: .*nobody is to be asked/)
  assert.equal(plain.one('cool-down')?.cure, 'aws-cred login bad')
  assert.ok((await found(here, ['bad', '--offline'], { env })).wrong.includes('bad last-failure'))
  assert.equal((await found(here, ['first', '--offline'], { env })).one('cool-down')?.cure, 'aws-cred login first')
})

test('where no tool finds credentials, the cure is a command that works as it is pasted', async (t) => {
  const here = await withOwnProfile(t)
  const { prod } = here.world.arns
  const cases = [
    [`role_arn = ${prod}\nsource_profile = user1\n`, 'aws-cred setup hand3'],
    [`role_arn = ${prod}\nsource_profile = usre1\n`, 'aws-cred setup hand3 --source-profile user1'],
    [`role_arn = ${prod}\n`, 'aws-cred setup hand3 --source-profile user1'],
    [`aws_cred_role_arn = ${prod}\naws_cred_source_profile = user1\n`, 'aws-cred setup hand3'],
    [`aws_cred_role_arn = ${prod}\naws_cred_source_profile = alice1\n`, 'aws-cred add alice1'],
    [`aws_cred_role_arn = ${prod}\n`, 'aws-cred setup hand3 --source-profile user1'],
    ['aws_cred_mfa_serial = arn:aws:iam::123456789012:mfa/a\n', 'aws-cred add hand3'],
  ] as const
  for (const [lines, wanted] of cases) {
    writeAwsFile(here, 'config', `[profile hand3]\n${lines}`)
    const { one } = await found(here, ['hand3', '--offline'])
    const { cure, severity } = one('no-credentials') ?? {}
    assert.deepEqual([severity, cure], ['bad', wanted], lines)
    if (!wanted.startsWith('aws-cred setup')) continue
    const { code, err } = await run(here, [...wanted.split(' ').slice(1), '--yes'])
    assert.equal(code, 0, err)
    assert.equal((await found(here, ['hand3', '--offline'])).one('no-credentials'), undefined)
    assert.equal((await run(here, ['process', '--profile', 'hand3'])).code, 0, lines)
  }
  // Which role only the person knows.
  writeAwsFile(here, 'config', '[profile hand3]\naws_cred_credential_source = EcsContainer\n')
  const { one } = await found(here, ['hand3', '--offline'])
  assert.equal(one('no-credentials')?.cure, 'aws-cred setup hand3 --role-arn ARN')
})

test('a locked vault needs a person, and nothing is asked', async (t) => {
  const here = await withOwnProfile(t)
  const env = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: undefined }
  const { wrong, one } = await found(here, ['prod'], { env })
  assert.deepEqual(wrong, ['warning identity', 'warning store'])
  assert.equal(one('store')?.cure, 'aws-cred unlock')
})

test('a role that wants a code: a person is needed, and STS is not asked for it', async (t) => {
  const here = await withOwnProfile(t)
  const { arns, alice } = here.world
  const binary = join(here.home, 'bin', 'aws-cred')
  const line = `credential_process = "${binary}" process --profile`
  writeAwsFile(
    here,
    'config',
    `[profile mfa]\n${line} mfa\naws_cred_role_arn = ${arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${alice.mfaSerial}\n`,
  )
  here.sts.reset()
  const { wrong, one } = await found(here, ['mfa'])
  assert.deepEqual(wrong, ['warning identity'])
  assert.equal(one('identity')?.cure, 'aws-cred login mfa')
  assert.deepEqual([here.sts.count('AssumeRole'), here.sts.count('GetSessionToken')], [0, 0])
})

test("another program's line is not run", async (t) => {
  const here = await place(t)
  const ran = join(here.home, 'ran')
  writeAwsFile(here, 'config', `[default]\ncredential_process = /usr/bin/touch ${ran}\n`)
  assert.deepEqual((await found(here)).wrong, [])
  assert.equal(existsSync(ran), false)
})

test('an old key of the store', async (t) => {
  const here = await withOwnProfile(t)
  const nowMs = () => Date.now() + 100 * 86_400_000
  const { wrong } = await found(here, ['prod', '--offline'], { nowMs })
  assert.deepEqual(wrong, ['warning key-old'])
})

for (const [minutes, severity, says] of [
  [0.5, 'good', /^\d\d\.\d s from AWS$/],
  [4, 'warning', /clock is 4 min behind AWS's; from 5 min on/],
  [-4, 'warning', /clock is [34] min ahead of AWS's; from 5 min on/],
  [6, 'bad', /clock is 6 min behind AWS's; the AWS CLI and boto3/],
  [-6, 'bad', /clock is [56] min ahead of AWS's/],
  [480, 'bad', /clock is 8 h behind/],
] as const) {
  test(`a clock that is ${-minutes} min off`, async (t) => {
    const here = await place(t)
    here.sts.setClockOffsetMs(minutes * 60_000 + 5_000)
    const { one } = await found(here, [], { env: variablesOf(here.world.alice) })
    assert.equal(one('clock')?.severity, severity)
    assert.match(one('clock')?.what ?? '', says)
    assert.equal(one('clock')?.cure, severity === 'good' ? null : 'sudo timedatectl set-ntp true')
  })
}

test('an endpoint that nobody listens at is said once', async (t) => {
  const here = await place(t)
  await here.sts.close()
  const { wrong, one } = await found(here, [], { env: variablesOf(here.world.alice) })
  assert.deepEqual(wrong, ['bad endpoint'])
  assert.match(
    one('endpoint')?.what ?? '',
    /^cannot reach 127\.0\.0\.1:\d+: the connection was refused \(ECONNREFUSED\)/,
  )
})

test('a region that is none, and a proxy that does not answer', async (t) => {
  const here = await place(t)
  const env = { ...variablesOf(here.world.alice), AWS_REGION: 'europe' }
  const region = await found(here, [], { env })
  assert.ok(region.wrong.includes('bad endpoint'))
  assert.match(region.one('endpoint')?.what ?? '', /region "europe" of AWS_REGION/)
  const proxied = await found(here, [], {
    env: { ...variablesOf(here.world.alice), AWS_ENDPOINT_URL_STS: undefined, HTTPS_PROXY: 'http://127.0.0.1:9' },
  })
  assert.deepEqual(proxied.wrong, ['bad endpoint'])
  assert.match(proxied.one('endpoint')?.what ?? '', /through the proxy 127\.0\.0\.1:9/)
})
