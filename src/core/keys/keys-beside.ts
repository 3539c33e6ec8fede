import { CredError } from '../errors.ts'
import { pasteable, withCommand } from '../paste.ts'
import { findSources } from '../plan/plan-sources.ts'
import { setting } from '../plan/settings.ts'
import { at } from '../plan/sts-limits.ts'
import type { ProfileProperty, Profiles } from '../profiles.ts'
import { quoted } from '../text.ts'

/** What a profile gives credentials by, and which key stored under its name would be a second kind of. */
export interface OtherKind {
  /** As in a sentence: `it is a role`, `it gets its credentials from SSO`. */
  readonly what: string
  readonly property: ProfileProperty
}

/** Null where keys of that name are what the profile is made from, or would be. */
export function otherKindBeside(profile: string, profiles: Profiles, platform: string): OtherKind | null {
  const { role, others } = findSources(profile, profiles, { platform, hasKeys: (name) => name === profile })
  const feedsItself = setting(profiles, profile, 'source_profile')?.value === profile
  const other = role !== null && !feedsItself ? role : others.find(({ property }) => property !== null)
  if (other === undefined || other.property === null) return null
  const from = other.what === other.key && other.nextProfile !== null ? quoted(other.nextProfile) : other.what
  return { what: other === role ? 'it is a role' : `it gets its credentials from ${from}`, property: other.property }
}

interface Beside {
  readonly platform: string
  /** What was typed behind the name. */
  readonly more: string
  hasKeys(name: string): boolean
  /** How messages name a file: `~/.aws/config`. */
  showPath(path: string): string
}

/**
 * Refuses keys under the name of a profile that has its credentials from elsewhere: once stored, no use of the profile
 * could tell which of the two is meant. Throws `CredError('failed')`.
 */
export function refuseKeysBeside(
  name: string,
  profiles: Profiles,
  { platform, more, hasKeys, showPath }: Beside,
): void {
  const other = otherKindBeside(name, profiles, platform)
  if (other === null) return
  const source = sourceOf(name, profiles)
  const isFree = source !== null && source !== name && otherKindBeside(source, profiles, platform) === null
  const place = at({ path: showPath(other.property.path), line: other.property.line })
  const message = `cannot add ${quoted(name)}: a profile has that name, and ${other.what} (${place}): keys beside it would break it`
  if (isFree && hasKeys(source)) {
    throw new CredError('failed', message, {
      hint: withCommand(
        `the keys that it is made from, of ${quoted(source)}, are stored already: `,
        pasteable`aws-cred login ${name}`,
      ),
    })
  }
  const free = isFree
    ? source
    : [`${name}-user`, `${name}-keys`].find((each) => !profiles.profiles.has(each) && !hasKeys(each))
  throw new CredError('failed', message, {
    hint: withCommand('store them under another name: ', pasteable`aws-cred add ${free ?? 'NAME'}`, more),
  })
}

/** The last of the profiles that a role's source leads to; null without one. */
function sourceOf(first: string, profiles: Profiles): string | null {
  let found: string | null = null
  const seen = new Set<string>()
  for (let name = first; !seen.has(name); ) {
    seen.add(name)
    const next = setting(profiles, name, 'source_profile')?.value ?? null
    if (next === null) break
    found = next
    name = next
  }
  return found
}
