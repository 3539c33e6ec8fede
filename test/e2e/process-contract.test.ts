import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { callerOf } from '../support/e2e-caller.ts'
import {
  chainConfig,
  documentOf,
  type E2ePlace,
  failureOf,
  processOf,
  readyPlace,
  runIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { canTrace, traced } from '../support/e2e-strace.ts'
import { need } from '../support/need.ts'

async function readyVault(t: TestContext, more = ''): Promise<E2ePlace> {
  const place = await readyPlace(await vaultPlace(t))
  writeConfig(place, chainConfig(place.world) + more)
  return place
}

test('process prints one document for a chain of roles, cold and at a hit', async (t) => {
  const place = await readyVault(t)
  const cold = documentOf(await processOf(place, 'two'))
  assert.deepEqual(Object.keys(cold), [
    'Version',
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
    'AccountId',
  ])
  assert.deepEqual(documentOf(await processOf(place, 'two')), cold)
  assert.match(await callerOf(place, cold), /:assumed-role\/Chained\/alice$/)
})

test('process writes its document in one call, also when it is cold', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const place = await readyVault(t)
  for (const words of [['process', '--profile', 'two'], ['--version']]) {
    const { calls, out, err } = await traced(place, words, 'write,writev,pwrite64,pwritev,sendto,sendmsg,splice')
    assert.equal(err, '')
    const toStdout = calls.filter((call) => /^\w+\(1</.test(call))
    assert.equal(toStdout.length, 1)
    assert.match(toStdout[0] ?? '', new RegExp(`= ${Buffer.byteLength(out)}$`))
  }
})

test('process gives a profile with keys and no role a session of its user', async (t) => {
  const place = await readyVault(t)
  const document = documentOf(await processOf(place, 'user1'))
  assert.match(document.AccessKeyId, /^ASIA/)
  assert.match(await callerOf(place, document), /:user\/alice$/)
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, GetCallerIdentity: 1 })
})

test('process --no-session hands out the long-lived keys, without an end and without a call', async (t) => {
  const place = await readyVault(t)
  const document = documentOf(await verb(place, ['process', '--profile', 'user1', '--no-session']))
  const { accessKeyId, secret } = place.world.alice
  assert.deepEqual(document, {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secret,
    AccountId: '123456789012',
  })
  assert.deepEqual(place.sts.counts(), {})
})

test('process serves role_arn and source_profile with keys in the credentials file as they stand', async (t) => {
  const place = await readyVault(t)
  const { alice, arns } = place.world
  writeConfig(place, `[profile old]\nrole_arn = ${arns.prod}\nsource_profile = keys\n`)
  writeConfig(
    place,
    `[keys]\naws_access_key_id = ${alice.accessKeyId}\naws_secret_access_key = ${alice.secret}\n`,
    'credentials',
  )
  const document = documentOf(await processOf(place, 'old'))
  assert.match(await callerOf(place, document), /:assumed-role\/Prod-Role\//)
  assert.deepEqual(documentOf(await processOf(place, 'old')), document)
  assert.equal(place.sts.count('AssumeRole'), 1)
})

test('process --duration reaches STS, and is a session of its own', async (t) => {
  const place = await readyVault(t)
  for (const [given, seconds] of [
    ['900', '900'],
    ['90m', '5400'],
    ['4h', '14400'],
  ]) {
    place.sts.reset()
    const before = Date.now()
    const document = documentOf(await verb(place, ['process', '--profile', 'one', '--duration', given ?? '']))
    assert.deepEqual(
      place.sts.requests.map(({ params }) => params.DurationSeconds),
      [seconds],
    )
    const lifeS = (Date.parse(document.Expiration ?? '') - before) / 1000
    assert.ok(Math.abs(lifeS - Number(seconds)) < 60, `${lifeS} s`)
  }
  for (const wrong of ['0', '899', '13h', '43201', '-1', '1e3', '3600x', '', '99999999999999999999']) {
    failureOf(await verb(place, ['process', '--profile', 'one', '--duration', wrong]), 2)
  }
})

test('process sends what the profile says: external id, session name, tags, source identity', async (t) => {
  const place = await vaultPlace(t)
  await readyPlace(place)
  writeConfig(
    place,
    `[profile external]
aws_cred_role_arn = ${place.world.arns.external}
aws_cred_source_profile = user1
aws_cred_external_id = example-external-id
aws_cred_role_session_name = my.session@x
aws_cred_source_identity = me
`,
  )
  documentOf(await processOf(place, 'external'))
  const [request] = place.sts.requests
  assert.equal(request?.params.ExternalId, 'example-external-id')
  assert.equal(request?.params.RoleSessionName, 'my.session@x')
  assert.equal(request?.params.SourceIdentity, 'me')
})

test('process without --profile is used wrongly, and says the line to write', async (t) => {
  const place = await readyVault(t)
  const said = failureOf(await verb(place, ['process'], { env: { AWS_PROFILE: 'two' } }), 2)
  assert.match(
    said,
    /--profile is missing\naws-cred: hint: .*credential_process = "?\/\S+\/aws-cred"? process --profile NAME\n/,
  )
})

const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
  [['proces', '--profile', 'two'], /no such verb\n.*aws-cred process/],
  [['__proto__'], /no such verb/],
  [['constructor'], /no such verb/],
  [[''], /no such verb/],
  [['process', '--profil', 'two'], /no option "--profil"\n.*--profile/],
  [['process', '--profile'], /--profile needs a value/],
  [['process', '--profile', '--no-prompt'], /--profile needs a value/],
  [['process', '--profile', 'two', '--profile', 'two'], /twice/],
  [['process', '--profile', 'two', 'more'], /takes no arguments/],
  [['process', '--profile', 'two', '--refresh=yes'], /takes no value/],
  [['process', '--__proto__', 'two'], /no option/],
  [['process', '-p', 'two'], /no option/],
]

