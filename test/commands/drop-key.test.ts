import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { maskedKeyId } from '../../src/core/text.ts'
import { fakeTerminal } from '../support/fake-context.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'
import { type Place, pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const DEAD = { accessKeyId: newKeyId('AKIA'), secret: newSecret() }
const keys = ({ accessKeyId, secret }: typeof DEAD) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`
const credentialsOf = ({ home }: Place) => readFileSync(join(home, '.aws/credentials'), 'utf8')
const before = (alice: typeof DEAD) => `# mine\n[old]\n${keys(DEAD)}region = eu-west-1\n[good]\n${keys(alice)}`

test('--drop-key takes out a key that STS does not know, after a yes, and keeps no copy of it', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  writeAwsFile(here, 'credentials', before(alice))
  const refused = await run(here, ['import', 'old', '--yes'])
  assert.match(refused.err, /hint: it was deleted or switched off, .*; take it out: aws-cred import old --drop-key\n$/)
  const no = await run(here, ['import', 'old', '--drop-key'], { terminal: fakeTerminal(['']) })
  assert.equal(no.code, 1)
  assert.equal(credentialsOf(here), before(alice))
  const terminal = fakeTerminal(['y'])
  const { code, err } = await run(here, ['import', 'old', '--drop-key'], { terminal })
  assert.equal(code, 0, err)
  const said = terminal.text.replaceAll(/\s+/g, ' ')
  const asked = `${here.sts.url} (AWS_ENDPOINT_URL_STS) does not know ${maskedKeyId(DEAD.accessKeyId)} of "old": it was deleted or switched off, or belongs to another partition (China, GovCloud)`
  assert.ok(said.includes(asked), said)
  assert.match(said, /only switched off cannot be used again once it is out take this key out for good\? \[y\/N\] $/)
  assert.equal(
    err,
    'took the keys of "old" out of ~/.aws/credentials\nnext, a new key:\n  aws-cred add old\n~/.aws/credentials still holds keys of "good"\n  aws-cred import good\n',
  )
  assert.equal(credentialsOf(here), `# mine\n[old]\nregion = eu-west-1\n[good]\n${keys(alice)}`)
  assert.deepEqual(readdirSync(join(here.home, '.aws')), ['credentials'])
  for (const text of [said, err, no.err, refused.err]) assert.ok(!text.includes(DEAD.secret))
})

test('--drop-key leaves a key that is good, or that nobody could be asked about', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  writeAwsFile(here, 'credentials', before(alice))
  const good = await run(here, ['import', 'good', '--drop-key'], { terminal: fakeTerminal([]) })
  assert.match(good.err, /it is a good one, that of arn:\S+\naws-cred: hint: move it .*: aws-cred import good\n$/)
  await run(here, ['add', 'good', '--stdin', '--no-verify'], { stdin: pairOf(DEAD) })
  const other = await run(here, ['import', 'good', '--drop-key'], { terminal: fakeTerminal([]) })
  assert.match(other.err, /hint: switch it off in IAM first, then: aws-cred import good --drop-key\n$/)
  const keeping = await run(here, ['import', 'good', '--yes'])
  assert.match(keeping.err, /hint: to keep that one, .*: aws-cred import good --drop-key; else: .* --replace\n$/)
  const env = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' }
  const away = await run(here, ['import', 'old', '--drop-key'], { terminal: fakeTerminal([]), env })
  assert.match(away.err, /cannot reach .*; AWS_ENDPOINT_URL_STS is set to \S+\n.*hint: unset AWS_ENDPOINT_URL_STS\n$/)
  const mistyped = `[old]\n${keys({ ...alice, secret: DEAD.secret })}`
  writeAwsFile(here, 'credentials', mistyped)
  const wrong = await run(here, ['import', 'old', '--drop-key'], { terminal: fakeTerminal([]) })
  assert.match(wrong.err, /SignatureDoesNotMatch/)
  assert.deepEqual(
    [good, other, keeping, away, wrong].map(({ code }) => code),
    [1, 1, 1, 1, 1],
  )
  assert.equal(credentialsOf(here), mistyped)
})

test('--drop-key --dry-run asks STS, shows the change and writes nothing', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'credentials', before(here.world.alice))
  const dry = await run(here, ['import', 'old', '--drop-key', '--dry-run'])
  assert.deepEqual([dry.code, dry.err], [0, ''])
  assert.match(dry.out, /^- aws_access_key_id = AKIA….*\n- aws_secret_access_key = …\n[\s\S]* does not know AKIA…/m)
  assert.equal(credentialsOf(here), before(here.world.alice))
  assert.ok(!existsSync(join(here.home, '.local/state/aws-cred/index')), 'nothing is noted')
})

test('--drop-key asks a region that every account has', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'credentials', `[old]\n${keys(DEAD)}`)
  const hosts = { 'ap-east-1': 'us-east-1', 'eu-west-3': 'eu-west-3', 'us-gov-east-1': 'us-gov-east-1' }
  for (const [region, asked] of Object.entries(hosts)) {
    const env = { AWS_ENDPOINT_URL_STS: undefined, AWS_REGION: region, HTTPS_PROXY: 'http://127.0.0.1:9' }
    const { err } = await run(here, ['import', 'old', '--drop-key'], { terminal: fakeTerminal([]), env })
    assert.match(err, new RegExp(`cannot reach sts\\.${asked}\\.amazonaws\\.com through the proxy 127\\.0\\.0\\.1:9: `))
  }
})

test('--drop-key takes out nothing that was not asked about', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  writeAwsFile(here, 'credentials', before(alice))
  const swapped = `[old]\n${keys({ accessKeyId: DEAD.accessKeyId, secret: newSecret() })}`
  const terminal = fakeTerminal(['y'], () => writeAwsFile(here, 'credentials', swapped))
  const { code, err } = await run(here, ['import', 'old', '--drop-key'], { terminal })
  assert.equal(code, 1)
  assert.match(
    err,
    /another program has changed the files meanwhile.*\n.*hint: look at the change again: aws-cred import old --drop-key\n$/,
  )
  assert.equal(credentialsOf(here), swapped)
  for (const other of ['--all', '--yes', '--no-verify', '--no-setup', '--replace', '--drop-session']) {
    const words = other === '--all' ? [other] : ['old', other]
    const refused = await run(here, ['import', '--drop-key', ...words])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /--drop-(key|session) and --[a-z-]+ do not go together/)
  }
  assert.equal((await run(here, ['import', '--drop-key'])).code, 2)
  const nobody = await run(here, ['import', 'old', '--drop-key'])
  assert.equal(nobody.code, 3)
  assert.match(nobody.err, /hint: at a terminal: aws-cred import old --drop-key\n$/)
})

test('doctor names --drop-key for a key that AWS refuses, and --fix leaves that to a person', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'credentials', before(here.world.alice))
  const env = { PATH: '/nowhere' }
  const dead = await run(here, ['doctor', 'old', '--fix'], { terminal: fakeTerminal([]), env })
  assert.match(dead.out, /^x {2}identity .*\(InvalidClientTokenId\)\n +aws-cred import old --drop-key\n/m)
  assert.ok(!/--fix does/.test(dead.out), dead.out)
  const good = await run(here, ['doctor', 'good'], { env })
  assert.match(good.out, /; --fix does 1 of them\n$/)
})
