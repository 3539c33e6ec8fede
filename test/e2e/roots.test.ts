import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { callerOf } from '../support/e2e-caller.ts'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  filesBelow,
  filesHolding,
  ownBinary,
  processOf,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { canTrace, fileWrites, traced } from '../support/e2e-strace.ts'
import { need } from '../support/need.ts'
import { logIn, type RootServices, signInToSso, startRootServices } from '../support/root-services.ts'

interface RootPlace extends E2ePlace {
  readonly services: RootServices
}

const LOGIN = 'arn:aws:iam::123456789012:user/alice'
const OIDC = 'arn:aws:iam::123456789012:oidc-provider/oidc.example.com'

/** A place whose roots all give sessions of the role Middle, which Chained trusts, and Last trusts that. */
async function rootPlace(t: TestContext): Promise<RootPlace> {
  const place = await vaultPlace(t)
  const { arns, roles } = place.world
  roles.push({ arn: LAST, trust: [arns.chained], maxDurationSeconds: 43_200 })
  for (const role of roles) if (role.arn === arns.middle) role.trust.push(OIDC)
  const services = await startRootServices(place.sts, arns.middle)
  t.after(() => services.close())
  const env = {
    ...place.env,
    AWS_ENDPOINT_URL_SSO: services.url,
    AWS_ENDPOINT_URL_SSO_OIDC: services.url,
    AWS_ENDPOINT_URL_SIGNIN: services.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${services.url}/container/role?id=1`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: services.url,
  }
  return { ...place, env, services }
}

const LAST = 'arn:aws:iam::123456789012:role/Last'

/** `root` by the lines given; `hop` assumes Chained with it, `far` Last with that. */
function chainOn(place: RootPlace, rootLines: string, more = ''): void {
  writeConfig(
    place,
    `[profile root]
${rootLines}
[profile hop]
aws_cred_role_arn = ${place.world.arns.chained}
aws_cred_source_profile = root
[profile far]
aws_cred_role_arn = ${LAST}
aws_cred_source_profile = hop
${more}`,
  )
}

/** Cold, then from the store: two hops on the root, and the root's own session without asking it again. */
async function provesChain(place: RootPlace, counted: Record<string, number>, given: Ask = {}): Promise<void> {
  const ask = (profile: string) => processOf(place, profile, given)
  const far = documentOf(await ask('far'))
  assert.match(await callerOf(place, far), /:assumed-role\/Last\//)
  assert.deepEqual(place.sts.counts().AssumeRole, 2)
  assert.equal(far.AccountId, '123456789012')
  const before = { ...place.sts.counts() }
  assert.deepEqual(documentOf(await ask('far')), far)
  assert.match(await callerOf(place, documentOf(await ask('hop'))), /:assumed-role\/Chained\//)
  assert.deepEqual(place.sts.counts().AssumeRole, before.AssumeRole)
  assert.deepEqual(place.services.counts, counted)
}

type Ask = { readonly env?: Readonly<Record<string, string | undefined>> }

test('SSO: a role of IAM Identity Center and two hops on it, each asked for once', async (t) => {
  const place = await rootPlace(t)
  const { services, home } = place
  const lines = `sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev`
  chainOn(place, lines, '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n')
  const cold = failureOf(await processOf(place, 'far'), 3)
  assert.match(cold, /cannot get credentials of SSO "corp" for profile "far": nobody has signed in here/)
  assert.match(cold, /hint: aws sso login --profile root\n$/)
  assert.match(
    (await verb(place, ['list'])).out,
    /^root +role Dev 123456789012 +SSO "corp" +log in: aws sso login --profile root$/m,
  )
  const path = signInToSso({ home, services, id: 'corp' })
  await provesChain(place, { role: 1 })
  assert.match((await verb(place, ['list'])).out, /^root +role Dev 123456789012 +SSO "corp" +\d+ min left$/m)
  const root = documentOf(await processOf(place, 'root'))
  assert.match(await callerOf(place, root), /:assumed-role\/Middle\/sso-Dev$/)
  assert.equal(root.AccountId, '123456789012')
  assert.deepEqual(services.counts, { role: 1 })
  // Signed out: what is held lives on, and a forced refresh says what to do.
  const { accessToken } = JSON.parse(readFileSync(path, 'utf8')) as { accessToken: string }
  services.ssoTokens.delete(accessToken)
  const refused = failureOf(await verb(place, ['process', '--profile', 'root', '--refresh']), 3)
  assert.match(refused, /the portal does not take the sign-in any more \(UnauthorizedException\)/)
  const secrets = [root.SecretAccessKey, accessToken]
  assert.deepEqual(
    filesHolding(secrets, filesBelow(place.home)).filter((file) => file !== path),
    [],
  )
})

test('SSO: a hit on its profile loads no SDK, starts nothing, calls nobody and writes nothing', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const place = await rootPlace(t)
  const { services, home } = place
  chainOn(
    place,
    'sso_start_url = https://corp\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Dev',
  )
  signInToSso({ home, services, id: 'https://corp' })
  for (const profile of ['root', 'hop']) {
    const first = documentOf(await processOf(place, profile))
    place.sts.reset()
    services.counts.role = 0
    const hit = await traced(place, ['process', '--profile', profile], '%network,%process,%file,%desc')
    assert.deepEqual(documentOf(hit), first)
    assert.deepEqual([place.sts.counts(), services.counts], [{}, { role: 0 }])
    const births = hit.calls.filter((call) => /^(v?fork|clone3?)\(/.test(call) && !call.includes('CLONE_THREAD'))
    assert.deepEqual(births, [])
    assert.deepEqual(
      hit.calls.filter((call) => /^socket\(AF_(?!UNIX)/.test(call) || call.includes('/sso/cache/')),
      [],
    )
    assert.deepEqual(
      fileWrites(hit.calls).filter((call) => !call.includes('/proc/self/coredump_filter')),
      [],
    )
  }
})

test('SSO: 40 at once renew the sign-in once, fetch the role once and assume each hop once', async (t) => {
  const place = await rootPlace(t)
  const { services, home } = place
  const lines = `sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev`
  chainOn(place, lines, '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n')
  const path = signInToSso({ home, services, id: 'corp', leftMs: 60_000 })
  const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  const answers = await Promise.all(Array.from({ length: 40 }, () => processOf(place, 'far')))
  const keyIds = new Set(answers.map((each) => documentOf(each).AccessKeyId))
  assert.equal(keyIds.size, 1)
  assert.deepEqual(services.counts, { token: 1, role: 1 })
  assert.deepEqual(place.sts.counts(), { AssumeRole: 2 })
  const after = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  assert.deepEqual(Object.keys(after), Object.keys(before))
  for (const field of ['accessToken', 'refreshToken', 'expiresAt']) assert.notEqual(after[field], before[field], field)
  for (const field of ['clientId', 'clientSecret', 'startUrl']) assert.equal(after[field], before[field], field)
})

test('aws login: its credentials and two hops on them, renewed by the key of the sign-in', async (t) => {
  const place = await rootPlace(t)
  const { services, home, sts } = place
  chainOn(place, `login_session = ${LOGIN}\nregion = eu-west-1`)
  const cold = failureOf(await processOf(place, 'far'), 3)
  assert.match(cold, /cannot get credentials of "aws login" for profile "far": nobody has signed in here\n/)
  assert.match(cold, /hint: aws login --profile root\n$/)
  const roleArn = place.world.arns.middle
  const path = logIn({ home, services, sts, roleArn, session: LOGIN })
  await provesChain(place, {})
  const root = documentOf(await processOf(place, 'root'))
  assert.match(await callerOf(place, root), /:assumed-role\/Middle\/login$/)
  assert.match((await verb(place, ['list'])).out, /^root +user alice 123456789012 +aws login +1\d min left$/m)
  // Due: renewed, the file with it.
  logIn({ home, services, sts, roleArn, session: LOGIN, leftMs: 60_000 })
  const renewed = documentOf(await verb(place, ['process', '--profile', 'root', '--refresh']))
  assert.notEqual(renewed.AccessKeyId, root.AccessKeyId)
  assert.deepEqual(services.counts, { signin: 1 })
  const file = JSON.parse(readFileSync(path, 'utf8')) as { accessToken: { accessKeyId: string }; idToken: string }
  assert.deepEqual([file.accessToken.accessKeyId, file.idToken], [renewed.AccessKeyId, 'x.y.z'])
  // Over: the refresh token is spent.
  logIn({ home, services, sts, roleArn, session: LOGIN, leftMs: -60_000 })
  services.refreshTokens.clear()
  const over = failureOf(await verb(place, ['process', '--profile', 'root', '--refresh']), 3)
  assert.match(over, /the sign-in has ended \(TOKEN_EXPIRED\)\naws-cred: hint: aws login --profile root\n$/)
})

test('web identity: a token file that is renewed, and a hop on its role', async (t) => {
  const place = await rootPlace(t)
  const { world, sts } = place
  const tokenFile = join(place.home, 'token')
  const put = (token: string, expiresAtMs?: number) => {
    const known = { token, provider: 'oidc.example.com', subject: 's', audience: 'a' }
    world.webIdentityTokens = [...(world.webIdentityTokens ?? []), { ...known, ...(expiresAtMs && { expiresAtMs }) }]
    writeFileSync(`${tokenFile}.new`, token)
    renameSync(`${tokenFile}.new`, tokenFile)
  }
  chainOn(place, `role_arn = ${world.arns.middle}\nweb_identity_token_file = ${tokenFile}\nduration_seconds = 7200`)
  assert.match(
    failureOf(await processOf(place, 'far'), 1),
    /the token file ".*\/token" \(~\/\.aws\/config:3\): there is no such file/,
  )
  put('head.one.sig')
  await provesChain(place, {})
  const root = documentOf(await processOf(place, 'root'))
  assert.match(await callerOf(place, root), /:assumed-role\/Middle\/aws-cred-/)
  assert.deepEqual(sts.count('AssumeRoleWithWebIdentity'), 1)
  assert.equal(sts.requests.find((one) => one.operation === 'AssumeRoleWithWebIdentity')?.accessKeyId, '')
  assert.ok(Date.parse(root.Expiration ?? '') - Date.now() > 6_900_000, 'no chaining limit on a token')
  travel(place, 115 * 60_000)
  put('head.two.sig', sts.nowMs() + 60_000)
  sts.reset()
  assert.notEqual(documentOf(await processOf(place, 'root')).AccessKeyId, root.AccessKeyId)
  assert.deepEqual(sts.counts(), { AssumeRoleWithWebIdentity: 1 })
  put('head.old.sig', sts.nowMs() - 60_000)
  const refused = failureOf(await verb(place, ['process', '--profile', 'root', '--refresh']), 1)
  assert.match(
    refused,
    /the web identity token in ".*\/token" has expired: .* \(ExpiredTokenException\)\naws-cred: hint: whoever writes/,
  )
})

test('credential_source = Environment: the keys of the environment sign, and only where the profile says so', async (t) => {
  const place = await rootPlace(t)
  const { alice, arns } = place.world
  const env = { AWS_ACCESS_KEY_ID: alice.accessKeyId, AWS_SECRET_ACCESS_KEY: alice.secret }
  writeConfig(
    place,
    `[profile root]
role_arn = ${arns.middle}
credential_source = Environment
duration_seconds = 7200
[profile hop]
aws_cred_role_arn = ${arns.chained}
aws_cred_source_profile = root
[profile far]
aws_cred_role_arn = ${LAST}
aws_cred_source_profile = hop
[profile bare]
region = eu-west-1
`,
  )
  assert.match(
    failureOf(await processOf(place, 'far'), 1),
    /credential_source is Environment, and AWS_ACCESS_KEY_ID is not set/,
  )
  const far = documentOf(await processOf(place, 'far', { env }))
  assert.match(await callerOf(place, far), /:assumed-role\/Last\//)
  assert.equal(place.sts.count('AssumeRole'), 3)
  const root = documentOf(await processOf(place, 'root', { env }))
  assert.ok(Date.parse(root.Expiration ?? '') - Date.now() > 6_900_000, 'a long-lived key gets the two hours')
  assert.equal(place.sts.count('AssumeRole'), 3)
  assert.match(failureOf(await processOf(place, 'bare', { env }), 1), /names no source of credentials/)
  // A session in the environment: STS allows an hour then, and is asked for that at once after it has said so.
  const { accessKeyId, secret, token } = place.sts.issue(arns.chained, 'shell', 3_600)
  const session = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token }
  writeConfig(place, `[profile root]\nrole_arn = ${LAST}\ncredential_source = Environment\nduration_seconds = 7200\n`)
  place.sts.reset()
  documentOf(await processOf(place, 'root', { env: session }))
  const asked = place.sts.requests.map(({ params }) => params.DurationSeconds)
  assert.deepEqual(asked, ['7200', '3600'])
})

test('credential_source = EcsContainer: full URI, token file before token, and two hops', async (t) => {
  const place = await rootPlace(t)
  const { arns } = place.world
  const { services } = place
  writeConfig(
    place,
    `[profile hop]
role_arn = ${arns.chained}
credential_source = EcsContainer
[profile far]
aws_cred_role_arn = ${LAST}
aws_cred_source_profile = hop
`,
  )
  services.containerToken = 'Bearer file'
  const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer variable' }
  assert.match(failureOf(await processOf(place, 'far', { env }), 1), /"127\.0\.0\.1:\d+": it answered with status 401/)
  services.counts.container = 0
  const file = join(place.home, 'container-token')
  writeFileSync(file, 'Bearer file\n')
  await provesChain(place, { container: 1 }, { env: { ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } })
})

test('credential_source = Ec2InstanceMetadata: IMDSv2 and two hops', async (t) => {
  const place = await rootPlace(t)
  const { arns } = place.world
  writeConfig(
    place,
    `[profile hop]
role_arn = ${arns.chained}
credential_source = Ec2InstanceMetadata
[profile far]
aws_cred_role_arn = ${LAST}
aws_cred_source_profile = hop
`,
  )
  const off = await processOf(place, 'far', { env: { AWS_EC2_METADATA_DISABLED: 'true' } })
  assert.match(failureOf(off, 1), /AWS_EC2_METADATA_DISABLED is true/)
  await provesChain(place, { 'imds-token': 1, 'imds-role': 1, 'imds-credentials': 1 })
})

/** A helper of another make, in the place's home. */
function helper(place: RootPlace, script: string): string {
  const path = join(place.home, 'helper')
  writeFileSync(path, `#!/bin/sh\necho run >>'${place.home}/runs'\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const runs = (place: RootPlace) => readFileSync(join(place.home, 'runs'), 'utf8').split('\n').length - 1

test('another credential_process: a session is kept and signs two hops, run once', async (t) => {
  const place = await rootPlace(t)
  const { accessKeyId, secret, token, expiresAtMs } = place.sts.issue(place.world.arns.middle, 'helper', 3_600)
  const Expiration = new Date(expiresAtMs).toISOString().replace('.000Z', '+00:00')
  const document = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token, Expiration }
  writeFileSync(join(place.home, 'answer'), JSON.stringify(document))
  chainOn(place, `credential_process = "${helper(place, 'cat "$HOME/answer"; echo noise >&2')}" --for me`)
  const crowd = await Promise.all(Array.from({ length: 20 }, () => processOf(place, 'far')))
  assert.equal(new Set(crowd.map((each) => documentOf(each).AccessKeyId)).size, 1)
  await provesChain(place, {})
  const root = documentOf(await processOf(place, 'root'))
  assert.equal(root.AccessKeyId, accessKeyId)
  assert.equal(root.Expiration, Expiration.replace('+00:00', 'Z'))
  assert.equal(runs(place), 1)
})

test('another credential_process: keys without an end are passed on, never kept, and a hop goes by their id', async (t) => {
  const place = await rootPlace(t)
  const { alice, arns } = place.world
  const bob = { ...alice, accessKeyId: 'AKIABOBBOBBOBBOBBOBB', secret: 'B'.repeat(40), userName: 'bob' }
  place.world.users.push(bob)
  for (const role of place.world.roles)
    if (role.arn === arns.middle) role.trust.push('arn:aws:iam::123456789012:user/bob')
  const give = (user: typeof alice) =>
    writeFileSync(
      join(place.home, 'answer'),
      JSON.stringify({ Version: 1, AccessKeyId: user.accessKeyId, SecretAccessKey: user.secret }),
    )
  give(alice)
  writeConfig(
    place,
    `[profile root]
credential_process = ${helper(place, 'cat "$HOME/answer"')}
[profile hop]
aws_cred_role_arn = ${arns.middle}
aws_cred_source_profile = root
`,
  )
  const root = documentOf(await processOf(place, 'root'))
  assert.deepEqual([root.AccessKeyId, root.SessionToken, root.Expiration], [alice.accessKeyId, undefined, undefined])
  const first = documentOf(await processOf(place, 'hop'))
  assert.equal(place.sts.count('AssumeRole'), 1)
  assert.deepEqual(documentOf(await processOf(place, 'hop')), first)
  assert.equal(place.sts.count('AssumeRole'), 1)
  assert.match((await verb(place, ['list'])).out, /^hop +role Middle 123456789012 +root +\d+ min left$/m)
  give(bob)
  const second = documentOf(await processOf(place, 'hop'))
  assert.equal(place.sts.count('AssumeRole'), 2, 'not the session of whom it gave before')
  assert.notEqual(second.AccessKeyId, first.AccessKeyId)
  assert.equal(place.sts.requests.at(-1)?.callerArn, 'arn:aws:iam::123456789012:user/bob')
  assert.equal(runs(place), 4)
  assert.deepEqual(filesHolding([alice.secret], filesBelow(place.home)), [])
})

test("a container's relative URI and an instance, at AWS's own addresses", async (t) => {
  const inNamespace = (script: string) =>
    spawnSync('unshare', ['-n', 'sh', '-c', `ip link set lo up && ${script}`], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      encoding: 'utf8',
    })
  if (!need(t, 'a network namespace of our own', inNamespace('true').status === 0)) return
  const addresses = ['169.254.170.2', '169.254.169.254'].map((each) => `ip addr add ${each}/32 dev lo && `).join('')
  const main = join(import.meta.dirname, '../support/link-local-main.ts')
  const { stdout, stderr } = inNamespace(`${addresses} exec '${process.execPath}' '${main}' '${ownBinary()}'`)
  assert.equal(stderr, '')
  assert.deepEqual(JSON.parse(stdout), [
    { source: 'EcsContainer', code: 0, err: '', counts: { container: 1 } },
    {
      source: 'Ec2InstanceMetadata',
      code: 0,
      err: '',
      counts: { 'imds-token': 1, 'imds-role': 1, 'imds-credentials': 1 },
    },
  ])
})
