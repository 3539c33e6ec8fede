import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { need } from '../support/need.ts'
import {
  logIn,
  type RootServices,
  type Spoil,
  signInToSso,
  ssoConfig,
  startRootServices,
} from '../support/root-services.ts'
import { type Given, type Place, place, run, writeAwsFile } from '../support/vault-place.ts'

interface RootPlace extends Place {
  readonly services: RootServices
}

const LOGIN = 'arn:aws:iam::123456789012:user/alice'
const SSO = ssoConfig('root')

async function rootPlace(t: TestContext, config: string): Promise<RootPlace> {
  const here = await place(t)
  const services = await startRootServices(here.sts, here.world.arns.middle)
  t.after(() => services.close())
  const env = {
    ...here.env,
    PATH: '/usr/bin:/bin',
    AWS_ENDPOINT_URL_SSO: services.url,
    AWS_ENDPOINT_URL_SSO_OIDC: services.url,
    AWS_ENDPOINT_URL_SIGNIN: services.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${services.url}/container`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: services.url,
  }
  writeAwsFile(here, 'config', config)
  return { ...here, env, services }
}

const words = (profile: string) => ['process', '--profile', profile, '--no-prompt']

async function succeeds(here: RootPlace, profile: string, given: Given = {}): Promise<{ AccessKeyId: string }> {
  const { code, out, err } = await run(here, words(profile), given)
  assert.deepEqual([code, err], [0, ''])
  return JSON.parse(out) as { AccessKeyId: string }
}

async function fails(here: RootPlace, profile: string, wanted: number, message: RegExp, given: Given = {}) {
  const { code, out, err } = await run(here, words(profile), given)
  assert.match(err, message)
  assert.deepEqual([code, out], [wanted, ''], err)
  assert.match(err, /^aws-cred: error: [^\n]+\n(aws-cred: hint: [^\n]+\n)?$/)
  assert.doesNotMatch(err, /HUSH/)
  return err
}

// --- SSO

test('SSO: each answer of the portal that is no good, in one line', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  signInToSso({ home, services, id: 'corp' })
  const head = '^aws-cred: error: cannot get credentials of SSO "corp" for profile "root": '
  const refusal = (status: number, code: string): Spoil => ({ kind: 'status', status, code })
  const body = (credentials: object): Spoil => ({
    kind: 'body',
    body: JSON.stringify({ roleCredentials: credentials }),
  })
  const keys = { accessKeyId: 'ASIA', secretAccessKey: 'HUSH', sessionToken: 'HUSH' }
  const cases: readonly (readonly [Spoil, RegExp, number?])[] = [
    [
      refusal(401, 'UnauthorizedException'),
      /the portal does not take the sign-in any more .*\n.*aws sso login --profile root\n$/,
      3,
    ],
    [
      refusal(403, 'ForbiddenException'),
      /the portal gives you no role "Dev" of account 123456789012 \(ForbiddenException\)\n$/,
    ],
    [refusal(404, 'ResourceNotFoundException'), /the portal gives you no role "Dev"/],
    [
      refusal(400, 'InvalidRequestException'),
      /the portal refused role "Dev" of account 123456789012: as asked \(InvalidRequestException\)/,
    ],
    [refusal(500, 'Oops'), /the portal refused role/],
    [{ kind: 'html' }, /the answer of 127\.0\.0\.1:\d+ cannot be/],
    [{ kind: 'empty' }, /the answer of 127\.0\.0\.1:\d+ cannot be used: it holds no credentials/],
    [{ kind: 'cut' }, /127\.0\.0\.1:\d+/],
    [body({ ...keys, expiration: 1_000_000 }), /cannot be used: their expiration has passed/],
    [body({ ...keys, expiration: 'soon' }), /cannot be/],
    [body({ ...keys, sessionToken: 'HUSH\nHUSH', expiration: Date.now() + 1e6 }), /of no known form/],
    [body({ accessKeyId: 'ASIA' }), /it holds no credentials/],
  ]
  for (const [spoil, message, code = 1] of cases) {
    services.spoil.set('role', spoil)
    await fails(here, 'root', code, new RegExp(`${head}.*${message.source}`, 's'))
  }
  services.spoil.clear()
  await succeeds(here, 'root')
})

test('SSO: --duration is refused, since the permission set decides it', async (t) => {
  const here = await rootPlace(t, SSO)
  signInToSso({ home: here.home, services: here.services, id: 'corp' })
  const { code, err } = await run(here, [...words('root'), '--duration', '1h'])
  assert.equal(code, 2)
  assert.match(err, /--duration means nothing for "root": its source decides it/)
  assert.deepEqual(here.services.counts, {})
})

test('SSO: the sign-in is renewed where it is due and can be, and otherwise used to its end', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  // Due, and the renewal fails: what is left of it is used.
  signInToSso({ home, services, id: 'corp', leftMs: 120_000 })
  services.spoil.set('token', { kind: 'status', status: 400, code: 'InvalidGrantException' })
  await succeeds(here, 'root')
  assert.deepEqual(services.counts, { token: 1, role: 1 })
  // Not renewable: used without asking.
  signInToSso({ home, services, id: 'corp', leftMs: 120_000, renewable: false })
  await run(here, [...words('root'), '--refresh'])
  assert.deepEqual(services.counts, { token: 1, role: 2 })
})

test('SSO: over, and not to be renewed: exit 3 with the command, and how long ago', async (t) => {
  for (const [renewable, code, message] of [
    [false, 3, /the sign-in ended 2 min ago\naws-cred: hint: aws sso login --profile root\n$/],
    [true, 3, /the sign-in ended 2 min ago, and is not renewed \(InvalidGrantException\)\n/],
  ] as const) {
    const here = await rootPlace(t, SSO)
    const { services, home } = here
    signInToSso({ home, services, id: 'corp', leftMs: -120_000, renewable })
    services.refreshTokens.clear()
    await fails(here, 'root', code, message)
    assert.equal(services.counts.role, undefined)
    const { out } = await run(here, ['list'])
    assert.match(out, /^root .* log in: aws sso login --profile root$/m)
  }
})

test('SSO: no answer of the token service is no reason to log in', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  signInToSso({ home, services, id: 'corp', leftMs: -120_000 })
  await services.close()
  await fails(
    here,
    'root',
    1,
    /cannot reach 127\.0\.0\.1:\d+: the connection was refused \(ECONNREFUSED\)\n.*AWS_ENDPOINT_URL_SSO_OIDC is set to/,
  )
})

test('SSO: a renewed file keeps its mode and its link, and one that cannot be replaced is not renewed', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  const path = signInToSso({ home, services, id: 'corp', leftMs: 120_000 })
  const real = join(home, 'real.json')
  writeFileSync(real, readFileSync(path), { mode: 0o600 })
  unlinkSync(path)
  symlinkSync(real, path)
  await succeeds(here, 'root')
  assert.equal(services.counts.token, 1)
  assert.notEqual(readFileSync(real, 'utf8'), '')
  assert.equal(statSync(real).mode & 0o777, 0o600)
  assert.match(readFileSync(real, 'utf8'), /"accessToken":"sso-/)
  // Another user's file for root, who may write everywhere; a read-only one for everybody else.
  signInToSso({ home, services, id: 'corp', leftMs: 120_000 })
  if (process.getuid?.() === 0) chownSync(real, 12_345, 12_345)
  else chmodSync(real, 0o400)
  await run(here, [...words('root'), '--refresh'])
  assert.equal(services.counts.token, 1)
})

test('SSO: a token file that is damaged, a pipe or a folder is named, or counts as none', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  const path = signInToSso({ home, services, id: 'corp' })
  for (const text of ['', '{', '{"accessToken":"HUSH"', '[]', '{"accessToken":"HUSH","expiresAt":"x"}']) {
    writeFileSync(path, text)
    await fails(here, 'root', 3, /nobody has signed in here/)
  }
  unlinkSync(path)
  mkdirSync(path)
  await fails(here, 'root', 1, /cannot read ".*\.json": it is not a file/)
})

test('list takes a new sign-in for what it is, whatever the last call heard', async (t) => {
  const here = await rootPlace(t, SSO)
  const { services, home } = here
  const path = signInToSso({ home, services, id: 'corp' })
  services.ssoTokens.clear()
  await fails(here, 'root', 3, /does not take the sign-in any more/)
  assert.match((await run(here, ['list'])).out, /^root .* log in: aws sso login --profile root$/m)
  signInToSso({ home, services, id: 'corp' })
  utimesSync(path, new Date(), new Date(Date.now() + 1_000))
  assert.match((await run(here, ['list'])).out, /^root .* none$/m)
})

// --- aws login

const LOGIN_CONFIG = `[profile root]\nlogin_session = ${LOGIN}\nregion = eu-west-1\n`

test('aws login: each answer of the sign-in service that is no good', async (t) => {
  const here = await rootPlace(t, LOGIN_CONFIG)
  const { services, home, sts } = here
  const roleArn = here.world.arns.middle
  logIn({ home, services, sts, roleArn, session: LOGIN, leftMs: -60_000 })
  const error = (code: string): Spoil => ({ kind: 'body', body: JSON.stringify({ error: code, message: 'm' }) })
  // 200 with an error in it is no credentials.
  for (const [spoil, code, message] of [
    [error('TOKEN_EXPIRED'), 1, /it holds no credentials/],
    [
      { kind: 'status', status: 403, code: 'USER_CREDENTIALS_CHANGED' },
      3,
      /the password was changed since the sign-in .*\n.*hint: aws login --profile root\n$/,
    ],
    [
      { kind: 'status', status: 403, code: 'INSUFFICIENT_PERMISSIONS' },
      1,
      /who signed in may not call signin:CreateOAuth2Token/,
    ],
    [
      { kind: 'status', status: 500, code: 'Oops' },
      1,
      /the sign-in service refused a renewal: as asked \(Oops, status 500\)/,
    ],
    [{ kind: 'html' }, 1, /it holds no credentials/],
    [{ kind: 'huge' }, 1, /cannot/],
    [{ kind: 'cut' }, 1, /127\.0\.0\.1/],
  ] as const) {
    services.spoil.set('signin', spoil)
    await fails(here, 'root', code, message)
  }
  services.spoil.clear()
  await succeeds(here, 'root')
})

test('aws login: a key that is none, no region, and credentials used to their end', async (t) => {
  const here = await rootPlace(t, LOGIN_CONFIG)
  const { services, home, sts } = here
  const roleArn = here.world.arns.middle
  const path = logIn({ home, services, sts, roleArn, session: LOGIN, leftMs: -60_000 })
  const file = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(
    path,
    JSON.stringify({ ...file, dpopKey: '-----BEGIN EC PRIVATE KEY-----\nHUSH\n-----END EC PRIVATE KEY-----' }),
  )
  await fails(here, 'root', 1, /the dpopKey of its token file is no P-256 key/)
  writeFileSync(path, JSON.stringify(file))
  writeAwsFile(here, 'config', `[profile root]\nlogin_session = ${LOGIN}\n`)
  await fails(
    here,
    'root',
    1,
    /neither the sign-in nor the profile names a region\naws-cred: hint: aws configure set region/,
  )
  writeAwsFile(here, 'config', LOGIN_CONFIG)
  services.refreshTokens.clear()
  logIn({ home, services, sts, roleArn, session: LOGIN, leftMs: 200_000 })
  services.refreshTokens.clear()
  await succeeds(here, 'root')
  assert.equal(services.counts.signin, 1)
})

// --- Containers and instances

const hop = (source: string, arn: string) => `[profile hop]\nrole_arn = ${arn}\ncredential_source = ${source}\n`

const METADATA: readonly (readonly [Spoil, RegExp])[] = [
  [
    { kind: 'status', status: 404, code: 'x' },
    /it answered with status 404|it names no role|it gives no IMDSv2 token|the instance has no role/,
  ],
  [{ kind: 'status', status: 503, code: 'x' }, /status 503/],
  [{ kind: 'status', status: 302, code: 'x' }, /status 302/],
  [{ kind: 'html' }, /is not one JSON object|gives no IMDSv2 token|names no role/],
  [{ kind: 'empty' }, /is not one JSON object|gives no IMDSv2 token|names no role/],
  [{ kind: 'huge' }, /its answer is too long/],
  [{ kind: 'cut' }, /the connection was cut/],
]

test('EcsContainer: each answer that is no good, and a header that would be two', async (t) => {
  const here = await rootPlace(t, '')
  const { services } = here
  writeAwsFile(here, 'config', hop('EcsContainer', here.world.arns.chained))
  const head = 'cannot get credentials of the container for profile "hop": "127\\.0\\.0\\.1:\\d+": '
  for (const [spoil, message] of METADATA) {
    services.spoil.set('container', spoil)
    await fails(
      here,
      'hop',
      1,
      new RegExp(`${head}(its answer cannot be used: )?.*(${message.source}).*\\n.*_FULL_URI is set to`, 's'),
    )
  }
  const past = { AccessKeyId: 'A', SecretAccessKey: 'HUSH', Token: 'HUSH', Expiration: '2020-01-01T00:00:00Z' }
  services.spoil.set('container', { kind: 'body', body: JSON.stringify(past) })
  await fails(here, 'hop', 1, /its credentials have expired/)
  services.spoil.clear()
  const asked = services.counts.container
  await fails(here, 'hop', 1, /cannot use AWS_CONTAINER_AUTHORIZATION_TOKEN: it holds line breaks/, {
    env: { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'HUSH\r\nX-Evil: 1' },
  })
  const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(here.home, 'none') }
  await fails(here, 'hop', 1, /"[^"]+\/none" of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: there is no such file/, { env })
  await fails(here, 'hop', 1, /its host must be this machine/, {
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/' },
  })
  assert.equal(services.counts.container, asked)
  await succeeds(here, 'hop')
})

test('Ec2InstanceMetadata: each answer that is no good, at each of its three steps', async (t) => {
  const here = await rootPlace(t, '')
  const { services } = here
  writeAwsFile(here, 'config', hop('Ec2InstanceMetadata', here.world.arns.chained))
  for (const step of ['imds-token', 'imds-role', 'imds-credentials']) {
    // What is asked again is tried at one step: the waits add up.
    const again = (spoil: Spoil): boolean => spoil.kind === 'cut' || (spoil.kind === 'status' && spoil.status === 503)
    const cases = METADATA.filter(([spoil]) => step === 'imds-role' || !again(spoil))
    for (const [spoil, message] of cases.filter(([{ kind }]) => kind !== 'html' || step !== 'imds-token')) {
      services.spoil.clear()
      services.spoil.set(step, spoil)
      await fails(here, 'hop', 1, message)
    }
  }
  services.spoil.clear()
  services.spoil.set('imds-role', { kind: 'body', body: '../../../etc/passwd' })
  await fails(here, 'hop', 1, /it names no role/)
  services.spoil.clear()
  await succeeds(here, 'hop')
})

// --- Another program

function helper(here: RootPlace, script: string, more = ''): void {
  const path = join(here.home, 'helper')
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  writeAwsFile(here, 'config', `[profile root]\ncredential_process = ${path} ${more}\n`)
}

test('another program: each way in which it can be wrong, without what it said in secret', async (t) => {
  const here = await rootPlace(t, '')
  const keys = '"AccessKeyId":"ASIAHUSH","SecretAccessKey":"HUSH"'
  const secret = 'wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY1'
  const from =
    '^aws-cred: error: cannot get credentials for profile "root" from the credential_process \\(~/\\.aws/config:2\\): '
  const cases: readonly (readonly [string, RegExp])[] = [
    [`echo 'no session; run other login' >&2; exit 1`, /it ended with status 1: no session; run other login\n$/],
    [`echo 'key ${secret} is wrong' >&2; exit 7`, /it ended with status 7: key … is wrong\n$/],
    [`printf 'a\\033[31mb\\nc\\r\\nd\\342\\200\\256e' >&2; exit 1`, /status 1: a\\x1b\[31mb; c; d\\u\{202e\}e\n$/],
    ['head -c 100000 /dev/zero | tr "\\0" "e " >&2; exit 1', /status 1: e{299}…\n$/],
    ['exit 0', /its output cannot be used: it printed nothing\n$/],
    [`echo '{"Version":1,${keys}}'; exit 1`, /it ended with status 1\n$/],
    [`echo '{"Version":1,${keys}}{"Version":1,${keys}}'`, /it is not one JSON object/],
    [`printf '\\357\\273\\277{"Version":1,${keys}}'`, /it begins with a byte order mark/],
    [`echo '{"Version":"1",${keys}}'`, /its Version is not 1/],
    [`echo '{"Version":1,${keys},"Expiration":"2020-01-01T00:00:00Z"}'`, /its credentials have expired/],
    [`echo '{"Version":1,${keys},"Expiration":"soon"}'`, /its Expiration is no time/],
    ['kill -TERM $$', /it was ended by SIGTERM: Terminated\n$/],
    ['head -c 10000000 /dev/zero', /it printed more than 65536 bytes, and was ended\n$/],
  ]
  for (const [script, message] of cases) {
    helper(here, script)
    await fails(here, 'root', 1, new RegExp(`${from}.*${message.source}`, 's'))
  }
  writeAwsFile(here, 'config', '[profile root]\ncredential_process = /no/such/program\n')
  await fails(here, 'root', 1, /it ended with status 127: .*\/no\/such\/program: not found\n$/)
})

test('another program: noise on stderr and children that stay hurt nobody', async (t) => {
  const here = await rootPlace(t, '')
  helper(
    here,
    `head -c 300000 /dev/zero >&2; sleep 2 & echo '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"s"}'`,
  )
  assert.equal((await succeeds(here, 'root')).AccessKeyId, 'AKIAEXAMPLE')
})

test('another program is told in its environment for whom it runs, and nothing that opens our store', async (t) => {
  const here = await rootPlace(t, '')
  helper(
    here,
    `env >'${here.home}/env'; cat >'${here.home}/stdin'; echo '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"s"}'`,
  )
  const env = { AWS_CRED_VAULT_KEY_FILE: '/nowhere', OTHER: 'stays', AWS_PROFILE: 'x' }
  // The vault key of the place comes from its passphrase.
  await succeeds(here, 'root', { env: { ...env, AWS_CRED_VAULT_KEY_FILE: undefined } })
  const seen = readFileSync(join(here.home, 'env'), 'utf8')
  assert.match(seen, /^AWS_CRED_PROFILE_CHAIN=root$/m)
  assert.match(seen, /^OTHER=stays$/m)
  assert.doesNotMatch(seen, /AWS_CRED_PASSPHRASE|AWS_CRED_VAULT_KEY_FILE/)
  assert.equal(readFileSync(join(here.home, 'stdin'), 'utf8'), '')
})

test('another program that asks for the same profile again fails with the cycle', async (t) => {
  const here = await rootPlace(t, '')
  helper(here, 'exit 1')
  const again = { env: { AWS_CRED_PROFILE_CHAIN: 'top,root' } }
  await fails(here, 'root', 1, /a program that it starts asks for it again: top > root > root\n$/, again)
  writeAwsFile(
    here,
    'config',
    `${readFileSync(join(here.home, '.aws/config'), 'utf8')}[profile hop]\nrole_arn = ${here.world.arns.chained}\nsource_profile = root\n`,
  )
  // By another way round: the program of `root` asks for `hop`, which starts it again.
  await fails(here, 'hop', 1, /asks for it again: root > root\n$/, { env: { AWS_CRED_PROFILE_CHAIN: 'root' } })
})

test('another program: its account is told, or that of the profile', async (t) => {
  const here = await rootPlace(t, '')
  const document = '"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"s"'
  helper(here, `echo '{${document},"AccountId":"123456789012"}'`)
  assert.deepEqual(await succeeds(here, 'root'), {
    Version: 1,
    AccessKeyId: 'AKIAEXAMPLE',
    SecretAccessKey: 's',
    AccountId: '123456789012',
  })
  helper(here, `echo '{${document}}'`, '\naws_account_id = 210987654321')
  assert.equal(((await succeeds(here, 'root')) as { AccountId?: string }).AccountId, '210987654321')
})

const SUITE = join(import.meta.dirname, '../../../shared/suites/aws-sdk-go-v1/aws/credentials/processcreds')

test("another program: the profiles that Go's SDK is tried with", async (t) => {
  if (!need(t, '../shared/suites', existsSync(SUITE))) return
  const here = await rootPlace(t, '')
  const before = process.cwd()
  // Their lines name files from here.
  process.chdir(SUITE)
  t.after(() => process.chdir(before))
  for (const [name, variable, other] of [
    ['shconfig', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
    ['shcred', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'],
  ] as const) {
    const given = { env: { [variable]: join(SUITE, 'testdata', `${name}.ini`), [other]: '/dev/null' } }
    await fails(here, 'default', 1, /its credentials have expired\n$/, given)
    const { out } = await run(here, words('non_expire'), given)
    const keys = { AccessKeyId: 'accessKey', SecretAccessKey: 'secret', SessionToken: 'nonDefaultToken' }
    assert.deepEqual(JSON.parse(out), { Version: 1, ...keys })
    await fails(here, 'not_alone', 1, /two kinds of credentials, static keys and another credential_process/, given)
    // For Windows: `sh` knows another `type`.
    const windows = { env: { ...given.env, [variable]: join(SUITE, 'testdata', `${name}_win.ini`) } }
    await fails(here, 'default', 1, /it ended with status \d+\n$|it ended with status \d+: /, windows)
  }
})
