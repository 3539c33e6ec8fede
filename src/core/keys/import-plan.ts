import { CredError } from '../errors.ts'
import { type IniDocument, serializeIni } from '../ini.ts'
import { pasteable } from '../paste.ts'
import { planProfile } from '../plan/plan.ts'
import { mergeProfiles } from '../profiles.ts'
import { diffScreen } from '../setup/config-diff.ts'
import { editProfile } from '../setup/setup-edit.ts'
import { placedProfiles, planProfileEdit, type SetupSurroundings } from '../setup/setup-plan.ts'
import type { SetupRequest } from '../setup/setup-request.ts'
import { secretLine } from '../setup/setup-secrets.ts'
import { listed, nearest, quoted } from '../text.ts'
import {
  type FileKeys,
  findFileKeys,
  holdsKeys,
  KEYS,
  longLivedPair,
  sessionKeys,
  type TakenKeys,
  withBlankKeys,
  withoutKeys,
  withoutSecrets,
} from './file-keys.ts'
import { importNotes } from './import-notes.ts'
import type { KeyPair } from './key-input.ts'

export interface ImportRequest {
  /** In the order in which they are worked on. */
  readonly profiles: readonly string[]
  /** `session`, `dead-key`: the lines of a session, or of a key that AWS does not know, are taken out, and nothing is stored. */
  readonly takes: 'keys' | 'session' | 'dead-key'
  /** What is written to the config for a profile whose keys are taken; null: nothing (`--no-setup`). */
  readonly setupOf: ((profile: string) => SetupRequest) | null
}

export interface ImportedPair {
  readonly profile: string
  readonly pair: KeyPair
}

export interface ImportPlan {
  /** Which keys go, by profile. */
  readonly taken: TakenKeys
  /** What is to be stored, or was found dead; empty for sessions. */
  readonly pairs: readonly ImportedPair[]
  readonly config: {
    readonly before: string
    /** Profile by profile, each with all changes before it; the last is the config as it will be. */
    readonly steps: readonly { readonly profile: string; readonly after: string }[]
    /** Whether the config holds secrets as it is: then it is written once, and no copy of it is made. */
    readonly holdsSecrets: boolean
  }
  /** Paths of the files that keys are taken out of. */
  readonly takenFrom: readonly string[]
  /** Profiles that the config gets a line for, or has it put right. */
  readonly setUp: readonly string[]
  /** Null where it stays as it is. */
  readonly credentials: { readonly path: string; readonly before: string; readonly after: string } | null
  /** The change to both files, secrets left out. */
  readonly screen: string
  /** What will be otherwise than it looks, one line each. */
  readonly notes: readonly string[]
}

/**
 * What `import` is to do, decided on the files as they are: which keys are stored, and both files without them. Throws
 * `CredError`, before anything is stored or written, for what cannot be stored and for a profile that could not be
 * served afterwards.
 */
export function planImport(request: ImportRequest, surroundings: SetupSurroundings): ImportPlan {
  const { config, credentials, showPath } = surroundings
  const all = new Map([...findFileKeys(config, credentials)].map(([name, keys]) => [name, placed(keys, showPath)]))
  const found = request.profiles.map((profile) => keysOf(profile, all, surroundings))
  const arePairs = request.takes !== 'session'
  const pairs = arePairs ? found.map((keys) => ({ profile: keys.profile, pair: longLivedPair(keys) })) : []
  const taken = new Map(found.map((keys) => [keys.profile, arePairs ? KEYS : droppedKeys(keys)]))
  const notes = [...profileNotes(request, surroundings, taken), ...importNotes(request, surroundings)]
  const edit = editConfig(request, surroundings, taken)
  const bare = credentials === null ? null : withoutKeys(credentials, taken)
  const before = credentials === null ? '' : serializeIni(credentials)
  const after = bare === null ? '' : serializeIni(bare)
  return {
    taken,
    pairs,
    config: edit.change,
    setUp: edit.setUp,
    credentials: credentials === null || before === after ? null : { path: credentials.source.path, before, after },
    takenFrom: [
      ...(credentials === null || before === after ? [] : [credentials.source.path]),
      ...(edit.losesKeys ? [config.source.path] : []),
    ],
    screen: [
      credentials === null || bare === null
        ? ''
        : diffScreen(showPath(credentials.source.path), credentials, bare, SAFELY),
      diffScreen(showPath(config.source.path), config, edit.document, edit.change.holdsSecrets ? SAFELY : {}),
    ].join(''),
    notes,
  }
}

const SAFELY = { contextLines: 0, instead: withoutSecrets }

interface ConfigEdit {
  readonly change: ImportPlan['config']
  readonly document: IniDocument
  readonly setUp: readonly string[]
  readonly losesKeys: boolean
}

