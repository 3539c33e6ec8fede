import { CredError } from '../errors.ts'
import { looksLikeKey } from '../keys/key-input.ts'
import { pasteable } from '../paste.ts'
import type { ProfileProperty, Profiles } from '../profiles.ts'
import { quoted, shown } from '../text.ts'
import { mfaDurationSeconds } from './mfa-settings.ts'
import type { SignerKind } from './plan-roots.ts'
import { setting, settingKey } from './settings.ts'
import {
  ASSUME_ROLE_MAX_S,
  at,
  CHAINED_MAX_S,
  checkTextSetting,
  DURATION_MIN_S,
  mfaSerialProblem,
  parseDurationSeconds,
  parseRoleArn,
  roleArnRule,
  SESSION_TOKEN_MAX_S,
} from './sts-limits.ts'

export interface AssumeRoleStep {
  readonly kind: 'assume-role'
  readonly profile: string
  readonly roleArn: string
  /** Seconds to ask for; null leaves it to STS. Clamped to 3,600 where the step is chained. */
  readonly durationSeconds: number | null
  /** Null: the user's name where it is known, else this program's own. */
  readonly sessionName: string | null
  readonly externalId: string | null
  readonly mfaSerial: string | null
  readonly sourceIdentity: string | null
  readonly policy: string | null
  readonly policyArns: readonly string[]
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly transitiveTagKeys: readonly string[]
  /** True when what signs it is a session itself, or may be: STS then allows 3,600 s at most. */
  readonly chained: boolean
  /** What the profile asked for, before the clamp; for `list` and `setup`. */
  readonly askedSeconds: number | null
}

export interface SessionTokenStep {
  readonly kind: 'session-token'
  readonly profile: string
  readonly durationSeconds: number
  readonly mfaSerial: string | null
}

/**
 * The AssumeRole call that a profile asks for. Throws, naming key and line, for what STS would refuse. Where nobody
 * knows what signs, the duration is left as asked: STS's refusal is answered with the hour of role chaining.
 */
export function assumeRoleStep(
  profile: string,
  profiles: Profiles,
  signedBy: SignerKind,
  askedSeconds: number | undefined,
): AssumeRoleStep {
  const chained = signedBy !== 'key'
  const roleArn = setting(profiles, profile, 'role_arn') as ProfileProperty
  if (parseRoleArn(roleArn.value) === null) {
    const key = settingKey(profiles, profile, 'role_arn')
    // A secret pasted into the wrong line would else end up in logs and in `list`.
    const told = looksLikeKey(roleArn.value) ? '' : ` ${quoted(roleArn.value)}`
    throw new CredError(
      'failed',
      `cannot use ${key}${told} of profile ${quoted(profile)} (${at(roleArn)}): ${roleArnRule(roleArn.value)}`,
    )
  }
  if (askedSeconds !== undefined && askedSeconds > ASSUME_ROLE_MAX_S) {
    throw new CredError(
      'usage',
      `cannot assume a role for ${askedSeconds} seconds: it must be ${DURATION_MIN_S} to ${ASSUME_ROLE_MAX_S}`,
    )
  }
  const asked = askedSeconds ?? durationSetting(profile, profiles, ASSUME_ROLE_MAX_S)
  const text = (name: string): string | null => textSetting(profile, profiles, name)
  const mfaSerial = mfaSetting(profile, profiles)
  if (mfaSerial !== null && signedBy === 'session') {
    const line = setting(profiles, profile, 'mfa_serial') as ProfileProperty
    throw new CredError(
      'failed',
      `cannot use mfa_serial of profile ${quoted(profile)} (${at(line)}): STS takes an MFA code only from an IAM user's own key, and this role is assumed with a session`,
      { hint: 'name the serial on the first role of the chain instead' },
    )
  }
  return {
    kind: 'assume-role',
    profile,
    roleArn: roleArn.value,
    durationSeconds: signedBy === 'session' && asked !== null ? Math.min(asked, CHAINED_MAX_S) : asked,
    sessionName: text('role_session_name'),
    externalId: text('external_id'),
    mfaSerial,
    sourceIdentity: text('source_identity'),
    policy: text('policy'),
    policyArns: listSetting(profile, profiles, 'policy_arns'),
    tags: tagSetting(profile, profiles),
    transitiveTagKeys: listSetting(profile, profiles, 'transitive_tag_keys'),
    chained,
    askedSeconds: asked,
  }
}

