import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { whileStored } from '../../src/commands/import/store-pairs.ts'
import { maskedKeyId } from '../../src/core/text.ts'
import { filesBelow, filesHolding } from '../support/e2e-place.ts'
import { fakeTerminal } from '../support/fake-context.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'
import { need } from '../support/need.ts'
import type { StsUser } from '../support/sts.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'
import { type Given, type Place, pairOf, place, run, stored, writeAwsFile } from '../support/vault-place.ts'

const OLD = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secret: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' }
const SESSION = `aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = ${OLD.secret}
aws_session_token = IQoJb3JpZ2luX2VjEXAMPLETOKEN
`
const LINE = (profile: string) => `credential_process = "/opt/aws-cred/aws-cred" process --profile ${profile}\n`
const OUT_OF_REACH = 'free disk blocks, snapshots and backups may keep what the file held; only a new key ends that\n'

const keys = ({ accessKeyId, secret }: Pick<StsUser, 'accessKeyId' | 'secret'>) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`
const path = (here: Place, name: string) => join(here.home, '.aws', name)
const read = (here: Place, name: string) => readFileSync(path(here, name), 'utf8')
const locksAndStore = /\/\.local\/state\//

/** All files of the home but those of our own state, with what they hold. */
function userFiles({ home }: Place): Record<string, string> {
  const files = filesBelow(home).filter((file) => !locksAndStore.test(file))
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, 'latin1')]))
}

/** Runs the verb, which must not show a secret whatever it says. */
async function importing(here: Place, words: readonly string[], given: Given = {}) {
  const { code, out, err } = await run(here, ['import', ...words], given)
  const secrets = [here.world.alice.secret, OLD.secret, 'EXAMPLETOKEN']
  for (const secret of secrets) assert.ok(!(out + err).includes(secret), 'no secret is shown')
  return { code, out, err }
}

/** Refused, with the user's files as they were. */
async function refuses(here: Place, words: readonly string[], code: number, pattern: RegExp, given: Given = {}) {
  const before = userFiles(here)
  const ended = await importing(here, words, given)
  assert.equal(ended.code, code, ended.err)
  assert.match(ended.err, pattern)
  assert.deepEqual(userFiles(here), before)
  return ended
}

suite('import moves', () => {
  test('a pair into the store, with a line in the config first, and every other byte stays', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    const text = `# mine\n[default]\nregion=eu-west-1\n\n[user1] ; c\n# a\n${keys(alice)}region = eu-west-1\n\n[other]\n${keys(OLD)}`
    writeAwsFile(here, 'credentials', text)
    chmodSync(path(here, 'credentials'), 0o600)
    writeAwsFile(here, 'config', '[default]\noutput = json\n')
    const { code, out, err } = await importing(here, ['user1', '--yes'])
    assert.equal(
      err,
      `the session of "user1" is made without MFA: IAM refuses it, and STS takes it for AssumeRole and GetCallerIdentity alone; a role, aws_cred_session = never or an MFA device mends that
  aws-cred setup user1 --mfa-serial ARN
stored ${maskedKeyId(alice.accessKeyId)} of arn:aws:iam::123456789012:user/alice as "user1"
wrote the credential_process line of "user1" in ~/.aws/config
took the keys of "user1" out of ~/.aws/credentials
~/.aws/credentials still holds keys of "other"
  aws-cred import other
${OUT_OF_REACH}`,
    )
    assert.deepEqual([code, out], [0, ''])
    assert.equal(read(here, 'credentials'), text.replace(keys(alice), ''))
    assert.equal(statSync(path(here, 'credentials')).mode & 0o777, 0o600)
    assert.equal(read(here, 'config'), `[default]\noutput = json\n\n[profile user1]\n${LINE('user1')}`)
    const { key, entry } = await stored(here, 'user1')
    assert.deepEqual([key?.accessKeyId, key?.secretAccessKey], [alice.accessKeyId, alice.secret])
    assert.equal(key?.userName, 'alice')
    assert.equal(entry?.generation, key?.generation)
    assert.deepEqual(filesHolding([alice.secret], filesBelow(here.home)), [])
    assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
    assert.deepEqual(
      readdirSync(join(here.home, '.aws')).sort(),
      ['config', 'credentials'],
      'no temporary file is left',
    )
  })

  test('several at once, and what is stored already goes on', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    const bob = { accessKeyId: newKeyId('AKIA'), secret: newSecret(), accountId: '210987654321', userName: 'bob' }
    here.sts.world.users.push(bob)
    await run(here, ['add', 'one', '--stdin'], { stdin: pairOf(alice) })
    const before = await stored(here, 'one')
    writeAwsFile(here, 'credentials', `[one]\n${keys(alice)}[two]\n${keys(bob)}`)
    here.sts.reset()
    const { code, err } = await importing(here, ['two', 'one', 'two', '--yes'])
    assert.equal(code, 0, err)
    const commands = ['two', 'one'].map((name) => `\n {2}aws-cred setup ${name} --mfa-serial ARN`).join('')
    assert.match(err, new RegExp(`^the session of "two" and "one" is made without MFA: .* mends that${commands}\n`))
    assert.match(err, new RegExp(`\n${maskedKeyId(alice.accessKeyId)} of "one" is stored already\n`))
    assert.match(err, /\nwrote the credential_process line of "two" and "one" in ~\/\.aws\/config\n/)
    assert.match(err, /\ntook the keys of "two" and "one" out of ~\/\.aws\/credentials\n/)
    assert.equal(read(here, 'credentials'), '[one]\n[two]\n')
    assert.equal((await stored(here, 'one')).key?.generation, before.key?.generation)
    assert.deepEqual(here.sts.counts(), { GetCallerIdentity: 1 }, 'the other one was asked about when it was added')
  })

  test('keys in the config, in one write and without a backup', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    writeAwsFile(here, 'config', `[default]\n${keys(alice)}region = eu-west-1\n[profile x]\noutput = json\n`)
    const { code, err } = await importing(here, ['default', '--yes'])
    assert.equal(code, 0, err)
    assert.match(
      err,
      /\nwrote the credential_process line of "default" in ~\/\.aws\/config\ntook the keys of "default" out of ~\/\.aws\/config\n/,
    )
    assert.equal(read(here, 'config'), `[default]\n${LINE('default')}region = eu-west-1\n[profile x]\noutput = json\n`)
    assert.ok(!existsSync(join(here.home, '.local/state/aws-cred/backup')))
    assert.deepEqual(filesHolding([alice.secret], filesBelow(here.home)), [])
  })

  test('keys in both files, into a config that holds the secrets of others', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    writeAwsFile(here, 'config', `[profile a]\n${keys(alice)}[profile b]\n${keys(OLD)}`)
    writeAwsFile(here, 'credentials', `[a]\n${keys(alice)}`)
    const { code, err } = await importing(here, ['a', '--yes'])
    assert.equal(code, 0, err)
    assert.match(err, /out of ~\/\.aws\/credentials and ~\/\.aws\/config\n/)
    assert.equal(read(here, 'config'), `[profile a]\n${LINE('a')}[profile b]\n${keys(OLD)}`)
    assert.equal(read(here, 'credentials'), '[a]\n')
    assert.ok(!existsSync(join(here.home, '.local/state/aws-cred/backup')))
    const others = filesHolding([OLD.secret], filesBelow(here.home))
    assert.deepEqual(others, [path(here, 'config')], 'nor was the secret of the other one copied')
  })

  test('keys that stand with a role of their own, whose native keys are moved as setup does', async (t) => {
    const here = await place(t)
    const { alice, arns } = here.world
    writeAwsFile(here, 'credentials', `[own]\n${keys(alice)}`)
    writeAwsFile(here, 'config', `[profile own]\nrole_arn = ${arns.prod}\nsource_profile = own\n`)
    const { code, err } = await importing(here, ['own', '--yes'])
    assert.equal(code, 0, err)
    assert.match(err, /^role_arn \(~\/\.aws\/config:2\) becomes aws_cred_role_arn; /)
    assert.equal(
      read(here, 'config'),
      `[profile own]\n${LINE('own')}aws_cred_role_arn = ${arns.prod}\naws_cred_source_profile = own\n`,
    )
    assert.equal((await run(here, ['process', '--profile', 'own'])).code, 0)
  })

  test('with --no-setup nothing but the keys', async (t) => {
    const here = await place(t)
    const { alice, arns } = here.world
    writeAwsFile(here, 'credentials', `[user1]\n${keys(alice)}`)
    writeAwsFile(here, 'config', `[profile prod]\nrole_arn = ${arns.prod}\nsource_profile = user1\n`)
    const { code, err } = await importing(here, ['user1', '--yes', '--no-setup'])
    assert.equal(code, 0, err)
    assert.match(
      err,
      /^"prod": AWS tools assume the role by keys of "user1", and find none any more\n {2}aws-cred setup prod\nstored/,
    )
    assert.equal(read(here, 'config'), `[profile prod]\nrole_arn = ${arns.prod}\nsource_profile = user1\n`)
    assert.equal(read(here, 'credentials'), '[user1]\n')
  })

  test('without a call with --no-verify, and a root key with a warning', async (t) => {
    const here = await place(t, { root: true })
    writeAwsFile(here, 'credentials', `[a]\n${keys(OLD)}[b]\n${keys(here.world.alice)}`)
    const a = await importing(here, ['a', '--yes', '--no-verify'])
    assert.equal(a.code, 0, a.err)
    assert.match(a.err, /\nstored AKIA…MPLE, not verified, as "a"\n/)
    assert.deepEqual(here.sts.counts(), {})
    const b = await importing(here, ['b', '--yes'])
    assert.equal(b.code, 0, b.err)
    assert.match(b.err, /as "b"\naws-cred: warning: that is a root key/)
  })

  test("in the profile's own partition, whatever the shell's region", async (t) => {
    const here = await place(t, { partition: 'aws-cn' })
    writeAwsFile(here, 'credentials', `[cn]\n${keys(here.world.alice)}region = cn-north-1\n`)
    const { code, err } = await importing(here, ['cn', '--yes'], { env: { AWS_REGION: 'eu-west-1' } })
    assert.equal(code, 0, err)
    assert.match(err, /of arn:aws-cn:iam::123456789012:user\/alice as "cn"/)
    assert.equal((await stored(here, 'cn')).key?.partition, 'aws-cn')
  })
})

