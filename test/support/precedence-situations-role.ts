import { ACCOUNT, type Fixture, ROLES } from './precedence-fixture.ts'
import type { Row } from './precedence-situations.ts'

/** Roles, what signs for them, and the sessions of them that the AWS CLIs keep. */
export function roleSituations(f: Fixture): Row[] {
  const base = `[profile base]\n${f.pair('base')}`
  const ofBase = `role_arn = ${ROLES.ofBase}\nsource_profile = base\n`
  const any = `role_arn = ${ROLES.any}\nrole_session_name = sess\n`
  // It trusts no one but `base`: the refusal names whoever signed.
  const ofQ = `role_arn = ${ROLES.ofBase}\nsource_profile = q\n`
  const roleAlone = `role_arn = ${ROLES.any}\n`
  const own = `${roleAlone}source_profile = p\n`
  const source = `role_arn = ${ROLES.ofBase}\ncredential_source = Environment\n`
  const keys = f.pair('config')
  const inCache = `{"RoleArn": "${ROLES.any}", "RoleSessionName": "sess"}`
  const noSsoSource = { differs: { 'cli-v2': 'Debian has 2.9, which fails at it with an error of Python' } } as const
  const noLogin = { differs: { 'cli-v2': 'Debian has 2.9, which knows no login_session' } } as const
  const ofAny = { p: [any, 'source_profile = base\n'], more: base }
  return [
    ['a role', { p: [ofBase], more: base }, 'all: role OfBase < base'],
    [
      'a role, and keys in the environment',
      { env: f.vars('environment'), p: [ofBase], more: base, asked: true },
      'all: environment; js: role OfBase < base',
      'all: role OfBase < base; rust: environment',
    ],
    [
      'a role and keys of its own',
      { p: [ofBase, keys], more: base, asked: true },
      'all: role OfBase < base; dotnet: !unknown-combination',
    ],
    ['a role and SSO', { p: [ofBase, f.sso], more: base + f.ssoSession }, 'all: role OfBase < base; java dotnet: sso'],
    ['a role and aws login', { p: [ofBase, f.login], more: base }, 'all: role OfBase < base'],
    [
      'a role without a source',
      { p: [roleAlone] },
      'all: !role-without-source; js go java: !nothing-found; dotnet: !unknown-combination',
    ],
    [
      'a role without a source, and keys',
      { p: [roleAlone, keys], asked: true },
      'all: !role-without-source; js java: config; go: role Any < config; dotnet: !unknown-combination',
    ],
    [
      'a role without a source, and SSO',
      { p: [roleAlone, f.sso], more: f.ssoSession },
      'all: !role-without-source; js java dotnet: sso; go: role Any < sso',
    ],
    [
      'a role without a source, and a container',
      { env: f.containerVars, p: [roleAlone] },
      'all: !role-without-source; js java dotnet: container; go: role Any < container',
      'all: !role-without-source; js java: !nothing-found; go: role Any < container; dotnet: !unknown-combination',
    ],
    [
      'a role of its own keys',
      { p: [own, keys], asked: true },
      'all: role Any < config; java: !source-loop; dotnet: !unknown-combination',
    ],
    [
      'a role of its own process',
      { p: [own, f.process] },
      'all: !source-loop; js: process; go: !two-sources; dotnet: !unknown-combination; rust: role Any < process',
      'all: !source-loop; go: !two-sources; dotnet: !unknown-combination; rust: role Any < process',
    ],
    [
      'a role of its own SSO',
      { p: [own, f.sso], more: f.ssoSession },
      'all: !source-loop; go rust: role Any < sso; java dotnet: sso',
    ],
    ['a role of its own nothing', { p: [own] }, 'all: !source-loop'],
    [
      'a source with keys and a role',
      {
        p: [ofBase],
        more: `${base}${roleAlone}source_profile = other\n[profile other]\n${f.pair('other')}`,
        asked: true,
      },
      'all: role OfBase < base; go: role OfBase < role Any < base; java: role OfBase < role Any < other; dotnet: !unknown-combination',
    ],
    [
      'a source with keys and a process',
      { p: [ofBase], more: base + f.process, asked: true },
      'all: role OfBase < process; js go rust: role OfBase < base; dotnet: !unknown-combination',
    ],
    [
      'a source with keys and a token file',
      { p: [ofBase], more: base + f.web },
      'all: role OfBase < web Web; js rust: role OfBase < base; go: role OfBase < role Web < base; dotnet: !unknown-combination',
    ],
    ['a source with a token file', { p: [ofQ], more: `[profile q]\n${f.web}` }, 'all: role OfBase < web Web'],
    [
      'a source with SSO and a token file',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.web}${f.ssoSession}` },
      'all: role OfBase < web Web; dotnet: role OfBase < sso',
    ],
    [
      'a source with SSO, and keys in the credentials file',
      {
        p: [ofBase],
        more: `[profile base]\n${f.sso}${f.ssoSession}`,
        credentials: `[base]\n${f.pair('base')}`,
        ...noSsoSource,
      },
      'all: role OfBase < sso; js go rust: role OfBase < base',
    ],
    [
      'a source with keys in the credentials file',
      { p: [ofBase], credentials: `[base]\n${f.pair('base')}` },
      'all: role OfBase < base',
    ],
    [
      'a source with aws login, and keys in the credentials file',
      { p: [ofBase], more: `[profile base]\n${f.login}`, credentials: `[base]\n${f.pair('base')}` },
      'all: role OfBase < base',
    ],
    ['a role of its own aws login', { p: [own, f.login] }, 'all: !source-loop; rust: role Any < login'],
    [
      'a source with aws login',
      { p: [ofQ], more: `[profile q]\n${f.login}`, ...noLogin },
      'all: role OfBase < login; go java: !source-empty',
    ],
    [
      'a source with aws login and SSO',
      { p: [ofQ], more: `[profile q]\n${f.login}${f.sso}${f.ssoSession}`, ...noSsoSource },
      'all: role OfBase < sso',
    ],
    [
      'a source with aws login and a process',
      { p: [ofQ], more: `[profile q]\n${f.login}${f.process}`, ...noLogin },
      'all: role OfBase < login; js java dotnet: role OfBase < process',
    ],
    [
      'a source with SSO and a process',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.process}${f.ssoSession}`, ...noSsoSource },
      'all: role OfBase < sso; js: role OfBase < process',
    ],
    [
      'a source with a token file and a process',
      { p: [ofBase], more: `[profile base]\n${f.web}${f.process}` },
      'all: role OfBase < web Web; go: !two-sources; dotnet: !unknown-combination',
    ],
    [
      'a source with a role and a process',
      { p: [ofQ], more: `[profile q]\n${ofBase}${f.process}${base}` },
      'all: role OfBase < role OfBase < base; go: !two-sources; dotnet: !unknown-combination',
    ],
    ['a source with a process', { p: [ofQ], more: `[profile q]\n${f.process}` }, 'all: role OfBase < process'],
    [
      'a source with SSO',
      {
        p: [ofQ],
        more: `[profile q]\n${f.sso}${f.ssoSession}`,
        ...noSsoSource,
      },
      'all: role OfBase < sso',
    ],
    [
      'a source with a missing sso-session, and environment',
      { env: f.vars('environment'), p: [ofQ], more: `[profile q]\n${f.sso}` },
      'all: environment; js go: !sso-session-missing',
      'all: !sso-session-missing; rust: environment',
    ],
    [
      'a source with a missing sso-session, and a container',
      { env: f.containerVars, p: [ofQ], more: `[profile q]\n${f.sso}` },
      'all: !sso-session-missing; java dotnet: container',
      'all: !sso-session-missing',
    ],
    [
      'a source with a missing sso-session and keys',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.pair('config')}` },
      'all: !sso-session-missing; js go rust: role OfBase < config',
    ],
    [
      'a source with a missing sso-session and a process',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.process}` },
      'all: !sso-session-missing; js: role OfBase < process',
    ],
    [
      'a source with an sso-session without its region, and environment',
      {
        env: f.vars('environment'),
        p: [ofQ],
        more: `[profile q]\n${f.sso}${f.ssoSession.replace(/sso_region.*\n/, '')}`,
      },
      'all: environment; js: !sso-incomplete',
      'all: !sso-incomplete; rust: environment',
    ],
    [
      'a source with an sso-session without its region, and a process',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.process}${f.ssoSession.replace(/sso_region.*\n/, '')}` },
      'all: !sso-incomplete; js: role OfBase < process',
    ],
    [
      'a source with an sso-session without its start URL',
      { p: [ofQ], more: `[profile q]\n${f.sso}${f.ssoSession.replace(/sso_start_url.*\n/, '')}` },
      'all: !sso-incomplete',
    ],
    [
      'a source with a role and SSO',
      { p: [ofQ], more: `[profile q]\n${ofBase}${f.sso}${base}${f.ssoSession}` },
      'all: role OfBase < role OfBase < base; java dotnet: role OfBase < sso',
    ],
    [
      'credential_source ecscontainer, in small letters',
      { env: f.containerVars, p: [any, 'credential_source = ecscontainer\n'] },
      'all: !credential-source-unknown; java dotnet rust: role Any < container; js: container',
      'all: !credential-source-unknown; java dotnet rust: role Any < container',
    ],
    [
      'a role and a missing sso-session',
      { p: [ofBase, f.sso], more: base },
      'all: !sso-session-missing; js rust: role OfBase < base',
    ],
    [
      'a source with half a key',
      { p: [ofQ], more: `[profile q]\n${f.id('config')}` },
      'all: !half-keys; js: !source-empty; dotnet: !unknown-combination',
    ],
    ['a source with nothing', { p: [ofQ], more: '[profile q]\nregion = a\n' }, 'all: !source-empty'],
    [
      'a source that is missing, and a container',
      { env: f.containerVars, p: [ofBase] },
      'all: !source-missing; js java dotnet: container',
      'all: !source-missing; dotnet: role OfBase < container',
    ],
    [
      'a source that is missing, and [default]',
      { env: { AWS_PROFILE: '' }, more: `[default]\n${f.pair('base')}[profile p]\n${ofBase}` },
      'all: !profile-missing; js go dotnet: base',
      'all: !source-missing; dotnet: role OfBase < base',
    ],
    [
      'a source that is missing',
      { env: f.vars('environment'), p: [ofBase] },
      'all: environment; js go: !source-missing',
      'all: !source-missing; dotnet: role OfBase < environment; rust: environment',
    ],
    ['a chain of roles', { p: [ofQ], more: `[profile q]\n${ofBase}${base}` }, 'all: role OfBase < role OfBase < base'],
    [
      'a loop of roles',
      { env: f.vars('environment'), p: [ofQ], more: `[profile q]\n${roleAlone}source_profile = p\n` },
      'all: environment; js go: !source-loop',
      'all: !source-loop; dotnet: role OfBase < role Any < environment; rust: environment',
    ],
    [
      'a loop of roles with keys in it',
      { p: [ofQ, keys], more: `[profile q]\n${roleAlone}source_profile = p\n` },
      'all: !source-loop; js go: role OfBase < role Any < config; dotnet: !unknown-combination',
    ],
    [
      'credential_source',
      { env: f.vars('base'), p: [source], asked: true },
      'all: base; js: role OfBase < base',
      'all: role OfBase < base; rust: base',
    ],
    [
      'credential_source in another case',
      { env: f.vars('base'), p: [source.replace('Environment', 'environment')] },
      'all: base; js: !credential-source-unknown',
      'all: !credential-source-unknown; java dotnet: role OfBase < base; rust: base',
    ],
    ['credential_source without keys there', { p: [source] }, 'all: !credential-source-empty'],
    [
      'credential_source EcsContainer',
      { env: f.containerVars, p: [any, 'credential_source = EcsContainer\n'] },
      'all: role Any < container',
    ],
    [
      'credential_source of another name',
      { p: [any, 'credential_source = Elsewhere\n'] },
      'all: !credential-source-unknown',
    ],
    [
      'credential_source and source_profile',
      { p: [ofBase, 'credential_source = Environment\n'], more: base },
      'all: !two-sources; js: !nothing-found; dotnet: !unknown-combination',
    ],
    [
      'credential_source and keys',
      { env: f.vars('base'), p: [source, keys] },
      'all: base; js: role OfBase < base',
      'all: role OfBase < base; go: role OfBase < config; dotnet: !unknown-combination; rust: base',
    ],
    [
      'a source with credential_source alone',
      { env: f.vars('base'), p: [ofQ], more: '[profile q]\ncredential_source = Environment\n' },
      'all: base; js: role OfBase < base; go: !role-arn-missing',
      'all: !source-empty; js dotnet: role OfBase < base; go: !role-arn-missing; rust: base',
    ],
    [
      'a role that needs an MFA code',
      { p: [any, 'source_profile = base\n', f.mfa], more: base },
      'botocore: role Any (mfa asked) < base; js go dotnet: !mfa-not-asked; java rust: role Any (mfa not-sent) < base',
    ],

    [
      'a cached session',
      { ...ofAny, cliCache: { [inCache]: f.cached(60) }, asked: true },
      'all: role Any < base; clis: cached < role Any < base',
    ],
    [
      'a cached session that ends in 10 min',
      { ...ofAny, cliCache: { [inCache]: f.cached(10) } },
      'all: role Any < base',
    ],
    ['a cached session that has ended', { ...ofAny, cliCache: { [inCache]: f.cached(-60) } }, 'all: role Any < base'],
    [
      'a cached session whose source is missing',
      { p: ofAny.p, cliCache: { [inCache]: f.cached(60) } },
      'all: !source-missing',
    ],
    [
      'a cached session of all that its name can hold',
      {
        p: [...ofAny.p, 'external_id = ext/1\nduration_seconds = 1800\n', f.mfa],
        more: base,
        cliCache: {
          [`{"DurationSeconds": 1800, "ExternalId": "ext/1", "RoleArn": "${ROLES.any}", "RoleSessionName": "sess", "SerialNumber": "arn:aws:iam::${ACCOUNT}:mfa/me"}`]:
            f.cached(60),
        },
      },
      'js go dotnet: !mfa-not-asked; clis: cached < role Any (mfa asked) < base; java rust: role Any (mfa not-sent) < base; boto3: role Any (mfa asked) < base',
    ],
    [
      'a cached session of a token file',
      {
        env: { ...f.webVars, AWS_ROLE_SESSION_NAME: 'sess' },
        cliCache: { [`{"RoleArn": "${ROLES.webEnv}", "RoleSessionName": "sess"}`]: f.cached(60) },
      },
      'all: web WebEnv; clis: cached < web WebEnv',
    ],
    [
      'a cached session of SSO',
      {
        p: [f.sso],
        more: f.ssoSession,
        cliCache: { [`{"accountId":"${ACCOUNT}","roleName":"Dev","sessionName":"corp"}`]: f.cached(60) },
        asked: true,
      },
      'all: sso; cli-v2: cached < sso',
    ],
    [
      'a cached session of SSO without an sso-session',
      {
        p: [f.ssoAlone],
        cliCache: {
          [`{"accountId":"${ACCOUNT}","roleName":"Dev","startUrl":"https://corp.example/start"}`]: f.cached(60),
        },
      },
      'all: sso; cli-v2: cached < sso',
    ],
  ]
}
