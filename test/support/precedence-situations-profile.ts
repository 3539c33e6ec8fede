import { type Fixture, ROLES } from './precedence-fixture.ts'
import type { Row } from './precedence-situations.ts'

/** What stands together in one profile, and in which file. */
export function profileSituations(f: Fixture): Row[] {
  const base = `[profile base]\n${f.pair('base')}`
  const ofBase = `role_arn = ${ROLES.ofBase}\nsource_profile = base\n`
  const roleAlone = `role_arn = ${ROLES.any}\n`
  const keys = f.pair('config')
  const noLogin = { differs: { 'cli-v2': 'Debian has 2.9, which knows no login_session' } } as const
  // How the files are read is core/profiles.ts's part, which goes with smithy-rs's suite and not with each tool.
  const laterDefault = 'the later of the two sections counts, whichever it is'
  const plainDefault = '[default] counts, wherever it stands'
  const inCapitals = 'it tells capital letters from small ones in keys'
  return [
    // Beside credential_process: the table of contract §2.2.
    [
      'keys and a process',
      { p: [keys, f.process], asked: true },
      'all: process; js go: config; dotnet: !unknown-combination',
    ],
    [
      'keys in the credentials file and a process',
      { p: [f.process], pCredentials: [f.pair('credentials')], asked: true },
      'all: credentials; java rust: process; dotnet: !unknown-combination',
    ],
    [
      'a role and a process',
      { p: [ofBase, f.process], more: base, asked: true },
      'all: role OfBase < base; go: !two-sources; dotnet: !unknown-combination',
    ],
    [
      'a token file and a process',
      { p: [f.web, f.process], asked: true },
      'all: web Web; go: !two-sources; dotnet: !unknown-combination',
    ],
    ['SSO and a process', { p: [f.sso, f.process], more: f.ssoSession, asked: true }, 'all: sso; js: process'],
    [
      'aws login and a process',
      { p: [f.login, f.process], asked: true, ...noLogin },
      'all: login; js java dotnet: process',
    ],
    ['a process', { p: [f.process] }, 'all: process'],
    ['a process in the credentials file', { pCredentials: [f.process] }, 'all: process'],
    ['SSO without an sso-session and a process', { p: [f.ssoAlone, f.process] }, 'all: sso; js: process'],
    ['empty keys and a process', { p: [f.process, 'aws_access_key_id =\naws_secret_access_key =\n'] }, 'all: process'],
    [
      'half a key and a process',
      { p: [f.process, f.id('config')], asked: true },
      'all: process; go: !half-keys; dotnet: !unknown-combination',
    ],
    [
      'a token and a process',
      { p: [f.process, 'aws_session_token = stale\n'] },
      'all: process; dotnet: !unknown-combination',
    ],
    [
      'an external id and a process',
      { p: [f.process, 'external_id = abc\n'] },
      'all: process; dotnet: !unknown-combination',
    ],
    [
      'a role without a source and a process',
      { p: [roleAlone, f.process] },
      'all: !role-without-source; js java: process; go: role Any < process; dotnet: !unknown-combination',
    ],
    [
      'a role whose source is missing and a process',
      { p: [ofBase, f.process] },
      'all: !source-missing; js: process; go: !two-sources; dotnet: !unknown-combination',
      'all: !source-missing; go: !two-sources; dotnet: !unknown-combination',
    ],
    ['an empty process and keys', { p: ['credential_process =\n', keys] }, 'all: !empty-value; js go dotnet: config'],
    [
      'what no tool minds beside a process',
      { p: [f.process, 'region = a\nduration_seconds = 900\naws_account_id = 1\naws_cred_role_arn = x\n'] },
      'all: process',
    ],

    ['keys in both files', { p: [keys], pCredentials: [f.pair('credentials')], asked: true }, 'all: credentials'],
    [
      'an id in the credentials file',
      { p: [keys], pCredentials: [f.id('credentials')], asked: true },
      'all: !half-keys; js java dotnet rust: credentials ?two-files',
    ],
    [
      'a secret in the credentials file',
      { p: [keys], pCredentials: [f.secret('credentials')] },
      'all: config ?two-files; botocore: config; go: !half-keys',
    ],
    [
      'id and secret each in a file',
      { p: [f.id('config')], pCredentials: [f.secret('config')] },
      'all: !half-keys; js java dotnet rust: config ?two-files',
    ],
    [
      'half a key, and keys in the credentials file',
      { p: [f.id('config')], pCredentials: [f.pair('credentials')] },
      'all: credentials',
    ],
    [
      'half a key',
      { env: f.containerVars, p: [f.id('config')], asked: true },
      'all: !half-keys; js java dotnet: container',
      'all: !half-keys; js: !nothing-found; dotnet: !unknown-combination',
    ],
    [
      'a secret alone',
      { p: [f.secret('config')] },
      'all: !nothing-found; go rust: !half-keys; dotnet: !unknown-combination',
    ],
    [
      'half a key that is not needed',
      { env: f.vars('environment'), p: [f.id('config')] },
      'all: environment; js: !nothing-found; go: !half-keys',
      'all: !half-keys; js: !nothing-found; dotnet: !unknown-combination; rust: environment',
    ],
    [
      'an empty secret',
      { p: [f.id('config'), 'aws_secret_access_key =\n'] },
      'all: config ?empty-value; js go: !nothing-found; java: !empty-value; dotnet: !unknown-combination',
    ],
    [
      'empty keys in the credentials file',
      { env: f.containerVars, pCredentials: ['aws_access_key_id =\naws_secret_access_key =\n'] },
      'all: static-keys … ?empty-value; js go java dotnet: container',
      'all: static-keys … ?empty-value; js dotnet: !nothing-found; go: container; java: !empty-value',
    ],
    [
      'a token alone in a profile',
      { env: f.containerVars, p: ['aws_session_token = stale\n'] },
      'all: container; rust: !half-keys',
      'all: container; java rust: !half-keys; js: !nothing-found; dotnet: !unknown-combination',
    ],
    ['a session', { pCredentials: [f.pair('file'), f.token('file')] }, 'all: file'],
    [
      'a session whose token is in the config',
      { p: [f.token('file')], pCredentials: [f.pair('file')], asked: true },
      'all: file; botocore: file ?token-missing',
    ],
    [
      'long-lived keys, a stale token in the config',
      { p: ['aws_session_token = stale\n'], pCredentials: [f.pair('credentials')] },
      'all: credentials ?token-left-over; botocore: credentials',
    ],
    [
      'a session with aws_security_token',
      { pCredentials: [f.pair('file'), f.token('file', 'aws_security_token')] },
      'all: file ?token-missing; botocore: file with aws_security_token',
    ],
    [
      'a session with a stale aws_security_token',
      { pCredentials: [f.pair('file'), 'aws_security_token = stale\n', f.token('file')] },
      'all: file; botocore: file with aws_security_token',
    ],
    [
      'a token file and keys',
      { p: [f.web, keys], asked: true },
      'all: web Web; js: config; go: role Web < config; dotnet: !unknown-combination',
    ],
    [
      'a token file and a source profile',
      { p: [f.web, 'source_profile = base\n'], more: base },
      'all: web Web; js: role Web < base; go: !two-sources; dotnet: !unknown-combination',
    ],
    [
      'a token file without a role, and keys',
      { p: [`web_identity_token_file = ${f.paths.tokenFile}\n`, keys] },
      'all: !web-identity-without-role; js java: config; go: !role-arn-missing; dotnet: !unknown-combination',
    ],
    ['SSO', { p: [f.sso], more: f.ssoSession }, 'all: sso'],
    ['SSO and keys', { p: [f.sso, keys], more: f.ssoSession, asked: true }, 'all: sso; js go: config'],
    [
      'SSO, and keys in the credentials file',
      { p: [f.sso], more: f.ssoSession, pCredentials: [f.pair('credentials')], asked: true },
      'all: sso; js go: credentials',
    ],
    [
      'an sso_session alone, and keys',
      { p: ['sso_session = corp\n', keys], more: f.ssoSession },
      'all: config; java dotnet rust: !sso-incomplete',
    ],
    [
      'an sso_session alone, and a process',
      { p: ['sso_session = corp\n', f.process], more: f.ssoSession },
      'all: process; java dotnet rust: !sso-incomplete; go: sso',
    ],
    [
      'an sso_account_id and a process',
      { p: ['sso_account_id = 1\n', f.process] },
      'all: !sso-incomplete; js: process',
    ],
    [
      'an sso_region and a process',
      { p: ['sso_region = us-east-1\n', f.process] },
      'all: process; go java dotnet rust: !sso-incomplete',
    ],
    [
      'an sso_start_url and a process',
      { p: ['sso_start_url = https://x.example/start\n', f.process] },
      'all: process; go java dotnet rust: !sso-incomplete',
    ],
    [
      'sso_registration_scopes and a process',
      { p: ['sso_registration_scopes = x\n', f.process] },
      'all: process; dotnet: !sso-incomplete',
    ],
    [
      'SSO without its account',
      { p: [f.sso.replace(/sso_account_id.*\n/, '')], more: f.ssoSession },
      'all: !sso-incomplete; go: sso',
    ],
    [
      'SSO without its role',
      { p: [f.sso.replace(/sso_role_name.*\n/, '')], more: f.ssoSession },
      'all: !sso-incomplete; go: sso',
    ],
    [
      'an sso-session without its region',
      { p: [f.sso], more: f.ssoSession.replace(/sso_region.*\n/, '') },
      'all: !sso-incomplete; botocore: !sso-session-incomplete',
    ],
    [
      'an sso-session without its start URL',
      { p: [f.sso], more: f.ssoSession.replace(/sso_start_url.*\n/, '') },
      'all: !sso-incomplete; botocore: !sso-session-incomplete',
    ],
    [
      'an sso_start_url in both places',
      { p: [f.sso, 'sso_start_url = https://corp.example/start\n'], more: f.ssoSession },
      'all: sso; rust: !sso-incomplete',
    ],
    ['SSO and a token file', { p: [f.sso, f.web], more: f.ssoSession }, 'all: web Web; dotnet: sso'],
    ['half of SSO and a process', { p: ['sso_role_name = Dev\n', f.process] }, 'all: !sso-incomplete; js: process'],
    ['keys and a missing sso-session', { p: [keys, f.sso] }, 'all: !sso-session-missing; js: config'],
    ['an sso-session that is missing', { p: [f.sso] }, 'all: !sso-session-missing'],
    [
      'an sso_start_url of its own',
      { p: [f.sso, 'sso_start_url = https://other.example/start\n'], more: f.ssoSession },
      'all: !sso-incomplete; js java dotnet: sso',
    ],
    ['aws login', { p: [f.login], ...noLogin, asked: true }, 'all: login; java: !nothing-found'],
    ['aws login and keys', { p: [f.login, keys], ...noLogin }, 'all: login; js go java dotnet: config'],
    [
      'aws login, and keys in the credentials file',
      { p: [f.login], pCredentials: [f.pair('credentials')] },
      'all: credentials; rust: login',
    ],
    ['aws login and SSO', { p: [f.login, f.sso], more: f.ssoSession }, 'all: sso'],
    ['aws login and a token file', { p: [f.login, f.web] }, 'all: web Web'],
    [
      'a source_profile without a role, and keys',
      { p: ['source_profile = base\n', keys], more: base },
      'all: config; go: !role-arn-missing; dotnet: !unknown-combination',
    ],
    [
      'a credential_source without a role',
      { env: f.vars('environment'), p: ['credential_source = Environment\n'] },
      'all: environment; js: !nothing-found; go: !role-arn-missing',
      'all: !nothing-found; go: !role-arn-missing; dotnet: !unknown-combination; rust: environment',
    ],
    [
      'an empty role_arn and keys',
      { p: ['role_arn =\nsource_profile =\n', keys] },
      'all: !source-missing; js go dotnet: config',
    ],
    ['an mfa_serial without a role', { p: [f.mfa, keys] }, 'all: config; dotnet: !unknown-combination'],
    [
      'a section that stands twice',
      { env: f.vars('environment'), more: '[profile q]\nregion = a\n[profile q]\noutput = json\n', asked: true },
      'all: environment; botocore: !duplicate',
    ],
    [
      'a key that stands twice',
      { p: [f.process, 'region = a\nregion = b\n'] },
      'all: process; botocore: !duplicate; dotnet: !profile-missing',
    ],
    [
      '[default] in both files',
      { more: `[default]\n${keys}`, credentials: `[default]\n${f.pair('credentials')}` },
      'all: credentials',
    ],
    [
      '[profile default] after [default]',
      { more: `[default]\n${f.pair('default')}[profile default]\n${keys}`, differs: { dotnet: plainDefault } },
      'all: config',
    ],
    [
      '[default] after [profile default]',
      {
        more: `[profile default]\n${keys}[default]\n${f.pair('default')}`,
        differs: { 'cli-v1': laterDefault, 'cli-v2': laterDefault, boto3: laterDefault, dotnet: plainDefault },
      },
      'all: config',
    ],
    [
      'a profile without its prefix',
      { env: { AWS_PROFILE: 'p' }, more: `[p]\n${keys}` },
      'all: !profile-missing',
      'all: !profile-missing',
    ],
    [
      'a prefix in the credentials file',
      {
        env: { AWS_PROFILE: 'p' },
        credentials: `[profile p]\n${keys}`,
        differs: { dotnet: 'it takes the prefix in either file' },
      },
      'all: !profile-missing',
      'all: !profile-missing',
    ],
    [
      'keys in capital letters',
      { p: [keys.replace(/^aws\w+/gm, (key) => key.toUpperCase())], differs: { js: inCapitals, java: inCapitals } },
      'all: config',
    ],
  ]
}
