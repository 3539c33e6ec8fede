import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commandConfig, leadsToCredentials } from '../../src/core/command-config.ts'
import { parseIni } from '../../src/core/ini.ts'
import { mergeProfiles, type Profiles } from '../../src/core/profiles.ts'

function profilesOf(config: string, credentials = ''): Profiles {
  return mergeProfiles(
    parseIni(config, { kind: 'config', path: 'config' }),
    parseIni(credentials, { kind: 'credentials', path: 'credentials' }),
  )
}

const CONFIG = `# mine
[default]
region = us-east-1
aws_access_key_id = AKIADEFAULT
[profile prod]
region = eu-west-1 # home
output = json
credential_process = "/opt/aws-cred" process --profile prod
aws_cred_role_arn = arn:aws:iam::123456789012:role/Prod
aws_cred_source_profile = user1
role_arn = arn:aws:iam::123456789012:role/Prod
source_profile = user1
sso_session = corp
login_session = x
mfa_serial = y
external_id = z
duration_seconds = 3600
web_identity_token_file = /t
s3 =
  max_concurrent_requests = 20
  addressing_style = path
services = mine
retry_mode = standard
ca_bundle = /etc/ca.pem
[services mine]
sts =
  endpoint_url = http://127.0.0.1:1
[services other]
sts =
  endpoint_url = http://127.0.0.1:2
[sso-session corp]
sso_region = eu-west-1
[profile other]
region = eu-north-1
credential_process = other
`

test('commandConfig() knows one profile, as default and by its name, with its settings and no way to credentials', () => {
  const settings = `region = eu-west-1
output = json
s3 =
  max_concurrent_requests = 20
  addressing_style = path
services = mine
retry_mode = standard
ca_bundle = /etc/ca.pem
`
  assert.equal(
    commandConfig(profilesOf(CONFIG), 'prod', 'eu-west-1'),
    `[default]
${settings}
[profile prod]
${settings}
[services mine]
sts =
  endpoint_url = http://127.0.0.1:1
`,
  )
})

test('commandConfig() takes keys out of both files, and settings from both', () => {
  const credentials =
    '[prod]\naws_access_key_id = AKIA\naws_secret_access_key = secret\naws_session_token = t\noutput = yaml\n'
  const text = commandConfig(profilesOf('[profile prod]\nregion = eu-west-1\n', credentials), 'prod', null)
  assert.equal(
    text,
    '[default]\nregion = eu-west-1\noutput = yaml\n\n[profile prod]\nregion = eu-west-1\noutput = yaml\n',
  )
})

test('commandConfig() gives a profile without a region the one that it is served with, once', () => {
  const both = (region: string) => `[default]\nregion =${region}\n\n[profile p]\nregion =${region}\n`
  assert.equal(commandConfig(profilesOf('[profile p]\naws_cred_region = x\n'), 'p', 'eu-west-1'), both(' eu-west-1'))
  assert.equal(commandConfig(profilesOf('[profile p]\nregion =\n'), 'p', 'eu-west-1'), both(' eu-west-1'))
  assert.equal(commandConfig(profilesOf('[profile p]\nregion =\n'), 'p', null), both(''))
})

test('commandConfig() of default, of a name without a section and of one that no section can have', () => {
  assert.equal(commandConfig(profilesOf(CONFIG), 'default', null), '[default]\nregion = us-east-1\n')
  assert.equal(commandConfig(profilesOf(CONFIG), 'user1', null), '[default]\n\n[profile user1]\n')
  assert.equal(commandConfig(profilesOf(CONFIG), 'a]\n[b', null), '[default]\n')
})

test('commandConfig() reads back as what it was made from', () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/)
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/).filter((text) => !/\s[#;]/.test(` ${text}`))
  const nested = fc.dictionary(key, value, { minKeys: 1, maxKeys: 3 })
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(value, nested), { maxKeys: 6 }), (settings) => {
      const lines = Object.entries(settings).map(([name, given]) =>
        typeof given === 'string'
          ? `${name} = ${given}`
          : [`${name} =`, ...Object.entries(given).map(([sub, text]) => `  ${sub} = ${text}`)].join('\n'),
      )
      const before = profilesOf(`[profile p]\n${lines.join('\n')}\n`)
      const after = profilesOf(commandConfig(before, 'p', null))
      const meaning = ({ profiles }: Profiles, name: string) =>
        [...(profiles.get(name)?.properties ?? [])].map(([name, each]) => [name, each.value, each.subProperties])
      const wanted = meaning(before, 'p').filter(([name]) => !leadsToCredentials(String(name)))
      assert.deepEqual(meaning(after, 'p'), wanted)
      assert.deepEqual(meaning(after, 'default'), wanted)
    }),
  )
})
