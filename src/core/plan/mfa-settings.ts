import { CredError } from '../errors.ts'
import { pasteable } from '../paste.ts'
import type { Profiles } from '../profiles.ts'
import { quoted } from '../text.ts'
import type { Plan } from './plan.ts'
import { setting, settingKey } from './settings.ts'
import { at, DURATION_MIN_S, SESSION_TOKEN_MAX_S } from './sts-limits.ts'

const PROMPTS = ['auto', 'tty', 'gui', 'process', 'ykman', 'none'] as const
export type MfaPrompt = (typeof PROMPTS)[number]

/** How the codes of a profile's `mfa_serial` are come by; all but the serial itself says nothing of whose session it is. */
export interface MfaSettings {
  readonly prompt: MfaPrompt
  /** A command line that prints a code. */
  readonly process: string | null
  /** The name of the account on the YubiKey; the serial where none is set. */
  readonly ykmanName: string | null
  readonly timeoutMs: number
}

/** Whether a program gives the code, and no person has to. */
export function isCodeByProgram({ prompt, process }: Pick<MfaSettings, 'prompt' | 'process'>): boolean {
  return process !== null && (prompt === 'auto' || prompt === 'process')
}

/** Go's and Kotlin's SDKs give a helper 60 s, and STS wants some of it (contract §1.6). */
const TIMEOUT_S = 40
const TIMEOUT_MAX_S = 600

/** The settings beside the serial, in the profile that names it. Throws `CredError('failed')`, naming key and line. */
export function mfaSettings(profile: string, profiles: Profiles): MfaSettings {
  const prompt = oneOf(profile, profiles, 'mfa_prompt', PROMPTS) ?? 'auto'
  const process = setting(profiles, profile, 'mfa_process')?.value ?? null
  if (prompt === 'process' && process === null) {
    const line = setting(profiles, profile, 'mfa_prompt')
    throw new CredError(
      'failed',
      `cannot use mfa_prompt = process of profile ${quoted(profile)}${line === null ? '' : ` (${at(line)})`}: there is no aws_cred_mfa_process beside it`,
    )
  }
  return {
    prompt,
    process,
    ykmanName: setting(profiles, profile, 'ykman_name')?.value ?? null,
    timeoutMs: seconds(profile, profiles, 'mfa_timeout', 1, TIMEOUT_MAX_S, TIMEOUT_S) * 1000,
  }
}

export interface CodeRemedy {
  /** That nobody is to be asked, and by which setting; null where none says so. */
  readonly forbidden: string | null
  readonly hint: string | null
}

/** What brings the code that a plan needs. No `login` asks for it either where `mfa_prompt` is `none`: that takes it from stdin. */
export function codeRemedy({ profile, steps }: Plan, profiles: Profiles): CodeRemedy {
  const owner = steps.find(({ mfaSerial }) => mfaSerial !== null)?.profile ?? profile
  const line = setting(profiles, owner, 'mfa_prompt')
  if (line?.value.toLowerCase() !== 'none') return { forbidden: null, hint: pasteable`aws-cred login ${profile}` }
  const key = settingKey(profiles, owner, 'mfa_prompt')
  const whose = owner === profile ? '' : ` of profile ${quoted(owner)}`
  const change = `take out ${key} = none${whose}`
  const command = pasteable`aws-cred login ${profile} --mfa-token -`
  return {
    forbidden: `nobody is to be asked: ${key} is none (${at(line)})`,
    hint: command === null ? change : `${change}, or give the code on stdin: ${command}`,
  }
}

/** How long a session made with a code lasts: half a day, so that one code is enough for a working day. */
export function mfaDurationSeconds(profile: string, profiles: Profiles): number {
  return seconds(profile, profiles, 'mfa_duration', DURATION_MIN_S, SESSION_TOKEN_MAX_S, 43_200)
}

/** `aws_cred_mfa_direct`: whether the code goes to AssumeRole itself; null where the profile leaves it open. */
export function mfaDirectSetting(profile: string, profiles: Profiles): boolean | null {
  const value = oneOf(profile, profiles, 'mfa_direct', ['true', 'false'] as const)
  return value === null ? null : value === 'true'
}

function oneOf<T extends string>(profile: string, profiles: Profiles, name: string, values: readonly T[]): T | null {
  const property = setting(profiles, profile, name)
  if (property === null) return null
  const found = values.find((value) => value === property.value.toLowerCase())
  if (found !== undefined) return found
  throw new CredError(
    'failed',
    `cannot use ${settingKey(profiles, profile, name)} ${quoted(property.value, 40)} of profile ${quoted(profile)} (${at(property)}): it must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
  )
}

function seconds(
  profile: string,
  profiles: Profiles,
  name: string,
  leastS: number,
  mostS: number,
  defaultS: number,
): number {
  const property = setting(profiles, profile, name)
  if (property === null) return defaultS
  const found = /^\d{1,6}$/.test(property.value) ? Number(property.value) : Number.NaN
  if (found >= leastS && found <= mostS) return found
  throw new CredError(
    'failed',
    `cannot use ${settingKey(profiles, profile, name)} ${quoted(property.value, 20)} of profile ${quoted(profile)} (${at(property)}): it must be ${leastS} to ${mostS} seconds`,
  )
}
