import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Environment } from '../../../src/core/context.ts'
import { CredError } from '../../../src/core/errors.ts'
import { parseIni } from '../../../src/core/ini.ts'
import { endpointOverride, namedPartition, stsPlace } from '../../../src/core/network/sts-endpoint.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'

/** The settings of profile `p` of a config at `/c`, in a shell. */
function settings(config: string, env: Environment = {}) {
  const profiles = mergeProfiles(parseIni(config, { kind: 'config', path: '/c' }), null)
  return { env, profiles, profile: 'p' }
}

const ofShell = (env: Environment) => endpointOverride(settings('', env))
const override = (url: string, more: Environment = {}) => ofShell({ AWS_ENDPOINT_URL_STS: url, ...more })

test('endpointOverride() reads AWS_ENDPOINT_URL_STS before AWS_ENDPOINT_URL', () => {
  const both = { AWS_ENDPOINT_URL_STS: 'https://a.example', AWS_ENDPOINT_URL: 'https://b.example' }
  assert.deepEqual(ofShell(both), { url: 'https://a.example', from: 'AWS_ENDPOINT_URL_STS' })
  assert.deepEqual(ofShell({ ...both, AWS_ENDPOINT_URL_STS: '' }), {
    url: 'https://b.example',
    from: 'AWS_ENDPOINT_URL',
  })
  assert.equal(ofShell({}), null)
  assert.equal(ofShell({ AWS_ENDPOINT_URL: '' }), null)
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
    message:
      'cannot use the endpoint URL of AWS_ENDPOINT_URL_STS: http:// to "sts.example" would send credentials in the clear',
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
    'https://\\/hush@sts.example',
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

const SERVICES = `[profile p]
services = mine
endpoint_url = https://all.example
[services mine]
s3 =
  endpoint_url = https://s3.example
sts =
  endpoint_url = https://sts.example
`

test('endpointOverride() reads the services section before endpoint_url, and names the line', () => {
  assert.deepEqual(endpointOverride(settings(SERVICES)), { url: 'https://sts.example', from: '[services mine] (/c:7)' })
  const without = SERVICES.replace('sts =', 'sqs =')
  assert.deepEqual(endpointOverride(settings(without)), { url: 'https://all.example', from: 'endpoint_url (/c:3)' })
})

test('endpointOverride() takes aws_cred_endpoint_url before everything, whatever is to be ignored', () => {
  const own = SERVICES.replace('[services', 'aws_cred_endpoint_url = https://own.example\n[services')
  const env = { AWS_ENDPOINT_URL_STS: 'https://a.example', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
  assert.deepEqual(endpointOverride(settings(own, env)), {
    url: 'https://own.example',
    from: 'aws_cred_endpoint_url (/c:4)',
  })
})

test('endpointOverride() lets the variable say whether to ignore before the line', () => {
  const ignoring = SERVICES.replace('[services', 'ignore_configured_endpoint_urls = true\n[services')
  assert.equal(endpointOverride(settings(ignoring, { AWS_ENDPOINT_URL: 'https://a.example' })), null)
  assert.notEqual(endpointOverride(settings(ignoring, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' })), null)
  assert.throws(() => endpointOverride(settings('', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '1' })), {
    message: 'cannot use "1" of AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: it must be true or false',
  })
})

test('endpointOverride() refuses a services section that is not there, where it would count', () => {
  const missing = SERVICES.replace('[services mine]', '[services mien]')
  assert.throws(() => endpointOverride(settings(missing)), {
    code: 'failed',
    message: 'cannot find section [services mine], which services (/c:2) names',
    hint: 'the nearest name is "mien"',
  })
  assert.equal(endpointOverride(settings(missing, { AWS_ENDPOINT_URL: 'https://a.example' }))?.from, 'AWS_ENDPOINT_URL')
})

test('endpointOverride() refuses http to another machine from a line too', () => {
  assert.throws(() => endpointOverride(settings('[profile p]\nendpoint_url = http://sts.example\n')), {
    message:
      'cannot use the endpoint URL of endpoint_url (/c:2): http:// to "sts.example" would send credentials in the clear',
  })
})

test('stsPlace() takes the region from aws_cred_region, AWS_REGION, AWS_DEFAULT_REGION, the profile, the partition', () => {
  const lines = '[profile p]\nregion = eu-west-1\naws_cred_region = eu-west-2\n'
  const native = lines.replace(/aws_cred.*\n/, '')
  const env = { AWS_REGION: 'us-west-1', AWS_DEFAULT_REGION: 'us-west-2' }
  const where = (config: string, given: Environment, partition = 'aws') => {
    const { region, regionFrom } = stsPlace(settings(config, given), partition)
    return [region, regionFrom]
  }
  assert.deepEqual(where(lines, env), ['eu-west-2', 'aws_cred_region (/c:3)'])
  assert.deepEqual(where(native, env), ['us-west-1', 'AWS_REGION'])
  assert.deepEqual(where(native, { ...env, AWS_REGION: '' }), ['us-west-2', 'AWS_DEFAULT_REGION'])
  assert.deepEqual(where(native, {}), ['eu-west-1', 'region (/c:2)'])
  assert.deepEqual(where('', {}, 'aws-us-gov'), ['us-gov-west-1', null])
  assert.equal(stsPlace(settings(lines, env), 'aws', { value: 'sa-east-1', from: '--region' }).region, 'sa-east-1')
})

test('stsPlace() reads FIPS and dual-stack from variables and lines, as true or false and nothing else', () => {
  const lines = settings('[profile p]\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = false\n')
  assert.deepEqual([stsPlace(lines, 'aws').useFips, stsPlace(lines, 'aws').useDualStack], [true, false])
  const shell = { ...lines, env: { AWS_USE_FIPS_ENDPOINT: 'false', AWS_USE_DUALSTACK_ENDPOINT: 'true' } }
  assert.deepEqual([stsPlace(shell, 'aws').useFips, stsPlace(shell, 'aws').useDualStack], [false, true])
  assert.throws(() => stsPlace(settings('', { AWS_USE_FIPS_ENDPOINT: 'yes' }), 'aws'), {
    message: 'cannot use "yes" of AWS_USE_FIPS_ENDPOINT: it must be true or false',
  })
})

test("stsPlace() refuses FIPS or dual-stack together with an endpoint of one's own", () => {
  const env = { AWS_ENDPOINT_URL: 'https://a.example' }
  assert.throws(() => stsPlace(settings('', { ...env, AWS_USE_FIPS_ENDPOINT: 'true' }), 'aws'), {
    message: 'cannot use AWS_USE_FIPS_ENDPOINT together with AWS_ENDPOINT_URL: AWS alone has FIPS endpoints',
    hint: 'leave the endpoint out, in this shell: export AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true',
  })
  assert.throws(() => stsPlace(settings('[profile p]\nuse_dualstack_endpoint = true\n', env), 'aws'), {
    message:
      'cannot use use_dualstack_endpoint (/c:2) together with AWS_ENDPOINT_URL: AWS alone has dual-stack endpoints',
  })
  const ignoring = { ...env, AWS_USE_FIPS_ENDPOINT: 'true', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
  assert.equal(stsPlace(settings('', ignoring), 'aws').useFips, true)
})

test('stsPlace() knows which tokens are of the global endpoint: only where it is asked for and there is one', () => {
  const legacy = { AWS_STS_REGIONAL_ENDPOINTS: 'legacy' }
  const kind = (env: Environment, config = '') => stsPlace(settings(config, env), 'aws').tokenKind
  assert.equal(kind({}), 'regional')
  assert.equal(kind({ AWS_REGION: 'aws-global' }), 'global')
  assert.equal(kind({ ...legacy, AWS_REGION: 'eu-west-1' }), 'global')
  assert.equal(kind({ ...legacy, AWS_REGION: 'af-south-1' }), 'regional')
  assert.equal(kind({ ...legacy, AWS_ENDPOINT_URL: 'https://a.example' }), 'regional')
  assert.equal(kind({ ...legacy, AWS_USE_FIPS_ENDPOINT: 'true' }), 'regional')
  const line = '[profile p]\nsts_regional_endpoints = legacy\n'
  assert.equal(kind({}, line), 'global')
  assert.equal(kind({ AWS_STS_REGIONAL_ENDPOINTS: 'regional' }, line), 'regional')
  assert.throws(() => kind({ AWS_STS_REGIONAL_ENDPOINTS: 'global' }), {
    message: 'cannot use "global" of AWS_STS_REGIONAL_ENDPOINTS: it must be regional or legacy',
  })
})

test('namedPartition() is that of the region which is named first', () => {
  assert.equal(namedPartition(settings('')), 'aws')
  assert.equal(namedPartition(settings('[profile p]\nregion = cn-north-1\n')), 'aws-cn')
  assert.equal(
    namedPartition(settings('[profile p]\nregion = cn-north-1\n', { AWS_REGION: 'us-gov-east-1' })),
    'aws-us-gov',
  )
})
