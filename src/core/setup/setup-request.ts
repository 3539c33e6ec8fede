import { usageError } from '../arguments.ts'
import { isPortableProfileName, ownLine, parseOwnLine } from '../command-line.ts'
import type { Context } from '../context.ts'
import { CredError } from '../errors.ts'
import { isIniName } from '../ini-grammar.ts'
import { keyTypedError } from '../keys/key-name.ts'
import { isRegionName } from '../network/sts-region.ts'
import { isPlainWord } from '../paste.ts'
import {
  DURATION_MIN_S,
  mfaSerialProblem,
  parseDurationText,
  parseRoleArn,
  roleArnRule,
  SESSION_TOKEN_MAX_S,
} from '../plan/sts-limits.ts'
import { isSecretByLooks, quoted } from '../text.ts'
import type { Arguments } from '../verb.ts'

/** What `setup` was asked to write; null where nothing was said. */
export interface SetupRequest {
  readonly profile: string
  /** The `credential_process` value for it. */
  readonly processLine: string
  readonly roleArn: string | null
  readonly sourceProfile: string | null
  readonly mfaSerial: string | null
  readonly durationSeconds: number | null
  readonly externalId: string | null
  readonly region: string | null
}

const VERB = { name: 'setup' }

type TextRule = readonly [rule: { test(value: string): boolean }, range: string]

/** Limits of the STS service model (2011-06-15); the planner knows them too, this is for exit 2 before a file is read. */
const TEXT_FLAGS: Readonly<Record<string, TextRule>> = {
  'external-id': [/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 of letters, digits and _+=,.@:/-'],
  'mfa-serial': [/^[\w+=/:,.@-]{9,256}$/, '9 to 256 of letters, digits and _+=/:,.@-'],
  'source-profile': [{ test: (name) => isIniName(name) && !isSecretByLooks(name) }, 'letters, digits and _-/.%@:+'],
  region: [{ test: isRegionName }, 'a region such as eu-west-1'],
}

/**
 * Checks a name that is to stand in a `credential_process` line. Throws `CredError('usage')` where a parser, sh or
 * cmd.exe would read it otherwise.
 */
export function checkProfileName(profile: string, platform: string): void {
  if (isSecretByLooks(profile)) throw keyTypedError(VERB, null)
  if (isPortableProfileName(profile, platform)) return
  const percent = platform === 'win32' ? '' : '%'
  throw new CredError('usage', `cannot set up profile ${quoted(profile)}: not every AWS tool reads that name`, {
    hint: `a name is made of up to 200 letters, digits and _./${percent}@:+ and of - after the first`,
  })
}

/** Reads the flags. Throws `CredError('usage')` for what STS would refuse, and `failed` for a path that cannot be written. */
export function setupRequest(
  profile: string,
  given: Arguments,
  context: Pick<Context, 'executablePath' | 'platform'>,
): SetupRequest {
  checkProfileName(profile, context.platform)
  const roleArn = given.text('role-arn') ?? null
  if (roleArn !== null && parseRoleArn(roleArn) === null) {
    throw usageError(VERB, `--role-arn ${quoted(roleArn)} cannot be used: ${roleArnRule(roleArn)}`)
  }
  const mfaSerial = textFlag(given, 'mfa-serial')
  const problem = mfaSerial === null ? null : mfaSerialProblem(mfaSerial)
  if (problem !== null) throw usageError(VERB, `--mfa-serial ${quoted(mfaSerial ?? '')} cannot work: ${problem}`)
  return {
    profile,
    processLine: processLineOf(profile, context),
    roleArn,
    sourceProfile: textFlag(given, 'source-profile'),
    mfaSerial,
    durationSeconds: durationFlag(given),
    externalId: textFlag(given, 'external-id'),
    region: textFlag(given, 'region'),
  }
}

/** What `setup PROFILE` alone asks for. Throws as `setupRequest` does. */
export function plainRequest(profile: string, context: Pick<Context, 'executablePath' | 'platform'>): SetupRequest {
  checkProfileName(profile, context.platform)
  return {
    profile,
    processLine: processLineOf(profile, context),
    roleArn: null,
    sourceProfile: null,
    mfaSerial: null,
    durationSeconds: null,
    externalId: null,
    region: null,
  }
}

function processLineOf(profile: string, context: Pick<Context, 'executablePath' | 'platform'>): string {
  const processLine = ownLine(context.executablePath, profile, context.platform)
  if (processLine === null) {
    throw new CredError(
      'failed',
      `cannot set up profile ${quoted(profile)}: no config line can hold the path ${quoted(context.executablePath, 300)} so that every AWS tool reads it`,
      { hint: 'move aws-cred to a folder whose path has only letters, digits, spaces and _.@/+:-' },
    )
  }
  if (parseOwnLine(processLine, context.platform) === null) {
    const name = context.executablePath.replace(/^.*[\\/]/, '')
    throw new CredError(
      'failed',
      `cannot set up profile ${quoted(profile)}: this program is called ${quoted(name)}, and only lines that start aws-cred are known again`,
      { hint: 'name the file aws-cred' },
    )
  }
  return processLine
}

function textFlag(given: Arguments, name: string): string | null {
  const value = given.text(name)
  if (value === undefined) return null
  const [rule, range] = TEXT_FLAGS[name] as TextRule
  if (rule.test(value)) return value
  throw usageError(VERB, `--${name} ${quoted(value)} must be ${range}`)
}

function durationFlag(given: Arguments): number | null {
  const text = given.text('duration')
  if (text === undefined) return null
  const seconds = parseDurationText(text)
  if (seconds !== null && seconds >= DURATION_MIN_S && seconds <= SESSION_TOKEN_MAX_S) return seconds
  throw usageError(VERB, `--duration ${quoted(text, 20)} must be 15m to 12h, without a role up to 36h`)
}

/**
 * `lead` and the command that asks for the same, to be pasted, with `more` behind it; null where a shell would read a part
 * of it otherwise.
 */
export function setupCommand(lead: string, request: SetupRequest, more = ''): string | null {
  const flags: (readonly [string, string | number | null])[] = [
    ['--role-arn', request.roleArn],
    ['--source-profile', request.sourceProfile],
    ['--mfa-serial', request.mfaSerial],
    ['--duration', request.durationSeconds],
    ['--external-id', request.externalId],
    ['--region', request.region],
  ]
  const given = flags.flatMap(([flag, value]) => (value === null ? [] : [[flag, String(value)] as const]))
  if (![request.profile, ...given.map(([, value]) => value)].every(isPlainWord)) return null
  return lead + ['aws-cred setup', request.profile, ...given.flat(), ...(more === '' ? [] : [more])].join(' ')
}
