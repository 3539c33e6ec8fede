import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointRivals } from '../../src/core/endpoint-rivals.ts'
import { parseIni } from '../../src/core/ini.ts'
import { mergeProfiles } from '../../src/core/profiles.ts'

const PROFILES = mergeProfiles(
  parseIni(
    `[default]
region = eu-west-1
[profile prod]
credential_process = aws-cred
[profile plain]
aws_cred_role_arn = x
role_session_name = y
[profile sso]
sso_account_id = 1
`,
    { kind: 'config', path: '/home/me/.aws/config' },
  ),
  null,
)

test('endpointRivals() names what SDKs look at before an endpoint', () => {
  for (const [env, rivals] of [
    [{}, []],
    [{ AWS_PROFILE: 'plain' }, []],
    [{ AWS_PROFILE: 'nobody' }, []],
    [{ AWS_PROFILE: 'prod' }, ['profile "prod" (~/config:4)']],
    [{ AWS_DEFAULT_PROFILE: 'sso' }, ['profile "sso" (~/config:9)']],
    [{ AWS_ACCESS_KEY_ID: '', AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, ['AWS_WEB_IDENTITY_TOKEN_FILE']],
    [{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: 'prod' }, ['AWS_ACCESS_KEY_ID', 'profile "prod" (~/config:4)']],
    [
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/y' },
      ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
    ],
  ] as const) {
    assert.deepEqual(
      endpointRivals(env, PROFILES, (path) => path.replace('/home/me/.aws', '~')),
      rivals,
    )
  }
})

test('endpointRivals() finds the [default] with credentials, in either file', () => {
  const credentials = parseIni('[default]\naws_access_key_id = AKIA\n', { kind: 'credentials', path: '/c' })
  assert.deepEqual(
    endpointRivals({}, mergeProfiles(null, credentials), (path) => path),
    ['profile "default" (/c:2)'],
  )
})
