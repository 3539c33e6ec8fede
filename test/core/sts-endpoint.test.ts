import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredError } from '../../src/core/errors.ts'
import { endpointOverride, partitionOfRegion, stsRegion } from '../../src/core/sts-endpoint.ts'

const override = (url: string, more: Record<string, string> = {}) =>
  endpointOverride({ AWS_ENDPOINT_URL_STS: url, ...more })

/** Regions as settings give them. */
function named(regions: readonly (string | undefined)[]) {
  return regions.map((region) => ({ setting: 'AWS_REGION', region }))
}

test('endpointOverride() reads AWS_ENDPOINT_URL_STS before AWS_ENDPOINT_URL', () => {
  const both = { AWS_ENDPOINT_URL_STS: 'https://a.example', AWS_ENDPOINT_URL: 'https://b.example' }
  assert.deepEqual(endpointOverride(both), { url: 'https://a.example', setting: 'AWS_ENDPOINT_URL_STS' })
  assert.deepEqual(endpointOverride({ ...both, AWS_ENDPOINT_URL_STS: '' }), {
    url: 'https://b.example',
    setting: 'AWS_ENDPOINT_URL',
  })
  assert.equal(endpointOverride({}), null)
  assert.equal(endpointOverride({ AWS_ENDPOINT_URL: '' }), null)
})

test('endpointOverride() heeds AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', () => {
  assert.equal(override('http://evil.example', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'True' }), null)
  assert.notEqual(override('https://a.example', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }), null)
})

test('endpointOverride() takes http to this machine only', () => {
  for (const host of ['localhost', 'LOCALHOST:4566', '127.0.0.1:80', '127.9.9.9', '[::1]:5000']) {
    assert.equal(override(`http://${host}/x`)?.url, `http://${host}/x`)
  }
  for (const host of [
    'sts.example',
    '10.0.0.1',
    '127.0.0.1.example',
    'localhost.example',
    '127.1',
    '127.evil.0.0.1',
    '0.0.0.0',
    '[::2]',
    '127.0.0.1\\.example',
    'xlocalhost',
  ]) {
    assert.throws(() => override(`http://${host}`), CredError, host)
  }
})

test('endpointOverride() names the setting and the cure for http', () => {
  assert.throws(() => override('http://sts.example:8080/secret-path'), {
    code: 'failed',
    message: 'cannot use AWS_ENDPOINT_URL_STS: http:// to "sts.example" would send credentials in the clear',
    hint: 'use https://, or allow it for this shell: export AWS_CRED_ALLOW_HTTP=1',
  })
})

test('endpointOverride() takes http anywhere under AWS_CRED_ALLOW_HTTP=1 and nothing else', () => {
  assert.notEqual(override('http://sts.example', { AWS_CRED_ALLOW_HTTP: '1' }), null)
  for (const AWS_CRED_ALLOW_HTTP of ['', '0', 'true', '11']) {
    assert.throws(() => override('http://sts.example', { AWS_CRED_ALLOW_HTTP }), CredError)
  }
})

test('endpointOverride() refuses what is no plain http or https URL, without showing it', () => {
  for (const url of [
    'sts.example',
    'ftp://sts.example',
    'https://',
    'https://me:hush@sts.example',
    'https://hush@sts.example',
    'http://hush@localhost',
    'http://localhost:hush@evil.example/',
    'https://sts.example/?hush=1',
    'https://sts.example#hush',
    'https://sts .example',
    'https://sts.example:99999',
    'https://sts.example:hush',
    'https://1.2.3.999',
    'https://[:::::]',
    'https://%zz',
    ' https://sts.example',
    'https://sts.example\n',
    'javascript:hush',
    'https:/sts.example',
  ]) {
    assert.throws(
      () => override(url, { AWS_CRED_ALLOW_HTTP: '1' }),
      (error) => error instanceof CredError && !`${error.message}${error.hint}`.includes('hush'),
      url,
    )
  }
})

test('endpointOverride() gives a URL or a CredError for any text, and never http to another machine', () => {
  const part = fc.constantFrom(
    'http://',
    'https://',
    'localhost',
    '127.0.0.1',
    'evil.example',
    '@',
    ':',
    '/',
    '\\',
    '[',
    ']',
    '#',
  )
  const url = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join('')),
    fc.webUrl(),
  )
  fc.assert(
    fc.property(url, (text) => {
      try {
        const found = override(text)
        if (found === null) return
        const { protocol, hostname, username, password } = new URL(found.url)
        assert.equal(username + password, '')
        assert.ok(protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname), text)
      } catch (error) {
        assert.ok(error instanceof CredError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

test('stsRegion() takes the first region of the partition', () => {
  assert.equal(stsRegion(named([undefined, '', 'eu-west-1', 'us-east-2']), 'aws'), 'eu-west-1')
  assert.equal(stsRegion(named(['eu-west-1', 'cn-northwest-1']), 'aws-cn'), 'cn-northwest-1')
  assert.equal(stsRegion(named(['cn-north-1', 'us-gov-east-1', 'mx-central-1']), 'aws'), 'mx-central-1')
})

test('stsRegion() falls back to the default of the partition', () => {
  assert.equal(stsRegion(named([]), 'aws'), 'us-east-1')
  assert.equal(stsRegion(named(['eu-west-1']), 'aws-cn'), 'cn-north-1')
  assert.equal(stsRegion(named(['eu-west-1', undefined]), 'aws-us-gov'), 'us-gov-west-1')
})

test('stsRegion() refuses what cannot be a host label', () => {
  for (const region of ['evil.example/', 'eu-west-1.evil', 'EU-WEST-1', 'eu west', 'x', '../a', 'eu-west-1\n']) {
    assert.throws(() => stsRegion(named([region]), 'aws'), CredError, region)
  }
})

test('partitionOfRegion() knows every partition', () => {
  const partitions = {
    'eu-west-1': 'aws',
    'us-east-1': 'aws',
    'cn-north-1': 'aws-cn',
    'us-gov-west-1': 'aws-us-gov',
    'us-iso-east-1': 'aws-iso',
    'us-isob-east-1': 'aws-iso-b',
    'eu-isoe-west-1': 'aws-iso-e',
    'us-isof-south-1': 'aws-iso-f',
    'eusc-de-east-1': 'aws-eusc',
  }
  for (const [region, partition] of Object.entries(partitions)) {
    assert.equal(partitionOfRegion(region), partition)
    assert.equal(stsRegion(named([region]), partition), region)
  }
})
