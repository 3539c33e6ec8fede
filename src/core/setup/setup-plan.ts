import { CredError } from '../errors.ts'
import { type IniDocument, serializeIni } from '../ini.ts'
import { findFileKeys, importCommand } from '../keys/file-keys.ts'
import { withCommand } from '../paste.ts'
import { planProfile } from '../plan/plan.ts'
import { setting } from '../plan/settings.ts'
import { mergeProfiles, type Profile, type Profiles } from '../profiles.ts'
import { quoted, shown } from '../text.ts'
import { diffScreen, oldLineNumbers } from './config-diff.ts'
import { editProfile, type Move, wantedEntries } from './setup-edit.ts'
import { setupNotes } from './setup-notes.ts'
import { checkTogether, refuseMissingRole, refuseOverrides, refuseRoleBesideKeys } from './setup-refusals.ts'
import { type SetupRequest, setupCommand } from './setup-request.ts'
import { secretLine, withoutSecretWords } from './setup-secrets.ts'
import { moveToSibling, type SiblingMove, servedByLine } from './setup-siblings.ts'

export interface SetupSurroundings {
  readonly platform: string
  /** An empty document where there is no file. */
  readonly config: IniDocument
  readonly credentials: IniDocument | null
  /** Whether the index knows keys of that name in the keychain. */
  hasKeys(name: string): boolean
  keyNames(): readonly string[]
  /** How messages name a file: `~/.aws/config`. */
  showPath(path: string): string
}

export interface SetupPlan {
  /** The whole config before and after; the same where there is nothing to write. */
  readonly before: string
  readonly after: string
  /** The diff screen; empty where there is nothing to write. */
  readonly screen: string
  /** What is moved and what will not work, one line each. */
  readonly notes: readonly string[]
}

/**
 * What `setup` is to write, decided on the files as they are. Throws `CredError`, before anything is written, for a
 * config that holds secrets, for what a line of the credentials file would override, and for every mistake that
 * `process` would refuse the profile for.
 */
export function planSetup(request: SetupRequest, surroundings: SetupSurroundings): SetupPlan {
  refuseSecrets(request, surroundings)
  return planProfileEdit(request, surroundings)
}

function refuseSecrets({ profile }: SetupRequest, { config, credentials, showPath }: SetupSurroundings): void {
  const secret = secretLine(serializeIni(config))
  if (secret === null) return
  const { path } = config.source
  const owner = [...findFileKeys(config, credentials).values()].find(({ lines }) =>
    lines.some((each) => each.path === path && each.line <= secret && secret <= each.lastLine),
  )
  const line = config.lines[secret - 1] ?? ''
  const what = owner === undefined && withoutSecretWords(line) !== line ? 'what looks like a secret' : 'a secret'
  throw new CredError(
    'failed',
    `cannot set up profile ${quoted(profile)}: ${showPath(path)}:${secret} holds ${what}, and a file with secrets is neither edited nor backed up`,
    {
      hint:
        owner === undefined
          ? 'take that line out; keys go into the keychain with: aws-cred add NAME'
          : withCommand('take it out first: ', importCommand(owner)),
    },
  )
}

/** As `planSetup`, for whoever edits a config with secrets without a copy of it. */
export function planProfileEdit(request: SetupRequest, surroundings: SetupSurroundings): SetupPlan {
  const { config, credentials, platform, showPath } = surroundings
  const configName = showPath(config.source.path)
  const before = serializeIni(config)
  const now = placedProfiles(surroundings)
  const { document, move } = moveToSibling(config, request.profile, now, surroundings)
  const full = withSource(request, now, move, surroundings)
  const edit = editProfile(document, full, platform)
  const oldLine = oldLineNumbers(config, edit.document)
  const edited = namedPlaces(
    mergeProfiles(edit.document, credentials),
    surroundings,
    (line) => oldLine(line) ?? NEW_LINE,
  )
  const profiles = withOldNames(edited, full, edit.moves)
  const plan = withoutNewPlaces(configName, () => {
    refuseOverrides(request, profiles)
    checkTogether(request, profiles)
    refuseRoleBesideKeys(request, profiles, surroundings)
    const planned = planProfile(request.profile, profiles, { platform, hasKeys: surroundings.hasKeys })
    refuseMissingRole(request, profiles, planned)
    return planned
  })
  return {
    before,
    after: serializeIni(edit.document),
    screen: diffScreen(shown(configName, 300), config, edit.document),
    notes: [
      ...(move === null ? [] : [siblingNote(move, configName)]),
      ...edit.moves.map(
        ({ from, to, line, takenOut }) =>
          `${takenOut ? `${from} (${configName}:${line}) goes, ${to} is there` : `${from} (${configName}:${line}) becomes ${to}`}; aws-vault, awsume and aws-runas read only ${from}`,
      ),
      ...setupNotes(request.profile, plan, profiles, surroundings.keyNames),
    ],
  }
}

