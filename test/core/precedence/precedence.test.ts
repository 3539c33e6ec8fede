import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseIni } from '../../../src/core/ini.ts'
import { sameAnswers, whoWins } from '../../../src/core/precedence/precedence.ts'
import type { PrecedenceWorld } from '../../../src/core/precedence/precedence-model.ts'
import { TOOLS } from '../../../src/core/precedence/precedence-tools.ts'
import { told } from '../../support/precedence-compare.ts'
import { Fixture, madeUpKeys } from '../../support/precedence-fixture.ts'
import { expectations, precedenceWorld, situations } from '../../support/precedence-situations.ts'

const FIXTURE = new Fixture(madeUpKeys(), {
  helper: '/helper',
  tokenFile: '/token',
  tokenFileInHome: 'token',
  metadataUrl: 'http://127.0.0.1:1/',
})

/** A world of these two files; nothing else is there. */
function world(given: Partial<PrecedenceWorld> & { configText?: string; credentialsText?: string }): PrecedenceWorld {
  const { configText, credentialsText, ...rest } = given
  return {
    env: {},
    platform: 'linux',
    nowMs: Date.parse('2030-01-01T00:00:00Z'),
    config: configText === undefined ? null : parseIni(configText, { kind: 'config', path: '/c' }),
    credentials: credentialsText === undefined ? null : parseIni(credentialsText, { kind: 'credentials', path: '/k' }),
    cliCache: () => null,
    instanceMetadata: false,
    ...rest,
  }
}

for (const situation of situations(FIXTURE)) {
  const { name, wins, named } = situation
  const asked =
    named === null
      ? ([[null, wins]] as const)
      : ([
          [null, wins],
          ['p', named],
        ] as const)
  for (const [profile, expected] of asked) {
    test(`whoWins() with ${name}${profile === null ? '' : ', --profile p'}`, () => {
      const { verdicts } = whoWins(precedenceWorld(situation), profile)
      const found = new Map(verdicts.map((verdict) => [verdict.tool, told(verdict, FIXTURE)]))
      assert.deepEqual(found, new Map(TOOLS.map(({ tool }) => [tool, expectations(expected).get(tool)])))
    })
  }
}

