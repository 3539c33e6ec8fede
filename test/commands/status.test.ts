import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import { toUtcSeconds } from '../../src/core/clock.ts'
import type { Terminal } from '../../src/core/context.ts'
import type { IndexEntries } from '../../src/io/state-index.ts'
import { loginTokenPath, ssoTokenPath } from '../../src/io/token-cache.ts'
import { fakeContext, fakeTerminal } from '../support/fake-context.ts'
import { readmeFields } from '../support/readme-fields.ts'
import { type Given, type Place, pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const LOCKED = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: undefined }
const MINUTE_MS = 60_000
const LOGIN = 'arn:aws:iam::123456789012:user/alice'

/** A place with user1's key, whose profiles each stand in their own way. `nowMs` of all that is looked at. */
async function world(t: Parameters<typeof place>[0]): Promise<Place> {
  const here = await place(t)
  const { arns, alice } = here.world
  const role = (name: string, arn: string, more = '', source = 'user1'): string =>
    `[profile ${name}]\naws_cred_role_arn = ${arn}\naws_cred_source_profile = ${source}\n${more}`
  const serial = `aws_cred_mfa_serial = ${alice.mfaSerial}\n`
  writeAwsFile(
    here,
    'config',
    [
      role('prod', arns.prod),
      role('chain', arns.chained, '', 'middle'),
      role('middle', arns.middle),
      role('mfa', arns.needsMfa, serial),
      role('direct', arns.needsMfa, `${serial}aws_cred_mfa_direct = true\n`),
      role('program', arns.needsMfa, `${serial}aws_cred_mfa_process = /bin/code\n`),
      role('window', arns.needsMfa, `${serial}aws_cred_mfa_process = /bin/code\naws_cred_mfa_prompt = gui\n`),
      role('silent', arns.needsMfa, `${serial}aws_cred_mfa_prompt = none\n`),
      role('nonsense', arns.needsMfa, `${serial}aws_cred_mfa_timeout = soon\n`),
      role('nobody', arns.nobody),
      role('lost', arns.prod, '', 'user2'),
      role('loop', arns.prod, '', 'loop'),
      role('on-files', arns.prod, '', 'plain'),
      '[profile keys]\naws_cred_source_profile = user1\naws_cred_session = never\n',
      '[profile env]\naws_cred_credential_source = Environment\n',
      `[profile env-role]\naws_cred_credential_source = Environment\naws_cred_role_arn = ${arns.prod}\n`,
      '[profile other]\ncredential_process = /bin/other --give\naws_cred_account_id = never\n',
      '[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\naws_cred_account_id = never\n',
      '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n',
      `[profile login]\nlogin_session = ${LOGIN}\naws_cred_account_id = never\n`,
    ].join(''),
  )
  const pair = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n'
  writeAwsFile(
    here,
    'credentials',
    `[plain]\n${pair}aws_cred_session = never\n[pasted]\n${pair}aws_session_token = y\n`,
  )
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  assert.equal(code, 0, err)
  // Failures that are older than the key are over.
  const entry = index(here).read('key', 'user1')
  assert.ok(entry)
  index(here).write('key', 'user1', { ...entry, addedMs: 0 })
  return here
}

interface Seen {
  readonly profile: string
  readonly state: string
  readonly secondsLeft: number | null
  readonly expiration: string | null
  readonly endless: boolean
  readonly renewal: string
  readonly reason: string | null
  readonly hint: string | null
  readonly arn: string | null
  readonly account: string | null
  readonly chain: readonly string[]
  readonly lastFailure: { readonly code: string; readonly at: string; readonly secondsAgo: number } | null
}

/** `STATE CODE`, and with `--min` the code alone, of one profile. */
async function look(here: Place, profile: string, given: Given = {}, min: string | null = null): Promise<string> {
  const words = ['status', profile, '--json', ...(min === null ? [] : ['--min', min])]
  const { code, out, err } = await run(here, words, given)
  assert.equal(err, '')
  return min === null ? `${one(out).state} ${code}` : `${code}`
}

function one(out: string): Seen {
  return (JSON.parse(out) as { profiles: [Seen] }).profiles[0]
}

async function seen(here: Place, profile: string, given: Given = {}): Promise<Seen> {
  return one((await run(here, ['status', profile, '--json'], given)).out)
}