suite('import asks', () => {
  test('with the change to both files, secrets left out, and does it after a yes', async (t) => {
    const here = await place(t)
    const { alice, arns } = here.world
    const text = `[user1]\n# aws_secret_access_key = ${OLD.secret}\n${keys(alice)}\n[x]\n${keys(OLD)}`
    writeAwsFile(here, 'credentials', text)
    const roles = `[profile a]\nrole_arn = ${arns.prod}\nsource_profile = user1\n[profile b]\nrole_arn = ${arns.long}\nsource_profile = user1\nduration_seconds = 14400\n`
    writeAwsFile(here, 'config', `[profile user1]\nregion = eu-west-1\n${roles}`)
    const terminal = fakeTerminal(['yes'])
    const { code, err } = await importing(here, ['user1'], { terminal })
    assert.equal(code, 0, err)
    const id = maskedKeyId(alice.accessKeyId)
    assert.equal(
      terminal.text,
      `asking AWS whose keys these are\r\u001b[K~/.aws/credentials
  [user1]
  …
- aws_access_key_id = ${id}
- aws_secret_access_key = …
~/.aws/config
  [profile user1]
+ ${LINE('user1')}  region = eu-west-1

${id} of "user1" is arn:aws:iam::123456789012:user/alice

the session of "user1" is made without MFA: IAM refuses it, and STS takes it for
AssumeRole and GetCallerIdentity alone; a role, aws_cred_session = never or an
MFA device mends that
  aws-cred setup user1 --mfa-serial ARN
"a": AWS tools will assume the role by a session of "user1"
  aws-cred setup a
"b": AWS tools will assume the role by a session of "user1", which STS refuses
for over 1 h
  aws-cred setup b
store this key and write the files? [y/N] `,
    )
    assert.match(err, /^stored [\s\S]*\n~\/\.aws\/credentials:2 gives a key in a comment, and stays\n/)
    assert.equal(read(here, 'credentials'), text.replace(keys(alice), ''))
  })

  test('and does nothing on any other answer, nor where nobody can be asked', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[user1]\n${keys(here.world.alice)}`)
    for (const answer of ['', 'n', 'yess']) {
      const terminal = fakeTerminal([answer])
      await refuses(here, ['user1'], 1, /nothing is stored or written, the answer was not yes\n$/, { terminal })
    }
    const words = ['user1', '--region', 'eu-west-1', '--no-setup']
    const hint = /hint: do it unasked: aws-cred import user1 --region eu-west-1 --no-setup --yes\n$/
    await refuses(here, words, 3, hint)
    await refuses(here, ['--all'], 3, /hint: do it unasked: aws-cred import --all --yes\n$/)
    for (const env of [{ CI: 'true' }, { AWS_CRED_NO_PROMPT: '1' }]) {
      const terminal = fakeTerminal([])
      await refuses(here, ['user1'], 3, /nobody can be asked here/, { env, terminal })
      assert.equal(terminal.text, '')
    }
    assert.equal((await stored(here, 'user1')).key, null)
  })

  test('nothing where no profile is named, and names what could be (exit 2)', async (t) => {
    const here = await place(t)
    await refuses(here, [], 2, /no profile is named, and none has keys in ~\/\.aws\/config\n/)
    writeAwsFile(here, 'credentials', `[s]\n${SESSION}`)
    await refuses(here, [], 2, /hold sessions of "s"\naws-cred: hint: aws-cred import s --drop-session\n$/)
    writeAwsFile(here, 'credentials', `[b]\n${keys(OLD)}[s]\n${SESSION}[a]\n${keys(OLD)}`)
    await refuses(here, [], 2, /the files hold keys of "b" and "a"\naws-cred: hint: aws-cred import b a\n$/)
    await refuses(here, ['--drop-session'], 2, /hint: aws-cred import s --drop-session\n$/)
    await refuses(here, ['--dry-run'], 2, /hint: aws-cred import b a\n$/)
  })

  test('whoever typed it to say one thing only (exit 2), and shows no key that was typed', async (t) => {
    const here = await place(t)
    const { accessKeyId, secret } = here.world.alice
    writeAwsFile(here, 'credentials', `[a]\n${keys(here.world.alice)}`)
    await refuses(here, ['a', '--all'], 2, /--all and names do not go together/)
    for (const flag of ['--no-verify', '--no-setup', '--replace', '--region=eu-west-1']) {
      await refuses(here, ['a', '--drop-session', flag], 2, /--drop-session and --[a-z-]+ do not go together/)
    }
    await refuses(here, ['a', '--region', 'nowhere'], 2, /not a region's name/)
    for (const words of [[accessKeyId], ['a', secret], ['']]) {
      const { err } = await refuses(here, words, 2, /cannot run import: NAME/)
      assert.ok(!err.includes(accessKeyId))
    }
  })

  test('--dry-run nobody: shows all of it on stdout and writes nothing, not even a store', async (t) => {
    const here = await place(t)
    writeAwsFile(
      here,
      'credentials',
      `[user1]\n${keys(here.world.alice)}# aws_secret_access_key = ${OLD.secret}\n[two]\n${keys(OLD)}`,
    )
    writeFileSync(path(here, 'credentials~'), keys(OLD))
    const env = { AWS_CRED_STORE: undefined, XDG_STATE_HOME: join(here.home, 'state') }
    const before = userFiles(here)
    const { code, out, err } = await importing(here, ['user1', '--dry-run'], { env })
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^~\/\.aws\/credentials\n {2}\[user1\]\n- aws_access_key_id = AKIA…/)
    assert.match(
      out,
      /\nAKIA….{4} of "user1" is arn:aws:iam::123456789012:user\/alice\n\nthe session of "user1" is made without MFA: /,
    )
    assert.match(
      out,
      /still holds keys of "two"\n {2}aws-cred import two\n~\/\.aws\/credentials:4 gives a key in a comment, and stays\n~\/\.aws\/credentials~ holds keys, and stays\n$/,
    )
    assert.deepEqual(userFiles(here), before)
    assert.ok(!existsSync(join(here.home, 'state')))
    await refuses(here, ['nobody', '--dry-run'], 1, /it has no keys in ~\/\.aws\/credentials or ~\/\.aws\/config/)
  })
})

