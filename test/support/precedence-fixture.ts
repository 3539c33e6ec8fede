import { createHash } from 'node:crypto'

/** A key pair of the situations, with its token where it is a session's. */
export interface FixtureKeys {
  readonly id: string
  readonly secret: string
  readonly token: string | null
}

/** Each source has keys of its own, so that the ARN that AWS answers with tells which one was taken. */
export const LONG_LIVED = [
  'environment',
  'legacy',
  'config',
  'credentials',
  'process',
  'base',
  'default',
  'other',
] as const
export const SESSIONS = ['variables', 'file', 'container', 'instance', 'sso', 'login', 'cached'] as const
export type Label = (typeof LONG_LIVED)[number] | (typeof SESSIONS)[number]

export const ACCOUNT = '123456789012'
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`
/** `OfBase` is for `base` alone, `Any` for everyone, `Web` and `WebEnv` for the token in the token file. */
export const ROLES = { ofBase: roleArn('OfBase'), any: roleArn('Any'), web: roleArn('Web'), webEnv: roleArn('WebEnv') }

/** Whose sign-in `aws login` has left. */
export const LOGIN_SESSION = `arn:aws:iam::${ACCOUNT}:user/me`

/** Files and addresses that a situation names. */
export interface FixturePaths {
  readonly helper: string
  readonly tokenFile: string
  /** The same below each home, which is where the tools are started. */
  readonly tokenFileInHome: string
  /** Answers as a container's endpoint and as an instance's metadata. */
  readonly metadataUrl: string
}

/** What situations are written with. */
export class Fixture {
  readonly keys: Readonly<Record<Label, FixtureKeys>>
  readonly paths: FixturePaths

  constructor(keys: Readonly<Record<Label, FixtureKeys>>, paths: FixturePaths) {
    this.keys = keys
    this.paths = paths
  }

  /** The variables of a key. */
  vars(label: Label): Record<string, string> {
    const { id, secret, token } = this.keys[label]
    return {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
      ...(token === null ? {} : { AWS_SESSION_TOKEN: token }),
    }
  }

  /** The lines of a key in a profile, its token left out. */
  pair(label: Label): string {
    return `${this.id(label)}${this.secret(label)}`
  }

  id(label: Label): string {
    return `aws_access_key_id = ${this.keys[label].id}\n`
  }

  secret(label: Label): string {
    return `aws_secret_access_key = ${this.keys[label].secret}\n`
  }

  token(label: Label, key = 'aws_session_token'): string {
    return `${key} = ${this.keys[label].token}\n`
  }

  get process(): string {
    return `credential_process = ${this.paths.helper}\n`
  }

  get web(): string {
    return `role_arn = ${ROLES.web}\nweb_identity_token_file = ${this.paths.tokenFile}\n`
  }

  readonly sso = `sso_session = corp\nsso_account_id = ${ACCOUNT}\nsso_role_name = Dev\n`
  readonly ssoSession = '[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n'
  readonly ssoAlone =
    `sso_start_url = https://corp.example/start\nsso_region = us-east-1\nsso_account_id = ${ACCOUNT}\nsso_role_name = Dev\n`
  readonly login = `login_session = ${LOGIN_SESSION}\n`
  readonly mfa = `mfa_serial = arn:aws:iam::${ACCOUNT}:mfa/me\n`

  get webVars(): Record<string, string> {
    return { AWS_WEB_IDENTITY_TOKEN_FILE: this.paths.tokenFile, AWS_ROLE_ARN: ROLES.webEnv }
  }

  get containerVars(): Record<string, string> {
    return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.paths.metadataUrl}container` }
  }

  get instanceVars(): Record<string, string> {
    return { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: this.paths.metadataUrl }
  }

  /** What the AWS CLIs keep of a role, that many minutes before it ends. */
  cached(minutes: number): string {
    const { id, secret, token } = this.keys.cached
    const Expiration = `${new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19)}Z`
    return JSON.stringify({
      ProviderType: 'sso',
      Credentials: { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token, Expiration },
    })
  }
}

/** Made-up keys: the same at each run, and good nowhere. */
export function madeUpKeys(): Record<Label, FixtureKeys> {
  const made = (label: Label, prefix: string, token: string | null): [Label, FixtureKeys] => {
    const digest = createHash('sha256').update(label)
    const bytes = [...digest.copy().digest()]
    const id =
      prefix +
      bytes
        .slice(0, 16)
        .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32])
        .join('')
    return [label, { id, secret: digest.digest('base64').slice(0, 40), token }]
  }
  return Object.fromEntries([
    ...LONG_LIVED.map((label) => made(label, 'AKIA', null)),
    ...SESSIONS.map((label) => made(label, 'ASIA', `token-of-${label}`)),
  ]) as Record<Label, FixtureKeys>
}