/** What AssumeRoleWithWebIdentity has no field for: left out in silence, a tag or an id would be missed by policies. */
const NOT_FOR_WEB_IDENTITY = ['mfa_serial', 'external_id', 'source_identity', 'tags', 'transitive_tag_keys'] as const

/** The AssumeRoleWithWebIdentity call that a profile asks for: no key signs it, so it may last as long as the role allows. */
export function webIdentityStep(profile: string, profiles: Profiles, askedSeconds: number | undefined): AssumeRoleStep {
  for (const name of NOT_FOR_WEB_IDENTITY) {
    const line = setting(profiles, profile, name)
    if (line === null) continue
    const key = settingKey(profiles, profile, name)
    throw new CredError(
      'failed',
      `cannot use ${key} of profile ${quoted(profile)} (${at(line)}): STS takes none with a web identity token`,
      { hint: 'take that line out' },
    )
  }
  return assumeRoleStep(profile, profiles, 'key', askedSeconds)
}

/**
 * The GetSessionToken call of a profile with keys and no role: 3,600 s unless the profile says otherwise, and with an MFA
 * serial as long as the session that opens its roles, so that both are one.
 */
export function sessionTokenStep(
  profile: string,
  profiles: Profiles,
  askedSeconds: number | undefined,
): SessionTokenStep {
  const mfaSerial = mfaSetting(profile, profiles)
  const asked = askedSeconds ?? durationSetting(profile, profiles, SESSION_TOKEN_MAX_S)
  const durationSeconds = asked ?? (mfaSerial === null ? 3600 : mfaDurationSeconds(profile, profiles))
  return { kind: 'session-token', profile, durationSeconds, mfaSerial }
}

function durationSetting(profile: string, profiles: Profiles, maxS: number): number | null {
  const property = setting(profiles, profile, 'duration_seconds')
  if (property === null) return null
  const seconds = parseDurationSeconds(property.value, maxS)
  if (seconds !== null) return seconds
  const key = settingKey(profiles, profile, 'duration_seconds')
  throw new CredError(
    'failed',
    `cannot use ${key} ${quoted(property.value, 20)} of profile ${quoted(profile)} (${at(property)}): it must be ${DURATION_MIN_S} to ${maxS} seconds`,
    { hint: pasteable`aws-cred setup ${profile} --duration 1h` },
  )
}

function textSetting(profile: string, profiles: Profiles, name: string): string | null {
  const property = setting(profiles, profile, name)
  if (property === null) return null
  checkTextSetting(profile, settingKey(profiles, profile, name), property.value, property)
  return property.value
}

function mfaSetting(profile: string, profiles: Profiles): string | null {
  const serial = textSetting(profile, profiles, 'mfa_serial')
  const problem = serial === null ? null : mfaSerialProblem(serial)
  if (serial === null || problem === null) return serial
  const line = setting(profiles, profile, 'mfa_serial') as ProfileProperty
  throw new CredError(
    'failed',
    `cannot use mfa_serial ${quoted(serial)} of profile ${quoted(profile)} (${at(line)}): ${problem}`,
  )
}

function listSetting(profile: string, profiles: Profiles, name: string): string[] {
  const value = setting(profiles, profile, name)?.value ?? ''
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `aws_cred_tags = team=ops, env=prod`: the form that the AWS CLI uses for tags elsewhere is far longer. */
function tagSetting(profile: string, profiles: Profiles): (readonly [string, string])[] {
  return listSetting(profile, profiles, 'tags').map((pair) => {
    const equals = pair.indexOf('=')
    if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)] as const
    const line = setting(profiles, profile, 'tags') as ProfileProperty
    throw new CredError(
      'failed',
      `cannot use ${shown(settingKey(profiles, profile, 'tags'))} of profile ${quoted(profile)} (${at(line)}): tags read KEY=VALUE, KEY=VALUE`,
    )
  })
}
