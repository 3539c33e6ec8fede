import assert from 'node:assert/strict'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  documentOf,
  type E2ePlace,
  filesBelow,
  keychainPlace,
  processOf,
  readyPlace,
  startIn,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { canTrace, traced } from '../support/e2e-strace.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

/** What Node itself reads; each with a folder of the place for what it would write. */
const NODE_VARIABLES: readonly (readonly [string, (folder: string) => Record<string, string>])[] = [
  ['NODE_OPTIONS=--require', (folder) => ({ NODE_OPTIONS: `--require ${folder}/evil.cjs` })],
  ['NODE_OPTIONS=--import', (folder) => ({ NODE_OPTIONS: `--import ${folder}/evil.cjs` })],
  ['NODE_OPTIONS=--bogus', () => ({ NODE_OPTIONS: '--bogus' })],
  ['NODE_OPTIONS=--inspect', () => ({ NODE_OPTIONS: '--inspect=127.0.0.1:0' })],
  ['NODE_OPTIONS=--trace-env', () => ({ NODE_OPTIONS: '--trace-warnings --trace-uncaught --report-on-signal' })],
  ['NODE_OPTIONS=--heap-prof', (folder) => ({ NODE_OPTIONS: `--heap-prof --cpu-prof --diagnostic-dir=${folder}` })],
  ['NODE_PATH', (folder) => ({ NODE_PATH: folder })],
  ['NODE_DEBUG', () => ({ NODE_DEBUG: 'net,http,tls,fs,timer,module' })],
  ['node_debug in small letters', () => ({ node_debug: 'net' })],
  ['NODE_V8_COVERAGE', (folder) => ({ NODE_V8_COVERAGE: folder })],
  ['NODE_COMPILE_CACHE', (folder) => ({ NODE_COMPILE_CACHE: folder })],
  ['NODE_TLS_REJECT_UNAUTHORIZED', () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })],
  ['NODE_REDIRECT_WARNINGS', (folder) => ({ NODE_REDIRECT_WARNINGS: `${folder}/warnings` })],
  ['NODE_PENDING_DEPRECATION', () => ({ NODE_PENDING_DEPRECATION: '1' })],
  ['NODE_USE_ENV_PROXY', () => ({ NODE_USE_ENV_PROXY: '1' })],
  ['NODE_ICU_DATA', (folder) => ({ NODE_ICU_DATA: folder })],
  ['OPENSSL_CONF', (folder) => ({ OPENSSL_CONF: `${folder}/none.cnf`, SSL_CERT_FILE: `${folder}/none` })],
  ['NODE_CHANNEL_FD of a closed descriptor', () => ({ NODE_CHANNEL_FD: '3' })],
  ['UV_THREADPOOL_SIZE', () => ({ UV_THREADPOOL_SIZE: '1' })],
  ['LD_LIBRARY_PATH', (folder) => ({ LD_LIBRARY_PATH: `${folder}::/nonexistent` })],
  ['a locale of nowhere', () => ({ LC_ALL: 'xx_YY.UTF-8', LANG: 'xx', TZ: 'Nowhere/City' })],
  ['a strange terminal', () => ({ TERM: 'dumb', FORCE_COLOR: '3', NO_COLOR: '', COLUMNS: '1' })],
  ['SDK settings of others', () => ({ AWS_MAX_ATTEMPTS: '0', AWS_RETRY_MODE: 'x', AWS_DEFAULTS_MODE: 'x' })],
  [
    'keys in the environment',
    () => ({ AWS_ACCESS_KEY_ID: 'AKIAXXXXXXXXXXXXXXXX', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'x' }),
  ],
]

for (const [about, variablesIn] of NODE_VARIABLES) {
  test(`process answers the same under ${about}, cold and at a hit, and nothing is printed or written`, async (t) => {
    const place = await readyPlace(await vaultPlace(t))
    const folder = join(place.home, 'folder')
    mkdirSync(folder)
    writeFileSync(join(folder, 'evil.cjs'), `require('fs').writeFileSync(${JSON.stringify(join(folder, 'ran'))}, '')`)
    const env = variablesIn(folder)
    const cold = documentOf(await processOf(place, 'two', { env }))
    assert.deepEqual(documentOf(await processOf(place, 'two', { env })), cold)
    assert.deepEqual(documentOf(await processOf(place, 'two')), cold)
    // Node makes NODE_COMPILE_CACHE's folder before any of our code, and then nothing in it.
    assert.deepEqual(filesBelow(folder), [join(folder, 'evil.cjs')])
    assert.deepEqual(place.sts.counts(), { AssumeRole: 2 })
    const version = await verb(place, ['--version'], { env })
    assert.deepEqual([version.code, version.err], [0, ''])
  })
}

