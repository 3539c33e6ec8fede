import { CredError } from '../errors.ts'
import { isMadeOf, isWithin } from '../letters.ts'
import { PARTITIONS } from '../network/sts-region.ts'
import { isSecretByLooks, quoted } from '../text.ts'

/** Where a setting stands, for messages: `~/.aws/config:12`. */
export interface Origin {
  readonly path: string
  readonly line: number
}

export function at(origin: Origin): string {
  return `${origin.path}:${origin.line}`
}

const DURATION = /^\d{1,6}$/

export interface RoleArnParts {
  readonly partition: string
  readonly accountId: string
  /** The name without its path, as it stands in the ARN of a session of it. */
  readonly roleName: string
}

/** Takes a role's ARN apart; null where it is none, or of a partition that AWS does not have. */
export function parseRoleArn(arn: string): RoleArnParts | null {
  const parts = roleArnParts(arn)
  return parts !== null && PARTITIONS.includes(parts.partition) ? parts : null
}

function roleArnParts(arn: string): RoleArnParts | null {
  const [start, partition = '', service, region, accountId = '', role = '', ...more] = arn.split(':')
  if (start !== 'arn' || service !== 'iam' || region !== '' || more.length > 0) return null
  if (accountId.length !== 12 || !isWithin(accountId, '0', '9') || !role.startsWith('role/')) return null
  const path = role.slice('role/'.length)
  if (path === '' || path.length > 512 || !isMadeOf(path, '+=,.@/-')) return null
  return { partition, accountId, roleName: path.slice(path.lastIndexOf('/') + 1) }
}

/** What a text that `parseRoleArn` does not take should have been. */
export function roleArnRule(arn: string): string {
  const partitionAlone = /^aws[a-z-]*$/.test(roleArnParts(arn)?.partition ?? '')
  return partitionAlone
    ? `its partition must be one of ${PARTITIONS.join(', ')}`
    : 'a role reads arn:aws:iam::ACCOUNT:role/NAME'
}

/** Limits of the STS service model (2011-06-15): AssumeRole 900–43,200 s, GetSessionToken 900–129,600 s. */
export const ASSUME_ROLE_MAX_S = 43_200
export const SESSION_TOKEN_MAX_S = 129_600
export const DURATION_MIN_S = 900
/** What a role may last that is assumed with credentials which are a session themselves. */
export const CHAINED_MAX_S = 3_600
/** What STS gives where nothing is asked for. */
export const ASSUME_ROLE_DEFAULT_S = 3_600

/** A whole number of seconds within the limits, or null. */
export function parseDurationSeconds(text: string, maxS: number): number | null {
  if (!DURATION.test(text)) return null
  const seconds = Number(text)
  return seconds >= DURATION_MIN_S && seconds <= maxS ? seconds : null
}

/** `4h`, `90m`, `1h30m`, `3600s` or `3600` in seconds; null where it is none of them. */
export function parseDurationText(text: string): number | null {
  const match = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/.exec(text)
  if (text === '' || match === null) return null
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)
}

const TEXT_RULES: Record<string, { readonly rule: RegExp; readonly range: string }> = {
  role_session_name: { rule: /^[\w+=,.@-]{2,64}$/, range: '2 to 64 of letters, digits and _+=,.@-' },
  external_id: { rule: /^[\w+=,.@:/-]{2,1224}$/, range: '2 to 1224 of letters, digits and _+=,.@:/-' },
  source_identity: { rule: /^[\w+=,.@-]{2,64}$/, range: '2 to 64 of letters, digits and _+=,.@-' },
  mfa_serial: { rule: /^[\w+=/:,.@-]{9,256}$/, range: '9 to 256 of letters, digits and _+=/:,.@-' },
}

/** Throws where the value of `key` is outside what STS takes, before any call is made. */
export function checkTextSetting(profile: string, key: string, value: string, origin: Origin): void {
  const name = key.replace(/^aws_cred_/, '')
  const limits = TEXT_RULES[name]
  if (limits === undefined || limits.rule.test(value)) return
  throw new CredError(
    'failed',
    `cannot use ${key} of profile ${quoted(profile)} (${at(origin)}): it must be ${limits.range}`,
  )
}

/** Why STS cannot use this MFA serial, or null where it looks right. */
export function mfaSerialProblem(serial: string): string | null {
  if (isSecretByLooks(serial)) return 'it is a secret by its looks'
  if (/:user\//.test(serial)) return `it names a user; a device's serial reads arn:aws:iam::ACCOUNT:mfa/NAME`
  if (/:u2f\//.test(serial))
    return 'it names a passkey or security key, which AWS does not take for STS; add a TOTP device'
  return null
}

/** A role session name out of any text: what STS does not take becomes `-`. */
export function toSessionName(text: string): string {
  const taken = '+=,.@-'
  const name = (isMadeOf(text, taken) ? text : text.replace(/[^\w+=,.@-]/g, '-')).slice(0, 64)
  return name.length < 2 ? `aws-cred-${name}` : name
}
