import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Authority, newAuthority } from '../support/certificates.ts'
import { type ConnectProxy, startProxy } from '../support/connect-proxy.ts'
import {
  addKey,
  chainConfig,
  documentOf,
  type E2ePlace,
  type Ended,
  failureOf,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { need } from '../support/need.ts'
import { type Sts, startSts } from '../support/sts.ts'

const HOST = 'sts.eu-west-1.amazonaws.com'
const HOSTS = [HOST, 'sts.amazonaws.com', 'sts-fips.us-east-1.amazonaws.com', 'sts.eu-west-1.api.aws']
const PURPOSE = /^aws-cred: error: cannot assume arn:aws:iam::\d{12}:role\/Middle for profile "one": /

/** A place whose STS stands behind a proxy and a certificate of a private authority, under AWS's own names. */
interface Behind {
  readonly place: E2ePlace
  readonly sts: Sts
  readonly authority: Authority
  readonly proxy: ConnectProxy
  /** Runs `process --refresh` of profile `one` with these on top of the environment; undefined takes one away. */
  refresh(env?: Readonly<Record<string, string | undefined>>): Promise<Ended>
}

async function behindProxy(t: TestContext): Promise<Behind | null> {
  if (!need(t, 'openssl', spawnSync('openssl', ['version']).status === 0)) return null
  const place = await vaultPlace(t)
  writeConfig(place, chainConfig(place.world))
  await addKey(place)
  const authority = newAuthority(t)
  const sts = await startSts({ ...place.world, tls: authority.issue(HOSTS.map((host) => `DNS:${host}`)) })
  t.after(() => sts.close())
  const proxy = await startProxy(t, sts.port)
  const env = { AWS_ENDPOINT_URL_STS: undefined, AWS_REGION: 'eu-west-1', HTTPS_PROXY: proxy.url }
  const words = ['process', '--profile', 'one', '--refresh', '--no-prompt']
  return {
    place,
    sts,
    authority,
    proxy,
    refresh: (more = {}) => verb(place, words, { env: { ...env, AWS_CA_BUNDLE: authority.path, ...more } }),
  }
}

/** What stands after "cannot assume … for profile "one": " and the hint. */
function saidOf(ended: Ended): { readonly state: string; readonly hint: string | null } {
  const [error = '', hint] = failureOf(ended, 1).trimEnd().split('\n')
  assert.match(error, PURPOSE)
  return { state: error.replace(PURPOSE, ''), hint: hint?.replace('aws-cred: hint: ', '') ?? null }
}

/** A port that answers no SYN any more: whoever listens accepts nothing, and its queue is full. */
async function droppingPort(t: TestContext): Promise<number> {
  const program = `import socket, time
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(0)
print(listener.getsockname()[1], flush=True)
time.sleep(60)`
  const child = spawn('python3', ['-c', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))))
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.after(() => {
    for (const socket of fillers) socket.destroy()
  })
  return port
}