test('process prints no secret under NODE_DEBUG_NATIVE, and its document whole: what Node says before it cannot be helped', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const env = { NODE_DEBUG_NATIVE: 'ALL,CRYPTO,HTTP2,MKSNAPSHOT,DIAGNOSTICS' }
  for (const words of [
    ['process', '--profile', 'two', '--refresh'],
    ['process', '--profile', 'two'],
  ]) {
    const ended = await verb(place, words, { env })
    const { SecretAccessKey, SessionToken = '?' } = documentOf({ ...ended, err: '' })
    for (const secret of [SecretAccessKey, SessionToken, place.world.alice.secret])
      assert.ok(!ended.err.includes(secret))
  }
})

test('process gives nothing out where Node itself refuses to start', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  for (const [env, wanted] of [
    [{ NODE_REPL_EXTERNAL_MODULE: '/x' }, 9],
    [{ NODE_CHANNEL_FD: 'abc' }, 1],
  ] as const) {
    const { code, out } = await processOf(place, 'two', { env })
    assert.deepEqual([code, out], [wanted, ''])
  }
})

test('process opens no debugger at SIGUSR1, and goes on', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const place = await readyPlace(await vaultPlace(t))
  place.sts.faults.next({ kind: 'slow', delayMs: 1_500 })
  const { child, ended } = startIn(place, [place.binary, 'process', '--profile', 'one'])
  while (place.sts.requests.length === 0) await wait(10)
  child.kill('SIGUSR1')
  await wait(300)
  const listening = readFileSync('/proc/net/tcp', 'latin1')
  assert.ok(!listening.includes('0100007F:240D 00000000:0000 0A'), 'nobody listens at 9229')
  const { signal, out, err } = await ended
  // Not caught, the signal ends it, as every program.
  assert.ok(signal === 'SIGUSR1' || out !== '', 'ended by the signal, or unmoved')
  assert.equal(err, '')
})

test('process empties its coredump filter before it reads anything secret', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const place = await readyPlace(await vaultPlace(t))
  const { calls } = await traced(place, ['process', '--profile', 'two'], 'openat,open,write')
  const filter = calls.findIndex((call) => /^write\(\d+<.*coredump_filter>, "0"/.test(call))
  const secret = calls.findIndex((call) => /\.local\/state|vault-key/.test(call))
  assert.ok(filter >= 0 && secret > filter, `${filter} before ${secret}`)
})

test("process in another user's home reads its config, and writes nothing there", async (t) => {
  if (!need(t, 'root, to give a home away', process.getuid?.() === 0)) return
  const place = await readyPlace(await vaultPlace(t))
  await ofNobody(t, place, async (theirs) => {
    // Our own state then lies in the home that the system's user list gives us: one of ours for this test.
    const env = { XDG_STATE_HOME: join(place.home, '.local/state') }
    return documentOf(await processOf(theirs, 'two', { env }))
  })
})

test("process loads the keychain addon from no home of another user's, and puts none there", async (t) => {
  if (!need(t, 'root, to give a home away', process.getuid?.() === 0)) return
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const place = await readyPlace(await keychainPlace(t, keyring))
    await ofNobody(t, place, async (theirs) => {
      const env = { XDG_STATE_HOME: join(place.home, '.local/state'), XDG_CACHE_HOME: undefined }
      const document = documentOf(await processOf(theirs, 'two', { env }))
      assert.ok(existsSync(join(place.env.XDG_RUNTIME_DIR ?? '', 'aws-cred')), 'loaded from the runtime folder')
      return document
    })
  })
})

async function ofNobody(t: TestContext, place: E2ePlace, serve: (theirs: E2ePlace) => Promise<unknown>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-e2e-theirs-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  mkdirSync(join(home, '.aws'))
  writeFileSync(join(home, '.aws/config'), readFileSync(join(place.home, '.aws/config')))
  for (const path of [home, join(home, '.aws'), join(home, '.aws/config')]) chownSync(path, 65_534, 65_534)
  const before = filesBelow(home)
  await serve({ ...place, home, env: { ...place.env, HOME: home } })
  assert.deepEqual(filesBelow(home), before)
  assert.deepEqual(readdirSync(home), ['.aws'])
}