suite('import refuses', () => {
  test('what cannot be stored, before anything is written', async (t) => {
    const here = await place(t)
    const text = `[half]\naws_access_key_id = ${OLD.accessKeyId}\n[s]\n${SESSION}[odd]\naws_access_key_id = YOUR_KEY\naws_secret_access_key = x\n[dead]\n${keys(OLD)}[user1]\n${keys(here.world.alice)}`
    writeAwsFile(here, 'credentials', text)
    await refuses(here, ['half', '--yes'], 1, /aws_secret_access_key is missing \(~\/\.aws\/credentials:2\)/)
    await refuses(
      here,
      ['s', '--yes'],
      1,
      /are a session .*\naws-cred: hint: take its lines out: aws-cred import s --drop-session\n$/,
    )
    await refuses(here, ['odd', '--yes'], 1, /\(~\/\.aws\/credentials:8\): it does not look like one/)
    await refuses(
      here,
      ['dead', '--yes'],
      1,
      /InvalidClientTokenId.*\naws-cred: hint: .*: aws-cred import dead --drop-key\n$/,
    )
    await refuses(
      here,
      ['user', '--yes'],
      1,
      /it has no keys in .*\naws-cred: hint: the nearest that has: aws-cred import user1\n$/,
    )
    await refuses(here, ['something-else', '--yes'], 1, /it has no keys in .*\naws-cred: hint: there are keys of "/)
    await refuses(here, ['user1', 'half', '--yes'], 1, /cannot use the keys of profile "half"/)
    await refuses(here, ['user1', 'dead', '--yes'], 1, /cannot verify the key for "dead"/)
    assert.equal((await stored(here, 'user1')).key, null)
    await here.sts.close()
    await refuses(
      here,
      ['user1', '--yes'],
      1,
      /hint: unset AWS_ENDPOINT_URL_STS, or store it without asking AWS: aws-cred import user1 --no-verify\n$/,
    )
  })

  test('a profile that could not be served afterwards, with the lines that say why', async (t) => {
    const here = await place(t)
    const { alice, arns } = here.world
    const cases: readonly (readonly [credentials: string, config: string, pattern: RegExp])[] = [
      [
        '',
        '[profile p]\nsso_session = corp\n',
        /two kinds of credentials.*~\/\.aws\/credentials:2.*sso_session \(~\/\.aws\/config:2\)/,
      ],
      [
        '',
        '[profile p]\ncredential_process = /usr/bin/other\n',
        /~\/\.aws\/credentials:2.*credential_process \(~\/\.aws\/config:2\)/,
      ],
      ['', `[profile p]\nrole_arn = ${arns.prod}\nsource_profile = q\n`, /a role and static keys/],
      [`role_arn = ${arns.prod}\nsource_profile = p\n`, '', /role_arn \(~\/\.aws\/credentials:4\) wins over/],
    ]
    for (const [more, config, pattern] of cases) {
      writeAwsFile(here, 'credentials', `[p]\n${keys(alice)}${more}`)
      writeAwsFile(here, 'config', config)
      await refuses(here, ['p', '--yes'], 1, pattern)
      assert.equal((await stored(here, 'p')).key, null)
    }
    const { code } = await importing(here, ['p', '--yes', '--no-setup'])
    assert.equal(code, 0, 'keys alone can always be moved')
  })

  test('a name that holds another key, unless --replace', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    await run(here, ['add', 'user1', '--stdin', '--no-verify'], { stdin: pairOf(OLD) })
    writeAwsFile(here, 'credentials', `[user1]\n${keys(alice)}`)
    const hint = /holds another key under that name, AKIA…MPLE\n.*: aws-cred import user1 --replace\n$/
    await refuses(here, ['user1', '--yes'], 1, hint)
    // The same id with another secret is found out by the store itself.
    writeAwsFile(here, 'credentials', `[user1]\n${keys({ ...OLD, secret: alice.secret })}`)
    await refuses(here, ['user1', '--yes', '--no-verify'], 1, hint)
    assert.equal((await stored(here, 'user1')).key?.secretAccessKey, OLD.secret)
    writeAwsFile(here, 'credentials', `[user1]\n${keys(alice)}`)
    const { code, err } = await importing(here, ['user1', '--yes', '--replace'])
    assert.equal(code, 0, err)
    assert.equal((await stored(here, 'user1')).key?.secretAccessKey, alice.secret)
  })

  test('one file in both settings, and a home of another user', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[user1]\n${keys(here.world.alice)}`)
    const env = { AWS_CONFIG_FILE: path(here, 'credentials') }
    await refuses(here, ['user1', '--yes'], 1, /it is config and credentials file in one/, { env })
    if (!need(t, 'root, to give a folder away', process.getuid?.() === 0)) return
    chownSync(here.home, 12345, 12345)
    await refuses(here, ['user1', '--yes'], 1, /belongs to another user/, {
      env: { XDG_STATE_HOME: join(here.home, 's') },
    })
  })

  test('a file that has changed since the question, and says that the keys are stored', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    const text = `[user1]\n${keys(alice)}`
    const changes: Record<string, () => void> = {
      'another secret': () => writeAwsFile(here, 'credentials', text.replace(alice.secret, OLD.secret)),
      'another line of the profile': () =>
        writeAwsFile(here, 'credentials', `# new\n${text}`.replace('[user1]', '[user1] ; x')),
      'a config that says otherwise': () => writeAwsFile(here, 'config', '[profile user1]\nregion = eu-west-1\n'),
    }
    for (const [what, change] of Object.entries(changes)) {
      writeAwsFile(here, 'credentials', text)
      writeAwsFile(here, 'config', '')
      const terminal = fakeTerminal(['y'], change)
      const { code, err } = await importing(here, ['user1'], { terminal })
      assert.equal(code, 1, what)
      assert.match(
        err,
        /changed the files meanwhile; the keys were stored, the files are as they were\n.*hint: look at the change again: aws-cred import user1\n$/,
      )
      assert.ok(read(here, 'credentials').includes(alice.accessKeyId), what)
    }
    writeAwsFile(here, 'credentials', text)
    // What another program adds elsewhere is kept.
    const added = fakeTerminal(['y'], () => writeAwsFile(here, 'credentials', `${text}[new]\nregion = eu-west-2\n`))
    const { code, err } = await importing(here, ['user1'], { terminal: added })
    assert.equal(code, 0, err)
    assert.equal(read(here, 'credentials'), '[user1]\n[new]\nregion = eu-west-2\n')
    const gone = fakeTerminal(['y'], () => writeAwsFile(here, 'credentials', ''))
    writeAwsFile(here, 'credentials', text)
    const last = await importing(here, ['user1'], { terminal: gone })
    assert.equal(last.code, 0, last.err)
    assert.match(last.err, /another program has taken the keys of "user1" out of the files\n/)
  })
})

