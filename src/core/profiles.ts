import type { IniDocument, IniProperty, IniSection, IniSource } from './ini.ts'
import { isIniName } from './ini-grammar.ts'

/** One value and where it stands, for messages. */
export interface ProfileProperty {
  readonly value: string
  readonly file: IniSource['kind']
  readonly path: string
  /** Number of the line, from 1. */
  readonly line: number
  readonly subProperties: IniProperty['subProperties']
}

/** A profile, sso-session or services section: what all sections of its name give together. */
export interface Profile {
  readonly name: string
  /** Where its first header stands: in the config where it is in both files. */
  readonly path: string
  readonly line: number
  /** Keys are lower case. */
  readonly properties: ReadonlyMap<string, ProfileProperty>
}

export interface Profiles {
  readonly profiles: ReadonlyMap<string, Profile>
  readonly ssoSessions: ReadonlyMap<string, Profile>
  readonly services: ReadonlyMap<string, Profile>
}

/**
 * Both files as one, as the AWS tools see them (smithy-rs's profile-parser-tests; botocore session.py, `full_config`):
 * per key the credentials file wins, within a file the later line; `[profile default]` puts out the config's `[default]`;
 * sections and keys whose names not every tool reads are left out. Null is a file that is not there.
 */
export function mergeProfiles(config: IniDocument | null, credentials: IniDocument | null): Profiles {
  const byKind = {
    profile: new Map<string, MergedProfile>(),
    'sso-session': new Map<string, MergedProfile>(),
    services: new Map<string, MergedProfile>(),
  }
  for (const document of [config, credentials]) {
    if (document === null) continue
    const sections = document.sections
    const hidesDefault = sections.some((section) => section.prefixed && isDefault(section))
    for (const section of sections) {
      if (section.kind === 'other' || (hidesDefault && !section.prefixed && isDefault(section))) continue
      addSection(byKind[section.kind], section, document.source)
    }
  }
  return { profiles: byKind.profile, ssoSessions: byKind['sso-session'], services: byKind.services }
}

/** The value of a key (lower case), or null where the profile does not name it. An empty value is `''`. */
export function property(profile: Profile, key: string): ProfileProperty | null {
  return profile.properties.get(key) ?? null
}

/** Its keys are put together when they are asked for: a call looks at one profile or two of perhaps hundreds. */
class MergedProfile implements Profile {
  readonly name: string
  readonly path: string
  private readonly section: IniSection
  private readonly source: IniSource
  private later: { readonly section: IniSection; readonly source: IniSource }[] | null
  private merged: Map<string, ProfileProperty> | null

  constructor(section: IniSection, source: IniSource) {
    this.name = section.name
    this.path = source.path
    this.section = section
    this.source = source
    this.later = null
    this.merged = null
  }

  add(section: IniSection, source: IniSource): void {
    this.later ??= []
    this.later.push({ section, source })
  }

  get line(): number {
    return this.section.line
  }

  get properties(): ReadonlyMap<string, ProfileProperty> {
    if (this.merged !== null) return this.merged
    const merged = new Map<string, ProfileProperty>()
    for (const { section, source } of [{ section: this.section, source: this.source }, ...(this.later ?? [])]) {
      for (const { key, value, line, subProperties } of section.properties) {
        if (!isIniName(key)) continue
        merged.set(key, { value, file: source.kind, path: source.path, line, subProperties })
      }
    }
    this.merged = merged
    return merged
  }
}

function isDefault(section: IniSection): boolean {
  return section.kind === 'profile' && section.name === 'default'
}

function addSection(profiles: Map<string, MergedProfile>, section: IniSection, source: IniSource): void {
  const known = profiles.get(section.name)
  if (known === undefined) profiles.set(section.name, new MergedProfile(section, source))
  else known.add(section, source)
}
