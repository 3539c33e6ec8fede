import { CredError } from '../errors.ts'
import { findFileKeys, importCommand } from '../keys/file-keys.ts'
import { withCommand } from '../paste.ts'
import type { Plan } from '../plan/plan.ts'
import { lackOfRole } from '../plan/plan-errors.ts'
import { setting } from '../plan/settings.ts'
import { ASSUME_ROLE_MAX_S, at } from '../plan/sts-limits.ts'
import type { Profiles } from '../profiles.ts'
import { quoted } from '../text.ts'
import { shadowingKeys, wantedEntries } from './setup-edit.ts'
import type { SetupSurroundings } from './setup-plan.ts'
import { type SetupRequest, setupCommand } from './setup-request.ts'
import { isSiblingKey } from './setup-siblings.ts'

/** Per key the credentials file wins over the config: a line there would undo what is written here. */
export function refuseOverrides(request: SetupRequest, profiles: Profiles): void {
  const properties = profiles.profiles.get(request.profile)?.properties
  const wanted = new Set(wantedEntries(request, request.processLine).map(([key]) => key))
  const shadowing = new Set(shadowingKeys(properties?.keys() ?? []))
  for (const [key, property] of properties ?? []) {
    const counts = wanted.has(key) || shadowing.has(key) || isSiblingKey(key)
    if (property.file !== 'credentials' || !counts) continue
    throw new CredError(
      'failed',
      `cannot set up profile ${quoted(request.profile)}: ${key} (${at(property)}) wins over what is written to the config`,
      { hint: 'take that line out of the credentials file' },
    )
  }
}

/** What was typed against what the profile will say: exit 2, since the cure is to type more. */
export function checkTogether(request: SetupRequest, profiles: Profiles): void {
  const has = (name: string): boolean => setting(profiles, request.profile, name) !== null
  const usage = (state: string, more: string): CredError =>
    new CredError('usage', `cannot run setup: ${state}`, { hint: setupCommand('add it: ', request, more) })
  if (has('role_arn')) {
    if (request.durationSeconds !== null && request.durationSeconds > ASSUME_ROLE_MAX_S) {
      throw new CredError('usage', 'cannot run setup: --duration must be 15m to 12h for a role', {
        hint: setupCommand('', { ...request, durationSeconds: null }, '--duration 1h'),
      })
    }
    const sources = ['source_profile', 'credential_source', 'web_identity_token_file']
    if (request.roleArn !== null && !sources.some(has)) {
      throw usage('--role-arn needs the profile whose keys assume it', '--source-profile NAME')
    }
  } else if (request.sourceProfile !== null) {
    throw usage('--source-profile needs a role beside it', '--role-arn ARN')
  } else if (request.externalId !== null) throw usage('--external-id needs a role beside it', '--role-arn ARN')
}

/** A role under the name of keys: they move away first; stored, the role takes another name, and nothing has to be deleted. */
export function refuseRoleBesideKeys(request: SetupRequest, profiles: Profiles, surroundings: SetupSurroundings): void {
  const { profile, roleArn } = request
  if (roleArn === null || setting(profiles, profile, 'source_profile')?.value === profile) return
  const { config, credentials, hasKeys } = surroundings
  if (!hasKeys(profile)) {
    const properties = profiles.profiles.get(profile)?.properties
    const [id, secret] = [properties?.get('aws_access_key_id'), properties?.get('aws_secret_access_key')]
    const keys = findFileKeys(config, credentials).get(profile)
    if (!id?.value || !secret?.value || keys === undefined) return
    throw new CredError(
      'failed',
      `cannot set up profile ${quoted(profile)}: it has keys (${at(id)}), and a role beside them would break both`,
      { hint: withCommand('take them out first: ', importCommand(keys)) },
    )
  }
  const free = [`${profile}-role`, `${profile}-role-2`].find((name) => !profiles.profiles.has(name) && !hasKeys(name))
  throw new CredError(
    'failed',
    `cannot set up profile ${quoted(profile)}: a key of that name is stored, and a role beside it would break both`,
    { hint: setupCommand('give the role another name: ', { ...request, profile: free ?? 'NAME' }) },
  )
}

/** What only feeds a role: a line of ours beside it could never give anything. */
export function refuseMissingRole(request: SetupRequest, profiles: Profiles, { root }: Plan): void {
  if (root.kind !== 'keychain' || root.listed || root.name !== request.profile) return
  const lack = lackOfRole(request.profile, profiles)
  if (lack === null) return
  throw new CredError('failed', `cannot set up profile ${quoted(request.profile)}: it ${lack}`, {
    hint: setupCommand('name the role: ', request, '--role-arn ARN'),
  })
}
