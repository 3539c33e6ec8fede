import { parseOwnLine, splitCommand, withProgram } from '../command-line.ts'
import { CredError } from '../errors.ts'
import { findSections, type IniDocument, type IniProperty, type IniSection, parseIni } from '../ini.ts'
import { quoted } from '../text.ts'
import { appendSection, removeProperty, setProperty } from './ini-edit.ts'
import type { SetupRequest } from './setup-request.ts'

/** A native key that is moved to its `aws_cred_` name, or taken out where that one is there already. */
export interface Move {
  readonly from: string
  readonly to: string
  /** Number of its line before the change. */
  readonly line: number
  readonly takenOut: boolean
}

export interface SetupEdit {
  readonly document: IniDocument
  readonly moves: readonly Move[]
}

/** Beside one of these no AWS tool, or not every one, runs credential_process (contract §2.2; Go v2 for source_profile). */
const SHADOWING = ['role_arn', 'source_profile', 'credential_source', 'web_identity_token_file'] as const
const COMPANIONS = ['role_session_name', 'mfa_serial', 'duration_seconds', 'external_id'] as const

/** The shadowing keys among `keys`. */
export function shadowingKeys(keys: Iterable<string>): string[] {
  const all = new Set(keys)
  return SHADOWING.filter((key) => all.has(key))
}

/** The sections that are a profile: `[profile default]` puts out `[default]`. */
export function liveSections(document: IniDocument, profile: string): IniSection[] {
  const sections = findSections(document, 'profile', profile)
  const prefixed = sections.filter((section) => section.prefixed)
  return prefixed.length > 0 ? prefixed : sections
}

/** What is to stand in the profile, in the order in which it is written. `region` is native and goes last. */
export function wantedEntries(request: SetupRequest, processLine: string): (readonly [key: string, value: string])[] {
  const entries: (readonly [string, string | null])[] = [
    ['credential_process', processLine],
    ['aws_cred_role_arn', request.roleArn],
    ['aws_cred_source_profile', request.sourceProfile],
    ['aws_cred_mfa_serial', request.mfaSerial],
    ['aws_cred_duration_seconds', request.durationSeconds === null ? null : String(request.durationSeconds)],
    ['aws_cred_external_id', request.externalId],
    ['region', request.region],
  ]
  return entries.filter((entry): entry is readonly [string, string] => entry[1] !== null)
}

/** The config with the profile written or completed; every other line stays byte for byte. Throws what `ini-edit` throws. */
export function editProfile(document: IniDocument, request: SetupRequest, platform: string): SetupEdit {
  const { profile } = request
  const sections = liveSections(document, profile)
  if (sections.length === 0) {
    const entries = wantedEntries(request, request.processLine)
    return { document: appendSection(document, 'profile', profile, entries), moves: [] }
  }
  const moved = moveNativeKeys(document, profile)
  let edited = moved.document
  const old = lastProperty(edited, profile, 'credential_process')
  const at = old === null ? 'top' : 'end'
  const entries = wantedEntries(request, processValue(old?.property.value ?? '', request, platform))
  const missing = (key: string): boolean => lastProperty(edited, profile, key) === null
  // What is put on top comes out in the order written when the last goes first.
  const tops = at === 'top' ? entries.filter(([key]) => key !== 'region' && missing(key)).toReversed() : []
  for (const [key, value] of [...tops, ...entries.filter((entry) => !tops.includes(entry))]) {
    edited = setInPlace(edited, profile, key, value, tops.some(([top]) => top === key) ? 'top' : 'end')
  }
  return { document: edited, moves: moved.moves }
}

/**
 * The config with `executablePath` as the program of the profile's own line, whatever profile that line serves; its other
 * words stay. Throws what `ini-edit` throws, and `CredError` where the config has no such line of ours, or none can hold the path.
 */
export function editProgram(
  document: IniDocument,
  profile: string,
  { executablePath, platform }: { readonly executablePath: string; readonly platform: string },
): IniDocument {
  const found = lastProperty(document, profile, 'credential_process')
  const cannot = (state: string) =>
    new CredError('failed', `cannot edit the credential_process line of ${quoted(profile)}: ${state}`)
  if (found === null || parseOwnLine(found.property.value, platform) === null)
    throw cannot('it does not start aws-cred')
  const value = withProgram(found.property.value, executablePath, platform)
  if (value === null) throw cannot(`no line can hold the path ${quoted(executablePath, 300)}`)
  return setProperty(document, found.section, 'credential_process', value)
}