test('whileStored() takes nothing out of the files where a name no longer gives their key', async (t) => {
  const here = await place(t)
  const pair = { accessKeyId: OLD.accessKeyId, secretAccessKey: OLD.secret }
  for (const name of ['a', 'b']) await run(here, ['add', name, '--stdin', '--no-verify'], { stdin: pairOf(OLD) })
  const { workspace, store } = await stored(here, 'a')
  const pairs = ['a', 'b'].map((profile) => ({ profile, pair }))
  assert.equal(await whileStored({ workspace, store }, pairs, async () => 'done'), 'done')
  const never = () => assert.fail('it was run')
  await run(here, ['add', 'b', '--stdin', '--replace'], { stdin: pairOf(here.world.alice) })
  const refused = /cannot import "b": the vault does not give back the key of the file$/
  await assert.rejects(whileStored({ workspace, store }, pairs, never), { message: refused })
  await run(here, ['remove', 'b', '--yes'])
  await assert.rejects(whileStored({ workspace, store }, pairs, never), { message: refused })
})

suite('import --all', () => {
  test('takes what can be, says why the rest stays, and ends with 1', async (t) => {
    const here = await place(t)
    const { alice } = here.world
    writeAwsFile(
      here,
      'credentials',
      `[half]\naws_access_key_id = ${OLD.accessKeyId}\n[s]\n${SESSION}[user1]\n${keys(alice)}[dead]\n${keys(OLD)}`,
    )
    const { code, err } = await importing(here, ['--all', '--yes'])
    assert.equal(code, 1)
    assert.match(
      err,
      /^the session of "user1" is made [^\n]*\n {2}aws-cred setup [^\n]*\n"s" has a session, which is not stored\n {2}aws-cred import s --drop-session\ncannot use the keys of profile "half": aws_secret_access_key is missing \(~\/\.aws\/credentials:2\)\n {2}put the pair into the keychain and take the line out: aws-cred add half\ncannot verify the key for "dead": /,
    )
    assert.match(
      err,
      /took the keys of "user1" out of ~\/\.aws\/credentials\nfree disk blocks[^\n]*\naws-cred: error: cannot import "half" and "dead": they stay in the files, for the reason said above\n$/,
    )
    assert.equal(
      read(here, 'credentials'),
      `[half]\naws_access_key_id = ${OLD.accessKeyId}\n[s]\n${SESSION}[user1]\n[dead]\n${keys(OLD)}`,
    )
  })

  test('ends with 0 where nothing but sessions is left, and where nothing is there', async (t) => {
    const here = await place(t)
    const none = await importing(here, ['--all'])
    assert.deepEqual([none.code, none.err], [0, 'nothing to import: no profile has keys in ~/.aws/config\n'])
    writeAwsFile(here, 'credentials', `[s]\n${SESSION}[user1]\n${keys(here.world.alice)}`)
    const { code, err } = await importing(here, ['--all', '--yes'])
    assert.equal(code, 0, err)
    const again = await importing(here, ['--all'])
    assert.deepEqual(
      [again.code, again.err],
      [0, '"s" has a session, which is not stored\n  aws-cred import s --drop-session\n'],
    )
    const typed = await importing(here, ['user1'])
    assert.equal(typed.code, 0)
    assert.match(
      typed.err,
      /^nothing to import for "user1": AKIA….{4} is stored, and no keys of that name stand in ~\/\.aws\/credentials and ~\/\.aws\/config\n$/,
    )
  })
})

