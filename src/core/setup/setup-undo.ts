import { findSections, type IniDocument, type IniSection, parseIni, serializeIni } from '../ini.ts'

/** What one setup did to the profile's own lines, so that it can be taken back while the rest of the file goes on. */
export interface SectionChange {
  /** Each section of the profile, from its header to its last property on either side, without the last line end. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Whether an empty line was put before a section that was added. */
  readonly blankLine: boolean
  /** The profile that some of its keys went to, added at the end; its section is the last of `after`. */
  readonly sibling?: string
}

/**
 * The change of one profile between two texts; null where putting its lines back would not give `previous` again.
 * Throws `CredError` for a text that cannot be read.
 */
export function sectionChange(path: string, profile: string, previous: string, text: string): SectionChange | null {
  const documents = [previous, text].map((each) => parseIni(each, { kind: 'config', path }))
  const sibling = addedSibling(profile, documents as [IniDocument, IniDocument])
  const own = documents.map((document) => ownSections(document, profile, sibling)) as [IniSection[], IniSection[]]
  const [before, after] = documents.map((document, side) =>
    own[side]?.map((section, index) => {
      // A comment above a property that went is left below the last one: it is part of the change, not of the rest.
      const rest = Math.min(...own.map((sections, at) => restOf(documents[at] as IniDocument, sections[index])))
      return linesText(document.lines.slice(section.line - 1, bodyEnd(document, section) - rest))
    }),
  ) as [string[], string[]]
  const adds = before.length < after.length
  const blankLine = adds && /\S[^\n]*\n?$/.test(previous)
  const change = { before, after, blankLine, ...(sibling === undefined ? {} : { sibling }) }
  const back = takeBack(path, profile, text, change)
  // A section is added with a line end before it, which a file may have lacked.
  return back === previous || (adds && back?.replace(/\r?\n$/, '') === previous) ? change : null
}

/**
 * The text with the profile's sections as they were before the change, every other line byte for byte; null where they
 * no longer are as the change left them, or where the rest would be read differently. Throws as `sectionChange` does.
 */
export function takeBack(path: string, profile: string, text: string, change: SectionChange): string | null {
  const document = parseIni(text, { kind: 'config', path })
  const sections = ownSections(document, profile, change.sibling)
  const endOf = (section: IniSection, index: number) =>
    section.line - 1 + (change.after[index]?.split('\n').length ?? 0)
  const now = sections.map((section, index) => linesText(document.lines.slice(section.line - 1, endOf(section, index))))
  if (JSON.stringify(now) !== JSON.stringify(change.after)) return null
  if (sections.some((section, index) => lastLine(section) > endOf(section, index))) return null
  const lines = [...document.lines]
  for (const [index, section] of [...sections.entries()].sort(([, a], [, b]) => b.line - a.line)) {
    const [start, end] = [section.line - 1, endOf(section, index)]
    const before = change.before[index]
    if (before === undefined) {
      const from = change.blankLine && lines[start - 1]?.trim() === '' ? start - 1 : start
      lines.splice(from, end - from)
    } else {
      const lineEnd = lines[end - 1]?.endsWith('\r') ? '\r' : ''
      lines.splice(start, end - start, ...`${before}${lineEnd}`.split('\n'))
    }
  }
  const result = serializeIni({ ...document, lines })
  const [left, was] = [parseIni(result, document.source), document].map((each) =>
    othersMeaning(each, profile, change.sibling),
  )
  return left === was ? result : null
}

function addedSibling(profile: string, [before, after]: readonly [IniDocument, IniDocument]): string | undefined {
  const known = new Set(before.sections.filter(({ kind }) => kind === 'profile').map(({ name }) => name))
  const added = after.sections.find(({ kind, name }) => kind === 'profile' && name !== profile && !known.has(name))
  return known.has(profile) ? added?.name : undefined
}

function ownSections(document: IniDocument, profile: string, sibling: string | undefined): IniSection[] {
  return [
    ...findSections(document, 'profile', profile),
    ...(sibling === undefined ? [] : findSections(document, 'profile', sibling)),
  ]
}

function lastLine(section: IniSection): number {
  return section.properties.at(-1)?.lastLine ?? section.line
}

/** The number of the section's last line, blank lines and comments before the next header among them. */
function bodyEnd(document: IniDocument, section: IniSection): number {
  const next = document.sections.map(({ line }) => line).filter((line) => line > section.line)
  return Math.min(document.lines.length, ...next.map((line) => line - 1))
}

/** How many lines of its body lie below its last property; none bounds a section that the other side has not. */
function restOf(document: IniDocument, section: IniSection | undefined): number {
  return section === undefined ? Number.POSITIVE_INFINITY : bodyEnd(document, section) - lastLine(section)
}

function linesText(lines: readonly string[]): string {
  return lines.join('\n').replace(/\r$/, '')
}

function othersMeaning(document: IniDocument, profile: string, sibling: string | undefined): string {
  const own = new Set(ownSections(document, profile, sibling))
  const others = document.sections.filter((section) => !own.has(section))
  return JSON.stringify(
    others.map(({ kind, name, prefixed, properties }) => [
      kind,
      name,
      prefixed,
      properties.map(({ key, value }) => [key, value]),
    ]),
  )
}
