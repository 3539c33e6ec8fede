import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { verb } from '../../src/commands/serve.ts'
import { helperCall } from '../../src/commands/session/obtain-credentials.ts'
import { ServedProfile } from '../../src/commands/session/profiles/served-profile.ts'
import { parseArguments } from '../../src/core/arguments.ts'
import { fakeContext } from '../support/fake-context.ts'
import { type Place, pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const HELD = { AWS_CRED_PROFILE: 'prod', AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/credentials' }

test('serve refuses to nest in itself and in exec, and names --force; exec refuses to nest in serve', async (t) => {
  const here = await place(t)
  for (const env of [HELD, { AWS_CRED_PROFILE: 'prod', AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01' }]) {
    const { code, out, err } = await run(here, ['serve', '--profile', 'audit', '--', 'true'], { env })
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /"audit".*"prod" already\naws-cred: hint: .*aws-cred serve --force --profile audit -- true\n$/)
    const forced = await run(here, ['serve', '--force', '--profile', 'audit', '--', 'true'], { env })
    assert.match(forced.err, /cannot read profile "audit"/)
  }
  assert.match((await run(here, ['exec', '--profile', 'audit', '--', 'true'], { env: HELD })).err, /"prod" already\n/)
  const bare = await run(here, ['serve', '--profile', 'audit'], { env: HELD })
  assert.match(bare.err, /hint: .*aws-cred serve --force --profile audit\n$/)
})

test('serve says what was typed wrongly before it asks anybody', async (t) => {
  const here = await place(t)
  for (const [words, said] of [
    [['--'], /CMD is missing behind --/],
    [['true'], /must stand behind --/],
    [['--port', '80'], /--port "80" must be 1024 to 65535/],
    [['--port', '65536'], /must be/],
    [['--port', '8o80'], /must be/],
    [['--port', ''], /must be/],
    [['--format', 'env', '--', 'true'], /--format means nothing with CMD/],
    [['--format', 'process'], /the format process is for export alone/],
    [['--format', 'github-actions'], /for export alone/],
    [['--format', 'evn'], /cannot run serve: --format "evn" is no format\n.*nearest is env/],
  ] as const) {
    const { code, out, err } = await run(here, ['serve', '--profile', 'two', ...words])
    assert.deepEqual([code, out], [2, ''], err)
    assert.match(err, said)
  }
  assert.deepEqual(here.sts.counts(), {})
})

interface Served {
  readonly here: Place
  readonly two: ServedProfile
  /** Moves every clock on. */
  later(seconds: number): void
}

async function served(t: TestContext, more = ''): Promise<Served> {
  const here = await place(t)
  writeAwsFile(here, 'config', config(here.world.arns.middle) + more)
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
  here.sts.reset()
  let passedMs = 0
  const later = (seconds: number) => {
    passedMs += seconds * 1000
    here.sts.setClockOffsetMs(passedMs)
  }
  return { here, two: servedIn(here, 'two', () => passedMs), later }
}

function config(roleArn: string): string {
  return `[profile two]\naws_cred_role_arn = ${roleArn}\naws_cred_source_profile = user1\n`
}

function servedIn({ home, env }: Place, profile: string, passedMs = () => 0): ServedProfile {
  const given = parseArguments(verb, ['--profile', profile])
  const clocks = { nowMs: () => Date.now() + passedMs(), uptimeS: () => 1000 + passedMs() / 1000 }
  return new ServedProfile({ ...fakeContext({ home, env }), ...clocks }, { profile, verbName: 'serve', given })
}

async function documentOf(profile: ServedProfile): Promise<Record<string, string>> {
  return JSON.parse(await profile.document((workspace) => helperCall(workspace, true)))
}

test('200 who ask at once share one refresh and its answer', async (t) => {
  const { here, two } = await served(t)
  const documents = await Promise.all(Array.from({ length: 200 }, () => documentOf(two)))
  for (const document of documents) assert.deepEqual(document, documents[0])
  assert.deepEqual(here.sts.counts(), { AssumeRole: 1 })
  const { AccessKeyId, SecretAccessKey, Token, Expiration, AccountId, ...rest } = documents[0] ?? {}
  assert.deepEqual(rest, {})
  assert.match(AccessKeyId ?? '', /^ASIA/)
  assert.match(Expiration ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.ok(SecretAccessKey && Token)
  assert.equal(AccountId, '123456789012')
})

test('they share it also where no lock can be had, each refresh being one of this process', async (t) => {
  const { here, two } = await served(t)
  const locks = join(here.vaultDir, '../locks')
  rmSync(locks, { recursive: true })
  writeFileSync(locks, 'no folder')
  const documents = await Promise.all(Array.from({ length: 50 }, () => documentOf(two)))
  for (const document of documents) assert.deepEqual(document, documents[0])
  assert.deepEqual(here.sts.counts(), { AssumeRole: 1 })
})

test('a session is served from memory: its item is not read again', async (t) => {
  const { here, two } = await served(t)
  const first = await documentOf(two)
  const names = readdirSync(here.vaultDir, { recursive: true, encoding: 'utf8' }).filter((name) => /session/.test(name))
  assert.equal(names.length, 1)
  for (const name of names) writeFileSync(join(here.vaultDir, name), 'spoiled', { mode: 0o600 })
  assert.deepEqual(await documentOf(two), first)
  assert.deepEqual(here.sts.counts(), { AssumeRole: 1 })
})

test('a session that process --refresh has made is served from then on', async (t) => {
  const { here, two } = await served(t)
  const first = await documentOf(two)
  const { out } = await run(here, ['process', '--profile', 'two', '--refresh'])
  const second = await documentOf(two)
  assert.equal(second.AccessKeyId, JSON.parse(out).AccessKeyId)
  assert.notEqual(second.AccessKeyId, first.AccessKeyId)
  assert.deepEqual(here.sts.counts(), { AssumeRole: 2 })
})

test('a profile that was changed never gets the old session, and a key that was removed none', async (t) => {
  const { here, two } = await served(t)
  await documentOf(two)
  writeAwsFile(here, 'config', config(here.world.arns.long))
  await documentOf(two)
  const roles = here.sts.requests.map(({ params }) => params.RoleArn)
  assert.deepEqual(roles, [here.world.arns.middle, here.world.arns.long])
  assert.equal((await run(here, ['remove', 'user1', '--yes'])).code, 0)
  await assert.rejects(documentOf(two), /"user1"/)
})

test('a session that is due is served when STS refuses the next, which is asked once; below a minute the refusal is told', async (t) => {
  const { here, two, later } = await served(t)
  here.sts.setIssueSeconds(900)
  const first = await documentOf(two)
  later(590)
  assert.deepEqual(await documentOf(two), first)
  assert.deepEqual(here.sts.counts(), { AssumeRole: 1 })
  const role = here.world.roles.find(({ arn }) => arn === here.world.arns.middle)
  assert.ok(role)
  const { trust } = role
  role.trust = []
  later(110)
  assert.deepEqual(await documentOf(two), first)
  // The SDK, which has this machine's own clock, takes the refusal for its clock's fault and tries again.
  const tried = here.sts.count('AssumeRole')
  assert.ok(tried > 1)
  for (let i = 0; i < 5; i++) assert.deepEqual(await documentOf(two), first)
  assert.match((await run(here, ['list'])).out, /^two .*AccessDenied$/m)
  later(150)
  for (let i = 0; i < 5; i++) await assert.rejects(documentOf(two), /AccessDenied/)
  assert.deepEqual(here.sts.counts(), { AssumeRole: tried })
  role.trust = trust
  // A service of its own has no refusal to remember.
  assert.notDeepEqual(await documentOf(servedIn(here, 'two', () => 850_000)), first)
})

test('long-lived keys are not served: no SDK takes them from an endpoint', async (t) => {
  const { here } = await served(t, '[profile user1]\naws_cred_session = never\n')
  await assert.rejects(documentOf(servedIn(here, 'user1')), {
    message: /cannot serve profile "user1" at an endpoint: it hands out keys without an end/,
    hint: 'run the command with the keys: aws-cred exec --profile user1 -- CMD',
  })
})
