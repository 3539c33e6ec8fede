import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newAuthority } from '../support/certificates.ts'
import { startProxy } from '../support/connect-proxy.ts'
import { CONSUMERS } from '../support/consumers.ts'
import {
  chainConfig,
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  processOf,
  readyPlace,
  runIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { canTrace, fileWrites, traced } from '../support/e2e-strace.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'
import { startSts } from '../support/sts.ts'

test('status opens no socket, no store and no addon, starts nothing and writes nothing', async (t) => {
  if (!need(t, 'strace that may trace', canTrace()) || !need(t, 'gnome-keyring', keyringInstalled())) return
  const look = async (place: E2ePlace): Promise<readonly string[]> => {
    documentOf(await processOf(place, 'two'))
    place.sts.reset()
    const { calls, code, out, err } = await traced(place, ['status'], '%network,%process,%file,%desc')
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^two +ok +59 min {2}user1 > Middle > Chained$/m)
    assert.deepEqual(place.sts.counts(), {})
    // Not even of this machine: the keychain is asked through such. But libc asks nscd for the user's name.
    const connections = calls.filter((call) => /^(socket|connect|sendto|sendmsg)\(/.test(call))
    assert.deepEqual(
      connections.filter((call) => !/^socket\(AF_UNIX|^connect\(.*"\/var\/run\/nscd\/socket"/.test(call)),
      [],
    )
    const births = calls.filter((call) => /^(v?fork|clone3?)\(/.test(call) && !call.includes('CLONE_THREAD'))
    assert.deepEqual(births, [])
    assert.equal(calls.filter((call) => /^execve(at)?\(/.test(call)).length, 1)
    assert.deepEqual(
      fileWrites(calls).filter((call) => !call.includes('/proc/self/coredump_filter')),
      [],
    )
    assert.equal(calls.filter((call) => /^(write|writev|pwrite64|sendto)\(1</.test(call)).length, 1, 'one write')
    return calls.filter((call) => /^open(at2?)?\(/.test(call))
  }
  await withKeyring(async (keyring) => {
    const place = await readyPlace(await keychainPlace(t, keyring))
    const opened = await look(place)
    assert.deepEqual(
      opened.filter((call) => /\.node"|libsecret|libdbus|libgio/.test(call)),
      [],
    )
    // The control: `process` loads the addon there.
    const hit = await traced(place, ['process', '--profile', 'two'], '%file')
    assert.ok(hit.calls.some((call) => /\.node"/.test(call)))
  })
  const opened = await look(await readyPlace(await vaultPlace(t)))
  const fromVault = opened.filter((call) => call.includes('/vault/') && !call.includes('/vault/vault.json'))
  assert.deepEqual(fromVault, [])
})

test('status and whoami in a script: the exit codes decide, the documents can be read', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const serial = place.world.alice.mfaSerial
  writeConfig(
    place,
    `${chainConfig(place.world)}[profile mfa]\naws_cred_role_arn = ${place.world.arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${serial}\n[profile lost]\naws_cred_role_arn = ${place.world.arns.prod}\naws_cred_source_profile = user2\n`,
  )
  const script = `
cred() { '${place.binary}' "$@"; }
tell() { cred status "$@" >/dev/null; echo "$* $?"; }
tell two; tell two --min 15m
cred status two --min 15m >/dev/null || cred process --profile two >/dev/null
tell two --min 15m; tell two --min 2h
tell mfa; tell mfa --min 1m; tell lost; tell two mfa; tell
`
  const { out, err } = await runIn(place, ['/bin/sh', '-c', script])
  assert.equal(err, '')
  assert.equal(
    out,
    'two 0\ntwo --min 15m 1\ntwo --min 15m 0\ntwo --min 2h 1\nmfa 3\nmfa --min 1m 3\nlost 1\ntwo mfa 3\n 1\n',
  )
  const status = await verb(place, ['status', 'two', '--json'])
  assert.equal((JSON.parse(status.out) as { profiles: { state: string }[] }).profiles[0]?.state, 'ok')
  const whoami = await verb(place, ['whoami', '--json'], { env: { AWS_PROFILE: 'two' } })
  assert.deepEqual([whoami.code, whoami.err], [0, ''])
  const { arn, asPromised, variable } = JSON.parse(whoami.out) as Record<string, unknown>
  assert.deepEqual(
    [arn, asPromised, variable],
    ['arn:aws:sts::123456789012:assumed-role/Chained/alice', true, 'AWS_PROFILE'],
  )
  failureOf(await verb(place, ['whoami', 'mfa', '--no-prompt']), 3)
  failureOf(await verb(place, ['status', 'tow']), 1)
})

const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'

test('status --watch redraws, and leaves the terminal as it was on Ctrl-C and on SIGTERM', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await readyPlace(await vaultPlace(t))
  const watch = `'${place.binary}' status --watch`
  const pty = openPty(
    t,
    [
      '/bin/sh',
      '-c',
      `before=$(stty -g); trap : INT; ${watch}; echo "ended $?"; [ "$before" = "$(stty -g)" ] && echo same`,
    ],
    { ...place.env },
  )
  await pty.waitFor(ENTER)
  await pty.waitFor('ready')
  documentOf(await processOf(place, 'two'))
  await pty.waitFor('59 min')
  pty.type('\x03')
  await pty.waitFor(LEAVE)
  await pty.waitFor('ended 130')
  await pty.waitFor('same')
  assert.equal(await pty.exited, 0)
  const killed = openPty(t, ['/bin/sh', '-c', `${watch} & sleep 1.5; kill $!; wait $!; echo "ended $?"`], {
    ...place.env,
  })
  await killed.waitFor(ENTER)
  await killed.waitFor(LEAVE)
  await killed.waitFor('ended 143')
})

const CLIS = CONSUMERS.filter(({ name }) => name.startsWith('AWS CLI'))

test('logout --cli-cache empties the cache that the real AWS CLIs v1 and v2 have written, and they go on', async (t) => {
  if (!need(t, 'openssl', spawnSync('openssl', ['version']).status === 0)) return
  for (const cli of CLIS) if (!need(t, cli.missing() ?? cli.name, cli.missing() === null)) return
  const place = await vaultPlace(t)
  const { alice, arns } = place.world
  const host = 'sts.eu-west-1.amazonaws.com'
  // Debian's v2 knows no variable for the endpoint of its own AssumeRole: STS has to stand under AWS's name.
  const authority = newAuthority(t)
  const sts = await startSts({ ...place.world, tls: authority.issue([`DNS:${host}`]) })
  t.after(() => sts.close())
  const proxy = await startProxy(t, sts.port)
  const role = (name: string, arn: string, more = '') =>
    `[profile ${name}]\nregion = eu-west-1\nrole_arn = ${arn}\nsource_profile = base\n${more}`
  const token = join(place.home, 'token')
  writeFileSync(token, 'a-token-of-alice')
  sts.world.webIdentityTokens?.push({
    token: 'a-token-of-alice',
    provider: 'oidc.example.com',
    subject: 'alice',
    audience: 'sts.amazonaws.com',
  })
  writeConfig(
    place,
    `${role('one', arns.prod)}${role('two', arns.middle, 'duration_seconds = 3600\nrole_session_name = me\n')}[profile web]\nregion = eu-west-1\nrole_arn = ${arns.web}\nweb_identity_token_file = ${token}\n`,
  )
  writeConfig(
    place,
    `[base]\naws_access_key_id = ${alice.accessKeyId}\naws_secret_access_key = ${alice.secret}\n`,
    'credentials',
  )
  const env = {
    AWS_ENDPOINT_URL_STS: undefined,
    HTTPS_PROXY: proxy.url,
    AWS_CA_BUNDLE: authority.path,
    AWS_STS_REGIONAL_ENDPOINTS: 'regional',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const cache = join(place.home, '.aws/cli/cache')
  const entries = () => readdirSync(cache).filter((name) => /^[0-9a-f]{40}\.json$/.test(name))
  for (const cli of CLIS) {
    const ask = async (profile: string): Promise<void> => {
      const command = cli.command({ profile, calls: 1, pauseSeconds: 0, endpoint: `https://${host}` })
      const { code, err } = await runIn(place, command, { env })
      assert.equal(code, 0, `${cli.name}: ${err}`)
    }
    const profiles = cli.name.endsWith('1') ? ['one', 'web'] : ['one', 'two']
    await Promise.all(profiles.map(ask))
    assert.equal(entries().length, 2, cli.name)
    mkdirSync(join(cache, 'kept'), { recursive: true })
    const { code, out, err } = await verb(place, ['logout', '--cli-cache'])
    assert.deepEqual([code, out], [0, ''])
    assert.match(err, /^removed 2 sessions from ~\/\.aws\/cli\/cache\nleft there: kept \(a folder\)/)
    assert.equal(entries().length, 0)
    assert.ok(existsSync(join(cache, 'kept')))
    sts.reset()
    await ask('one')
    assert.equal(sts.count('AssumeRole'), 1, `${cli.name} fetches anew`)
  }
})
