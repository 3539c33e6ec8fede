import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fakeTerminal } from '../support/fake-context.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'
import { need } from '../support/need.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'
import { PASSPHRASE, type Place, pairOf, place, run } from '../support/vault-place.ts'

/**
 * A login of its own: memory folder, no passphrase in the environment, user1's keys in the vault. Its platform
 * has no other memory folder.
 */
async function login(t: TestContext): Promise<Place | null> {
  if (!need(t, '/dev/shm', existsSync('/dev/shm'))) return null
  const here = await place(t, {}, 'darwin')
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  const runtime = mkdtempSync('/dev/shm/aws-cred-unlock-')
  t.after(() => rmSync(runtime, { recursive: true, force: true }))
  const { AWS_CRED_PASSPHRASE, ...env } = here.env
  return { ...here, env: { ...env, XDG_RUNTIME_DIR: runtime } }
}

test('unlock by stdin opens the vault for the next calls until lock', async (t) => {
  const here = await login(t)
  if (here === null) return
  const serve = () => run(here, ['process', '--profile', 'user1'])
  assert.equal((await serve()).code, 3)
  const { code, out, err } = await run(here, ['unlock', '--stdin'], { stdin: `${PASSPHRASE}\r\n` })
  assert.deepEqual([code, out], [0, ''])
  assert.match(err, /^unlocked the vault until (\d{4}-\d\d-\d\d )?\d\d:\d\d \S+ \(12 h\)\n$/)
  assert.equal((await serve()).code, 0)
  assert.equal((await run(here, ['lock'])).err, 'locked the vault\n')
  assert.equal((await serve()).code, 3)
  assert.equal((await run(here, ['lock'])).err, 'the vault was not unlocked\n')
})

test('of an unlocked vault no session stays in memory whose key is replaced or removed', async (t) => {
  const here = await login(t)
  if (here === null) return
  const { alice } = here.world
  const copies = () =>
    readdirSync(`${here.env.XDG_RUNTIME_DIR}/aws-cred`, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('session-'),
    )
  assert.equal((await run(here, ['unlock', '--stdin'], { stdin: `${PASSPHRASE}\n` })).code, 0)
  const other = { ...alice, accessKeyId: newKeyId('AKIA'), secret: newSecret() }
  here.world.users.push(other)
  const both: readonly string[][] = [
    ['add', 'user1', '--stdin', '--replace'],
    ['remove', 'user1', '--yes'],
  ]
  for (const words of both) {
    assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
    assert.equal(copies().length, 1)
    const { code, err } = await run(here, words, { stdin: pairOf(other) })
    assert.equal(code, 0, err)
    assert.deepEqual(copies(), [], words.join(' '))
  }
})

test('unlock asks hidden, again after a wrong passphrase, three times', async (t) => {
  const here = await login(t)
  if (here === null) return
  const second = fakeTerminal(['wrong', PASSPHRASE])
  assert.equal((await run(here, ['unlock'], { terminal: second })).code, 0)
  await run(here, ['lock'])
  const never = fakeTerminal(['a wrong one', 'b wrong one', 'c wrong one', PASSPHRASE])
  const { code, err } = await run(here, ['unlock'], { terminal: never })
  assert.equal(code, 1)
  assert.match(err, /passphrase is wrong/)
  for (const typed of ['a wrong one', PASSPHRASE]) assert.ok(!`${err}${never.text}`.includes(typed))
})

test('unlock --ttl ends when it says', async (t) => {
  const here = await login(t)
  if (here === null) return
  assert.match((await run(here, ['unlock', '--stdin', '--ttl', '30m'], { stdin: PASSPHRASE })).err, /\(30 min\)/)
  const later = (minutes: number) => () => Date.now() + minutes * 60_000
  assert.equal((await run(here, ['process', '--profile', 'user1'], { nowMs: later(29) })).code, 0)
  assert.equal((await run(here, ['process', '--profile', 'user1'], { nowMs: later(31) })).code, 3)
  for (const ttl of ['0', '1s', '1y', '169h', '']) {
    assert.equal((await run(here, ['unlock', '--stdin', `--ttl=${ttl}`], { stdin: PASSPHRASE })).code, 2, ttl)
  }
})

test('unlock without a terminal or --stdin needs a person', async (t) => {
  const here = await login(t)
  if (here === null) return
  const { code, err } = await run(here, ['unlock'])
  assert.equal(code, 3)
  assert.match(err, /hint: aws-cred unlock --stdin\n$/)
})