/** Takes the keys out and puts the lines in, profile by profile. */
function editConfig({ takes, setupOf }: ImportRequest, surroundings: SetupSurroundings, taken: TakenKeys): ConfigEdit {
  const before = serializeIni(surroundings.config)
  const steps: { profile: string; after: string }[] = []
  const setUp: string[] = []
  let document = surroundings.config
  let losesKeys = false
  let text = before
  for (const [profile, keys] of taken) {
    document = withoutKeys(document, new Map([[profile, keys]]))
    const bare = serializeIni(document)
    losesKeys ||= bare !== text
    if (takes === 'keys' && setupOf !== null) {
      document = editProfile(document, setupOf(profile), surroundings.platform).document
    }
    const after = serializeIni(document)
    if (after !== bare) setUp.push(profile)
    if (after !== text) steps.push({ profile, after })
    text = after
  }
  const change = { before, steps, holdsSecrets: secretLine(before) !== null }
  return { change, document, setUp, losesKeys }
}

/** The keys with their places named as messages do. */
function placed({ profile, lines }: FileKeys, showPath: (path: string) => string): FileKeys {
  return { profile, lines: lines.map((line) => ({ ...line, path: showPath(line.path) })) }
}

function keysOf(profile: string, all: ReadonlyMap<string, FileKeys>, surroundings: SetupSurroundings): FileKeys {
  const keys = all.get(profile)
  if (keys !== undefined && holdsKeys(keys)) return keys
  const { config, credentials, showPath } = surroundings
  const files = [credentials, config]
    .flatMap((each) => (each === null ? [] : [showPath(each.source.path)]))
    .join(' or ')
  const having = [...all.values()].flatMap((each) => (holdsKeys(each) ? [each.profile] : []))
  const near = nearest(profile, having)
  throw new CredError('failed', `cannot import ${quoted(profile)}: it has no keys in ${files}`, {
    hint:
      near === null || near === profile
        ? otherNames(profile, having, surroundings)
        : pasteable`the nearest that has: aws-cred import ${near}`,
  })
}

/** For a name that stands nowhere; null for a profile that has no keys. */
function otherNames(
  profile: string,
  having: readonly string[],
  { config, credentials, keyNames }: SetupSurroundings,
): string | null {
  const names = [...mergeProfiles(config, credentials).profiles.keys(), ...keyNames()]
  if (names.includes(profile)) return null
  if (having.length > 0) return `there are keys of ${listed(having)}`
  const near = nearest(profile, names)
  if (near !== null) return `the nearest name is ${quoted(near)}, which has none there either`
  return names.length === 0 ? null : 'see which there are: aws-cred list'
}

function droppedKeys(keys: FileKeys): readonly string[] {
  const dropped = sessionKeys(keys)
  if (dropped.length > 0) return dropped
  throw new CredError('failed', `cannot drop the session of ${quoted(keys.profile)}: its keys are long-lived`, {
    hint: pasteable`store them: aws-cred import ${keys.profile}`,
  })
}

/** What `setup` says of each profile, with the line numbers that the files have now. */
function profileNotes(
  { profiles, takes, setupOf }: ImportRequest,
  surroundings: SetupSurroundings,
  taken: TakenKeys,
): string[] {
  if (takes !== 'keys' || setupOf === null) return []
  const { config, credentials, hasKeys, platform } = surroundings
  // Two kinds in one profile: to be told with the lines that name them, before one of them is in the keychain.
  const before = placedProfiles(surroundings)
  for (const profile of profiles) planProfile(profile, before, { platform, hasKeys: () => false })
  const afterwards: SetupSurroundings = {
    ...surroundings,
    config: withBlankKeys(config, taken),
    credentials: credentials === null ? null : withBlankKeys(credentials, taken),
    hasKeys: (name) => profiles.includes(name) || hasKeys(name),
  }
  return grouped(profiles.map((profile) => ({ profile, notes: planProfileEdit(setupOf(profile), afterwards).notes })))
}

/** The notes of all profiles: what is said of several alike is said once, with all their names and the command of each. */
function grouped(all: readonly { readonly profile: string; readonly notes: readonly string[] }[]): string[] {
  const groups = new Map<string, { readonly profiles: string[]; readonly commands: string[] }>()
  for (const { profile, notes } of all) {
    for (const note of notes) {
      const [said = '', ...commands] = note.split('\n')
      const alike = said.replaceAll(quoted(profile), PROFILE)
      const group = groups.get(alike) ?? { profiles: [], commands: [] }
      group.profiles.push(profile)
      group.commands.push(...commands)
      groups.set(alike, group)
    }
  }
  return [...groups].map(([said, { profiles, commands }]) =>
    [said.replaceAll(PROFILE, listed(profiles)), ...commands].join('\n'),
  )
}

/** Stands for the name in notes that are compared; no note holds it, since controls are escaped there. */
const PROFILE = '\u0000'
