import { parseOwnLine, splitCommand } from '../command-line.ts'
import { CredError } from '../errors.ts'
import { findSections, type IniDocument, type IniProperty } from '../ini.ts'
import { pasteable } from '../paste.ts'
import type { PlanOptions } from '../plan/plan.ts'
import { twoKindsError } from '../plan/plan-errors.ts'
import { findSources } from '../plan/plan-sources.ts'
import { setting } from '../plan/settings.ts'
import { at } from '../plan/sts-limits.ts'
import type { Profiles } from '../profiles.ts'
import { quoted } from '../text.ts'
import { appendSection } from './ini-edit.ts'
import { liveSections, withoutKey } from './setup-edit.ts'

/** Keys of a profile that stay as they are, in a profile of their own that ours names as its source. */
export interface SiblingMove {
  readonly sibling: string
  /** What they are, for the note: `sso_session, sso_account_id`. */
  readonly keys: readonly string[]
  /** Number of the first one's line before the change. */
  readonly line: number
  /** What a person types to log in; null where nobody has to. */
  readonly signIn: string | null
}

interface SiblingKind {
  readonly suffix: string
  isOf(property: IniProperty, platform: string): boolean
  /** Null where nobody logs in. */
  readonly signIn: string | null
}

/** `aws sso login` and `aws login` read the native keys of the profile that they are told. */
const KINDS: readonly SiblingKind[] = [
  { suffix: 'sso', isOf: ({ key }) => key.startsWith('sso_'), signIn: 'aws sso login' },
  { suffix: 'login', isOf: ({ key }) => key === 'login_session', signIn: 'aws login' },
  {
    suffix: 'process',
    isOf: ({ key, value }, platform) =>
      key === 'credential_process' && value !== '' && parseOwnLine(value, platform) === null,
    signIn: null,
  },
]

/** Beside these no tool, or not every one, runs `credential_process` (contract §2.2), and they cannot take our prefix. */
export function isSiblingKey(key: string): boolean {
  return key === 'login_session' || key.startsWith('sso_')
}

/**
 * Moves what else gives credentials (SSO's and login's keys, another program's `credential_process`) to the profile
 * `P-sso`, `P-login` or `P-process`, with the region. Throws `CredError` where the profile names two kinds of source,
 * where that name is taken, and for a program that asks for this very profile, which would then get to us.
 */
export function moveToSibling(
  document: IniDocument,
  profile: string,
  now: Profiles,
  options: Pick<PlanOptions, 'platform' | 'hasKeys'>,
): { readonly document: IniDocument; readonly move: SiblingMove | null } {
  const { platform } = options
  const properties = liveSections(document, profile).flatMap((section) => section.properties)
  const kind = KINDS.find(({ isOf }) => properties.some((property) => isOf(property, platform)))
  if (kind === undefined) return { document, move: null }
  refuseSecondKind(profile, now, options)
  const moved = properties.filter((property) => kind.isOf(property, platform))
  const sibling = `${profile}-${kind.suffix}`
  const last = new Map(moved.map(({ key, value }) => [key, value]))
  if (kind.suffix === 'process') refuseSelfReference(profile, now, last.get('credential_process') ?? '', platform)
  const region = properties.findLast(({ key }) => key === 'region')?.value
  const entries = [...last, ...(region ? [['region', region] as const] : [])]
  let edited = document
  if (!isThere(document, now, profile, sibling, last)) edited = appendSection(edited, 'profile', sibling, entries)
  for (const key of last.keys()) edited = withoutKey(edited, profile, key)
  const line = Math.min(...moved.map((property) => property.line))
  const signIn = kind.signIn === null ? null : `${kind.signIn} --profile ${sibling}`
  return { document: edited, move: { sibling, keys: [...last.keys()], line, signIn } }
}

/**
 * The profile that a line of ours in this one serves, and which this one is to name as its source once the line serves
 * itself: it goes on giving what it gave. Null where it serves itself, and beside a role. Throws `CredError` where the
 * profile names another kind of source too.
 */
export function servedByLine(
  profile: string,
  now: Profiles,
  options: Pick<PlanOptions, 'platform' | 'hasKeys'>,
): string | null {
  const { role, others } = findSources(profile, now, options)
  const line = others.find(({ key, nextProfile }) => key === 'credential_process' && nextProfile !== null)
  if (role !== null || line === undefined) return null
  const other = others.find(({ nextProfile }) => nextProfile !== line.nextProfile)
  if (other !== undefined) throw twoKindsError(profile, other, line)
  return leadsTo(profile, line.nextProfile, now) ? null : line.nextProfile
}

/** Whether the sources named from `start` on lead to `profile`: then that one is to serve itself, as it was meant. */
function leadsTo(profile: string, start: string | null, now: Profiles): boolean {
  const seen = new Set<string>()
  for (let at = start; at !== null && !seen.has(at); at = setting(now, at, 'source_profile')?.value ?? null) {
    if (at === profile) return true
    seen.add(at)
  }
  return false
}

/** Parted, both would be there, and which of them the person meant nobody could tell any more. */
function refuseSecondKind(profile: string, now: Profiles, options: Pick<PlanOptions, 'platform' | 'hasKeys'>): void {
  const { role, others } = findSources(profile, now, options)
  const [first, second] = role === null ? others : [role, ...others]
  if (first !== undefined && second !== undefined) throw twoKindsError(profile, first, second)
  // A mistake in these lines is told of the profile where they still stand.
  void first?.root
}

function refuseSelfReference(profile: string, now: Profiles, command: string, platform: string): void {
  const words = splitCommand(command, platform) ?? command.split(/\s+/)
  if (!words.some((word) => word === profile || word.endsWith(`=${profile}`))) return
  const line = now.profiles.get(profile)?.properties.get('credential_process')
  throw new CredError(
    'failed',
    `cannot set up profile ${quoted(profile)}: its credential_process of another program${line ? ` (${at(line)})` : ''} names the profile itself, and would ask for what it is to give`,
    {
      hint: pasteable`choose another name, and this one as its source: aws-cred setup NAME --role-arn ARN --source-profile ${profile}`,
    },
  )
}

/** Whether the sibling says just that already. Throws where it says something else. */
function isThere(
  document: IniDocument,
  now: Profiles,
  profile: string,
  sibling: string,
  wanted: ReadonlyMap<string, string>,
): boolean {
  const known = now.profiles.get(sibling)
  if (known === undefined && findSections(document, 'profile', sibling).length === 0) return false
  const same = [...wanted].every(([key, value]) => known?.properties.get(key)?.value === value)
  if (known !== undefined && same) return true
  const where = known === undefined ? '' : ` (${at(known)})`
  throw new CredError(
    'failed',
    `cannot set up profile ${quoted(profile)}: ${[...wanted.keys()].join(', ')} would go to profile ${quoted(sibling)}, which is there already${where}`,
    { hint: 'give that profile another name, or choose another one here' },
  )
}