test('whoWins() says who named the profile, and by what', () => {
  const env = { AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q' }
  const names = (named: string | null) =>
    Object.fromEntries(whoWins(world({ env }), named).verdicts.map(({ tool, profile }) => [tool, profile]))
  assert.deepEqual(names(null)['cli-v1'], { name: 'q', by: 'AWS_DEFAULT_PROFILE' })
  assert.deepEqual(names(null)['cli-v2'], { name: 'p', by: 'AWS_PROFILE' })
  assert.deepEqual(names(null).rust, { name: 'p', by: 'AWS_PROFILE' })
  assert.deepEqual(names('r').js, { name: 'r', by: 'flag' })
  assert.deepEqual(whoWins(world({}), null).verdicts[0]?.profile, { name: 'default', by: null })
})

test('whoWins() tells file and line, the masked key, and what is shadowed', () => {
  const configText = `[default]\nregion = a\n\n[profile p]\n${FIXTURE.pair('config')}${FIXTURE.process}`
  const credentialsText = `[p]\n${FIXTURE.pair('credentials')}`
  const env = { ...FIXTURE.vars('environment'), AWS_PROFILE: 'p' }
  const { verdicts, present } = whoWins(world({ env, configText, credentialsText }), null)
  const [cli, js] = ['cli-v1', 'js'].map((tool) => verdicts.find((verdict) => verdict.tool === tool))
  const { id } = FIXTURE.keys.credentials
  assert.equal(js?.source?.origin?.path, '/k')
  assert.equal(js?.source?.origin?.line, 2)
  assert.equal(js?.source?.keyId, `${id.slice(0, 4)}…${id.slice(-4)}`)
  const brief = (sources: typeof present | undefined) =>
    sources?.map(({ kind, origin }) => `${kind} ${origin?.path ?? ''}:${origin?.line ?? ''}`)
  assert.deepEqual(brief(present), ['environment :', 'static-keys /k:2', 'static-keys /c:5', 'credential-process /c:7'])
  assert.deepEqual(brief(cli?.shadowed), ['static-keys /k:2', 'static-keys /c:5', 'credential-process /c:7'])
  assert.deepEqual(brief(js?.shadowed), ['environment :', 'static-keys /c:5', 'credential-process /c:7'])
})

test('whoWins() knows a line of ours', () => {
  const line = 'credential_process = "/home/me/.local/bin/aws-cred" process --profile p\n'
  const own = (text: string) => whoWins(world({ configText: `[profile p]\n${text}` }), 'p').verdicts[0]?.source?.own
  assert.equal(own(line), true)
  assert.equal(own(FIXTURE.process), false)
})

test('whoWins() counts what feeds a role as used', () => {
  const configText = `[profile p]\nrole_arn = ${'arn:aws:iam::123456789012:role/R'}\nsource_profile = p\n${FIXTURE.pair('config')}`
  const [cli] = whoWins(world({ configText }), 'p').verdicts
  assert.deepEqual(cli?.shadowed, [])
})

test('whoWins() says whether the tools agree', () => {
  const configText = `[profile p]\n${FIXTURE.pair('config')}${FIXTURE.process}`
  assert.equal(whoWins(world({ env: FIXTURE.vars('environment') }), null).agree, true)
  assert.equal(whoWins(world({ configText }), 'p').agree, false)
  assert.equal(whoWins(world({}), null).agree, true, 'all find nothing')
  // The same keys, and a token by another name: not the same credentials.
  const env = { ...FIXTURE.vars('variables'), AWS_SECURITY_TOKEN: 'another' }
  assert.equal(whoWins(world({ env }), null).agree, false)
})

test('sameAnswers() puts together who gives the same answer', () => {
  const env = { ...FIXTURE.vars('environment'), AWS_PROFILE: 'p' }
  const { verdicts } = whoWins(world({ env, configText: `[profile p]\n${FIXTURE.pair('config')}` }), null)
  const tools = sameAnswers(verdicts).map((same) => same.map(({ tool }) => tool))
  assert.deepEqual(tools, [['cli-v1', 'cli-v2', 'boto3', 'go', 'java', 'dotnet', 'rust'], ['js']])
})

const EXPIRIES: readonly (readonly [Record<string, string>, string | null])[] = [
  [{ AWS_CREDENTIAL_EXPIRATION: '2029-12-31T23:00:00Z' }, '2029-12-31T23:00:00.000Z'],
  [{ AWS_SESSION_EXPIRATION: '2029-12-31T23:00:00+02:00' }, '2029-12-31T21:00:00.000Z'],
  [
    { AWS_SESSION_EXPIRATION: '2029-12-31T23:00:00Z', AWS_CREDENTIAL_EXPIRATION: '2031-01-01T00:00:00Z' },
    '2031-01-01T00:00:00.000Z',
  ],
  [{}, null],
]
for (const [more, expected] of EXPIRIES) {
  test(`whoWins() reads the end of the environment's keys from ${JSON.stringify(more)}`, () => {
    const go = whoWins(world({ env: { ...FIXTURE.vars('variables'), ...more } }), null).verdicts.find(
      ({ tool }) => tool === 'go',
    )
    const { expiresMs = null } = go?.source ?? {}
    assert.equal(expiresMs === null ? null : new Date(expiresMs).toISOString(), expected)
  })
}

test('whoWins() reads the end of a session that a program has noted in a file', () => {
  const credentialsText = `[p]\n${FIXTURE.pair('file')}${FIXTURE.token('file')}x_security_token_expires = 2029-06-01T12:00:00+0000\n`
  const [cli] = whoWins(world({ credentialsText }), 'p').verdicts
  assert.equal(cli?.source?.expiresMs, Date.parse('2029-06-01T12:00:00Z'))
})

test('whoWins() shows no secret, nor what may be one in the wrong place', () => {
  const { secret, id, token } = FIXTURE.keys.variables
  const configText = `[profile p]\naws_access_key_id = ${secret}\naws_secret_access_key = ${secret}\nrole_arn = ${secret}\n`
  const env = {
    AWS_ACCESS_KEY_ID: secret,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_ROLE_ARN: secret,
    AWS_SESSION_TOKEN: token ?? '',
  }
  for (const named of [null, 'p']) {
    const shown = JSON.stringify(
      whoWins(world({ env: { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, configText }), named),
    )
    for (const hidden of [secret, secret.slice(0, 5), secret.slice(-5), id, token ?? ''])
      assert.ok(!shown.includes(hidden))
  }
})

test('whoWins() ends in a chain of thousands of roles', () => {
  const link = (i: number) =>
    `[profile p${i}]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = p${i + 1}\n`
  const configText = Array.from({ length: 5_000 }, (_, i) => link(i)).join('')
  const codes = whoWins(world({ configText }), 'p0').verdicts.map(({ refusal }) => refusal?.code)
  assert.deepEqual(new Set(codes), new Set(['source-loop']))
})

test('whoWins() has an answer for whatever stands in files and variables', () => {
  const value = fc.constantFrom(
    '',
    'p',
    'q',
    'default',
    'x',
    'AKIAIOSFODNN7EXAMPLE',
    'ASIAIOSFODNN7EXAMPLE',
    'Environment',
    'arn:aws:iam::123456789012:role/R',
  )
  const key = fc.constantFrom(
    'aws_access_key_id',
    'aws_secret_access_key',
    'aws_session_token',
    'aws_security_token',
    'role_arn',
    'source_profile',
    'credential_source',
    'web_identity_token_file',
    'sso_session',
    'sso_account_id',
    'sso_role_name',
    'sso_start_url',
    'sso_region',
    'login_session',
    'credential_process',
    'mfa_serial',
    'duration_seconds',
  )
  const lines = (pairs: readonly (readonly [string, string])[]) => pairs.map(([k, v]) => `${k} = ${v}\n`).join('')
  const body = fc.array(fc.tuple(key, value), { maxLength: 8 }).map(lines)
  const section = (prefix: string) =>
    fc.tuple(fc.constantFrom('default', `${prefix}p`, `${prefix}q`), body).map(([name, text]) => `[${name}]\n${text}`)
  const text = (prefix: string) => fc.array(section(prefix), { maxLength: 4 }).map((sections) => sections.join(''))
  const variable = fc.constantFrom(
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  )
  fc.assert(
    fc.property(
      text('profile '),
      text(''),
      fc.dictionary(variable, value),
      fc.option(fc.constantFrom('p', 'q', 'zz')),
      (configText, credentialsText, env, named) => {
        const found = whoWins(world({ configText, credentialsText, env }), named)
        assert.equal(found.verdicts.length, TOOLS.length)
        for (const { source, refusal } of found.verdicts) {
          assert.ok((source === null) !== (refusal === null))
        }
      },
    ),
    { numRuns: 500 },
  )
})
