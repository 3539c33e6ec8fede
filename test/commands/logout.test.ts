import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliCacheFolder } from '../../src/io/cli-cache-folder.ts'
import { need } from '../support/need.ts'
import { type Place, pairOf, place, run } from '../support/vault-place.ts'

const WORDS = ['logout', '--cli-cache']
const NAME = (digit: string) => `${digit.repeat(40)}.json`
const ENTRY = JSON.stringify({
  Credentials: {
    AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    SecretAccessKey: 'HUSH',
    SessionToken: 'HUSH',
    Expiration: '2026-11-23T10:22:53UTC',
  },
})

function cache(here: Pick<Place, 'home'>): string {
  const folder = join(here.home, '.aws/cli/cache')
  mkdirSync(folder, { recursive: true })
  return folder
}

test("logout --cli-cache removes the AWS CLI's sessions, and names what it leaves", async (t) => {
  const here = await place(t)
  const folder = cache(here)
  for (const digit of ['0', 'a', 'f']) writeFileSync(join(folder, NAME(digit)), ENTRY)
  writeFileSync(join(here.home, 'precious'), ENTRY)
  symlinkSync(join(here.home, 'precious'), join(folder, NAME('1')))
  writeFileSync(join(folder, NAME('2')), '{"accessToken":"HUSH"}')
  writeFileSync(join(folder, NAME('3')), ENTRY.slice(0, -5))
  mkdirSync(join(folder, NAME('4')))
  writeFileSync(join(folder, 'session.db'), ENTRY)
  writeFileSync(join(folder, 'x\u001b[31m.json'), ENTRY)
  writeFileSync(join(folder, NAME('5')), ENTRY + ' '.repeat(2 * 1024 * 1024))
  const { code, out, err } = await run(here, WORDS)
  assert.deepEqual([code, out], [0, ''])
  assert.equal(
    err,
    `removed 3 sessions from ~/.aws/cli/cache
left there: ${NAME('1')} (a link), ${NAME('2')} (no session in it), ${NAME('3')} (no session in it), ${NAME('4')} (a folder), ${NAME('5')} (no session in it), session.db (another name), x\\x1b[31m.json (another name)
`,
  )
  assert.equal(readdirSync(folder).length, 7)
  assert.ok(existsSync(join(here.home, 'precious')))
  assert.match((await run(here, WORDS)).err, /^no sessions in ~\/\.aws\/cli\/cache\nleft there: /)
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, `foreign-${i}`), '')
  assert.match((await run(here, WORDS)).err, /foreign-0 \(another name\), .*, 19 more\n$/)
})

test('logout --cli-cache finds nothing where there is no cache, and stands alone or beside the rest', async (t) => {
  const here = await place(t)
  assert.deepEqual(await run(here, WORDS), { code: 0, out: '', err: 'no sessions in ~/.aws/cli/cache\n' })
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
  for (const [words, err] of [
    [[...WORDS, 'user1'], /^removed 1 session from ~\/\.aws\/cli\/cache\nforgot 1 session of user1; /],
    [[...WORDS, '--all'], /^removed 1 session from ~\/\.aws\/cli\/cache\nforgot 1 session on this machine; /],
  ] as const) {
    assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
    writeFileSync(join(cache(here), NAME('0')), ENTRY)
    const ended = await run(here, words)
    assert.equal(ended.code, 0)
    assert.match(ended.err, err)
  }
  // A name that stands nowhere is told before anything is removed.
  writeFileSync(join(cache(here), NAME('0')), ENTRY)
  const unknown = await run(here, [...WORDS, 'user2'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.err, /^aws-cred: error: cannot log out of profile "user2": there is none of that name\n/)
  assert.ok(existsSync(join(cache(here), NAME('0'))))
  assert.match((await run(here, ['logout'])).err, /cannot run logout: name a profile, --all or --cli-cache\n/)
})

test('logout --cli-cache goes on to the sessions of a locked vault, and says both', async (t) => {
  const here = await place(t)
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
  assert.equal((await run(here, ['process', '--profile', 'user1'])).code, 0)
  writeFileSync(join(cache(here), NAME('0')), ENTRY)
  const env = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: undefined }
  const { code, err } = await run(here, [...WORDS, '--all'], { env })
  assert.equal(code, 3)
  assert.match(
    err,
    /^removed 1 session from .*\naws-cred: error: cannot open the vault: it is locked; 1 session on this machine is left\n/,
  )
  assert.deepEqual(readdirSync(cache(here)), [])
})

test("logout --cli-cache leaves another user's home, folder and files alone", async (t) => {
  if (!need(t, 'root', process.getuid?.() === 0)) return
  const here = await place(t)
  const folder = cache(here)
  writeFileSync(join(folder, NAME('0')), ENTRY)
  const refused = async (): Promise<void> => {
    const { code, err } = await run(here, WORDS)
    assert.deepEqual([code, err], [1, 'aws-cred: error: cannot empty "~/.aws/cli/cache": it belongs to another user\n'])
    assert.ok(existsSync(join(folder, NAME('0'))))
  }
  chownSync(here.home, 12_345, 12_345)
  await refused()
  chownSync(here.home, 0, 0)
  chownSync(folder, 12_345, 12_345)
  await refused()
  chownSync(folder, 0, 0)
  chownSync(join(folder, NAME('0')), 12_345, 12_345)
  assert.match((await run(here, WORDS)).err, /^no sessions in .*\nleft there: 0{40}\.json \(another user's\)\n$/)
})

test('logout --cli-cache follows a cache that is a link to a folder of ours', async (t) => {
  const here = await place(t)
  const elsewhere = mkdtempSync(join(tmpdir(), 'aws-cred-cache-'))
  t.after(() => rmSync(elsewhere, { recursive: true, force: true }))
  writeFileSync(join(elsewhere, NAME('0')), ENTRY)
  mkdirSync(join(here.home, '.aws/cli'), { recursive: true })
  symlinkSync(elsewhere, join(here.home, '.aws/cli/cache'))
  assert.match((await run(here, WORDS)).err, /^removed 1 session/)
  assert.deepEqual(readdirSync(elsewhere), [])
})

test('cliCacheFolder() is where both AWS CLIs look: by HOME, on Windows by USERPROFILE', () => {
  const at = (platform: string, env: Record<string, string>) => cliCacheFolder({ platform, env })
  assert.equal(at('linux', { HOME: '/home/me', AWS_CONFIG_FILE: '/elsewhere/config' }), '/home/me/.aws/cli/cache')
  assert.equal(at('darwin', { HOME: '/Users/me' }), '/Users/me/.aws/cli/cache')
  assert.equal(at('win32', { HOME: '/c/me', USERPROFILE: 'C:\\Users\\me' }), 'C:\\Users\\me\\.aws\\cli\\cache')
  assert.equal(at('win32', { HOMEDRIVE: 'D:', HOMEPATH: '\\me' }), 'D:\\me\\.aws\\cli\\cache')
  assert.equal(at('win32', { HOME: '/c/me' }), null)
})