/** The options of `process` that a line of ours may have, and what may follow each. */
const LINE_OPTIONS = /(?<=^| )(--no-session|--no-prompt|--refresh|--duration[ =][A-Za-z0-9]+)(?= |$)/g

/**
 * The line for this executable; the options are kept, and nothing else, of a line of ours for this profile or for the one
 * that it goes on giving without a role.
 */
function processValue(old: string, request: SetupRequest, platform: string): string {
  const served = parseOwnLine(old, platform)?.profile ?? null
  const given = request.roleArn === null ? [request.profile, request.sourceProfile] : [request.profile]
  if (served === null || !given.includes(served)) return request.processLine
  const words = splitCommand(old, platform)?.slice(2) ?? []
  return [request.processLine, ...(words.join(' ').match(LINE_OPTIONS) ?? [])].join(' ')
}

function setInPlace(
  document: IniDocument,
  profile: string,
  key: string,
  value: string,
  at: 'top' | 'end',
): IniDocument {
  const found = lastProperty(document, profile, key)
  const section = found?.section ?? (liveSections(document, profile)[0] as IniSection)
  if (found !== null && found.property.value === value) {
    const line = document.lines[found.property.line - 1] ?? ''
    if (key !== 'credential_process' || line.trimEnd().endsWith(value)) return document
  }
  // botocore takes a comment behind the command for words of it.
  return setProperty(document, section, key, value, { at, comment: key === 'credential_process' ? 'drop' : 'keep' })
}

/** The line that counts: the last one of the last section that has the key. */
function lastProperty(
  document: IniDocument,
  profile: string,
  key: string,
): { readonly section: IniSection; readonly property: IniProperty } | null {
  for (const section of liveSections(document, profile).toReversed()) {
    const property = section.properties.findLast((each) => each.key === key)
    if (property !== undefined) return { section, property }
  }
  return null
}

function moveNativeKeys(document: IniDocument, profile: string): SetupEdit {
  const present = new Set(liveSections(document, profile).flatMap(({ properties }) => properties.map(({ key }) => key)))
  if (shadowingKeys(present).length === 0) return { document, moves: [] }
  let edited = document
  const moves: Move[] = []
  for (const from of [...SHADOWING, ...COMPANIONS]) {
    if (!present.has(from)) continue
    const to = `aws_cred_${from}`
    const line = lastProperty(document, profile, from)?.property.line ?? 0
    const takenOut = (lastProperty(document, profile, to)?.property.value ?? '') !== ''
    moves.push({ from, to, line, takenOut })
    edited = withoutKey(edited, profile, takenOut ? from : to)
    if (!takenOut) edited = renameKey(edited, profile, from, to)
  }
  return { document: edited, moves: moves.sort((a, b) => a.line - b.line) }
}

/** Takes a key out of every section of the profile. */
export function withoutKey(document: IniDocument, profile: string, key: string): IniDocument {
  let edited = document
  for (let left = 0; ; left++) {
    const section = liveSections(edited, profile)[left]
    if (section === undefined) return edited
    if (section.properties.some((property) => property.key === key)) edited = removeProperty(edited, section, key)
  }
}

/** Gives a key another name where it stands; indent, value, comment and continuation lines are not touched. */
function renameKey(document: IniDocument, profile: string, from: string, to: string): IniDocument {
  const lines = [...document.lines]
  const renamed = liveSections(document, profile).flatMap(({ properties }) =>
    properties.filter(({ key }) => key === from),
  )
  for (const { line } of renamed) lines[line - 1] = (lines[line - 1] ?? '').replace(/^(\s*)[^=]*?(\s*=)/, `$1${to}$2`)
  const edited = parseIni((document.bom ? '\ufeff' : '') + lines.join('\n'), document.source)
  const names = new Map(renamed.map(({ line }) => [line, to]))
  const entries = (of: IniDocument) =>
    of.sections.map(({ line, properties }) => [line, properties.map((each) => [each.line, each.key, each.value])])
  const wanted = document.sections.map(({ line, properties }) => [
    line,
    properties.map((each) => [each.line, names.get(each.line) ?? each.key, each.value]),
  ])
  if (JSON.stringify(entries(edited)) !== JSON.stringify(wanted)) {
    throw new CredError(
      'failed',
      `cannot edit ${quoted(document.source.path, 1000)}: ${from} cannot be renamed in place`,
    )
  }
  return edited
}
