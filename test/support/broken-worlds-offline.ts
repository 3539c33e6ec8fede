import {
  type BrokenWorld,
  cached,
  cacheFile,
  keys,
  LASTING,
  minutesFromNow,
  TEMPORARY,
  TOKEN,
  variables,
} from './broken-worlds.ts'
import { sha1 } from './precedence-situations.ts'
import { exampleWorld } from './sts.ts'

const ROLE = exampleWorld().arns.prod
const LATER = { AWS_CREDENTIAL_EXPIRATION: minutesFromNow(50) }
const SSO = `[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n
[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Dev\n`
const ssoToken = (minutes: number, more = {}) =>
  JSON.stringify({ accessToken: 'sso-access', expiresAt: minutesFromNow(minutes), region: 'eu-west-1', ...more })
const ssoFile = `.aws/sso/cache/${sha1('corp')}.json`

const script = (says: string) => `#!/bin/sh\necho '${says}'\n`
const own = (path: string, profile = 'app') =>
  `[profile ${profile}]\ncredential_process = "${path}" process --profile ${profile}\n`
const live = { ...variables(TEMPORARY, TOKEN), ...LATER }

/** What is wrong in variables, files and caches: no network is asked. */
export const OFFLINE_WORLDS: readonly BrokenWorld[] = [
  { name: 'nothing at all', finds: ['bad no-credentials'], cures: { 'no-credentials': 'aws-cred add default' } },
  {
    name: 'nobody names a profile, and there is one',
    config: own('/bin/sh', 'prod'),
    finds: ['bad no-credentials'],
    cures: { 'no-credentials': 'export AWS_PROFILE=prod' },
    shows: [/no profile is named, and "default" gives no credentials; there is prod$/m],
  },
  {
    name: 'nobody names a profile, and there is one, in PowerShell',
    env: { AWS_CRED_HOOKED: 'powershell:1' },
    config: own('/bin/sh', 'prod'),
    finds: ['bad no-credentials'],
    cures: { 'no-credentials': "$env:AWS_PROFILE = 'prod'" },
  },
  {
    name: 'nobody names a profile, and there are six that give credentials',
    config: `${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => own('/bin/sh', name)).join('')}[profile none]\nregion = x\n`,
    finds: ['bad no-credentials'],
    cures: { 'no-credentials': 'aws-cred list' },
    shows: [/there are a, b, c, d, e and 1 more$/m],
  },
  {
    name: 'a live session in the environment',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    finds: [],
    shows: [/^ {2}environment {2}ASIA…MPLE/m, /\nnothing to mend\n$/],
  },
  {
    name: 'an expired session in the environment',
    env: { ...variables(TEMPORARY, TOKEN), AWS_CREDENTIAL_EXPIRATION: minutesFromNow(-60) },
    finds: ['bad env-expired'],
    cures: { 'env-expired': 'eval "$(aws-cred export --unset)"' },
    leaves: ['bad no-credentials'],
  },
  {
    name: 'an expired session of our own export, in fish',
    env: {
      ...variables(TEMPORARY, TOKEN),
      AWS_CREDENTIAL_EXPIRATION: minutesFromNow(-60),
      AWS_CRED_PROFILE: 'prod',
      SHELL: '/usr/bin/fish',
    },
    config: `[profile prod]\naws_cred_role_arn = ${ROLE}\naws_cred_source_profile = user1\n`,
    credentials: `[user1]\n${keys(LASTING)}`,
    words: ['--tool', 'go'],
    finds: ['bad env-expired', 'warning static-keys'],
    cures: { 'env-expired': 'aws-cred export --profile prod --format fish | source' },
  },
  {
    name: 'an expired session of our own export, whose profile is gone',
    env: {
      ...variables(TEMPORARY, TOKEN),
      AWS_CREDENTIAL_EXPIRATION: minutesFromNow(-60),
      AWS_CRED_PROFILE: 'prod',
      SHELL: '/usr/bin/fish',
    },
    words: ['--tool', 'go'],
    finds: ['bad env-expired'],
    cures: { 'env-expired': 'aws-cred export --unset --format fish | source' },
    leaves: ['bad no-credentials'],
  },
  {
    name: 'a session that ends in five minutes',
    env: { ...variables(TEMPORARY, TOKEN), AWS_CREDENTIAL_EXPIRATION: minutesFromNow(5) },
    finds: ['warning env-expiring'],
    cures: { 'env-expiring': 'whoever made it has to make a new one' },
  },
  {
    name: 'granted noted the end, and it is over',
    env: { ...variables(TEMPORARY, TOKEN), AWS_SESSION_EXPIRATION: minutesFromNow(-5) },
    finds: ['bad env-expired'],
    leaves: ['bad no-credentials'],
  },
  {
    name: 'two programs noted two ends',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER, AWSUME_EXPIRATION: minutesFromNow(-600) },
    finds: ['warning env-expiry-left'],
    cures: { 'env-expiry-left': 'unset AWSUME_EXPIRATION' },
  },
  {
    name: 'an expiration that is no time',
    env: { ...variables(TEMPORARY, TOKEN), AWS_CREDENTIAL_EXPIRATION: 'tomorrow' },
    finds: ['bad env-expiry-unread'],
  },
  {
    name: 'an expiration without a zone',
    env: { ...variables(TEMPORARY, TOKEN), AWS_CREDENTIAL_EXPIRATION: '2030-01-01T00:00:00' },
    finds: ['bad env-expiry-unread'],
  },
  {
    name: 'an id without its secret',
    env: { AWS_ACCESS_KEY_ID: LASTING },
    finds: ['bad no-credentials', 'bad env-half-set'],
  },
  {
    name: 'a token alone',
    env: { AWS_SESSION_TOKEN: TOKEN },
    finds: ['bad no-credentials', 'bad env-half-set'],
  },
  {
    name: 'a temporary key without its token',
    env: variables(TEMPORARY),
    finds: ['bad env-token-missing'],
    leaves: ['bad no-credentials'],
  },
  {
    name: 'a long-lived key beside the token of an older session',
    env: variables(LASTING, TOKEN),
    finds: ['bad env-token-left'],
    cures: { 'env-token-left': 'unset AWS_SESSION_TOKEN' },
  },
  {
    name: 'a long-lived key beside an expiration',
    env: { ...variables(LASTING), ...LATER },
    finds: ['bad env-expiry-left'],
  },
  {
    name: 'two tokens',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER, AWS_SECURITY_TOKEN: 'another' },
    finds: ['warning tools-disagree', 'bad env-two-tokens'],
    shows: [/environment with AWS_SESSION_TOKEN; AWS CLI, boto3: environment with AWS_SECURITY_TOKEN$/m],
    leaves: [],
  },
  {
    name: 'a profile that is named for its region alone is shadowed by nothing',
    env: { ...variables(LASTING), AWS_DEFAULT_PROFILE: 'one' },
    config: '[profile one]\nregion = eu-west-1\n[profile two]\nregion = eu-west-1\n',
    finds: [],
  },
  {
    name: 'two profile variables',
    env: { AWS_PROFILE: 'one', AWS_DEFAULT_PROFILE: 'two' },
    config: `${own('/bin/sh', 'one')}${own('/bin/sh', 'two')}`.replaceAll(' process ', ' other '),
    finds: ['warning tools-disagree', 'warning env-two-profiles'],
    leaves: [],
  },
  {
    name: 'a profile that the environment shadows',
    env: { ...variables(LASTING), AWS_PROFILE: 'app' },
    config: `[profile app]\ncredential_process = /bin/sh helper\n`,
    finds: ['warning profile-shadowed'],
    shows: [/who wins: the tools do not agree/, / JS\n/, /Rust \(from its source\)/],
  },
  {
    name: 'one tool alone does not disagree',
    env: { ...variables(LASTING), AWS_PROFILE: 'app' },
    config: `[profile app]\ncredential_process = /bin/sh helper\n`,
    words: ['--tool', 'js'],
    finds: [],
  },
  {
    name: 'keys that fish keeps',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    files: {
      '.config/fish/fish_variables': `# VERSION: 3.0\nSETUVAR --export AWS_SESSION_TOKEN:${TOKEN}\nSETUVAR fish_key:x\n`,
    },
    finds: ['bad env-kept'],
    shows: [/fish keeps AWS_SESSION_TOKEN on disk/],
  },
  {
    name: 'a profile whose name is mistyped',
    env: { AWS_PROFILE: 'prdo' },
    config: '[profile prod]\ncredential_process = /bin/sh helper\n',
    finds: ['bad no-credentials'],
    cures: { 'no-credentials': 'the nearest name is "prod"' },
  },
  {
    name: 'a profile that is not there',
    env: { AWS_PROFILE: 'gone' },
    config: '[profile here]\nregion = eu-west-1\n',
    finds: ['bad no-credentials'],
  },
  {
    name: 'long-lived keys in the credentials file',
    credentials: `[default]\n${keys(LASTING)}`,
    finds: ['warning static-keys'],
    cures: { 'static-keys': 'aws-cred import default' },
  },
  {
    name: 'long-lived keys in a file that nobody has written to for long',
    credentials: `[default]\n${keys(LASTING)}`,
    agedHours: 100 * 24,
    finds: ['warning static-keys'],
    shows: [/lies in ~\/\.aws\/credentials:2, for 100 d at least$/m],
  },
  {
    name: 'a secret in the config, and another in the credentials file',
    config: `[default]\n${keys(LASTING)}`,
    credentials: `[default]\n${keys('AKIAI44QH8DHBEXAMPLE')}`,
    finds: ['warning static-keys'],
    cures: { 'static-keys': 'tools disagree on which wins; take the lines of one of them out' },
  },
  {
    name: 'a config with a session that others can read',
    config: `[default]\n${keys(TEMPORARY, TOKEN)}`,
    mode: 0o640,
    finds: ['bad token-in-config', 'warning file-open'],
  },
  {
    name: 'the token under its old name alone',
    env: { ...variables(TEMPORARY), AWS_SECURITY_TOKEN: TOKEN, ...LATER },
    finds: ['warning tools-disagree'],
  },
  {
    name: 'an entry of the CLI cache that is no JSON',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    files: { [cacheFile('a')]: '{"Credentials":' },
    finds: ['bad cli-cache-broken'],
  },
  {
    name: 'a live entry of the CLI cache',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    files: { [cacheFile('a')]: cached(30) },
    finds: [],
  },
  {
    name: 'long-lived keys that others can read',
    credentials: `[default]\n${keys(LASTING)}`,
    mode: 0o644,
    finds: ['warning static-keys', 'warning file-open'],
    // No keys, no secret to be read.
    leaves: [],
  },
  {
    name: 'a session in the credentials file',
    credentials: `[default]\n${keys(TEMPORARY, TOKEN)}`,
    finds: ['bad token-in-credentials'],
    cures: { 'token-in-credentials': 'aws-cred import default --drop-session' },
  },
  {
    name: 'a session in the config that has ended',
    env: { AWS_PROFILE: 'app' },
    config: `[profile app]\n${keys(TEMPORARY, TOKEN)}x_security_token_expires = ${minutesFromNow(-90)}\n`,
    finds: ['bad token-in-config'],
    shows: [/config:4; expired 90 min ago/],
    leaves: ['bad no-credentials'],
  },
  {
    name: 'a session in a file that is older than any session',
    credentials: `[default]\n${keys(TEMPORARY, TOKEN)}`,
    agedHours: 49,
    finds: ['bad token-in-credentials'],
    shows: [/credentials:4; expired, since the file is 2 d old/],
    leaves: ['bad no-credentials'],
  },
  {
    name: 'a session in the file that still lives',
    credentials: `[default]\n${keys(TEMPORARY, TOKEN)}x_security_token_expires = ${minutesFromNow(30)}\n`,
    finds: ['warning token-in-credentials'],
  },
  {
    name: 'keys of another profile are not asked about',
    env: { AWS_PROFILE: 'app' },
    config: '[profile app]\ncredential_process = /bin/sh helper\n',
    credentials: `[other]\n${keys(LASTING)}`,
    finds: [],
  },
  {
    name: 'keys of the source profile are',
    env: { AWS_PROFILE: 'app' },
    config: '[profile app]\nrole_arn = arn:aws:iam::111122223333:role/App\nsource_profile = base\n',
    credentials: `[base]\n${keys(LASTING)}`,
    finds: ['warning static-keys'],
    shows: [/role App of profile app/],
  },
  {
    name: 'half a pair in the file',
    credentials: `[default]\naws_access_key_id = ${LASTING}\n`,
    finds: ['bad no-credentials', 'warning static-keys'],
    cures: { 'static-keys': 'put the pair into the keychain and take the line out: aws-cred add default' },
  },
  {
    name: 'a config that cannot be read',
    config: '[profile app\nregion = eu-west-1\n',
    finds: ['bad files-unreadable', 'bad no-credentials'],
  },
  {
    name: 'expired entries of the CLI cache',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    files: { [cacheFile('a')]: cached(-10), [cacheFile('b')]: cached(-20), [cacheFile('c')]: cached(30) },
    finds: ['warning cli-cache-expired'],
    cures: { 'cli-cache-expired': 'aws-cred logout --cli-cache' },
    shows: [/2 of 3 entries of ~\/\.aws\/cli\/cache are expired/],
  },
  {
    name: 'an empty entry of the CLI cache',
    env: { ...variables(TEMPORARY, TOKEN), ...LATER },
    files: { [cacheFile('a')]: '' },
    finds: ['bad cli-cache-broken'],
  },
  {
    name: 'an SSO sign-in that is over',
    env: { AWS_PROFILE: 'dev' },
    config: SSO,
    files: { [ssoFile]: ssoToken(-60) },
    finds: ['bad sso-cache-expired'],
    cures: { 'sso-cache-expired': 'aws sso login --profile dev' },
  },
  {
    name: 'an SSO sign-in that renews itself',
    env: { AWS_PROFILE: 'dev' },
    config: SSO,
    files: {
      [ssoFile]: ssoToken(-60, {
        refreshToken: 'r',
        clientId: 'c',
        clientSecret: 's',
        registrationExpiresAt: minutesFromNow(6000),
      }),
    },
    finds: [],
  },
  {
    name: 'nobody has signed in to SSO',
    env: { AWS_PROFILE: 'dev' },
    config: SSO,
    finds: ['bad sso-cache-expired'],
    shows: [/nobody has signed in here/],
  },
  {
    name: 'an SSO token that is no JSON',
    env: { AWS_PROFILE: 'dev' },
    config: SSO,
    files: { [ssoFile]: '{' },
    finds: ['bad sso-cache-expired'],
  },
  {
    name: 'nobody has used aws login',
    env: { AWS_PROFILE: 'me' },
    config: '[profile me]\nlogin_session = arn:aws:iam::111122223333:user/alice\n',
    finds: ['bad login-cache-expired', 'warning tool-refuses'],
    shows: [/Java: nothing found/],
    cures: { 'login-cache-expired': 'aws login --profile me' },
  },
  {
    name: 'a profile named in the command is asked about as by --profile',
    env: { ...variables(LASTING), AWS_PROFILE: 'other' },
    config: '[profile app]\ncredential_process = /bin/sh helper\n[profile other]\nregion = eu-west-1\n',
    words: ['app'],
    // Rust takes the environment whatever profile is named.
    finds: ['warning tools-disagree'],
    shows: [/^profile app, this shell: bash\n\nwho wins with --profile app/],
  },
]

