import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskedKeyId } from '../../src/core/text.ts'
import { type Place, pairOf, place, run, stored, writeAwsFile } from '../support/vault-place.ts'

const LOCKED = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: undefined }

/** Without the line that the vault is locked, which is looked at by a test of its own. */
async function lines(here: Place, env: Record<string, string | undefined> = LOCKED): Promise<string[]> {
  return (await allLines(here, env))
    .join('\n')
    .replace(/\n*the vault is locked: aws-cred unlock$/, '')
    .split('\n')
}

async function allLines(here: Place, env: Record<string, string | undefined>): Promise<string[]> {
  // Not in the same second as the session: STS's times are whole ones.
  const nowMs = () => Date.now() + 5_000
  const { code, out, err } = await run(here, ['list'], { env, nowMs })
  assert.deepEqual([code, err], [0, ''])
  return out.trimEnd().split('\n')
}

async function withUser1(here: Place, config: string): Promise<void> {
  writeAwsFile(here, 'config', config)
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(code, 0, err)
}

test('list says what to type where there is nothing', async (t) => {
  assert.deepEqual(await lines(await place(t)), ['no profiles yet; put a key in: aws-cred add NAME'])
})

test('list shows what profiles give, from where, and the time left, with the vault locked', async (t) => {
  const here = await place(t)
  const { arns, alice } = here.world
  await withUser1(
    here,
    `[default]
region = eu-west-1
[profile prod]
credential_process = "/opt/aws-cred/aws-cred" process --profile prod
aws_cred_role_arn = ${arns.prod}
aws_cred_source_profile = user1
[profile chain]
aws_cred_role_arn = ${arns.chained}
aws_cred_source_profile = middle
[profile middle]
role_arn = ${arns.middle}
source_profile = user1
[profile mfa]
aws_cred_role_arn = ${arns.needsMfa}
aws_cred_source_profile = user1
aws_cred_mfa_serial = ${alice.mfaSerial}
[profile alias]
credential_process = aws-cred process --profile prod
[profile lost]
aws_cred_role_arn = ${arns.prod}
aws_cred_source_profile = user2
`,
  )
  const { code, err } = await run(here, ['process', '--profile', 'prod'])
  assert.equal(code, 0, err)
  assert.deepEqual(await lines(here), [
    'PROFILE  GIVES                        FROM              SESSION',
    'prod     role Prod-Role 123456789012  user1             59 min left',
    'chain    role Chained 123456789012    middle            none',
    'middle   role Middle 123456789012     user1             none',
    'mfa      role Needs-Mfa 123456789012  user1             needs an MFA code',
    'alias    role Prod-Role 123456789012  prod              59 min left',
    'lost     role Prod-Role 123456789012  user2             none',
    `user1    user alice 123456789012      vault, ${maskedKeyId(alice.accessKeyId)}  none`,
    'user2    -                            not known here    none',
    '',
    'user2: no key of that name is known here',
    '  aws-cred add user2',
  ])
})

test('list says of a role that it takes a code of its own, and nothing of those that share one', async (t) => {
  const here = await place(t)
  const { arns, alice } = here.world
  const section = (name: string, more: string) =>
    `[profile ${name}]\naws_cred_role_arn = ${arns.long}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${alice.mfaSerial}\n${more}`
  await withUser1(here, `${section('shared', '')}${section('long', 'duration_seconds = 7200\n')}`)
  const notes = (await lines(here)).slice(4)
  assert.deepEqual(notes, ['', 'long: each new session asks for an MFA code of its own'])
})

test('list tells why the last try failed, until one succeeds or the key is replaced', async (t) => {
  const here = await place(t)
  await withUser1(
    here,
    `[profile audit]\naws_cred_role_arn = ${here.world.arns.nobody}\naws_cred_source_profile = user1\n`,
  )
  assert.equal((await run(here, ['process', '--profile', 'audit'])).code, 1)
  const failed = await lines(here)
  assert.match(failed[1] as string, /^audit {4}role Nobody 123456789012 {2}user1 +failed \d+ s ago: AccessDenied$/)
  assert.match(failed.slice(3).join('\n'), /^\naudit: cannot assume \S+ for profile "audit": .*\(AccessDenied\)/)
  const replaced = await run(here, ['add', 'user1', '--stdin', '--replace'], { stdin: pairOf(here.world.alice) })
  assert.equal(replaced.code, 0)
  assert.match((await lines(here))[1] as string, / none$/)
})

test('list keeps a live session in sight beside a later failure', async (t) => {
  const here = await place(t)
  await withUser1(here, '')
  assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
  const { workspace } = await stored(here, 'user1')
  const message = 'cannot get a session for profile "user1": throttled\u001b[31m'
  workspace.index.write('failure', 'user1', {
    profile: 'user1',
    atMs: Date.now() + 5,
    code: 'Throttling',
    message,
    hint: null,
  })
  const text = (await lines(here)).join('\n')
  assert.match(text, /59 min left, failed \d+ s ago: Throttling/)
  assert.match(text, /\nuser1: cannot get .*throttled\\x1b\[31m$/)
})

test('list shows a profile that cannot be planned, and the others all the same', async (t) => {
  const here = await place(t)
  await withUser1(
    here,
    `[profile a]
aws_cred_role_arn = ${here.world.arns.prod}
aws_cred_source_profile = b
[profile b]
aws_cred_role_arn = ${here.world.arns.prod}
aws_cred_source_profile = a
[profile sso]
sso_session = corp
aws_cred_region = eu-west-1
`,
  )
  const text = (await lines(here)).join('\n')
  assert.match(text, /^a +role Prod-Role 123456789012 +b +cannot be served$/m)
  assert.match(text, /^sso +- +- +cannot be served$/m)
  assert.match(text, /^user1 +user alice /m)
  assert.match(text, /^a: .*loop: a > b > a$/m)
  assert.match(text, /^sso: .*there is no \[sso-session corp\], which its sso_session .*:8\) names$/m)
})