async function fetched(here: Place, profile: string): Promise<void> {
  const { code, err } = await run(here, ['process', '--profile', profile])
  assert.equal(code, 0, err)
}

function index(here: Place) {
  return openWorkspace(fakeContext(here)).index
}

/** Lets the sessions of a role have so long to live. */
function leave(here: Place, roleName: string, leftMs: number): void {
  const notes = index(here)
    .all('session')
    .filter(({ cacheKey }) => cacheKey.startsWith(`${roleName}.`))
  assert.ok(notes.length > 0, roleName)
  const expiresMs = Date.now() + leftMs
  for (const note of notes)
    index(here).write('session', note.cacheKey, { ...note, issuedMs: expiresMs - 60 * MINUTE_MS, expiresMs })
}

function fail(here: Place, profile: string, code: string, more: Partial<IndexEntries['failure']> = {}): void {
  const message = `cannot serve profile "${profile}": the cat sat on it`
  index(here).write('failure', profile, { profile, atMs: Date.now() + 5, code, message, hint: null, ...more })
}

test('status: with nothing fetched yet, each profile by what its next use would take', async (t) => {
  const here = await world(t)
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' }
  const cases: readonly (readonly [profile: string, wanted: string, withMin: string, env?: Given['env']])[] = [
    ['prod', 'ready 0', '1'],
    ['chain', 'ready 0', '1'],
    ['user1', 'ready 0', '1'],
    ['mfa', 'person 3', '3'],
    ['direct', 'person 3', '3'],
    ['program', 'ready 0', '1'],
    ['window', 'person 3', '3'],
    ['silent', 'person 3', '3'],
    ['nonsense', 'failed 1', '1'],
    ['lost', 'failed 1', '1'],
    ['loop', 'failed 1', '1'],
    ['keys', 'ok 0', '0'],
    ['plain', 'ok 0', '0'],
    ['pasted', 'failed 1', '1'],
    ['on-files', 'ready 0', '1'],
    ['env', 'failed 1', '1'],
    ['env', 'failed 1', '1', keys],
    ['env-role', 'failed 1', '1'],
    ['env-role', 'ready 0', '1', keys],
    ['env-role', 'failed 1', '1', { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }],
    ['other', 'ready 0', '1'],
    ['sso', 'person 3', '3'],
    ['login', 'person 3', '3'],
    // Behind a locked vault nothing can be read or kept.
    ['prod', 'person 3', '3', LOCKED],
    ['plain', 'person 3', '3', LOCKED],
  ]
  for (const [profile, wanted, withMin, env = {}] of cases) {
    assert.equal(await look(here, profile, { env }), wanted, profile)
    assert.equal(await look(here, profile, { env }, '999h'), withMin, `${profile} --min`)
  }
  assert.deepEqual(here.sts.counts(), { GetCallerIdentity: 1 })
})

test('status: a session by its time left, its margin, its clock and what failed since', async (t) => {
  const here = await world(t)
  await fetched(here, 'chain')
  assert.equal(await look(here, 'chain'), 'ok 0')
  for (const [min, wanted] of [
    ['0', '0'],
    ['59m', '0'],
    ['3590s', '0'],
    ['61m', '1'],
  ] as const)
    assert.equal(await look(here, 'chain', {}, min), wanted, min)
  const { secondsLeft, expiration, chain, arn, account, renewal } = await seen(here, 'chain')
  assert.ok(secondsLeft !== null && secondsLeft > 3_550 && secondsLeft <= 3_600)
  assert.ok(Math.abs(Date.parse(expiration ?? '') - Date.now() - secondsLeft * 1000) < 2_000)
  assert.deepEqual(
    [chain, arn, account, renewal],
    [['user1', 'Middle', 'Chained'], here.world.arns.chained, '123456789012', 'alone'],
  )
  // The clock was set, or this machine started anew: nobody knows how long it lives.
  assert.equal(await look(here, 'chain', { nowMs: () => Date.now() + 5 * MINUTE_MS }), 'ready 0')
  leave(here, 'Chained', 5 * MINUTE_MS)
  assert.equal(await look(here, 'chain'), 'ok 0')
  assert.equal(await look(here, 'chain', {}, '15m'), '1')
  fail(here, 'chain', 'Throttling')
  assert.equal(await look(here, 'chain'), 'ok 0')
  assert.equal((await seen(here, 'chain')).lastFailure?.code, 'Throttling')
  assert.equal(await look(here, 'chain', { env: LOCKED }), 'person 3')
  assert.equal(await look(here, 'chain', { env: LOCKED }, '1m'), '3')
  // Too short to be served.
  leave(here, 'Chained', MINUTE_MS)
  assert.equal(await look(here, 'chain'), 'failed 1')
  index(here).remove('failure', 'chain')
  assert.equal(await look(here, 'chain'), 'ready 0')
})

