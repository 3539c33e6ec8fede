import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import type { Terminal } from '../../src/core/context.ts'
import { maskedKeyId } from '../../src/core/text.ts'
import { fakeContext, fakeTerminal } from '../support/fake-context.ts'
import { need } from '../support/need.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'
import { PASSPHRASE, pairOf, place, run, stored, writeAwsFile } from '../support/vault-place.ts'

test('add stores what stdin gives after STS has said whose it is', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  const { code, out, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  assert.equal(err, `stored ${maskedKeyId(alice.accessKeyId)} of arn:aws:iam::123456789012:user/alice as "user1"\n`)
  assert.deepEqual([code, out], [0, ''])
  assert.deepEqual(here.sts.counts(), { GetCallerIdentity: 1 })
  const { key, entry } = await stored(here, 'user1')
  assert.equal(key?.secretAccessKey, alice.secret)
  assert.deepEqual([key?.accountId, key?.userName, key?.partition], ['123456789012', 'alice', 'aws'])
  assert.equal(entry?.generation, key?.generation)
  assert.ok(!JSON.stringify(entry).includes(alice.accessKeyId))
})

test('add takes the CSV of the console, and the user name behind a path', async (t) => {
  const here = await place(t, { path: '/team/blue/' })
  const { alice } = here.world
  const stdin = `\ufeff"User name","Access key ID","Secret access key"\r\nalice,${alice.accessKeyId},${alice.secret}\r\n`
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin })).code, 0)
  assert.equal((await stored(here, 'user1')).key?.userName, 'alice')
})

test('add asks at a terminal, the secret hidden, and shows no secret', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  const hidden: string[] = []
  const fake = fakeTerminal([alice.accessKeyId, alice.secret])
  const terminal: Terminal = {
    ...fake,
    askHidden: (question) => {
      hidden.push(question)
      return fake.askHidden(question)
    },
  }
  const { code, err } = await run(here, ['add', 'user1'], { terminal })
  assert.equal(code, 0, err)
  assert.deepEqual(hidden, ['secret access key: '])
  assert.ok(!`${err}${fake.text}`.includes(alice.secret))
})

