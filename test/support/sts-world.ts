import { createHash, randomBytes } from 'node:crypto'

/** An IAM user (or, with `root`, an account's root user) with one long-lived access key. */
export interface StsUser {
  accessKeyId: string
  secret: string
  /** Twelve digits. */
  accountId: string
  userName: string
  /** `/` unless given, e.g. `/team/`. */
  path?: string
  /** `aws` unless given. */
  partition?: string
  root?: boolean
  mfaSerial?: string
  /** Which codes the device shows; RFC 6238 from the serial unless given (see `Sts.mfaCode`). */
  acceptsCode?: (code: string, nowMs: number) => boolean
}

/** A role with what its trust policy says. */
export interface StsRole {
  arn: string
  /** Who may assume it: ARNs of users, roles or OIDC providers, `arn:…:root` for a whole account, `*` for all. */
  trust: string[]
  externalId?: string
  requireMfa?: boolean
  /** A code in the call itself (as aws:MultiFactorAuthAge asks for a fresh one): a session made with one is not enough. */
  requireCode?: boolean
  /** Its MaxSessionDuration; 3,600 unless given. */
  maxDurationSeconds?: number
  /** What `sts:RoleSessionName` must equal; `${aws:username}` stands for the caller's user name. */
  requireSessionName?: string
  /** `AROA…`; made from the ARN unless given. */
  id?: string
}

/** A token that AssumeRoleWithWebIdentity accepts. */
export interface WebIdentityToken {
  token: string
  /** Host (and path) of the issuer, as it ends the ARN `…:oidc-provider/HOST`. */
  provider: string
  subject: string
  audience: string
  /** By the emulator's clock; never unless given. */
  expiresAtMs?: number
}

export interface World {
  users: StsUser[]
  roles: StsRole[]
  webIdentityTokens?: WebIdentityToken[]
}

/** The ready-made world, with its parts by name. */
export interface ExampleWorld extends World {
  alice: StsUser
  /** The role ARNs by the role's short name. */
  arns: typeof exampleArns
}

const account = '123456789012'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`

const exampleArns = {
  prod: roleArn('Prod-Role'),
  middle: roleArn('Middle'),
  chained: roleArn('Chained'),
  needsMfa: roleArn('Needs-Mfa'),
  needsCode: roleArn('Needs-Code'),
  external: roleArn('External'),
  named: roleArn('Named'),
  short: roleArn('Short'),
  long: roleArn('Long'),
  pathed: roleArn('team/blue/Pathed'),
  web: roleArn('Web'),
  nobody: roleArn('Nobody'),
}

/**
 * User alice of account 123456789012 and a role for each thing that a trust can ask. Key and secret are new at each
 * call unless given.
 */
export function exampleWorld(given: Partial<StsUser> = {}): ExampleWorld {
  const alice: StsUser = {
    accessKeyId: newKeyId('AKIA'),
    secret: newSecret(),
    accountId: account,
    userName: 'alice',
    mfaSerial: `arn:aws:iam::${account}:mfa/alice`,
    ...given,
  }
  const me = userArn(alice)
  const { prod, middle, chained, needsMfa, needsCode, external, named, short, long, pathed, web, nobody } = exampleArns
  const roles: StsRole[] = [
    { arn: prod, trust: [me, middle], maxDurationSeconds: 43_200 },
    { arn: middle, trust: [me], maxDurationSeconds: 43_200 },
    { arn: chained, trust: [middle], maxDurationSeconds: 43_200 },
    { arn: needsMfa, trust: [me], requireMfa: true },
    { arn: needsCode, trust: [me], requireCode: true },
    { arn: external, trust: [me], externalId: 'example-external-id' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable of IAM
    { arn: named, trust: [me], requireSessionName: '${aws:username}' },
    { arn: short, trust: [me], maxDurationSeconds: 3_600 },
    { arn: long, trust: [me], maxDurationSeconds: 43_200 },
    { arn: pathed, trust: [me] },
    { arn: web, trust: [`arn:aws:iam::${account}:oidc-provider/oidc.example.com`] },
    { arn: nobody, trust: [] },
  ]
  return { users: [alice], roles, webIdentityTokens: [], alice, arns: exampleArns }
}

export function userArn(user: StsUser): string {
  const prefix = `arn:${user.partition ?? 'aws'}:iam::${user.accountId}:`
  return user.root ? `${prefix}root` : `${prefix}user${user.path ?? '/'}${user.userName}`
}

/** What GetCallerIdentity calls UserId: the account's number for root. */
export function userId(user: StsUser): string {
  return user.root ? user.accountId : stableId('AIDA', userArn(user))
}

export function roleId(role: StsRole): string {
  return role.id ?? stableId('AROA', role.arn)
}

/** A made-up key id as AWS shapes them: `AKIA` or `ASIA` and 16 of A–Z, 2–7. */
export function newKeyId(prefix: 'AKIA' | 'ASIA'): string {
  return prefix + base32(randomBytes(16)).slice(0, 16)
}

/** 40 characters, with `+` and `/` among them as in real ones. */
export function newSecret(): string {
  return randomBytes(30).toString('base64')
}

/** About 900 characters; real ones begin alike too. */
export function newSessionToken(): string {
  return `IQoJb3JpZ2luX2VjE${randomBytes(662).toString('base64')}`
}

function stableId(prefix: string, of: string): string {
  return prefix + base32(createHash('sha256').update(of).digest()).slice(0, 17)
}

function base32(bytes: Buffer): string {
  return Array.from(bytes, (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')
}