test('status: failures that stand, by whether a person or a next try ends them', async (t) => {
  const here = await world(t)
  assert.equal((await run(here, ['process', '--profile', 'nobody'])).code, 1)
  assert.equal(await look(here, 'nobody'), 'failed 1')
  const { lastFailure, reason, hint } = await seen(here, 'nobody')
  assert.equal(lastFailure?.code, 'AccessDenied')
  assert.match(lastFailure?.at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.match(reason ?? '', /^cannot assume .*\(AccessDenied\)$/)
  const asks =
    /trust policy must allow .*; where it asks for MFA: aws-cred setup nobody --mfa-serial ARN; .* --external-id TEXT$/
  assert.match(hint ?? '', asks)
  for (const [profile, code, wanted] of [
    ['prod', 'failed', 'failed 1'],
    ['prod', 'person', 'person 3'],
    ['prod', 'plan', 'ready 0'],
    ['mfa', 'person', 'person 3'],
    ['mfa', 'AccessDenied', 'failed 1'],
    ['keys', 'failed', 'failed 1'],
    ['sso', 'SignInNeeded', 'person 3'],
  ] as const) {
    fail(here, profile, code)
    assert.equal(await look(here, profile), wanted, `${profile} after ${code}`)
  }
})

test('status: codes and sign-ins are needed only where no session stands in for them', async (t) => {
  const here = await world(t)
  const code = `${here.sts.mfaCode(here.world.alice.mfaSerial ?? '')}\n`
  const login = await run(here, ['login', 'mfa', '--mfa-token', '-'], { stdin: code })
  assert.equal(login.code, 0, login.err)
  assert.equal(await look(here, 'mfa'), 'ok 0')
  // The session of the code opens it again without a person; once that is over, nothing does.
  assert.equal(await look(here, 'mfa', {}, '2h'), '1')
  leave(here, 'Needs-Mfa', 0)
  assert.equal(await look(here, 'mfa'), 'ready 0')
  leave(here, 'Needs-Mfa', 30 * MINUTE_MS)
  leave(here, 'session-token', 0)
  assert.equal(await look(here, 'mfa'), 'ok 0')
  assert.equal(await look(here, 'mfa', {}, '2h'), '3')
  const token = (leftMs: number, renewable: boolean) => {
    const path = ssoTokenPath({ env: { HOME: here.home }, platform: 'linux' }, 'corp')
    mkdirSync(join(path, '..'), { recursive: true })
    const at = (ms: number) => toUtcSeconds(Date.now() + ms)
    const renewal = {
      clientId: 'c',
      clientSecret: 's',
      refreshToken: 'r',
      registrationExpiresAt: at(60 * MINUTE_MS),
    }
    writeFileSync(path, JSON.stringify({ accessToken: 'a', expiresAt: at(leftMs), ...(renewable ? renewal : {}) }))
  }
  for (const [leftMs, renewable, wanted] of [
    [10 * MINUTE_MS, false, 'ready 0'],
    [-MINUTE_MS, true, 'ready 0'],
    [-MINUTE_MS, false, 'person 3'],
  ] as const) {
    token(leftMs, renewable)
    assert.equal(await look(here, 'sso'), wanted)
  }
  // The portal refused that very token.
  token(10 * MINUTE_MS, true)
  fail(here, 'sso', 'SignInNeeded', { atMs: Date.now() + 10_000 })
  assert.equal(await look(here, 'sso'), 'person 3')
  const path = loginTokenPath({ env: { HOME: here.home }, platform: 'linux' }, LOGIN)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '{}')
  assert.equal(await look(here, 'login'), 'person 3')
})

