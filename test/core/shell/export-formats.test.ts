import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  commandEnvironment,
  exportChanges,
  unsetChanges,
  type VariableChange,
} from '../../../src/core/shell/aws-variables.ts'
import { FORMATS, formatChanges, formatUnset } from '../../../src/core/shell/export-formats.ts'

const SESSION = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'sec/ret+key',
  sessionToken: 'tok/en+==',
  expiresMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  offsetMs: 0,
  accountId: '123456789012',
}
const KEYS = { ...SESSION, sessionToken: null, expiresMs: null }
const EXPORTED = { profile: 'prod', credentials: SESSION, region: null, earlierRegion: null }

function set(changes: readonly VariableChange[]): Record<string, string> {
  return Object.fromEntries(changes.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
}

function gone(changes: readonly VariableChange[]): string[] {
  return changes.filter(({ value }) => value === null).map(({ name }) => name)
}

const FOREIGN = ['AWS_SESSION_EXPIRATION', 'AWSUME_EXPIRATION', 'AWS_SSO_SESSION_EXPIRATION']
const CONTRADICTING = ['AWS_SECURITY_TOKEN', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCOUNT_ID', ...FOREIGN]

test('exportChanges() sets what a session is and takes away what would contradict it, first', () => {
  const changes = exportChanges(EXPORTED, {})
  assert.deepEqual(set(changes), {
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'sec/ret+key',
    AWS_SESSION_TOKEN: 'tok/en+==',
    AWS_CREDENTIAL_EXPIRATION: '2026-01-02T03:04:05Z',
    AWS_CRED_PROFILE: 'prod',
  })
  assert.deepEqual(gone(changes), CONTRADICTING)
  assert.equal(
    changes.findIndex(({ value }) => value !== null),
    CONTRADICTING.length,
  )
})

test("exportChanges() moves the end to this machine's clock where it is wrong", () => {
  const slow = { ...SESSION, offsetMs: 3_600_000 }
  const changes = exportChanges({ ...EXPORTED, credentials: slow }, {})
  assert.equal(set(changes).AWS_CREDENTIAL_EXPIRATION, '2026-01-02T02:04:05Z')
})

test('exportChanges() of long-lived keys takes token and expiration away', () => {
  const changes = exportChanges({ ...EXPORTED, credentials: KEYS }, {})
  assert.deepEqual(gone(changes), ['AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION', ...CONTRADICTING])
})

test("exportChanges() sets the profile's region, and takes away only one that is an earlier export's", () => {
  const region = set(exportChanges({ ...EXPORTED, region: 'eu-west-1' }, { AWS_REGION: 'x' }))
  assert.deepEqual([region.AWS_REGION, region.AWS_DEFAULT_REGION], ['eu-west-1', 'eu-west-1'])
  const env = { AWS_CRED_PROFILE: 'old', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'sa-east-1' }
  const earlier = { ...EXPORTED, earlierRegion: 'us-east-1' }
  assert.deepEqual(gone(exportChanges(earlier, env)).slice(CONTRADICTING.length), ['AWS_REGION'])
  const { AWS_CRED_PROFILE, ...foreign } = env
  assert.deepEqual(gone(exportChanges(earlier, foreign)), CONTRADICTING)
  assert.deepEqual(gone(exportChanges(EXPORTED, env)), CONTRADICTING)
})

test('unsetChanges() leaves the profile variables and foreign regions', () => {
  const clears = [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_CREDENTIAL_EXPIRATION',
    ...FOREIGN,
    'AWS_ACCOUNT_ID',
    'AWS_CRED_PROFILE',
  ]
  assert.deepEqual(
    unsetChanges({}, null).map(({ name }) => name),
    clears,
  )
  const env = { AWS_CRED_PROFILE: 'old', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
  assert.deepEqual(gone(unsetChanges(env, 'eu-west-1')), [...clears, 'AWS_REGION', 'AWS_DEFAULT_REGION'])
  assert.deepEqual(gone(unsetChanges({ ...env, AWS_REGION: 'us-east-1' }, 'eu-west-1')), [
    ...clears,
    'AWS_DEFAULT_REGION',
  ])
  assert.deepEqual(gone(unsetChanges({ AWS_REGION: 'eu-west-1' }, 'eu-west-1')), clears)
})

const CHANGES = [
  { name: 'AWS_PROFILE', value: null },
  { name: 'AWS_SECRET_ACCESS_KEY', value: "a'b/+=" },
]

const TEXTS: Readonly<Record<string, string>> = {
  env: `{ set +x; } 2>/dev/null;\nunset AWS_PROFILE;\nexport AWS_SECRET_ACCESS_KEY='a'\\''b/+=';\n`,
  'env-no-export': `{ set +x; } 2>/dev/null;\nunset AWS_PROFILE;\nAWS_SECRET_ACCESS_KEY='a'\\''b/+=';\n`,
  fish: `set -eg AWS_PROFILE; true\nset -gx AWS_SECRET_ACCESS_KEY 'a\\'b/+='\n`,
  powershell: `$env:AWS_PROFILE = $null\n$env:AWS_SECRET_ACCESS_KEY = 'a''b/+='\n`,
  'windows-cmd': `set "AWS_PROFILE="\nset "AWS_SECRET_ACCESS_KEY=a'b/+="\n`,
  'github-actions': `AWS_SECRET_ACCESS_KEY=a'b/+=\n`,
  json: `{"AWS_SECRET_ACCESS_KEY":"a'b/+="}\n`,
}

for (const [format, text] of Object.entries(TEXTS)) {
  test(`formatChanges() writes ${format}`, () => {
    assert.equal(formatChanges(format as 'env', CHANGES), text)
  })
}

test('formatChanges() writes dotenv bare where all readers agree, else in single quotes', () => {
  const changes = [
    { name: 'A', value: 'x/+=' },
    { name: 'B', value: 'a b#$c' },
    { name: 'C', value: null },
  ]
  assert.equal(formatChanges('dotenv', changes), "A=x/+=\nB='a b#$c'\n")
})

test('formatUnset() clears what is kept for new shells where it is told to and the format can', () => {
  const unset = [{ name: 'AWS_REGION', value: null }]
  assert.equal(formatUnset('env', unset, false), '{ set +x; } 2>/dev/null;\nunset AWS_REGION;\n')
  assert.match(formatUnset('fish', unset, true), /^set -eg AWS_REGION; true\nset -eU AWS_ACCESS_KEY_ID; true\n/)
  assert.match(
    formatUnset('powershell', unset, true),
    /SetEnvironmentVariable\('AWS_SESSION_TOKEN', \[NullString\]::Value, 'User'\)\n/,
  )
  assert.match(formatUnset('windows-cmd', unset, true), /\nreg delete HKCU\\Environment \/v AWS_SESSION_TOKEN \/f /)
  for (const format of FORMATS) {
    const can = ['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd'].includes(format)
    if (!can) assert.throws(() => formatUnset(format, unset, false), { code: 'usage' })
    if (can && format.startsWith('env')) assert.throws(() => formatUnset(format, unset, true), { code: 'usage' })
  }
})

test('commandEnvironment() keeps what is not about credentials, and no way to others', () => {
  const env = {
    PATH: '/bin',
    AWS_CONFIG_FILE: '/c',
    AWS_PROFILE: 'p',
    AWS_SECURITY_TOKEN: 'old',
    AWS_ROLE_ARN: 'arn',
    AWS_CRED_PASSPHRASE: 'x',
    AWS_CRED_VAULT_KEY_FILE: '/k',
    AWS_CRED_PROFILE_CHAIN: 'p',
    AWS_CREDENTIAL_EXPIRATION: 'long ago',
    'BASH_FUNC_x%%': '() { :; }',
    GONE: undefined,
  }
  const changes = [
    { name: 'AWS_ACCESS_KEY_ID', value: 'ASIA' },
    { name: 'AWS_REGION', value: null },
  ]
  assert.deepEqual(commandEnvironment(env, changes, 'linux'), {
    PATH: '/bin',
    AWS_CONFIG_FILE: '/c',
    'BASH_FUNC_x%%': '() { :; }',
    AWS_ACCESS_KEY_ID: 'ASIA',
  })
  const mixed = { Aws_Profile: 'p', aws_region: 'x', Path: 'C:\\' }
  assert.deepEqual(commandEnvironment(mixed, changes, 'win32'), { Path: 'C:\\', AWS_ACCESS_KEY_ID: 'ASIA' })
  assert.deepEqual(commandEnvironment({ Aws_Profile: 'p' }, [], 'linux'), { Aws_Profile: 'p' })
})