for (const [words, wanted] of WRONG) {
  test(`the binary answers ${JSON.stringify(words)} with exit 2 and the nearest match`, async (t) => {
    assert.match(failureOf(await verb(await readyVault(t), words), 2), wanted)
  })
}

const HOSTILE: readonly string[] = [
  'no-such',
  '',
  ' ',
  'new\nline',
  'quo"te',
  "quo'te",
  'back\\slash',
  '$(id)`id`',
  '../../etc/passwd',
  'x'.repeat(10_000),
  '__proto__',
  'constructor',
  'toString',
  '\u001b[31mred\u001b[0m',
  'bell\u0007',
  'rtl\u202eoverride',
  'c1\u009b31m',
  'line\u2028separator',
  '[two]',
  'two]',
  'ünï😀',
  '%s%n',
]

test('process says of every name that no section has that it is not in the config, escaped', async (t) => {
  const place = await readyVault(t)
  for (const name of HOSTILE) {
    const said = failureOf(await verb(place, ['process', `--profile=${name}`]), 1)
    assert.ok(Buffer.byteLength(said) < 1_500, `${said.length} characters`)
  }
  assert.deepEqual(place.sts.counts(), {})
})

test('process prints a cycle, and calls nobody', async (t) => {
  const place = await readyVault(t)
  const role = `aws_cred_role_arn = ${place.world.arns.prod}\naws_cred_source_profile =`
  writeConfig(
    place,
    `[profile a]\n${role} b\n[profile b]\n${role} c\n[profile c]\n${role} a\n[profile self]\n${role} self\n`,
  )
  assert.match(failureOf(await processOf(place, 'a'), 1), /a.*b.*c.*a/)
  failureOf(await processOf(place, 'self'), 1)
  assert.deepEqual(place.sts.counts(), {})
})

test('process follows its own credential_process line to another profile, and starts nobody', async (t) => {
  const place = await readyVault(t, '[profile mine]\ncredential_process = /nowhere/aws-cred process --profile two\n')
  assert.deepEqual(documentOf(await processOf(place, 'mine')), documentOf(await processOf(place, 'two')))
})

test('process started under its own marker for the same profile fails with the cycle', async (t) => {
  const place = await readyVault(t)
  const env = { AWS_CRED_PROFILE_CHAIN: 'x,two' }
  assert.match(failureOf(await processOf(place, 'two', { env }), 1), /x > two > two/)
  documentOf(await processOf(place, 'one', { env }))
})