/** What is wrong with programs and how sessions are set up. */
export const SETUP_WORLDS: readonly BrokenWorld[] = [
  {
    name: 'the binary of a line is gone',
    env: { AWS_PROFILE: 'app' },
    config: own('/nowhere/aws-cred'),
    finds: ['bad helper-missing'],
    cures: { 'helper-missing': 'aws-cred setup app' },
  },
  {
    name: 'a binary that cannot be run',
    env: { AWS_PROFILE: 'app' },
    config: own('/etc/aws-cred'),
    finds: ['bad helper-missing'],
  },
  {
    name: "another program's binary is gone",
    env: { AWS_PROFILE: 'app' },
    config: '[profile app]\ncredential_process = /nowhere/helper --json\n',
    finds: ['bad helper-missing'],
    cures: { 'helper-missing': null },
  },
  {
    name: 'one binary gone for many profiles is said once',
    env: live,
    config: `${own('/nowhere/aws-cred')}${own('/nowhere/aws-cred', 'two')}${own('/nowhere/aws-cred', 'three')}`,
    finds: ['bad helper-missing'],
    shows: [/profile app \(~\/\.aws\/config:2\) and 2 more/],
  },
  {
    name: 'a relative line of ours',
    env: { AWS_PROFILE: 'app', PATH: '$HOME/bin' },
    config: own('aws-cred'),
    files: { 'bin/aws-cred': script('aws-cred 9') },
    finds: ['warning helper-relative'],
  },
  {
    name: 'a line of ours by a name that is not on PATH',
    env: { AWS_PROFILE: 'app' },
    config: own('aws-cred'),
    finds: ['bad helper-missing'],
    cures: { 'helper-missing': 'aws-cred setup app' },
    shows: [/aws-cred of profile app \(~\/\.aws\/config:2\) is not on PATH/],
  },
  {
    name: 'another program by a name that is not on PATH',
    env: { AWS_PROFILE: 'app' },
    config: '[profile app]\ncredential_process = no-such-helper --json\n',
    finds: ['bad helper-missing'],
    cures: { 'helper-missing': null },
  },
  {
    name: 'a program on PATH with marks of a comment in its words, which botocore keeps',
    env: { AWS_PROFILE: 'app', PATH: '$HOME/bin' },
    config: '[profile app]\ncredential_process = helper --item "AWS #1"\n',
    files: { 'bin/helper': script('{}') },
    finds: [],
  },
  {
    name: 'a program that only a relative folder on PATH may hold',
    env: { AWS_PROFILE: 'app', PATH: 'bin:/bin' },
    config: '[profile app]\ncredential_process = no-such-helper\n',
    finds: [],
  },
  ...['~/bin/aws-cred', '"$HOME/bin/aws-cred"'].map(
    (program): BrokenWorld => ({
      name: `${program}, which botocore does not expand`,
      env: { AWS_PROFILE: 'app' },
      config: own(program),
      finds: ['bad helper-missing'],
      cures: { 'helper-missing': 'aws-cred setup app' },
      shows: [/is not found by the AWS CLI and boto3, which read neither ~ nor variables there/],
    }),
  ),
  ...(
    [
      ['process', /: --profile is missing$/m],
      ['process --profile app ; note', /: the AWS CLI and boto3 take the comment behind it for words of it$/m],
      ['process --profile app # note', /: the AWS CLI and boto3 take the comment behind it for words of it$/m],
      ['process --profile app;note', /: "app;note" is not a name that every tool reads$/m],
      ['process --profile app | cat', /: it takes no arguments$/m],
      ['process --profile app --bogus', /: it has no option "--bogus"$/m],
      ['process --profile app "', /: a quote in it is not closed$/m],
    ] as const
  ).map(
    ([words, said]): BrokenWorld => ({
      name: `a line that ends ${words}`,
      env: { AWS_PROFILE: 'app' },
      config: `[profile app]\ncredential_process = /bin/aws-cred ${words}\n`,
      // That program is not there either; what stands in an open quote is no program's name.
      finds: words.endsWith('"') ? ['bad helper-line'] : ['bad helper-line', 'bad helper-missing'],
      shows: [said],
    }),
  ),
  {
    name: 'aws-cred twice on PATH',
    env: { ...live, PATH: '$HOME/bin:$HOME/other-bin' },
    files: { 'bin/aws-cred': script('aws-cred 9'), 'other-bin/aws-cred': script('aws-cred 8') },
    finds: ['warning two-copies'],
    shows: [/~\/bin\/aws-cred, ~\/other-bin\/aws-cred/],
  },
  {
    name: 'the same folder twice on PATH is one copy',
    env: { ...live, PATH: '$HOME/bin:$HOME/bin' },
    files: { 'bin/aws-cred': script('aws-cred 9') },
    finds: [],
  },
  {
    name: 'an AWS CLI',
    env: live,
    files: { 'bin/aws': script('aws-cli/2.33.4 Python/3.13.7 Linux/6.1 exe/x86_64') },
    finds: [],
    shows: [/ok cli {18}aws-cli 2\.33\.4 \(~\/bin\/aws\)/],
  },
  {
    name: 'an AWS CLI that does not know aws login',
    env: { AWS_PROFILE: 'me', ...live },
    config: '[profile me]\nlogin_session = arn:aws:iam::111122223333:user/alice\n',
    files: { 'bin/aws': script('aws-cli/2.9.19 Python/3.11.2') },
    words: ['--tool', 'cli'],
    finds: ['warning profile-shadowed', 'bad login-cache-expired', 'bad cli-old'],
  },
  {
    name: 'an AWS CLI that says nothing',
    env: live,
    files: { 'bin/aws': '#!/bin/sh\nexit 3\n' },
    finds: ['warning cli'],
  },
  {
    name: 'a session of a quarter of an hour',
    env: { ...live, AWS_PROFILE: 'app' },
    config:
      '[profile app]\nrole_arn = arn:aws:iam::111122223333:role/App\nsource_profile = base\nduration_seconds = 900\n',
    credentials: `[base]\n${keys(LASTING)}`,
    finds: ['warning profile-shadowed', 'warning static-keys', 'warning session-short'],
    cures: { 'session-short': 'aws-cred setup app --duration 1h' },
  },
  {
    name: 'a chained role that asks for four hours',
    env: { AWS_PROFILE: 'app' },
    words: ['--tool', 'cli'],
    config: `[profile app]\nrole_arn = arn:aws:iam::111122223333:role/App\nsource_profile = mid\nduration_seconds = 14400
[profile mid]\nrole_arn = arn:aws:iam::111122223333:role/Mid\nsource_profile = base\n`,
    credentials: `[base]\n${keys(LASTING)}`,
    finds: ['warning static-keys', 'warning session-chained'],
  },
  {
    name: 'a profile of ours that leads back to itself',
    env: { ...live, AWS_PROFILE: 'app' },
    words: ['--tool', 'go'],
    config: `[profile app]\naws_cred_role_arn = arn:aws:iam::111122223333:role/App\naws_cred_source_profile = mid
[profile mid]\naws_cred_role_arn = arn:aws:iam::111122223333:role/Mid\naws_cred_source_profile = app\n`,
    finds: ['bad last-failure', 'bad last-failure'],
  },
]