/** What gives the credentials now is to be named where it is parted from the profile, and nothing else is named. */
function withSource(
  request: SetupRequest,
  now: Profiles,
  move: SiblingMove | null,
  surroundings: SetupSurroundings,
): SetupRequest {
  if (request.sourceProfile !== null) return request
  const isNamed = setting(now, request.profile, 'source_profile') !== null
  if (move !== null) return isNamed ? request : { ...request, sourceProfile: move.sibling }
  if (request.roleArn !== null) return request
  const served = servedByLine(request.profile, now, surroundings)
  if (served !== null && (request.mfaSerial !== null || request.durationSeconds !== null)) {
    const who = `${quoted(request.profile)} gives what ${quoted(served)} gives`
    throw new CredError('usage', `cannot run setup: ${who}, and --mfa-serial and --duration would change nothing`, {
      hint: setupCommand('there they do: ', { ...request, profile: served }),
    })
  }
  return { ...request, sourceProfile: served }
}

function siblingNote({ sibling, keys, line, signIn }: SiblingMove, configName: string): string {
  const log = signIn === null ? '' : `; log in with: ${signIn}`
  const names = keys.map((key) => shown(key, 60)).join(', ')
  const [go, as] = keys.length === 1 ? ['goes', 'as it is'] : ['go', 'as they are']
  return `${names} (${configName}:${line}) ${go} to [profile ${sibling}] ${as}${log}`
}

/** In place of the number of a line that is not written yet. */
const NEW_LINE = 0

/** Takes the places of lines that are not written yet out of what `work` throws: nobody can look there. */
function withoutNewPlaces<T>(configName: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const place = `${configName}:${NEW_LINE}`
    if (!(error instanceof CredError) || !error.message.includes(place)) throw error
    const message = error.message.replaceAll(` (${place})`, '').replaceAll(`, ${place})`, ')')
    throw new CredError(error.code, message, { hint: error.hint })
  }
}

/** The profiles as they are, with files named as messages do. */
export function placedProfiles(surroundings: SetupSurroundings): Profiles {
  const { config, credentials } = surroundings
  return namedPlaces(mergeProfiles(config, credentials), surroundings, (line) => line)
}

/** The profiles with files named as messages do, and with the line numbers that the config has now. */
function namedPlaces(
  profiles: Profiles,
  { config, showPath }: SetupSurroundings,
  oldLine: (line: number) => number,
): Profiles {
  const place = ({ path, line }: { readonly path: string; readonly line: number }) => ({
    path: showPath(path),
    line: path === config.source.path ? oldLine(line) : line,
  })
  const all = (of: ReadonlyMap<string, Profile>): Map<string, Profile> =>
    new Map(
      [...of].map(([name, profile]) => {
        const properties = [...profile.properties].map(([key, value]) => [key, { ...value, ...place(value) }] as const)
        return [name, { name, ...place(profile), properties: new Map(properties) }]
      }),
    )
  return { profiles: all(profiles.profiles), ssoSessions: all(profiles.ssoSessions), services: all(profiles.services) }
}

/** Gives moved keys the name that their line has now (the planner takes both alike): refusals name what the file says. */
function withOldNames(profiles: Profiles, request: SetupRequest, moves: readonly Move[]): Profiles {
  const profile = profiles.profiles.get(request.profile)
  if (profile === undefined) return profiles
  const wanted = new Set(wantedEntries(request, request.processLine).map(([key]) => key))
  const properties = [...profile.properties].map(([key, value]) => {
    const move = moves.find(({ to, takenOut }) => to === key && !takenOut && value.file === 'config')
    if (move === undefined) return [key, value] as const
    return wanted.has(key) ? ([key, value] as const) : ([move.from, { ...value, line: move.line }] as const)
  })
  const all = new Map(profiles.profiles).set(profile.name, {
    name: profile.name,
    path: profile.path,
    line: profile.line,
    properties: new Map(properties),
  })
  return { ...profiles, profiles: all }
}
