import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandEnvironment, endpointCommandChanges } from '../../../src/core/shell/aws-variables.ts'

const COMMAND = {
  profile: 'prod',
  endpoint: { uri: 'http://127.0.0.1:4711/credentials', token: 'T' },
  configPath: '/m/config',
  credentialsPath: '/m/credentials',
  region: null,
  earlierRegion: null,
}
const OWN = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:4711/credentials',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'T',
  AWS_CONFIG_FILE: '/m/config',
  AWS_SHARED_CREDENTIALS_FILE: '/m/credentials',
  AWS_CRED_PROFILE: 'prod',
}

function environment(env: Record<string, string>, more = {}) {
  return commandEnvironment(env, endpointCommandChanges({ ...COMMAND, ...more }, env), 'linux')
}

test('endpointCommandChanges() leaves the endpoint as the only way to credentials', () => {
  const others = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_SESSION_TOKEN: 'x',
    AWS_CREDENTIAL_EXPIRATION: 'x',
    AWS_PROFILE: 'x',
    AWS_DEFAULT_PROFILE: 'x',
    AWS_ROLE_ARN: 'x',
    AWS_WEB_IDENTITY_TOKEN_FILE: 'x',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'x',
    AWS_CRED_PASSPHRASE: 'x',
  }
  const env = { ...others, AWS_CONFIG_FILE: 'x', AWS_REGION: 'us-east-1', PATH: '/bin' }
  assert.deepEqual(environment(env), { ...OWN, AWS_REGION: 'us-east-1', PATH: '/bin' })
  const region = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
  assert.deepEqual(environment(env, { region: 'eu-west-1' }), { ...OWN, ...region, PATH: '/bin' })
})

test('endpointCommandChanges() keeps the token from a proxy, and other exceptions as they are', () => {
  const proxy = { http_proxy: 'http://proxy:3128' }
  for (const [env, direct] of [
    [proxy, { no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' }],
    [
      { ALL_PROXY: 'x', NO_PROXY: 'corp, .local' },
      { no_proxy: 'corp, .local,127.0.0.1', NO_PROXY: 'corp, .local,127.0.0.1' },
    ],
    [
      { ...proxy, no_proxy: 'a', NO_PROXY: 'b' },
      { no_proxy: 'a,127.0.0.1', NO_PROXY: 'b,127.0.0.1' },
    ],
    [
      { ...proxy, no_proxy: 'a, 127.0.0.1' },
      { no_proxy: 'a, 127.0.0.1', NO_PROXY: 'a, 127.0.0.1' },
    ],
    [
      { ...proxy, NO_PROXY: '*' },
      { no_proxy: '*', NO_PROXY: '*' },
    ],
    [{ HTTPS_PROXY: 'x' }, {}],
    [{ http_proxy: '', no_proxy: 'a' }, { no_proxy: 'a' }],
  ] as const)
    assert.deepEqual(environment(env), { ...OWN, ...env, ...direct })
})
