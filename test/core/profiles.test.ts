import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseIni } from '../../src/core/ini.ts'
import { mergeProfiles, type Profile, property } from '../../src/core/profiles.ts'
import { need } from '../support/need.ts'

const SUITE = join(
  import.meta.dirname,
  '../../../shared/suites/smithy-rs/aws/rust-runtime/aws-runtime/test-data/profile-parser-tests.json',
)

/** The suite's error texts and what ours say in their place. */
const OUR_WORDS = new Map([
  ["Profile definition must end with ']'", 'line 1 has a section header that does not end in "]"'],
  ['Expected a profile definition', 'line 1 stands before the first [section]'],
  ['Property did not have a name', 'line 2 holds a property without a name before "="'],
  ["Expected an '=' sign defining a property", 'line 2 holds a property without "="'],
  // Ours is no continuation there, since botocore takes an indented first property: what is wrong is the missing "=".
  ['Expected a property definition', 'holds a property without "="'],
  ['Expected a property definition, found continuation', 'line 4 holds a property without "="'],
  ["Expected an '=' sign defining a sub-property", 'line 3 holds a sub-property without "="'],
  ['Sub-property did not have a name', 'line 3 holds a sub-property without a name before "="'],
])

interface SuiteCase {
  name: string
  input: { configFile?: string; credentialsFile?: string }
  output: {
    errorContaining?: string
    config?: { profiles: Record<string, unknown>; sso_sessions?: Record<string, unknown> }
  }
}

function merged(input: SuiteCase['input']) {
  const { configFile, credentialsFile } = input
  return mergeProfiles(
    configFile === undefined ? null : parseIni(configFile, { kind: 'config', path: '/c' }),
    credentialsFile === undefined ? null : parseIni(credentialsFile, { kind: 'credentials', path: '/k' }),
  )
}

function values(profiles: ReadonlyMap<string, Profile>) {
  return Object.fromEntries(
    [...profiles].map(([name, { properties }]) => [
      name,
      Object.fromEntries([...properties].map(([key, { value }]) => [key, value])),
    ]),
  )
}

test('mergeProfiles() passes all 65 cases of profile-parser-tests.json', async (t) => {
  if (!need(t, 'profile-parser-tests.json of smithy-rs', existsSync(SUITE))) return
  const cases: SuiteCase[] = JSON.parse(readFileSync(SUITE, 'utf8')).tests
  assert.equal(cases.length, 65)
  for (const { name, input, output } of cases) {
    await t.test(name, () => {
      if (output.errorContaining !== undefined) {
        const ours = OUR_WORDS.get(output.errorContaining)
        assert.ok(ours, `no words of ours for: ${output.errorContaining}`)
        assert.throws(
          () => merged(input),
          (error: Error) => {
            assert.match(error.message, /^cannot read "\/[ck]": line \d+ /)
            assert.ok(error.message.includes(ours), error.message)
            return true
          },
        )
        return
      }
      const profiles = merged(input)
      assert.deepEqual(values(profiles.profiles), output.config?.profiles)
      assert.deepEqual(values(profiles.ssoSessions), output.config?.sso_sessions ?? {})
    })
  }
})

test('mergeProfiles() tells file and line of each value, the credentials file winning per key', () => {
  const { profiles } = merged({
    configFile: '# c\n[profile a]\nregion = r\nrole_arn = config\n[profile a]\nRegion = r2\n',
    credentialsFile: '[a]\n\nrole_arn = credentials\n[b]\n',
  })
  const a = profiles.get('a')
  assert.ok(a)
  assert.deepEqual([a.path, a.line], ['/c', 2])
  assert.deepEqual(property(a, 'region'), { value: 'r2', file: 'config', path: '/c', line: 6, subProperties: null })
  assert.deepEqual(property(a, 'role_arn'), {
    value: 'credentials',
    file: 'credentials',
    path: '/k',
    line: 3,
    subProperties: null,
  })
  assert.equal(property(a, 'output'), null)
  assert.deepEqual([profiles.get('b')?.path, profiles.get('b')?.line], ['/k', 4])
})

test('mergeProfiles() keeps services and sso-session sections apart from profiles', () => {
  const { profiles, services, ssoSessions } = merged({
    configFile: '[services x]\nsts =\n  endpoint_url = http://h\n[sso-session x]\nsso_region = r\n[plugins]\na = b\n',
    credentialsFile: '[services x]\na = b\n[services]\na = b\n',
  })
  assert.deepEqual([...profiles.keys()], ['services'])
  assert.equal(services.get('x')?.properties.get('sts')?.subProperties?.get('endpoint_url'), 'http://h')
  assert.equal(ssoSessions.get('x')?.properties.get('sso_region')?.value, 'r')
})

test('mergeProfiles() finds nothing under names that objects own', () => {
  const { profiles } = merged({ configFile: '[default]\n' })
  const profile = profiles.get('default')
  assert.ok(profile)
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(profiles.get(name), undefined)
    assert.equal(property(profile, name), null)
  }
})