suite('import --drop-session', () => {
  test('shows which lines go, takes them out after a yes, stores nothing, and names setup', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[a]\nregion = x\n[s]\n${SESSION}region = eu-west-1\n`)
    const terminal = fakeTerminal(['y'])
    const { code, err } = await importing(here, ['s', '--drop-session'], { terminal })
    assert.equal(
      terminal.text,
      `~/.aws/credentials
  [s]
- aws_access_key_id = ASIA…MPLE
- aws_secret_access_key = …
- aws_session_token = …
take these lines out? [y/N] `,
    )
    assert.equal(
      err,
      `took the session of "s" out of ~/.aws/credentials
next, a role that renews its sessions:
  aws-cred setup s --role-arn ARN --source-profile NAME
`,
    )
    assert.equal(code, 0)
    assert.equal(read(here, 'credentials'), '[a]\nregion = x\n[s]\nregion = eu-west-1\n')
    assert.ok(!existsSync(path(here, 'config')))
    assert.equal((await stored(here, 's')).key, null)
    assert.deepEqual(here.sts.counts(), {})
  })

  test('takes the token alone from beside a long-lived key, and refuses a key without one', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'config', `[profile k]\n${keys(OLD)}aws_session_token = IQoJEXAMPLETOKEN\n`)
    const { code, err } = await importing(here, ['k', '--drop-session', '--yes'])
    assert.equal(code, 0, err)
    assert.equal(read(here, 'config'), `[profile k]\n${keys(OLD)}`)
    assert.match(err, /still holds keys of "k"\n {2}aws-cred import k\n/)
    await refuses(
      here,
      ['k', '--drop-session', '--yes'],
      1,
      /its keys are long-lived\naws-cred: hint: store them: aws-cred import k\n$/,
    )
    const none = await importing(here, ['--all', '--drop-session'])
    assert.deepEqual([none.code, none.err], [0, 'no session stands in ~/.aws/config\n'])
  })

  test('asks nobody where nobody is, and takes all with --all', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[s]\n${SESSION}[user1]\n${keys(OLD)}[r]\n${SESSION}`)
    await refuses(here, ['s', '--drop-session'], 3, /hint: do it unasked: aws-cred import s --drop-session --yes\n$/)
    const { code, err } = await importing(here, ['--all', '--drop-session', '--yes'])
    assert.equal(code, 0, err)
    assert.equal(read(here, 'credentials'), `[s]\n[user1]\n${keys(OLD)}[r]\n`)
  })
})

