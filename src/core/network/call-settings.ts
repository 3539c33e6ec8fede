import type { Environment } from '../context.ts'
import { CredError } from '../errors.ts'
import { at } from '../plan/sts-limits.ts'
import type { Profiles } from '../profiles.ts'
import { quoted } from '../text.ts'

/** What decides where and how the AWS calls of a profile are made. */
export interface CallSettings {
  readonly env: Environment
  readonly profiles: Profiles
  readonly profile: string
}

export interface CallSetting {
  readonly value: string
  /** What names it, for messages: `AWS_REGION`, or `region (/home/me/.aws/config:3)`. */
  readonly from: string
}

/**
 * All that is said about native key `key`, first the one that counts: `aws_cred_KEY` of the profile, which speaks to this
 * program alone; the variables, which speak to every tool of the shell; the profile's own `KEY`. Empty ones say nothing.
 */
export function callSettings(settings: CallSettings, key: string, variables: readonly string[]): CallSetting[] {
  return [
    lineSetting(settings, `aws_cred_${key}`),
    ...variables.map((variable) => variableSetting(settings, variable)),
    lineSetting(settings, key),
  ].filter((found) => found !== null)
}

/** What a line of the profile says, by its key as it is written. */
export function lineSetting({ profiles, profile }: CallSettings, key: string): CallSetting | null {
  const line = profiles.profiles.get(profile)?.properties.get(key)
  return line?.value ? { value: line.value, from: `${key} (${at(line)})` } : null
}

export function variableSetting({ env }: CallSettings, variable: string): CallSetting | null {
  const value = env[variable]
  return value ? { value, from: variable } : null
}

/** A setting that is `true` or `false`, in any case; null where nobody says. Throws `CredError('failed')` for other words. */
export function callFlag(
  settings: CallSettings,
  key: string,
  variable: string,
): (CallSetting & { isOn: boolean }) | null {
  const found = callSettings(settings, key, [variable])[0]
  if (found === undefined) return null
  return { ...found, isOn: oneOf(found, ['true', 'false']) === 'true' }
}

/** The value in lower case. Throws `CredError('failed')` where it is neither of the two. */
export function oneOf({ value, from }: CallSetting, words: readonly [string, string]): string {
  const word = value.toLowerCase()
  if (words.includes(word)) return word
  throw new CredError('failed', `cannot use ${quoted(value, 20)} of ${from}: it must be ${words.join(' or ')}`)
}