test('where the profile has nobody asked, the error names that setting, and no hint a login that would fail alike', async (t) => {
  const here = await world(t)
  const cure = 'take out aws_cred_mfa_prompt = none, or give the code on stdin: aws-cred login silent --mfa-token -'
  for (const words of [
    ['login', 'silent'],
    ['process', '--profile', 'silent'],
  ]) {
    const { code, err } = await run(here, words)
    assert.equal(code, 3)
    assert.match(
      err,
      /error: .*: it needs an MFA code, and nobody is to be asked: aws_cred_mfa_prompt is none \(\/.*\/config:\d+\)\n/,
    )
    assert.ok(err.endsWith(`hint: ${cure}\n`), err)
  }
  assert.equal((await run(here, ['status', 'silent'])).out, `silent  person  -  needs an MFA code: ${cure}\n`)
  const code = `${here.sts.mfaCode(here.world.alice.mfaSerial ?? '')}\n`
  assert.equal((await run(here, ['login', 'silent', '--mfa-token', '-'], { stdin: code })).code, 0)
  // Where the serial stands in a profile that this one is made from.
  const config = `[profile top]\naws_cred_role_arn = ${here.world.arns.chained}\naws_cred_source_profile = silent\n`
  appendFileSync(join(here.home, '.aws/config'), config)
  leave(here, 'Needs-Mfa', 0)
  leave(here, 'session-token', 0)
  const top = await run(here, ['login', 'top'])
  assert.match(
    top.err,
    /hint: take out aws_cred_mfa_prompt = none of profile "silent", or .* login top --mfa-token -\n$/,
  )
})

test('status: a note that cannot be read counts as none, as it does for process', async (t) => {
  const here = await world(t)
  await fetched(here, 'prod')
  const folder = join(here.home, '.local/state/aws-cred/index')
  const notes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\/session-/.test(name))
  assert.equal(notes.length, 1)
  for (const note of notes) {
    rmSync(join(folder, note))
    mkdirSync(join(folder, note))
  }
  assert.equal(await look(here, 'prod'), 'ready 0')
})

test('status: of several profiles the worst decides: failed, then person', async (t) => {
  const here = await world(t)
  const codeOf = async (...names: string[]) => (await run(here, ['status', ...names])).code
  assert.equal(await codeOf('prod', 'keys'), 0)
  assert.equal(await codeOf('prod', 'mfa', 'keys'), 3)
  assert.equal(await codeOf('mfa', 'lost', 'prod'), 1)
  assert.equal(await codeOf(), 1)
})

test('status: nothing at all, an unknown name and wrong options', async (t) => {
  const here = await place(t)
  assert.deepEqual(await run(here, ['status']), {
    code: 1,
    out: 'no profiles yet; put a key in: aws-cred add NAME\n',
    err: '',
  })
  const { code, out } = await run(here, ['status', '--json'])
  assert.deepEqual([code, (JSON.parse(out) as { profiles: [] }).profiles], [1, []])
  writeAwsFile(here, 'config', '[profile prod]\naws_cred_source_profile = user1\n')
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [['prdo'], 1, /error: cannot read profile "prdo": not in ~\/\.aws\/config\n.*hint: the nearest name is "prod"\n$/s],
    [['--min', 'soon'], 2, /--min "soon" is no time; it reads 900, 15m or 1h/],
    [['--min', ''], 2, /--min "" is no time/],
    [['--watch'], 2, /--watch needs a terminal to draw on/],
    [['--watch', '--json'], 2, /--watch and --json do not go together/],
  ]
  for (const [words, wanted, message] of cases) {
    const ended = await run(here, ['status', ...words])
    assert.deepEqual([ended.code, ended.out], [wanted, ''])
    assert.match(ended.err, message)
  }
  const dumb = await run(here, ['status', '--watch'], { outIsTerminal: true, env: { TERM: 'dumb' } })
  assert.match(dumb.err, /--watch cannot redraw here \(TERM=dumb\)/)
})

