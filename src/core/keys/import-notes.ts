import { pasteable } from '../paste.ts'
import { setting } from '../plan/settings.ts'
import { CHAINED_MAX_S } from '../plan/sts-limits.ts'
import { mergeProfiles, type Profiles } from '../profiles.ts'
import type { SetupSurroundings } from '../setup/setup-plan.ts'
import { listed, quoted } from '../text.ts'
import type { ImportRequest } from './import-plan.ts'

/** Who else is touched by taking keys out of the files, one line each. */
export function importNotes(request: ImportRequest, surroundings: SetupSurroundings): string[] {
  const { config, credentials } = surroundings
  const profiles = mergeProfiles(config, credentials)
  return request.profiles.flatMap((source) => dependentNotes(request, source, profiles))
}

/**
 * The profiles whose roles AWS tools assume with the keys by themselves (native `source_profile`): from now on with what
 * the `credential_process` line gives, a session as a rule, and with a session a role lasts 1 h at most (contract §2.3).
 */
function dependentNotes({ takes, setupOf }: ImportRequest, source: string, profiles: Profiles): string[] {
  const dependent = [...profiles.profiles.values()].filter(
    ({ name, properties }) =>
      name !== source &&
      properties.get('role_arn')?.value &&
      properties.get('source_profile')?.value === source &&
      !properties.get('aws_cred_source_profile')?.value,
  )
  const names = dependent.map(({ name }) => name)
  if (names.length === 0) return []
  if (takes !== 'keys' || setupOf === null) {
    return [note(names, `AWS tools assume the role by keys of ${quoted(source)}, and find none any more`)]
  }
  if (setting(profiles, source, 'session')?.value.toLowerCase() === 'never') return []
  const long = dependent.filter(({ properties }) => Number(properties.get('duration_seconds')?.value) > CHAINED_MAX_S)
  const longNames = long.map(({ name }) => name)
  const short = names.filter((name) => !longNames.includes(name))
  const reason = `AWS tools will assume the role by a session of ${quoted(source)}`
  return [
    ...(short.length === 0 ? [] : [note(short, reason)]),
    ...longNames.map((name) => note([name], `${reason}, which STS refuses for over 1 h`)),
  ]
}

/** The command that mends it stands on a line of its own. */
function note(names: readonly string[], state: string): string {
  const commands = names.flatMap((name) => pasteable`\n  aws-cred setup ${name}` ?? [])
  return `${listed(names)}: ${state}${commands.join('')}`
}
