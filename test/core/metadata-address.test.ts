import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHeaderValue, containerAddress, containerToken, instanceAddress } from '../../src/core/metadata-address.ts'
import type { CredentialSourceRoot } from '../../src/core/plan/plan-roots.ts'

const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
const container = (env: Record<string, string>) => containerAddress('p', env).url

test('containerAddress() takes the relative path before the full URI, always to the agent of ECS', () => {
  assert.deepEqual(containerAddress('p', { [RELATIVE]: '/v2/credentials/x?a=b', [FULL]: 'http://localhost/x' }), {
    url: 'http://169.254.170.2/v2/credentials/x?a=b',
    setting: RELATIVE,
  })
  for (const path of ['@evil/', '//evil/', ':80/', '.evil.com/', 'v2', '/a\nb', '/\\evil']) {
    if (path === '/\\evil') assert.equal(container({ [RELATIVE]: path }), 'http://169.254.170.2/\\evil')
    else
      assert.throws(
        () => container({ [RELATIVE]: path }),
        /cannot use AWS_CONTAINER_CREDENTIALS_RELATIVE_URI .*: it must be a path/,
      )
  }
})

test("containerAddress() takes the hosts of botocore's list alone, whatever the scheme", () => {
  for (const url of [
    'http://localhost:5000/x',
    'http://127.0.0.1/x',
    'http://127.9.9.9/x',
    'http://[::1]:1/x',
    'https://localhost/x',
    'http://169.254.170.2/x',
    'http://169.254.170.23/v1/credentials',
    'http://[fd00:ec2::23]/v1/credentials',
  ]) {
    assert.equal(container({ [FULL]: url }), url)
  }
  for (const url of [
    'http://example.com/x',
    'https://example.com/x',
    'http://169.254.170.3/x',
    'http://169.254.169.254/x',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'http://[fd00:ec2::24]/x',
  ]) {
    assert.throws(() => container({ [FULL]: url }), /its host must be this machine, 169\.254\.170\.2/, url)
  }
  for (const url of ['ftp://localhost/x', 'localhost', 'http://me:pass@localhost/', '']) {
    assert.throws(() => container({ [FULL]: url }), /it is not an http or https URL|neither .* is set/, url)
  }
  // Written otherwise, these are loopback all the same.
  assert.equal(container({ [FULL]: 'http://2130706433/x' }), 'http://127.0.0.1/x')
})

test('containerToken() and checkHeaderValue() let no line break into a header', () => {
  const env = { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t' }
  assert.deepEqual(containerToken(env), { file: '/t', text: 'a' })
  assert.deepEqual(containerToken({}), { file: null, text: null })
  assert.equal(checkHeaderValue('X', 'Bearer abc=='), 'Bearer abc==')
  for (const value of ['a\r\nb', 'a\nb', 'a\rb', '', 'a\0b', 'é']) {
    assert.throws(() => checkHeaderValue('X', value), {
      message: 'cannot use X: it holds line breaks or is no text for a header',
    })
  }
})

test('instanceAddress() takes the environment, the profile, the mode, in that order', () => {
  const root = (metadataEndpoint: string | null, metadataMode: string | null): CredentialSourceRoot => ({
    kind: 'instance',
    profile: 'p',
    origin: { path: '/c', line: 1 },
    metadataEndpoint,
    metadataMode,
  })
  const ENV = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
  const url = (of: CredentialSourceRoot, env: Record<string, string> = {}) => instanceAddress(of, env).url
  assert.equal(url(root(null, null)), 'http://169.254.169.254')
  assert.equal(url(root(null, 'IPv6')), 'http://[fd00:ec2::254]')
  assert.equal(url(root(null, 'ipv6'), { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv4' }), 'http://169.254.169.254')
  assert.equal(url(root('http://localhost:1', 'ipv6')), 'http://localhost:1/')
  assert.equal(url(root('http://localhost:1', null), { [ENV]: 'http://127.0.0.1:2' }), 'http://127.0.0.1:2/')
  assert.equal(url(root('https://imds.example.com', null)), 'https://imds.example.com/')
  assert.throws(() => url(root(null, 'ipv5')), /"ipv5": it must be IPv4 or IPv6/)
  assert.throws(
    () => url(root('http://10.0.0.1', null)),
    /ec2_metadata_service_endpoint "http:\/\/10\.0\.0\.1": http:\/\/ to another machine/,
  )
  assert.equal(url(root('http://10.0.0.1', null), { AWS_CRED_ALLOW_HTTP: '1' }), 'http://10.0.0.1/')
  assert.throws(() => url(root(null, null), { AWS_EC2_METADATA_DISABLED: 'True' }), /AWS_EC2_METADATA_DISABLED is true/)
})