test('status: a line a profile, within the screen, colours on the state alone and only where they are wanted', async (t) => {
  const here = await world(t)
  await fetched(here, 'prod')
  fail(here, 'nobody', 'AccessDenied', { atMs: Date.now() - 3 * MINUTE_MS })
  fail(here, 'middle', 'failed', {
    atMs: Date.now() - 3 * MINUTE_MS,
    message: 'cannot serve profile "middle": \u001b[31mno\u202e',
  })
  const names = ['prod', 'mfa', 'nobody', 'middle', 'sso', 'keys', 'loop', 'lost']
  const terminal: Terminal = fakeTerminal([])
  const shownAt = async (given: Given) => (await run(here, ['status', ...names], given)).out
  const plain = await shownAt({})
  assert.equal(
    plain,
    `prod    ok      59 min  user1 > Prod-Role
mfa     person  -       needs an MFA code: aws-cred login mfa
nobody  failed  -       user1 > Nobody; failed 3 min ago: AccessDenied
middle  failed  -       user1 > Middle; failed 3 min ago: \\x1b[31mno\\u{202e}
sso     person  -       log in: aws sso login --profile sso
keys    ok      no end  user1
loop    failed  -       its sources form a loop: loop > loop; a profile can be its own source only with keys of its own: aws-cred add loop
lost    failed  -       its source "user2" does not exist, neither in ~/.aws/config nor in the vault; aws-cred setup lost --source-profile user1
`,
  )
  const two = await run(here, ['status', 'prod', 'nobody', 'keys', '--min', '2h'])
  assert.equal(two.code, 1)
  assert.match(
    two.out,
    /^prod {4}ok {6}59 min {2}59 min left, less than 2 h\nnobody {2}failed {2}- {7}user1 > Nobody; .*\nkeys {4}ok {6}no end {2}user1\n$/,
  )
  assert.match(
    (await run(here, ['status', 'chain', '--min', '2h'])).out,
    /^chain {2}ready {2}- {2}no session yet, 2 h wanted\n$/,
  )
  const here80 = { outIsTerminal: true, terminal }
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const lines = (await shownAt({ ...here80, env })).split('\n')
    assert.deepEqual(lines.slice(0, 6), plain.split('\n').slice(0, 6))
    assert.match(lines[6] ?? '', /^.{70,79}…$/)
  }
  const coloured = await shownAt(here80)
  assert.match(coloured, /^prod {4}\u001b\[32mok\u001b\[0m {6}59 min {2}user1/m)
  assert.match(coloured, /^mfa {5}\u001b\[33mperson\u001b\[0m {2}-/m)
  assert.match(coloured, /^loop {4}\u001b\[31mfailed\u001b\[0m {2}-/m)
  assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), await shownAt({ ...here80, env: { NO_COLOR: '1' } }))
})

test('status: a failure says of what it is, and repeats no profile of its own row', async (t) => {
  const here = await world(t)
  const said = async (profile: string, message: string, code = 'failed') => {
    fail(here, profile, code, { message })
    return (await run(here, ['status', profile])).out.replace(/^.*(ago|person {2}-) *:? /, '')
  }
  const bundle = 'cannot read the CA bundle "/a: b" of AWS_CA_BUNDLE: there is no such file'
  assert.equal(await said('prod', bundle), `${bundle}\n`)
  const helper = 'cannot get credentials for profile "prod" from the credential_process (~/.aws/config:3): it is silent'
  assert.equal(await said('prod', helper), 'cannot get credentials from the credential_process: it is silent\n')
  const own = 'cannot assume arn:aws:iam::123456789012:role/A for profile "prod": cannot reach sts.a: timed out'
  assert.equal(await said('prod', own), 'cannot reach sts.a: timed out\n')
  const locked = 'cannot read the keychain: it is locked'
  assert.equal(await said('prod', locked, 'person'), `${locked}\n`)
  const line = async (profile: string, env: Given['env'] = {}) => (await run(here, ['status', profile], { env })).out
  assert.match(
    await line('nonsense'),
    /^nonsense {2}failed {2}- {2}cannot use aws_cred_mfa_timeout "soon": it must be 1 to 600 seconds\n$/,
  )
  assert.match(
    await line('chain', { AWS_REGION: 'eu-west-1;rm' }),
    /cannot use region "eu-west-1;rm" of AWS_REGION: a region reads like eu-west-1/,
  )
})

test('status --json holds every field of the README, and nothing that a terminal would obey', async (t) => {
  const here = await world(t)
  fail(here, 'prod', 'Odd', { message: 'cannot do it: \u001b[31m\u009b\u202e' })
  const { out } = await run(here, ['status', 'prod', '--json'])
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  const document = JSON.parse(out) as { version: number; at: string; profiles: [Seen] }
  assert.equal(document.version, 1)
  assert.deepEqual(Object.keys(document), ['version', 'at', 'profiles'])
  assert.deepEqual(Object.keys(document.profiles[0]), readmeFields('`status --json` has'))
  assert.match(document.profiles[0].reason ?? '', /\u001b\[31m\u009b\u202e$/)
})