// Most of these wait for a network that does not answer.
describe('process', { concurrency: 3 }, () => {
  test('says which setting led to a host that cannot be reached, or does not answer, and gives up', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, proxy, refresh } = behind
    const config = join(place.home, '.aws/config')
    writeConfig(
      place,
      `${chainConfig(place.world)}[profile one]\nservices = dev\n[services dev]\nsts =\n  endpoint_url = https://sts.invalid\n`,
    )
    const unknown = saidOf(await refresh({ HTTPS_PROXY: undefined }))
    assert.match(unknown.state, /^cannot reach sts\.invalid: the name does not resolve( now)? \(E\w+\)$/)
    assert.equal(unknown.hint, `[services dev] (${config}:10) is set to https://sts.invalid`)
    const port = await droppingPort(t)
    proxy.manner = 'silent'
    const [dropped, silent] = await Promise.all([
      refresh({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
      refresh({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }),
    ])
    assert.deepEqual(saidOf(dropped), {
      state: `cannot reach 127.0.0.1:${port}: no answer in time`,
      hint: `AWS_ENDPOINT_URL is set to http://127.0.0.1:${port}`,
    })
    assert.deepEqual(saidOf(silent), {
      state: `cannot reach ${HOST} through the proxy 127.0.0.1:${proxy.port}: no answer in time`,
      hint: 'the proxy is that of HTTPS_PROXY',
    })
  })

  test('gets through a proxy to an STS with a private authority, by each setting that can name it', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, sts, proxy, authority, refresh } = behind
    const line = (key: string) =>
      writeConfig(place, `${chainConfig(place.world)}[profile one]\n${key} = ${authority.path}\n`)
    const ways: readonly (readonly [what: string, env: Record<string, string | undefined>, prepare?: () => void])[] = [
      ['AWS_CA_BUNDLE', {}],
      ['REQUESTS_CA_BUNDLE', { AWS_CA_BUNDLE: undefined, REQUESTS_CA_BUNDLE: authority.path }],
      ['ca_bundle', { AWS_CA_BUNDLE: undefined, REQUESTS_CA_BUNDLE: '/none' }, () => line('ca_bundle')],
      ['aws_cred_ca_bundle', { AWS_CA_BUNDLE: '/none' }, () => line('aws_cred_ca_bundle')],
      ['https_proxy', { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: proxy.url }],
      ['a proxy without a scheme', { HTTPS_PROXY: `127.0.0.1:${proxy.port}` }],
    ]
    for (const [what, env, prepare] of ways) {
      prepare?.()
      sts.reset()
      proxy.targets.length = 0
      documentOf(await refresh(env))
      assert.deepEqual([sts.count('AssumeRole'), proxy.targets], [1, [`${HOST}:443`]], what)
      assert.equal(sts.requests[0]?.region, 'eu-west-1')
    }
  })

  test('gives a proxy its user and password, and speaks TLS to one that wants it', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { sts, proxy, authority, refresh } = behind
    documentOf(await refresh({ HTTPS_PROXY: proxy.url.replace('//', '//me:p%25ss@') }))
    assert.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('me:p%ss').toString('base64')}`])
    const secure = await startProxy(t, sts.port, authority.issue(['IP:127.0.0.1']))
    documentOf(await refresh({ HTTPS_PROXY: secure.url }))
    assert.deepEqual(secure.targets, [`${HOST}:443`])
  })

  test('asks the host that region, FIPS, dual-stack and the legacy setting name, and keeps its sessions apart', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, sts, proxy, authority, refresh } = behind
    const asked = async (env: Record<string, string | undefined>) => {
      proxy.targets.length = 0
      sts.reset()
      documentOf(await refresh(env))
      return [proxy.targets.join(' '), sts.requests[0]?.region]
    }
    assert.deepEqual(await asked({ AWS_USE_DUALSTACK_ENDPOINT: 'true' }), ['sts.eu-west-1.api.aws:443', 'eu-west-1'])
    const fips = { AWS_USE_FIPS_ENDPOINT: 'true', AWS_REGION: 'us-east-1' }
    assert.deepEqual(await asked(fips), ['sts-fips.us-east-1.amazonaws.com:443', 'us-east-1'])
    assert.deepEqual(await asked({}), [`${HOST}:443`, 'eu-west-1'])
    const legacy = { AWS_STS_REGIONAL_ENDPOINTS: 'legacy' }
    assert.deepEqual(await asked(legacy), ['sts.amazonaws.com:443', 'us-east-1'])
    // Both kinds are held now, each for who asks for it, and the region makes no third.
    sts.reset()
    const held = (env: Record<string, string | undefined>) =>
      verb(place, ['process', '--profile', 'one'], {
        env: { AWS_ENDPOINT_URL_STS: undefined, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: authority.path, ...env },
      })
    const [regional, global, other] = [
      await held({}),
      await held(legacy),
      await held({ ...legacy, AWS_REGION: 'sa-east-1' }),
    ]
    assert.notEqual(documentOf(regional).AccessKeyId, documentOf(global).AccessKeyId)
    assert.equal(documentOf(global).AccessKeyId, documentOf(other).AccessKeyId)
    assert.deepEqual(sts.counts(), {})
  })

  test('goes round the proxy where NO_PROXY says so, in each of its forms, and nowhere else', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { proxy, refresh } = behind
    // A name that no resolver knows: to ask it directly fails at once, and the proxy hears nothing.
    const AWS_ENDPOINT_URL_STS = 'https://sts.corp.invalid:8443'
    const forms = ['*', 'sts.corp.invalid', 'corp.invalid', '.corp.invalid', 'sts.corp.invalid:8443', 'x, .invalid']
    const ends = await Promise.all(
      forms.map((form, place) => refresh({ AWS_ENDPOINT_URL_STS, [place % 2 === 0 ? 'NO_PROXY' : 'no_proxy']: form })),
    )
    assert.deepEqual(proxy.targets, [])
    for (const [place, ended] of ends.entries()) {
      const { state, hint } = saidOf(ended)
      assert.match(
        state,
        /^cannot reach sts\.corp\.invalid:8443: the name does not resolve( now)? \(E\w+\)$/,
        String(forms[place]),
      )
      assert.equal(hint, `AWS_ENDPOINT_URL_STS is set to ${AWS_ENDPOINT_URL_STS}`)
    }
    for (const NO_PROXY of ['sts.corp.invalid:443', 'orp.invalid', '192.0.2.1']) {
      await refresh({ AWS_ENDPOINT_URL_STS, NO_PROXY })
      assert.deepEqual(proxy.targets.splice(0), ['sts.corp.invalid:8443'], NO_PROXY)
    }
  })

  test('never sends what is for this machine through a proxy', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, proxy, refresh } = behind
    const { AWS_ENDPOINT_URL_STS } = place.env
    documentOf(await refresh({ AWS_ENDPOINT_URL_STS, HTTP_PROXY: proxy.url }))
    assert.deepEqual(proxy.targets, [])
  })

  test('says what a proxy did, which one it is and what names it, and asks again only where that may help', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, proxy, refresh } = behind
    const through = `cannot reach ${HOST} through the proxy 127.0.0.1:${proxy.port}: `
    const manners: readonly (readonly [ConnectProxy['manner'], number, string])[] = [
      [403, 1, 'it refused (403)'],
      [407, 1, 'it wants another user and password (407)'],
      [502, 3, 'it refused (502)'],
      ['hang-up', 3, 'it hung up or kept silent'],
    ]
    for (const [manner, tries, state] of manners) {
      proxy.manner = manner
      proxy.targets.length = 0
      const url = proxy.url.replace('//', '//me:hush@')
      const ended = await refresh({ HTTPS_PROXY: url })
      assert.deepEqual(saidOf(ended), { state: through + state, hint: 'the proxy is that of HTTPS_PROXY' })
      assert.equal(proxy.targets.length, tries, String(manner))
      assert.ok(!ended.err.includes('hush'))
    }
    const nobody = await refresh({ HTTPS_PROXY: undefined, https_proxy: 'http://127.0.0.1:9' })
    assert.deepEqual(saidOf(nobody), {
      state: `cannot reach ${HOST} through the proxy 127.0.0.1:9: the connection was refused (ECONNREFUSED)`,
      hint: 'the proxy is that of https_proxy',
    })
    // A session that is due but alive is served whatever the proxy does, and `list` tells why it was not renewed.
    proxy.manner = 'open'
    const env = { AWS_ENDPOINT_URL_STS: undefined, HTTPS_PROXY: proxy.url }
    const first = documentOf(await refresh())
    travel(place, 50 * 60_000)
    proxy.manner = 403
    const due = await verb(place, ['process', '--profile', 'one'], { env })
    assert.equal(documentOf(due).AccessKeyId, first.AccessKeyId)
    assert.match((await verb(place, ['list'], { env })).out, /min left, failed[\s\S]*it refused \(403\)/)
  })

  test('trusts no certificate that is wrong, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, sts, authority, proxy, refresh } = behind
    const wrong = async (names: readonly string[], days?: number) => {
      const other = await startSts({ ...place.world, tls: authority.issue(names, days) })
      t.after(() => other.close())
      return startProxy(t, other.port)
    }
    const otherName = await wrong(['DNS:sts.example'])
    const expired = await wrong([`DNS:${HOST}`], -1)
    const stranger = newAuthority(t)
    const through = ({ port }: ConnectProxy) => `cannot reach ${HOST} through the proxy 127.0.0.1:${port}`
    const cases: readonly (readonly [
      env: Record<string, string | undefined>,
      at: ConnectProxy,
      state: string,
      hint: string,
    ])[] = [
      [
        { AWS_CA_BUNDLE: undefined },
        proxy,
        ' of HTTPS_PROXY: its certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
        'where a proxy opens TLS, name the file of its authority: export AWS_CA_BUNDLE=FILE',
      ],
      [
        { AWS_CA_BUNDLE: stranger.path },
        proxy,
        ' of HTTPS_PROXY: its certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
        `trusted are the authorities in ${stranger.path}, by AWS_CA_BUNDLE`,
      ],
      [
        {},
        otherName,
        ': its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
        'the proxy is that of HTTPS_PROXY',
      ],
      [
        {},
        expired,
        ' of HTTPS_PROXY: its certificate has expired (CERT_HAS_EXPIRED)',
        "by this machine's clock, to be compared with another: date -u",
      ],
    ]
    for (const [env, at, state, hint] of cases) {
      const ended = await refresh({ HTTPS_PROXY: at.url, NODE_TLS_REJECT_UNAUTHORIZED: '0', ...env })
      assert.deepEqual(saidOf(ended), { state: through(at) + state, hint })
      assert.equal(at.targets.length, 1, 'not tried again')
      at.targets.length = 0
    }
    const plain = await startProxy(t, place.sts.port)
    assert.equal(
      saidOf(await refresh({ HTTPS_PROXY: plain.url })).state,
      `${through(plain)}: it does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)`,
    )
    assert.deepEqual(sts.counts(), {})
  })

  test('names a CA bundle that cannot be used, what names it, and why', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, authority, refresh } = behind
    const file = (name: string, text: string) => {
      const path = join(place.home, name)
      writeFileSync(path, text)
      return path
    }
    const pem = ({ path }: Authority) => readFileSync(path, 'utf8')
    const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    const cases: readonly (readonly [path: string, state: string])[] = [
      [join(place.home, 'none.pem'), 'there is no such file'],
      [place.home, 'it is a directory'],
      ['/dev/zero', 'it is no file'],
      [file('empty.pem', ''), 'it holds no certificate in PEM form'],
      [file('damaged.pem', damaged), 'certificate 1 of 1 in it is damaged'],
    ]
    const lineAt = `ca_bundle (${join(place.home, '.aws/config')}:8)`
    for (const [path, state] of cases) {
      const said = (from: string) => `aws-cred: error: cannot read the CA bundle "${path}" of ${from}: ${state}\n`
      assert.equal(failureOf(await refresh({ AWS_CA_BUNDLE: path }), 1), said('AWS_CA_BUNDLE'))
      writeConfig(place, `${chainConfig(place.world)}[profile one]\nca_bundle = ${path}\n`)
      assert.equal(failureOf(await refresh({ AWS_CA_BUNDLE: undefined }), 1), said(lineAt))
    }
    const crowd = file('crowd.pem', `# some words\n${pem(authority)}\n${pem(newAuthority(t))}`)
    documentOf(await refresh({ AWS_CA_BUNDLE: crowd }))
  })

  test('asks an endpoint at the IPv6 loopback address', async (t) => {
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, authority, refresh } = behind
    const sts = await startSts({ ...place.world, host: '::1', tls: authority.issue(['IP:::1']) })
    t.after(() => sts.close())
    const AWS_ENDPOINT_URL_STS = sts.url
    assert.match(AWS_ENDPOINT_URL_STS, /^https:\/\/\[::1\]:\d+$/)
    documentOf(await refresh({ AWS_ENDPOINT_URL_STS }))
    assert.equal(sts.count('AssumeRole'), 1)
  })

  test('breaks off an answer of hundreds of megabytes, in little memory', async (t) => {
    if (!need(t, 'time', existsSync('/usr/bin/time'))) return
    const behind = await behindProxy(t)
    if (behind === null) return
    const { place, sts, proxy, refresh } = behind
    sts.faults.next({ kind: 'huge', bytes: 700 * 1024 * 1024, times: 9 })
    const measured = { ...place, binary: '/usr/bin/time' }
    const env = { AWS_ENDPOINT_URL_STS: undefined, AWS_REGION: 'eu-west-1', HTTPS_PROXY: proxy.url }
    const words = ['-q', '-f', '%M', place.binary, 'process', '--profile', 'one', '--no-prompt']
    const ended = await verb(measured, words, { env: { ...env, AWS_CA_BUNDLE: behind.authority.path } })
    assert.match(ended.err, new RegExp(`the answer of ${HOST} cannot be used: it is over 1 MiB\n`))
    const kilobytes = Number(ended.err.trim().split('\n').at(-1))
    assert.ok(kilobytes > 10_000 && kilobytes < 250_000, `${kilobytes} kB`)
    sts.reset()
    documentOf(await refresh())
  })
})