test('list names keys in files, the clamp of role chaining and the passphrase in the environment', async (t) => {
  const here = await place(t)
  const { arns } = here.world
  writeAwsFile(
    here,
    'credentials',
    '[user1]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n[plain]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_cred_session = never\n',
  )
  await withUser1(
    here,
    `[profile long]
aws_cred_role_arn = ${arns.chained}
aws_cred_source_profile = middle
aws_cred_duration_seconds = 14400
[profile middle]
aws_cred_role_arn = ${arns.middle}
aws_cred_source_profile = user1
`,
  )
  const text = (await lines(here, {})).join('\n')
  assert.match(text, /^plain +user of AKIA…MPLE +~\/\.aws\/credentials:5 +never$/m)
  assert.match(text, /^user1: ~\/\.aws\/credentials:2 gives keys too; tools that read the file still take those$/m)
  assert.match(text, /^long: asks for 4 h, and gets 1 h: /m)
  assert.match(text, /^AWS_CRED_PASSPHRASE opens the vault/m)
  assert.ok(!(await lines(here)).join('\n').includes('AWS_CRED_PASSPHRASE'))
})

test('list ends with how to open a locked vault', async (t) => {
  const here = await place(t)
  await withUser1(here, '')
  assert.equal((await allLines(here, LOCKED)).at(-1), 'the vault is locked: aws-cred unlock')
  assert.ok(!(await allLines(here, {})).join('\n').includes('vault is locked'))
})

test('list shows that the vault was locked only while it is', async (t) => {
  const here = await place(t)
  await withUser1(here, '')
  const words = ['process', '--profile', 'user1']
  for (const live of [false, true]) {
    if (live) assert.equal((await run(here, words)).code, 0)
    assert.equal((await run(here, words, { env: LOCKED, nowMs: () => Date.now() + 2_000 })).code, 3)
    assert.match((await lines(here))[1] as string, /failed \d+ s ago$/)
    assert.match((await lines(here)).at(-1) as string, /^ {2}aws-cred unlock$/)
    const open = await lines(here, {})
    assert.match(open[1] as string, live ? / 59 min left$/ : / none$/)
    assert.ok(!open.join('\n').includes('cannot open the vault'))
  }
})

test('list drops a mistake in the config once it is mended, and what a session has outlived', async (t) => {
  const here = await place(t)
  const { prod } = here.world.arns
  const config = (source: string) =>
    `[profile prod]\naws_cred_role_arn = ${prod}\naws_cred_source_profile = ${source}\n`
  await withUser1(here, `${config('b')}[profile b]\naws_cred_source_profile = prod\naws_cred_role_arn = ${prod}\n`)
  assert.equal((await run(here, ['process', '--profile', 'prod'])).code, 1)
  writeAwsFile(here, 'config', config('user1'))
  assert.match((await lines(here))[1] as string, / none$/)
  const { workspace } = await stored(here, 'user1')
  const noNetwork = (atMs: number) =>
    workspace.index.write('failure', 'prod', { profile: 'prod', atMs, code: 'failed', message: 'no way', hint: null })
  noNetwork(Date.now())
  assert.match((await lines(here))[1] as string, /failed \d+ s ago$/)
  assert.equal((await run(here, ['process', '--profile', 'prod'])).code, 0)
  // A session that is not due is served whatever has failed; one that is due was to be renewed.
  noNetwork(Date.now() + 1_000)
  assert.match((await lines(here))[1] as string, / 59 min left$/)
  const [note] = workspace.index.all('session')
  assert.ok(note)
  const expiresMs = Date.now() + 10 * 60_000
  workspace.index.write('session', note.cacheKey, { ...note, issuedMs: expiresMs - 3_600_000, expiresMs })
  assert.match((await lines(here))[1] as string, / 9 min left, failed \d+ s ago$/)
})

test('remove forgets, as add and unlock do, the failures that needed a person, and no other', async (t) => {
  const here = await place(t)
  await withUser1(here, '')
  const { workspace } = await stored(here, 'user1')
  for (const code of ['person', 'failed'])
    workspace.index.write('failure', code, { profile: code, atMs: Date.now(), code, message: 'no', hint: null })
  assert.equal((await run(here, ['remove', 'user1', '--yes'])).code, 0)
  assert.deepEqual(
    workspace.index.all('failure').map((each) => each.code),
    ['failed'],
  )
})

test('list says that what feeds a role has none, and how to name it', async (t) => {
  const here = await place(t)
  await withUser1(here, '[profile ecs]\naws_cred_credential_source = EcsContainer\n')
  const { out } = await run(here, ['list'])
  assert.match(
    out,
    /\necs: has aws_cred_credential_source \(\S+config:2\) and no aws_cred_role_arn beside it\n {2}aws-cred setup ecs --role-arn ARN\n/,
  )
})
