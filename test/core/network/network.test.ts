import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Environment } from '../../../src/core/context.ts'
import { CredError } from '../../../src/core/errors.ts'
import { parseIni } from '../../../src/core/ini.ts'
import { networkFor } from '../../../src/core/network/network.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'

const STS = 'https://sts.eu-west-1.amazonaws.com'

function network(url: string, env: Environment, config = '') {
  const profiles = mergeProfiles(parseIni(config, { kind: 'config', path: '/c' }), null)
  return networkFor(url, { env, profiles, profile: 'p' })
}
const proxy = (url: string, env: Environment) => network(url, env).proxy
const bypasses = (url: string, noProxy: string, name = 'NO_PROXY') =>
  proxy(url, { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'http://proxy:3128', [name]: noProxy }) === null

test("networkFor() takes the proxy of the URL's scheme, the lower case first", () => {
  const env = { HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://h:2', AWS_CRED_ALLOW_HTTP: '1' }
  assert.deepEqual(proxy(STS, env), { url: 'http://s:1/', host: 's:1', setting: 'HTTPS_PROXY' })
  assert.deepEqual(proxy('http://sts.example', env), { url: 'http://h:2/', host: 'h:2', setting: 'HTTP_PROXY' })
  assert.equal(proxy(STS, { ...env, https_proxy: 'http://low:1' })?.setting, 'https_proxy')
  assert.equal(proxy(STS, { ...env, https_proxy: '' })?.setting, 'HTTPS_PROXY')
  assert.equal(proxy(STS, { HTTP_PROXY: 'http://h:2', ALL_PROXY: 'http://all:1' }), null)
})

test('networkFor() takes a proxy without a scheme, with user and password, or behind TLS, and shows its host alone', () => {
  assert.deepEqual(proxy(STS, { HTTPS_PROXY: 'proxy.corp:3128' }), {
    url: 'http://proxy.corp:3128/',
    host: 'proxy.corp:3128',
    setting: 'HTTPS_PROXY',
  })
  const secret = proxy(STS, { https_proxy: 'https://me:hu%25sh@proxy.corp' })
  assert.deepEqual([secret?.url, secret?.host], ['https://me:hu%25sh@proxy.corp/', 'proxy.corp:443'])
  assert.equal(proxy(STS, { HTTPS_PROXY: 'http://[::1]:8' })?.host, '[::1]:8')
})

test('networkFor() refuses what is no proxy without showing it', () => {
  for (const value of ['ftp://hush', 'socks5://hush:1', 'http://', 'http://me:hush%zz@p', 'http://a b', '://hush']) {
    assert.throws(
      () => proxy(STS, { HTTPS_PROXY: value }),
      (error) =>
        error instanceof CredError &&
        error.message.startsWith('cannot use the proxy of HTTPS_PROXY: ') &&
        !`${error.message}${error.hint}`.includes('hush'),
      value,
    )
  }
})

test('networkFor() never sends what is for this machine through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1:4566', '127.8.8.8', '[::1]:4566', 'LOCALHOST']) {
    for (const scheme of ['http', 'https']) assert.equal(bypasses(`${scheme}://${host}`, ''), true, host)
  }
  assert.equal(bypasses('https://localhost.example', ''), false)
})

test('networkFor() reads NO_PROXY in all its forms', () => {
  const forms = [
    '*',
    'sts.eu-west-1.amazonaws.com',
    'STS.EU-WEST-1.AMAZONAWS.COM',
    'amazonaws.com',
    '.amazonaws.com',
    '*.amazonaws.com',
    'sts.eu-west-1.amazonaws.com:443',
    '.amazonaws.com:443',
    'x, sts.eu-west-1.amazonaws.com ,y',
    'x sts.eu-west-1.amazonaws.com',
    'x,*',
  ]
  for (const form of forms) {
    assert.equal(bypasses(STS, form), true, form)
    assert.equal(bypasses(STS, form, 'no_proxy'), true, form)
  }
  const others = [
    '',
    ',',
    '.',
    'eu-west-1',
    'mazonaws.com',
    'sts.eu-west-1.amazonaws.com:80',
    'sts.eu-west-1.amazonaws.com:',
    'sts.eu-west-1.amazonaws.com.evil',
    'sts',
    'x.amazonaws.com',
  ]
  for (const form of others) assert.equal(bypasses(STS, form), false, form)
})

test('networkFor() reads addresses and ports in NO_PROXY', () => {
  assert.equal(bypasses('https://192.0.2.7:8443', '192.0.2.7'), true)
  assert.equal(bypasses('https://192.0.2.7:8443', '192.0.2.7:8443'), true)
  assert.equal(bypasses('https://192.0.2.7:8443', '192.0.2.7:443'), false)
  assert.equal(bypasses('https://192.0.2.7', '2.7,0.2.7,.2.7'), false)
  assert.equal(bypasses('https://[2001:db8::7]:8443', '2001:db8::7'), true)
  assert.equal(bypasses('https://[2001:db8::7]:8443', '[2001:db8::7]'), true)
  assert.equal(bypasses('https://[2001:db8::7]:8443', '[2001:db8::7]:8443'), true)
  assert.equal(bypasses('https://[2001:db8::7]:8443', '[2001:db8::7]:1,2001:db8::8,::7'), false)
  assert.equal(bypasses('http://sts.example:8080', 'sts.example:8080'), true)
  assert.equal(bypasses('http://sts.example', 'sts.example:80'), true)
})

test('networkFor() gives a proxy, none, or a CredError, for any text', () => {
  const part = fc.constantFrom('http://', 'https://', 'proxy', ':', '@', '[', ']', '%', '*', '.', ',', ' ', '1', '::1')
  const text = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, text, (https_proxy, no_proxy) => {
      try {
        const found = proxy(STS, { https_proxy, no_proxy })
        if (found !== null) assert.match(new URL(found.url).protocol, /^https?:$/)
      } catch (error) {
        assert.ok(error instanceof CredError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

test('networkFor() takes the CA bundle of AWS_CA_BUNDLE, the profile, REQUESTS_CA_BUNDLE, in this order', () => {
  const all = { AWS_CA_BUNDLE: '/a', REQUESTS_CA_BUNDLE: '/r' }
  const line = '[profile p]\nca_bundle = /p\n'
  assert.deepEqual(network(STS, all, line).caBundle, { value: '/a', from: 'AWS_CA_BUNDLE' })
  assert.deepEqual(network(STS, { ...all, AWS_CA_BUNDLE: '' }, line).caBundle, {
    value: '/p',
    from: 'ca_bundle (/c:2)',
  })
  assert.deepEqual(network(STS, { REQUESTS_CA_BUNDLE: '/r' }).caBundle, { value: '/r', from: 'REQUESTS_CA_BUNDLE' })
  assert.equal(network(STS, {}).caBundle, null)
  assert.equal(network('http://127.0.0.1:4566', all, line).caBundle, null, 'no TLS, no authorities')
  assert.equal(network('http://sts.example', { ...all, HTTP_PROXY: 'https://proxy' }).caBundle?.value, '/a')
  const own = `${line}aws_cred_ca_bundle = /o\n`
  assert.equal(network(STS, all, own).caBundle?.value, '/o')
})