test('add refuses the name of a profile that has its credentials from elsewhere, before anything is stored', async (t) => {
  const here = await place(t)
  const role = 'role_arn = arn:aws:iam::123456789012:role/Prod-Role'
  writeAwsFile(
    here,
    'config',
    `[profile prod]\naws_cred_${role}\naws_cred_source_profile = user1
[profile native]\n${role}\nsource_profile = prod
[profile loose]\n${role}
[profile me]\n${role}\nsource_profile = me
[profile sso]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = R
[profile user1]\nregion = eu-west-1\n`,
  )
  const refused = async (name: string, state: RegExp, hint: string) => {
    const { code, err } = await run(here, ['add', name, '--stdin'], { stdin: pairOf(here.world.alice) })
    assert.equal(code, 1)
    assert.match(err, state)
    assert.ok(err.endsWith(`: ${hint}\n`), err)
    const { key, entry } = await stored(here, name)
    assert.deepEqual([key, entry], [null, null])
  }
  const isRole = / error: cannot add "\w+": a profile has that name, and it is a role \(~\/\.aws\/config:\d\): /
  await refused('prod', isRole, 'aws-cred add user1 --stdin')
  await refused('native', isRole, 'aws-cred add user1 --stdin')
  await refused('loose', isRole, 'aws-cred add loose-user --stdin')
  await refused(
    'sso',
    /"sso": a profile has that name, and it gets its credentials from SSO /,
    'aws-cred add sso-user --stdin',
  )
  assert.deepEqual(here.sts.counts(), {})
  for (const name of ['me', 'user1'])
    assert.equal((await run(here, ['add', name, '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
  await refused('prod', isRole, 'aws-cred login prod')
})

test('add without a terminal or --stdin needs a person and names the way', async (t) => {
  const here = await place(t)
  const { code, err } = await run(here, ['add', 'user1'])
  assert.equal(code, 3)
  assert.match(err, /hint: aws-cred add user1 --stdin\n$/)
})

test('add refuses keys on the command line without showing them', async (t) => {
  const here = await place(t)
  const { accessKeyId, secret } = here.world.alice
  const cases: [words: string[], name: string][] = [
    [[accessKeyId], 'NAME'],
    [[secret], 'NAME'],
    [['user1', accessKeyId], 'user1'],
    [['user1', accessKeyId, secret], 'user1'],
    [[accessKeyId, secret], 'NAME'],
    [[secret.slice(1), accessKeyId], 'NAME'],
    [['user1', accessKeyId, '--stdin', secret], 'user1'],
    [['user1', '--secret-access-key', secret], 'user1'],
    [[`--access-key-id=${accessKeyId}`], 'NAME'],
  ]
  for (const [words, name] of cases) {
    const { code, out, err } = await run(here, ['add', ...words], { stdin: pairOf(here.world.alice) })
    assert.equal(code, 2, err)
    for (const key of [accessKeyId, secret, secret.slice(1)]) assert.ok(!(out + err).includes(key))
    assert.match(err, /keys are not taken from the command line, which stays in the shell's history and shows in ps\n/)
    assert.ok(err.endsWith(`the key is asked for hidden: aws-cred add ${name}\n`), err)
  }
})

test('add says that a secret cannot be whole, and shows neither it nor its length', async (t) => {
  const here = await place(t)
  const { accessKeyId, secret } = here.world.alice
  const cut = secret.slice(0, 39)
  const refused = await run(here, ['add', 'user1', '--stdin'], { stdin: `${accessKeyId}\n${cut}\n` })
  assert.match(refused.err, /\(SignatureDoesNotMatch\): it is shorter than AWS's\n/)
  const other = await run(here, ['add', 'user1', '--stdin'], { stdin: `${accessKeyId}\n${newSecret()}\n` })
  assert.match(other.err, /\(SignatureDoesNotMatch\)\n/)
  const kept = await run(here, ['add', 'user1', '--stdin', '--no-verify'], { stdin: `${accessKeyId}\n${cut}\n` })
  assert.match(kept.err, /warning: the secret may be mistyped: it is shorter than AWS's\n/)
  const long = await run(here, ['add', 'user2', '--stdin'], { stdin: `${accessKeyId}\n${secret}x\n` })
  assert.match(long.err, /\(SignatureDoesNotMatch\): it is longer than AWS's\n/)
  assert.deepEqual([refused.code, other.code, kept.code, long.code], [1, 1, 0, 1])
  for (const { err } of [refused, other, kept, long]) {
    assert.ok(!err.includes(cut))
    assert.doesNotMatch(err, /character/)
  }
})

test('add --no-verify calls nobody and stores an unknown identity', async (t) => {
  const here = await place(t)
  const stdin = pairOf(here.world.alice)
  const { code, err } = await run(here, ['add', 'cn', '--stdin', '--no-verify', '--region', 'cn-north-1'], { stdin })
  assert.equal(code, 0, err)
  assert.match(err, /, not verified, as "cn"/)
  assert.deepEqual(here.sts.counts(), {})
  const { key } = await stored(here, 'cn')
  assert.deepEqual([key?.partition, key?.arn, key?.accountId], ['aws-cn', null, null])
})

test("add --region asks in the region's partition, whatever AWS_REGION says", async (t) => {
  const here = await place(t, { partition: 'aws-cn' })
  const env = { AWS_REGION: 'eu-west-1' }
  const stdin = pairOf(here.world.alice)
  const { code, err } = await run(here, ['add', 'cn', '--stdin', '--region', 'cn-northwest-1'], { stdin, env })
  assert.equal(code, 0, err)
  assert.match(err, /arn:aws-cn:iam::123456789012:user\/alice/)
  assert.equal((await stored(here, 'cn')).key?.partition, 'aws-cn')
  const wrong = await run(here, ['add', 'cn', '--stdin', '--region', 'nowhere'], { stdin })
  assert.equal(wrong.code, 2)
})

test('add stores nothing that STS does not know, and names the cure', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  const unknown = await run(here, ['add', 'user1', '--stdin'], {
    stdin: pairOf({ accessKeyId: newKeyId('AKIA'), secret: newSecret() }),
  })
  assert.equal(unknown.code, 1)
  assert.ok(
    unknown.err.includes(`(InvalidClientTokenId); asked was the endpoint of AWS_ENDPOINT_URL_STS, ${here.sts.url}\n`),
  )
  assert.match(unknown.err, /switched off; or the endpoint is the wrong one: unset AWS_ENDPOINT_URL_STS\n$/)
  const mistyped = await run(here, ['add', 'user1', '--stdin'], {
    stdin: pairOf({ accessKeyId: alice.accessKeyId, secret: newSecret() }),
  })
  assert.equal(mistyped.code, 1)
  assert.match(mistyped.err, /SignatureDoesNotMatch[\s\S]*hint: put the pair in again: aws-cred add user1\n$/)
  await here.sts.close()
  const offline = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  assert.equal(offline.code, 1)
  const noVerify = 'or store it without asking AWS: aws-cred add user1 --no-verify'
  assert.ok(offline.err.includes(`(ECONNREFUSED); AWS_ENDPOINT_URL_STS is set to ${here.sts.url}\n`), offline.err)
  assert.ok(offline.err.endsWith(`hint: unset AWS_ENDPOINT_URL_STS, ${noVerify}\n`), offline.err)
  const bundle = await run(here, ['add', 'user1', '--stdin'], {
    stdin: pairOf(alice),
    env: { AWS_ENDPOINT_URL_STS: 'https://localhost:9', AWS_CA_BUNDLE: here.home },
  })
  assert.ok(
    bundle.err.endsWith(`of AWS_CA_BUNDLE: it is a directory\naws-cred: hint: mend AWS_CA_BUNDLE, ${noVerify}\n`),
  )
  writeAwsFile(here, 'config', `[profile user1]\nregion = eu-west-1\nendpoint_url = ${here.sts.url}\n`)
  const byLine = await run(here, ['add', 'user1', '--stdin'], {
    stdin: pairOf(alice),
    env: { AWS_ENDPOINT_URL_STS: undefined },
  })
  const line = `endpoint_url (${join(here.home, '.aws/config')}:3)`
  assert.ok(byLine.err.includes(`(ECONNREFUSED); ${line} is set to ${here.sts.url}\n`), byLine.err)
  assert.ok(byLine.err.endsWith(`hint: mend ${line}, ${noVerify}\n`), byLine.err)
  const noUrl = await run(here, ['add', 'user1', '--stdin'], {
    stdin: pairOf(alice),
    env: { AWS_ENDPOINT_URL_STS: 'sts.example' },
  })
  assert.match(noUrl.err, /of AWS_ENDPOINT_URL_STS: it is not .* URL\naws-cred: hint: one looks like https:/)
  const { key, entry } = await stored(here, 'user1')
  assert.deepEqual([key, entry], [null, null])
})

test('add refuses a temporary key, and takes a root key with a warning', async (t) => {
  const here = await place(t, { root: true })
  const { secret } = here.world.alice
  const temporary = await run(here, ['add', 'a', '--stdin'], { stdin: `${newKeyId('ASIA')}\n${secret}\n` })
  assert.equal(temporary.code, 1)
  assert.match(temporary.err, /temporary key/)
  const root = await run(here, ['add', 'a', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(root.code, 0)
  assert.match(root.err, /^aws-cred: warning: that is a root key/m)
  assert.equal((await stored(here, 'a')).key?.userName, null)
})

test('add replaces only with --replace or a yes, and takes the sessions of the old key away', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
  const before = await stored(here, 'user1')
  assert.equal(before.workspace.index.all('session').length, 1)
  const second = { ...alice, accessKeyId: newKeyId('AKIA'), secret: newSecret() }
  here.sts.world.users.push(second)
  const given = { stdin: pairOf(second) }

  const refused = await run(here, ['add', 'user1', '--stdin'], given)
  assert.equal(refused.code, 3)
  assert.match(refused.err, /hint: aws-cred add user1 --stdin --replace/)
  const no = fakeTerminal(['n'])
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { ...given, terminal: no })).code, 1)
  assert.equal(no.text, `replace ${maskedKeyId(alice.accessKeyId)} of "user1"? [y/N] `)
  assert.equal((await stored(here, 'user1')).key?.generation, before.key?.generation)

  const yes = await run(here, ['add', 'user1', '--stdin'], { ...given, terminal: fakeTerminal(['y']) })
  assert.equal(yes.code, 0, yes.err)
  const after = await stored(here, 'user1')
  assert.equal(after.key?.accessKeyId, second.accessKeyId)
  assert.notEqual(after.key?.generation, before.key?.generation)
  assert.deepEqual(after.workspace.index.all('session'), [])
  assert.deepEqual(await after.store.list(), ['key:user1'])
  assert.equal((await run(here, ['add', 'user1', '--stdin', '--replace'], { stdin: pairOf(alice) })).code, 0)
})

test('add mends a damaged item with --replace', async (t) => {
  const here = await place(t)
  const stdin = pairOf(here.world.alice)
  await run(here, ['add', 'user1', '--stdin'], { stdin })
  const vaultDir = join(here.home, '.local/state/aws-cred/vault')
  const item = readdirSync(vaultDir).find((file) => file.endsWith('.item')) as string
  const text = readFileSync(join(vaultDir, item), 'utf8')
  writeFileSync(join(vaultDir, item), text.replace(/"d":"..../, '"d":"AAAA'))
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin })).code, 3)
  assert.equal((await run(here, ['add', 'user1', '--stdin', '--replace'], { stdin })).code, 0)
  assert.notEqual((await stored(here, 'user1')).key, null)
})

test('add names the file and line that give keys to other tools', async (t) => {
  const here = await place(t)
  mkdirSync(join(here.home, '.aws'))
  writeFileSync(
    join(here.home, '.aws/credentials'),
    '# mine\n[user1]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n',
  )
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(code, 0)
  assert.match(err, /^aws-cred: warning: ~\/\.aws\/credentials:3 gives keys of "user1" too; tools/m)
})

test('add asks for the passphrase of a locked vault, twice where there is no vault yet', async (t) => {
  if (!need(t, '/dev/shm', existsSync('/dev/shm'))) return
  const here = await place(t)
  const { alice } = here.world
  const runtime = mkdtempSync('/dev/shm/aws-cred-add-')
  t.after(() => rmSync(runtime, { recursive: true, force: true }))
  const env = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: runtime }
  const nobody = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice), env })
  assert.equal(nobody.code, 3)
  assert.match(nobody.err, /vault: it is locked\naws-cred: hint: aws-cred unlock\n/)
  const terminal = fakeTerminal(['wrong', PASSPHRASE])
  const typed = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice), env, terminal })
  assert.equal(typed.code, 0, typed.err)
  assert.match(terminal.text, /passphrase is wrong\n/)
  assert.match(typed.err, /^unlocked the vault until .*\(12 h\)\nstored /)
  // It stays open for the next call.
  assert.equal((await run(here, ['process', '--profile', 'user1'], { env })).code, 0)

  rmSync(join(here.home, '.local'), { recursive: true })
  const none = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice), env })
  assert.equal(none.code, 3)
  assert.match(none.err, /cannot make the vault: [\s\S]*hint: aws-cred unlock\n/)
  assert.equal(existsSync(join(here.home, '.local/state/aws-cred/vault')), false)
  const twice = fakeTerminal(['one', 'two', 'new words', 'new words'])
  const made = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice), env, terminal: twice })
  assert.equal(made.code, 0, made.err)
  assert.match(twice.text, /the two differ\n/)
  assert.match(made.err, /^made a vault in .*\nunlocked the vault until .*\nstored /)
})