test('process needs a person for a role that wants an MFA code, and calls nobody', async (t) => {
  const place = await readyVault(t)
  const { arns, alice } = place.world
  writeConfig(
    place,
    `[profile mfa]\naws_cred_role_arn = ${arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${alice.mfaSerial}\n`,
  )
  const said = failureOf(await processOf(place, 'mfa'), 3)
  assert.match(said, /MFA code/)
  assert.match(said, /hint: aws-cred login mfa\n$/)
  assert.deepEqual(place.sts.counts(), {})
})

test('process refuses an http endpoint on another machine before any call', async (t) => {
  const place = await readyVault(t)
  for (const name of ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL']) {
    const env = { AWS_ENDPOINT_URL_STS: undefined, [name]: 'http://192.0.2.1:1/' }
    assert.match(failureOf(await processOf(place, 'one', { env }), 1), new RegExp(name))
  }
  for (const url of [
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@192.0.2.1/',
    'ftp://127.0.0.1/',
    'http://',
    'x',
  ]) {
    failureOf(await processOf(place, 'one', { env: { AWS_ENDPOINT_URL_STS: url } }), 1)
  }
  assert.deepEqual(place.sts.counts(), {})
})

test('process says why STS refuses it, in one line with no secret', async (t) => {
  const place = await readyVault(t)
  const { users, alice } = place.world
  users.length = 0
  const said = failureOf(await processOf(place, 'one'), 1)
  assert.match(
    said,
    /does not know the access key AKIA….* of "user1" \(InvalidClientTokenId\)\naws-cred: hint: .*aws-cred add user1/,
  )
  assert.ok(!said.includes(alice.accessKeyId) && !said.includes(alice.secret))
})

test('process fails with the name of a config that cannot be read, and works without any', async (t) => {
  const place = await readyVault(t)
  rmSync(join(place.home, '.aws'), { recursive: true })
  documentOf(await processOf(place, 'user1'))
  const env = { AWS_CONFIG_FILE: place.home }
  assert.match(failureOf(await processOf(place, 'user1', { env }), 1), /cannot read/)
})

const PLUMBING: readonly (readonly [string, string, number | null, string])[] = [
  ['stdin closed', '"$0" process --profile two <&-', 0, ''],
  ['stderr closed', '"$0" process --profile two 2>&-', 0, ''],
  ['stdin, stderr closed', '"$0" process --profile two <&- 2>&-', 0, ''],
  ['stderr full', '"$0" process --profile two 2>/dev/full', 0, ''],
  // Node opens /dev/null in the place of what is closed: there is nothing to notice.
  ['stdout closed', '"$0" process --profile two >&-', 0, ''],
  ['stdout full', '"$0" process --profile two >/dev/full', 1, 'cannot write to stdout'],
  ['all closed', '"$0" process --profile two <&- >&- 2>&-', 0, ''],
  ['an error with stderr closed', '"$0" process --profile nope 2>&-', 1, ''],
  ['an error with stderr full', '"$0" process --profile nope 2>/dev/full', 1, ''],
  ['a reader that is gone', '"$0" process --profile two 3>&1 >/dev/null | true; exit 0', 0, ''],
  [
    'a pipe that nobody reads',
    '{ sleep 0.3; "$0" process --profile two; echo "$?" >&2; } | true',
    0,
    'cannot write to stdout',
  ],
]

for (const [about, script, code, said] of PLUMBING) {
  test(`process with ${about} neither crashes nor prints half a document`, async (t) => {
    const place = await readyVault(t)
    documentOf(await processOf(place, 'two'))
    const ended = await runIn(place, ['sh', '-c', script, place.binary])
    assert.deepEqual([ended.code, ended.signal], [code, null], ended.err)
    if (ended.out !== '') documentOf({ ...ended, code: 0, err: '' })
    assert.ok(ended.err.includes(said), ended.err)
    assert.doesNotMatch(ended.err, /at .*:\d+:\d+|node:|Error/)
  })
}

test('process writes all of its document to a slow reader', async (t) => {
  const place = await readyVault(t)
  const ended = await runIn(place, ['sh', '-c', '"$0" process --profile two | { sleep 0.3; cat; }', place.binary])
  documentOf(ended)
})