test('unlock makes a vault where there is none, with the passphrase typed twice', async (t) => {
  const here = await login(t)
  if (here === null) return
  rmSync(here.vaultDir, { recursive: true })
  assert.equal((await run(here, ['unlock'])).code, 3)
  const terminal = fakeTerminal(['', 'new words', 'new words'])
  const { code, err } = await run(here, ['unlock'], { terminal })
  assert.equal(code, 0, err)
  assert.match(err, /^made a vault in [\s\S]*unlocked the vault until /)
  const added = await run(here, ['add', 'user2', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(added.code, 0, added.err)
})

test('unlock takes a vault where no keychain answers and remembers that', async (t) => {
  if (!need(t, '/dev/shm', existsSync('/dev/shm'))) return
  const here = await place(t)
  const runtime = mkdtempSync('/dev/shm/aws-cred-unlock-')
  t.after(() => rmSync(runtime, { recursive: true, force: true }))
  const env = { AWS_CRED_STORE: undefined, AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: runtime }
  const first = await run(here, ['unlock', '--stdin'], { env, stdin: PASSPHRASE })
  assert.equal(first.code, 0, first.err)
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { env, stdin: pairOf(here.world.alice) })).code, 0)
})

test('unlock where no memory folder is names the two variables, or writes the key to the file that one names', async (t) => {
  const here = await login(t)
  if (here === null) return
  const env = { XDG_RUNTIME_DIR: here.home }
  const { code, err } = await run(here, ['unlock', '--stdin'], { stdin: PASSPHRASE, env })
  assert.equal(code, 1)
  assert.match(err, /AWS_CRED_VAULT_KEY_FILE.*AWS_CRED_PASSPHRASE/)
  const withFile = { ...env, AWS_CRED_VAULT_KEY_FILE: `${here.home}/vault.key` }
  const killed = leaveTemporary(here.home, DEAD_PID)
  const written = await run(here, ['unlock', '--stdin'], { stdin: PASSPHRASE, env: withFile })
  assert.equal(written.code, 0, written.err)
  assert.equal(existsSync(killed), false)
  assert.equal((await run(here, ['process', '--profile', 'user1'], { env: withFile })).code, 0)
  const again = await run(here, ['unlock'], { env: withFile })
  assert.deepEqual([again.code, again.err], [0, 'the vault opens with AWS_CRED_VAULT_KEY_FILE\n'])
})

test('lock and unlock of a keychain say what they are not for', async (t) => {
  const here = await login(t)
  if (here === null) return
  const env = { AWS_CRED_STORE: 'keychain' }
  const locked = await run(here, ['lock'], { env })
  assert.equal(locked.code, 1)
  assert.match(locked.err, /cannot lock the keychain: the system locks it\naws-cred: hint: a vault is here too/)
  assert.equal((await run(here, ['unlock', '--stdin'], { env, stdin: PASSPHRASE })).code, 2)
  const noBus = { ...env, XDG_RUNTIME_DIR: undefined }
  const absent = await run(here, ['unlock'], { env: noBus, platform: 'linux' })
  assert.equal(absent.code, 1)
  assert.match(absent.err, /cannot reach the keychain/)
})

test('lock takes the key of this vault alone, and says where there is none', async (t) => {
  const here = await login(t)
  if (here === null) return
  const other = await place(t, {}, 'darwin')
  const env = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: here.env.XDG_RUNTIME_DIR }
  await run(here, ['unlock', '--stdin'], { stdin: PASSPHRASE })
  await run(other, ['unlock', '--stdin'], { stdin: PASSPHRASE, env })
  assert.deepEqual((await run(here, ['lock'], { env: { AWS_CRED_STORE: 'keychain' } })).code, 1)
  assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
  assert.equal((await run(other, ['lock'], { env })).err, 'locked the vault\n')
  assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
  for (const store of ['vault', undefined]) {
    rmSync(other.vaultDir, { recursive: true, force: true })
    const none = await run(other, ['lock'], { env: { ...env, AWS_CRED_STORE: store } })
    assert.deepEqual([none.code, none.err], [1, 'aws-cred: error: cannot lock the vault: there is none here\n'])
  }
  const keychain = await run(other, ['lock'], { env: { ...env, AWS_CRED_STORE: 'keychain' } })
  assert.equal(keychain.err, 'aws-cred: error: cannot lock the keychain: the system locks it\n')
})

test('unlock asks nobody under AWS_CRED_NO_PROMPT=1 or CI', async (t) => {
  const here = await login(t)
  if (here === null) return
  for (const env of [{ AWS_CRED_NO_PROMPT: '1' }, { CI: 'true' }]) {
    const terminal = fakeTerminal([PASSPHRASE])
    const { code, err } = await run(here, ['unlock'], { terminal, env })
    assert.equal(code, 3)
    assert.match(err, /hint: aws-cred unlock --stdin\n$/)
    assert.equal(terminal.text, '')
  }
})

test('unlock --stdin says that there is nothing on stdin', async (t) => {
  const here = await login(t)
  if (here === null) return
  const { code, err } = await run(here, ['unlock', '--stdin'], { stdin: '' })
  assert.deepEqual([code, err], [1, 'aws-cred: error: cannot read the passphrase: there is nothing on stdin\n'])
})