test('add takes a vault where no keychain answers and remembers that', async (t) => {
  const here = await place(t)
  const env = { AWS_CRED_STORE: undefined, DBUS_SESSION_BUS_ADDRESS: undefined }
  const stdin = pairOf(here.world.alice)
  const nobody = await run(here, ['add', 'user1', '--stdin'], {
    stdin,
    env: { ...env, AWS_CRED_PASSPHRASE: undefined },
  })
  assert.equal(nobody.code, 3)
  const first = await run(here, ['add', 'user1', '--stdin'], { stdin, env })
  assert.equal(first.code, 0, first.err)
  const workspace = openWorkspace(fakeContext({ home: here.home, env: { ...here.env, ...env } }))
  assert.equal(workspace.storeKind, 'vault')
  // A chosen keychain that is absent is an error, never a new vault.
  const keychain = await run(here, ['add', 'user1', '--stdin'], { stdin, env: { AWS_CRED_STORE: 'keychain' } })
  assert.equal(keychain.code, 1)
  assert.match(keychain.err, /cannot reach the keychain/)
})

test('add asks nobody under AWS_CRED_NO_PROMPT=1 or CI', async (t) => {
  const here = await place(t)
  const stdin = pairOf(here.world.alice)
  await run(here, ['add', 'there', '--stdin'], { stdin })
  for (const env of [{ AWS_CRED_NO_PROMPT: '1' }, { CI: 'true' }]) {
    for (const words of [['user1'], ['there', '--stdin']]) {
      const terminal = fakeTerminal(['y', 'y'])
      const { code, err } = await run(here, ['add', ...words], { terminal, env, stdin })
      assert.equal(code, 3, err)
      assert.match(err, /hint: aws-cred add \w+ --stdin/)
      assert.equal(terminal.text, '')
    }
  }
})

