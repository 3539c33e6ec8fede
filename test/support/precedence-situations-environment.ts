import { type Fixture, ROLES } from './precedence-fixture.ts'
import type { Row } from './precedence-situations.ts'

const P = { AWS_PROFILE: 'p' }

/** What variables say, and which profile they name. */
export function environmentSituations(f: Fixture): Row[] {
  const inDefault = `[default]\n${f.pair('default')}`
  const base = `[profile base]\n${f.pair('base')}`
  const ofBase = `role_arn = ${ROLES.ofBase}\nsource_profile = base\n`
  const { environment, legacy, variables } = f.keys
  return [
    ['nothing at all', {}, 'all: !nothing-found'],
    ['keys in the environment', { env: f.vars('environment') }, 'all: environment'],
    ['environment and [default]', { env: f.vars('environment'), more: inDefault, asked: true }, 'all: environment'],
    [
      'environment and AWS_PROFILE',
      { env: f.vars('environment'), p: [f.pair('config')], asked: true },
      'all: environment; js: config',
      'all: config; rust: environment',
    ],
    [
      'environment and a missing AWS_PROFILE',
      { env: { ...f.vars('environment'), ...P }, asked: true },
      'all: !profile-missing; java dotnet rust: environment',
    ],
    ['a missing AWS_PROFILE and [default]', { env: P, more: inDefault, asked: true }, 'all: !profile-missing'],
    [
      'AWS_PROFILE=default and no such section',
      { env: { AWS_PROFILE: 'default', ...f.containerVars } },
      'all: !profile-missing; js java dotnet rust: container',
    ],
    [
      'AWS_PROFILE and AWS_DEFAULT_PROFILE',
      {
        env: { AWS_DEFAULT_PROFILE: 'q' },
        p: [f.pair('config')],
        more: `[profile q]\n${f.pair('other')}`,
        asked: true,
      },
      'all: config; cli-v1 boto3: other',
      'all: config',
    ],
    [
      'AWS_DEFAULT_PROFILE alone',
      { env: { AWS_DEFAULT_PROFILE: 'q' }, more: `${inDefault}[profile q]\n${f.pair('other')}`, asked: true },
      'all: other; js java dotnet rust: default',
    ],
    [
      'an empty AWS_PROFILE',
      { env: { AWS_PROFILE: '' }, more: inDefault, asked: true },
      'all: !profile-missing; js go dotnet: default',
    ],
    [
      'an empty AWS_DEFAULT_PROFILE first',
      { env: { AWS_DEFAULT_PROFILE: '' }, p: [f.pair('config')] },
      'all: config; cli-v1 boto3: !profile-missing',
      'all: config',
    ],
    [
      'AWS_PROFILE in another case',
      { env: { AWS_PROFILE: 'P' }, more: `[profile p]\n${f.pair('config')}` },
      'all: !profile-missing',
    ],
    [
      'an id without its secret',
      { env: { AWS_ACCESS_KEY_ID: environment.id }, more: inDefault, asked: true },
      'all: default; botocore: !half-keys',
    ],
    [
      'a secret without its id',
      { env: { AWS_SECRET_ACCESS_KEY: environment.secret }, more: inDefault },
      'all: default',
    ],
    [
      'an id beside an empty secret',
      { env: { AWS_ACCESS_KEY_ID: environment.id, AWS_SECRET_ACCESS_KEY: '' }, more: inDefault },
      'all: default; botocore: !half-keys',
    ],
    [
      'empty keys',
      { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, more: inDefault, asked: true },
      'all: default',
    ],
    [
      'blanks for keys',
      { env: { AWS_ACCESS_KEY_ID: ' ', AWS_SECRET_ACCESS_KEY: ' ' }, more: inDefault },
      'all: environment …; java rust: default',
    ],
    [
      'a stale AWS_SECURITY_TOKEN beside the fresh token',
      { env: { ...f.vars('variables'), AWS_SECURITY_TOKEN: 'stale' }, asked: true },
      'all: variables; botocore: variables with AWS_SECURITY_TOKEN',
    ],
    [
      'the token in AWS_SECURITY_TOKEN alone',
      { env: { ...f.vars('variables'), AWS_SESSION_TOKEN: '', AWS_SECURITY_TOKEN: variables.token ?? '' } },
      'all: variables ?token-missing; botocore: variables with AWS_SECURITY_TOKEN',
    ],
    [
      'a token beside long-lived keys',
      { env: { ...f.vars('environment'), AWS_SESSION_TOKEN: 'stale' } },
      'all: environment ?token-left-over',
    ],
    ['a token alone', { env: { AWS_SESSION_TOKEN: 'stale' }, more: inDefault }, 'all: default'],
    [
      'an expiration in the past beside good keys',
      { env: { ...f.vars('variables'), AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' }, asked: true },
      'all: variables; botocore: !expiry-passed',
    ],
    [
      'an expiration without a zone',
      { env: { ...f.vars('variables'), AWS_CREDENTIAL_EXPIRATION: '2040-01-01T00:00:00' } },
      'all: variables; botocore: !expiry-unreadable',
    ],
    [
      'an expiration that is no time',
      { env: { ...f.vars('variables'), AWS_CREDENTIAL_EXPIRATION: 'soon' } },
      'all: variables; botocore: !expiry-unreadable',
    ],
    [
      'an expiration in the past and no keys',
      { env: { AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' }, p: [f.pair('config')] },
      'all: config',
    ],
    [
      'AWS_ACCESS_KEY and AWS_SECRET_KEY',
      { env: { AWS_ACCESS_KEY: legacy.id, AWS_SECRET_KEY: legacy.secret }, more: inDefault, asked: true },
      'all: default; go: legacy',
    ],
    [
      'AWS_ACCESS_KEY_ID and AWS_SECRET_KEY',
      { env: { AWS_ACCESS_KEY_ID: legacy.id, AWS_SECRET_KEY: legacy.secret }, more: inDefault },
      'botocore: !half-keys; js java rust: default; go dotnet: legacy',
    ],

    [
      'AWS_ACCESS_KEY_ID and SECRET_ACCESS_KEY',
      { env: { AWS_ACCESS_KEY_ID: legacy.id, SECRET_ACCESS_KEY: legacy.secret }, more: inDefault },
      'all: default; botocore: !half-keys; rust: legacy',
    ],
    [
      'environment and a profile of two kinds',
      { env: f.vars('environment'), p: [ofBase, f.process], more: base },
      'all: environment; js: role OfBase < base; go: !two-sources',
      'all: role OfBase < base; go: !two-sources; dotnet: !unknown-combination; rust: environment',
    ],
    [
      'environment and a source with nothing',
      { env: f.vars('environment'), p: [ofBase], more: '[profile base]\nregion = a\n' },
      'all: environment; js go: !source-empty',
      'all: !source-empty; dotnet: role OfBase < environment; rust: environment',
    ],
    [
      'environment and a missing sso-session',
      { env: f.vars('environment'), p: [f.sso] },
      'all: !sso-session-missing; java rust: environment',
      'all: !sso-session-missing; rust: environment',
    ],

    [
      'token file variable and environment',
      { env: { ...f.webVars, ...f.vars('environment') }, asked: true },
      'all: environment',
    ],
    [
      'token file variable and [default]',
      { env: f.webVars, more: inDefault, asked: true },
      'all: web WebEnv; js rust: default',
    ],
    [
      'token file variable and keys in the profile',
      { env: f.webVars, p: [f.pair('config')] },
      'all: web WebEnv; js rust: config',
      'all: config',
    ],
    [
      'token file variable and a role',
      { env: f.webVars, p: [ofBase], more: base, asked: true },
      'all: role OfBase < base; go java dotnet: web WebEnv',
      'all: role OfBase < base',
    ],
    [
      'token file variable and a process',
      { env: f.webVars, p: [f.process] },
      'all: web WebEnv; js rust: process',
      'all: process',
    ],
    [
      'token file variable and a token file',
      { env: f.webVars, p: [f.web] },
      'all: web WebEnv; js rust: web Web',
      'all: web Web',
    ],
    [
      'token file variable and SSO',
      { env: f.webVars, p: [f.sso], more: f.ssoSession },
      'all: web WebEnv; js rust: sso',
      'all: sso',
    ],
    [
      'token file variable and an empty profile',
      { env: f.webVars, p: ['region = a\n'] },
      'all: web WebEnv',
      'all: !nothing-found; rust: web WebEnv',
    ],
    [
      'token file variable and a missing profile',
      { env: { ...f.webVars, ...P } },
      'all: !profile-missing; js java dotnet: web WebEnv',
    ],
    [
      'token file variable and a broken role',
      { env: f.webVars, p: [ofBase] },
      'all: !source-missing; js java dotnet: web WebEnv',
      'all: !source-missing; dotnet: role OfBase < web WebEnv',
    ],
    ['token file variable and a container', { env: { ...f.webVars, ...f.containerVars } }, 'all: web WebEnv'],
    [
      'token file variable without AWS_ROLE_ARN',
      { env: { AWS_WEB_IDENTITY_TOKEN_FILE: f.paths.tokenFile }, more: inDefault, asked: true },
      'all: !web-identity-without-role; js java dotnet rust: default',
    ],
    [
      'token file variable, a broken role and a process',
      { env: f.webVars, p: [ofBase, f.process] },
      'all: !source-missing; java dotnet: web WebEnv; js: process; go: !two-sources',
      'all: !source-missing; go: !two-sources; dotnet: !unknown-combination',
    ],
    [
      'a relative token file variable',
      { env: { ...f.webVars, AWS_WEB_IDENTITY_TOKEN_FILE: f.paths.tokenFileInHome }, more: inDefault },
      'all: web WebEnv; js dotnet rust: default',
    ],
    [
      'a relative token file variable alone',
      { env: { ...f.webVars, AWS_WEB_IDENTITY_TOKEN_FILE: f.paths.tokenFileInHome } },
      'all: web WebEnv; dotnet: !nothing-found',
    ],
    [
      'token file variable, a container and an empty profile',
      { env: { ...f.webVars, ...f.containerVars }, p: ['region = a\n'] },
      'all: web WebEnv',
      'all: container; js java dotnet: !nothing-found; rust: web WebEnv',
    ],
    ['AWS_ROLE_ARN alone', { env: { AWS_ROLE_ARN: ROLES.webEnv }, more: inDefault }, 'all: default'],
    [
      'AWS_ROLE_ARN beside a token file in the profile',
      { env: { AWS_ROLE_ARN: ROLES.webEnv }, p: [f.web] },
      'all: web Web; botocore: web WebEnv',
      'all: web Web',
    ],
    [
      'an empty token file variable',
      { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '' }, p: [f.web] },
      'all: web Web; botocore: !nothing-found',
      'all: web Web',
    ],
    [
      'token file variable, role_arn in the profile',
      { env: { AWS_WEB_IDENTITY_TOKEN_FILE: f.paths.tokenFile }, p: [`role_arn = ${ROLES.web}\n`] },
      'all: !role-without-source; js java: !nothing-found; go: !web-identity-without-role; dotnet: !unknown-combination',
      'all: !role-without-source; js go java: !nothing-found; dotnet: !unknown-combination',
    ],

    ['a container', { env: f.containerVars }, 'all: container'],
    ['a container and environment', { env: { ...f.containerVars, ...f.vars('environment') } }, 'all: environment'],
    ['a container and [default]', { env: f.containerVars, more: inDefault, asked: true }, 'all: default'],
    [
      'a container and a missing AWS_PROFILE',
      { env: { ...f.containerVars, ...P }, asked: true },
      'all: !profile-missing; js java: container',
    ],
    [
      'a container and an empty profile',
      { env: f.containerVars, p: ['region = a\n'], asked: true },
      'all: container',
      'all: container; js java dotnet: !nothing-found',
    ],
    [
      'a container and half a key',
      { env: { ...f.containerVars, AWS_ACCESS_KEY_ID: environment.id } },
      'all: container; botocore: !half-keys',
    ],
    [
      'empty container variables',
      {
        env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '', AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '' },
        more: inDefault,
      },
      'all: default',
    ],
    ['an instance', { env: f.instanceVars, hasInstanceMetadata: true, asked: true }, 'all: instance'],
    [
      'an instance and a container',
      { env: { ...f.instanceVars, ...f.containerVars }, hasInstanceMetadata: true, asked: true },
      'all: container',
    ],
    [
      'an instance and an empty profile',
      { env: f.instanceVars, p: ['region = a\n'], hasInstanceMetadata: true },
      'all: instance',
      'all: instance; js java dotnet: !nothing-found',
    ],
    [
      'an instance, a container and an empty profile',
      { env: { ...f.instanceVars, ...f.containerVars }, p: ['region = a\n'], hasInstanceMetadata: true },
      'all: container',
      'all: container; js java dotnet: !nothing-found',
    ],
    ['a container and a process', { env: f.containerVars, p: [f.process] }, 'all: process'],
    [
      'a container and a role that needs an MFA code',
      { env: f.containerVars, p: [ofBase, f.mfa], more: base },
      'botocore: role OfBase (mfa asked) < base; js go: !mfa-not-asked; java rust: role OfBase (mfa not-sent) < base; dotnet: container',
      'botocore: role OfBase (mfa asked) < base; js go dotnet: !mfa-not-asked; java rust: role OfBase (mfa not-sent) < base',
    ],
    [
      'a container and half of SSO',
      { env: f.containerVars, p: ['sso_role_name = Dev\n'] },
      'all: !sso-incomplete; java dotnet: container',
      'all: !sso-incomplete',
    ],
    [
      'a container and an sso_region',
      { env: f.containerVars, p: ['sso_region = a\n'] },
      'all: container; js go rust: !sso-incomplete',
      'all: !sso-incomplete; botocore: container',
    ],
    [
      'a container and an sso_start_url',
      { env: f.containerVars, p: ['sso_start_url = https://x.example/start\n'] },
      'all: container; js go rust: !sso-incomplete',
      'all: !sso-incomplete; botocore: container',
    ],
    [
      'a container and an sso_account_id',
      { env: f.containerVars, p: ['sso_account_id = 1\n'] },
      'all: !sso-incomplete; java dotnet: container',
      'all: !sso-incomplete',
    ],
    // .NET with its SSO part ends with an error there; the client of ../shared is built without it.
    [
      'a container and an sso_session',
      { env: f.containerVars, p: ['sso_session = corp\n'], more: f.ssoSession },
      'all: container; js rust: !sso-incomplete; go: sso',
      'all: !sso-incomplete; botocore: container; go: sso',
    ],
    [
      'environment and half an sso-session',
      { env: f.vars('environment'), p: ['sso_session = corp\n'], more: '[sso-session corp]\nsso_region = a\n' },
      'all: environment; botocore: !sso-session-incomplete; js: !sso-incomplete',
      'all: !sso-incomplete; botocore: !sso-session-incomplete; rust: environment',
    ],
    [
      'a container and a missing sso-session',
      { env: f.containerVars, p: [f.sso] },
      'all: !sso-session-missing; java: container',
      'all: !sso-session-missing',
    ],
    [
      'an instance that is switched off',
      { env: { ...f.instanceVars, AWS_EC2_METADATA_DISABLED: 'true' }, hasInstanceMetadata: true },
      'all: !nothing-found',
    ],
  ]
}
