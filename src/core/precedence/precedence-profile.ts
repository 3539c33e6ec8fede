import { findSections, type IniDocument, type IniSource } from '../ini.ts'
import type { Origin } from '../plan/sts-limits.ts'
import { mergeProfiles, type Profile, type ProfileProperty, type Profiles } from '../profiles.ts'
import type { PrecedenceWorld } from './precedence-model.ts'
import type { ToolTable } from './precedence-table.ts'

/** The two files together, and each by itself: botocore looks for keys in one after the other. */
export interface ProfileFiles {
  readonly merged: Profiles
  readonly config: Profiles
  readonly credentials: Profiles
  readonly documents: readonly IniDocument[]
}

export function profileFiles({ config, credentials }: PrecedenceWorld): ProfileFiles {
  return {
    merged: mergeProfiles(config, credentials),
    config: mergeProfiles(config, null),
    credentials: mergeProfiles(null, credentials),
    documents: [config, credentials].filter((document) => document !== null),
  }
}

/** One profile as one tool reads it. */
export interface ProfileView {
  readonly name: string
  readonly exists: boolean
  readonly profile: Profile
  /** Null where the key is not named, or, for tools that see no difference, named without a value. */
  get(key: string, file?: IniSource['kind']): ProfileProperty | null
}

export function viewProfile(name: string, files: ProfileFiles, table: ToolTable): ProfileView {
  const missing = table.duplicates === 'profile-missing' && hasDoubleKey(name, files)
  const found = missing ? undefined : files.merged.profiles.get(name)
  return {
    name,
    exists: found !== undefined,
    profile: found ?? { name, path: '', line: 0, properties: new Map() },
    get: (key, file) => {
      const profile = file === undefined || found === undefined ? found : files[file].profiles.get(name)
      const property = profile?.properties.get(key) ?? null
      return property?.value === '' && table.emptyValues === 'absent' ? null : property
    },
  }
}

/** One look into a profile: whose, in which world, and on which way. */
export interface Looking {
  readonly world: PrecedenceWorld
  readonly files: ProfileFiles
  readonly table: ToolTable
  /** Whether the profile was named in code or by a flag: botocore then leaves variables out. */
  readonly named: boolean
  /** The profiles on the way here, this one last. */
  readonly visited: readonly string[]
}

/** The first section, or key within one, that stands a second time: Python's parser refuses the file for it. */
export function firstDouble({ documents }: ProfileFiles): Origin | null {
  for (const { source, sections } of documents) {
    const names = new Set<string>()
    for (const { kind, name, prefixed, line, properties } of sections) {
      const header = `${kind} ${prefixed} ${name}`
      if (names.has(header)) return { path: source.path, line }
      names.add(header)
      const keys = new Set<string>()
      for (const property of properties) {
        if (keys.has(property.key)) return { path: source.path, line: property.line }
        keys.add(property.key)
      }
    }
  }
  return null
}

function hasDoubleKey(name: string, { documents }: ProfileFiles): boolean {
  return documents.some((document) =>
    findSections(document, 'profile', name).some(
      ({ properties }) => new Set(properties.map(({ key }) => key)).size < properties.length,
    ),
  )
}