test('add refuses a name that no profile could have, without repeating it', async (t) => {
  const here = await place(t)
  for (const name of ['my user', 'me;you', 'é', `${here.world.alice.accessKeyId} ${here.world.alice.secret}`]) {
    const { code, err } = await run(here, ['add', name, '--stdin'], { stdin: pairOf(here.world.alice) })
    assert.equal(code, 2)
    assert.match(err, /not a name that every AWS tool reads\naws-cred: hint: a name is made of /)
    assert.ok(!err.includes(here.world.alice.secret))
  }
})

test('add says of a secret in place of the id that it was shown, and never shows it itself', async (t) => {
  const here = await place(t)
  const { accessKeyId, secret } = here.world.alice
  const typed = fakeTerminal([secret, accessKeyId, secret])
  const { code, err } = await run(here, ['add', 'user1'], { terminal: typed })
  assert.equal(code, 1)
  assert.match(
    err,
    /: that looks like a secret access key; it was shown on this screen\n.*hint: clear the screen, .*: aws-cred add user1\n$/,
  )
  assert.equal(typed.text, 'access key id: ')
  const piped = await run(here, ['add', 'user1', '--stdin'], { stdin: `${secret}\n${accessKeyId}\n` })
  assert.match(piped.err, /access key id: that looks like a secret access key\n/)
  assert.ok(!`${err}${piped.err}`.includes(secret))
  assert.equal((await stored(here, 'user1')).key, null)
})

test('add asks again for an id or a secret that cannot be one, three times', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  const typed = fakeTerminal(['nonsense', alice.accessKeyId, alice.secret.slice(1), alice.secret])
  const { code, err } = await run(here, ['add', 'user1'], { terminal: typed })
  assert.equal(code, 0, err)
  assert.match(typed.text, /does not look like one[\s\S]*access key: it is shorter than AWS's\nsecret access key: $/)
  assert.ok(!typed.text.includes(alice.secret.slice(1)))
  const never = fakeTerminal([alice.accessKeyId, 'a', 'b', 'c', alice.secret])
  const refused = await run(here, ['add', 'user2'], { terminal: never })
  assert.equal(refused.code, 1)
  assert.match(refused.err, /cannot use the secret access key: it is shorter than AWS's\n/)
})