suite('import names', () => {
  const told = async (t: TestContext, prepare: (here: Place) => void) => {
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[user1]\n${keys(here.world.alice)}`)
    prepare(here)
    const { code, err } = await importing(here, ['user1', '--yes'])
    assert.equal(code, 0, err)
    return err
  }

  test('copies beside the file and beside what it is a link to, and touches none', async (t) => {
    let bytes: Record<string, string> = {}
    let here: Place | null = null
    const err = await told(t, (at) => {
      here = at
      const dot = join(at.home, 'dot')
      mkdirSync(dot)
      writeFileSync(join(dot, 'creds'), read(at, 'credentials'))
      spawnSync('rm', [path(at, 'credentials')])
      symlinkSync('../dot/creds', path(at, 'credentials'))
      const held = keys(OLD)
      for (const name of ['credentials.bak', 'credentials~', 'x.bak', '.credentials.swp'])
        writeFileSync(path(at, name), held)
      for (const name of ['config.bak', 'credentials.txt']) writeFileSync(path(at, name), 'region = x\n')
      writeFileSync(path(at, 'notes'), held)
      mkdirSync(path(at, 'old.bak'))
      writeFileSync(join(dot, 'creds.orig'), held)
      bytes = userFiles(at)
      delete bytes[join(dot, 'creds')]
    })
    const lines = err.split('\n').filter((line) => line.endsWith(' holds keys, and stays'))
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['~/.aws/.credentials.swp', '~/.aws/credentials.bak', '~/.aws/credentials~', '~/.aws/x.bak', '~/dot/creds.orig'],
    )
    const after = userFiles(here as unknown as Place)
    for (const [file, text] of Object.entries(bytes)) assert.equal(after[file], text)
  })

  test('of our own, what an import that was killed has left goes with this one; what another may be writing is named', async (t) => {
    for (const [pid, stays] of [
      [DEAD_PID, false],
      [process.ppid, true],
    ] as const) {
      let left = ''
      const err = await told(t, (at) => {
        left = leaveTemporary(join(at.home, '.aws'), pid)
        writeFileSync(left, keys(OLD))
      })
      assert.deepEqual([existsSync(left), err.includes(`${basename(left)} holds keys, and stays\n`)], [stays, stays])
    }
  })

  test('what stays where there is nothing to import, and touches none of it', async (t) => {
    const here = await place(t)
    writeAwsFile(here, 'config', '[default]\nregion = a\n')
    writeAwsFile(here, 'credentials', `[sp ace]\n${keys(OLD)}# aws_secret_access_key=${OLD.secret}\n# ${OLD.secret}\n`)
    for (const name of ['config', 'credentials']) chmodSync(path(here, name), 0o644)
    writeFileSync(path(here, 'credentials.bak'), keys(OLD))
    const before = userFiles(here)
    const { code, err } = await importing(here, ['--all', '--yes'])
    assert.equal(
      err,
      `nothing to import: no profile has keys in ~/.aws/credentials and ~/.aws/config
~/.aws/credentials:1 holds keys of "sp ace", a name that not every AWS tool reads
~/.aws/credentials:4 gives a key in a comment, and stays
~/.aws/credentials:5 gives a key in a comment, and stays
~/.aws/credentials.bak holds keys, and stays
other users of this machine may read ~/.aws/credentials
  chmod 600 ${path(here, 'credentials')}
`,
    )
    assert.equal(code, 0)
    assert.deepEqual(userFiles(here), before)
  })

  test('a file that git tracks, and not one that lies in its folder', async (t) => {
    if (!need(t, 'git', spawnSync('git', ['--version']).status === 0)) return
    const git = (folder: string, ...words: string[]) =>
      assert.equal(
        spawnSync('git', words, { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder } }).status,
        0,
      )
    const env = { PATH: process.env.PATH }
    for (const isTracked of [true, false]) {
      const here = await place(t)
      writeAwsFile(here, 'credentials', `[user1]\n${keys(here.world.alice)}`)
      git(here.home, 'init', '--quiet')
      if (isTracked) git(here.home, 'add', '.aws/credentials')
      // What a repository's own settings name is not started.
      git(here.home, 'config', 'core.fsmonitor', `touch ${join(here.home, 'PWNED')}; false`)
      const { code, err } = await importing(here, ['user1', '--yes'], { env })
      assert.equal(code, 0, err)
      assert.equal(err.includes('git tracks ~/.aws/credentials: its history keeps the keys\n'), isTracked)
      assert.ok(!existsSync(join(here.home, 'PWNED')))
    }
    const here = await place(t)
    writeAwsFile(here, 'credentials', `[user1]\n${keys(here.world.alice)}`)
    mkdirSync(join(here.home, '.git'))
    const unknown = await importing(here, ['user1', '--yes'], { env: { PATH: '' } })
    assert.match(unknown.err, /~\/\.aws\/credentials lies in a git repository, whose history may keep the keys\n/)
  })

  test('another name of the file, one that others may read, and sections that tools read differently', async (t) => {
    const err = await told(t, (here) => {
      const file = path(here, 'credentials')
      writeFileSync(
        file,
        `${readFileSync(file, 'utf8')}[my user]\n${keys(OLD)}[x]\nregion = a\n  aws_secret_access_key = ${OLD.secret}\n`,
      )
      linkSync(file, join(here.home, 'hard'))
      chmodSync(file, 0o644)
    })
    assert.match(
      err,
      /\n~\/\.aws\/credentials has another name \(a hard link\), under which the keys stay\n {2}find ~ -samefile \/\S+\/credentials\nstored /,
    )
    assert.match(
      err,
      /\nother users of this machine may read ~\/\.aws\/credentials\n {2}chmod 600 \/\S+\/credentials\n/,
    )
    assert.match(err, /\n~\/\.aws\/credentials:2 holds keys of "my user", a name that not every AWS tool reads\n/)
    assert.match(err, /\n~\/\.aws\/credentials:7 gives a key where no tool looks, and stays\n/)
  })

  test('no role that assumes its own way, nor where the profile hands out its keys', async (t) => {
    const err = await told(t, (here) => {
      const { arns } = here.world
      writeAwsFile(
        here,
        'config',
        `[profile user1]\naws_cred_session = never\n[profile a]\nrole_arn = ${arns.prod}\nsource_profile = user1\n`,
      )
    })
    assert.match(err, /^stored /)
    const own = await told(t, (here) => {
      const { arns } = here.world
      writeAwsFile(here, 'config', `[profile a]\naws_cred_role_arn = ${arns.prod}\naws_cred_source_profile = user1\n`)
    })
    assert.doesNotMatch(own, /aws-cred setup a/)
  })
})
