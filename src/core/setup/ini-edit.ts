import { CredError } from '../errors.ts'
import { type IniDocument, type IniSection, parseIni } from '../ini.ts'
import { indentOf, isIdle, isIniName, TRAILING_COMMENT } from '../ini-grammar.ts'
import { quoted } from '../text.ts'

export interface SetOptions {
  /** Where a key that is new goes: after the section's last property (default), or right under its header. */
  readonly at?: 'end' | 'top'
  /** What happens to a comment behind a value that is replaced. botocore reads it as part of the value. */
  readonly comment?: 'keep' | 'drop'
}

/**
 * Every function here takes a document and one of its own sections, and gives a new document; all lines that are not
 * part of the change stay byte for byte. Each throws `CredError('failed')`, changing nothing, where a key, value or name
 * cannot be written so that every AWS tool reads it back, or where the lines around it would come to mean something else.
 */
export function setProperty(
  document: IniDocument,
  section: IniSection,
  key: string,
  value: string,
  options: SetOptions = {},
): IniDocument {
  checkProperty(document, key, value)
  const lines = wholeLines(document)
  const old = section.properties.findLast((property) => property.key === key.toLowerCase())
  const last = section.properties.at(-1)
  if (old !== undefined) {
    const oldLine = lines[old.line - 1] ?? ''
    lines[old.line - 1] = replaceValue(oldLine, value, options.comment === 'drop')
    dropContinuations(lines, old.line, old.lastLine)
  } else if (last === undefined || options.at === 'top') {
    // An empty section takes the indent of what follows, lest the next header be read as a continuation.
    const next = section.properties[0] ?? document.sections.find((other) => other.line > section.line)
    const indent = next === undefined ? '' : indentOf(document.lines[next.line - 1] ?? '')
    insertAfter(lines, section.line, indent + propertyLine(key, value))
  } else {
    insertAfter(lines, last.lastLine, indentOf(document.lines[last.line - 1] ?? '') + propertyLine(key, value))
  }
  const wanted = document.sections.map((other) => {
    if (other !== section) return meaning(other)
    const entries = entriesOf(other)
    const at = old === undefined ? (options.at === 'top' ? 0 : entries.length) : section.properties.indexOf(old)
    entries.splice(at, old === undefined ? 0 : 1, [key.toLowerCase(), value])
    return meaning(other, entries)
  })
  return reread(document, lines, wanted)
}

/** Takes a key out, each time the section names it, with its continuation lines; comments stay. */
export function removeProperty(document: IniDocument, section: IniSection, key: string): IniDocument {
  const wantedKey = key.toLowerCase()
  return removeProperties(document, (other, name) => other === section && name === wantedKey)
}

/** Takes out every property of which `isTaken` says so (keys are lower case), as `removeProperty` does. */
export function removeProperties(
  document: IniDocument,
  isTaken: (section: IniSection, key: string) => boolean,
): IniDocument {
  const lines = wholeLines(document)
  const wanted = document.sections.map((section) => {
    for (const property of section.properties.toReversed()) {
      if (!isTaken(section, property.key)) continue
      dropContinuations(lines, property.line, property.lastLine)
      lines[property.line - 1] = ''
    }
    return meaning(
      section,
      entriesOf(section).filter(([key]) => !isTaken(section, key)),
    )
  })
  return reread(document, endedAsBefore(document, lines), wanted)
}

/** Adds a section at the end of the file, after one blank line and with a final line end. */
export function appendSection(
  document: IniDocument,
  kind: Exclude<IniSection['kind'], 'other'>,
  name: string,
  properties: Iterable<readonly [key: string, value: string]> = [],
): IniDocument {
  const entries = [...properties]
  for (const [key, value] of entries) checkProperty(document, key, value)
  if (!isIniName(name) || (document.source.kind === 'credentials' && kind !== 'profile')) {
    throw refused(document, `the name ${quoted(name)} cannot stand in a section header`)
  }
  const lines = wholeLines(document)
  const eol = fileEol(lines)
  const end = lines.at(-1)
  if (end !== undefined && eolOf(end) === '') lines[lines.length - 1] = end + eol
  if (end !== undefined && end.trim() !== '') lines.push(eol)
  const bare = document.source.kind === 'credentials' || (kind === 'profile' && name === 'default')
  lines.push(`[${bare ? '' : `${kind} `}${name}]${eol}`)
  for (const [key, value] of entries) lines.push(propertyLine(key, value) + eol)
  const added = { kind, name, prefixed: !bare, line: 0, properties: [] }
  const lowerCase = entries.map(([key, value]): [string, string] => [key.toLowerCase(), value])
  return reread(document, lines, [...document.sections.map((section) => meaning(section)), meaning(added, lowerCase)])
}

/**
 * Takes a section out, from its header to its last property, with the blank lines after that (at the end of the file:
 * before it). Comments below its last property stay: they may belong to what follows.
 */
export function removeSection(document: IniDocument, section: IniSection): IniDocument {
  const lines = wholeLines(document)
  let start = section.line - 1
  let end = section.properties.at(-1)?.lastLine ?? section.line
  while (end < lines.length && lines[end]?.trim() === '') end++
  if (end === lines.length) while (start > 0 && lines[start - 1]?.trim() === '') start--
  lines.splice(start, end - start)
  const rest = document.sections.filter((other) => other !== section)
  return reread(
    document,
    lines,
    rest.map((other) => meaning(other)),
  )
}

/** The lines with their own ends, so that joining them is the text. */
function wholeLines(document: IniDocument): string[] {
  const lines = document.lines.map((line, index) => (index < document.lines.length - 1 ? `${line}\n` : line))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** A file without a final line end stays so when its last line goes. */
function endedAsBefore(document: IniDocument, lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== '')
  if (document.lines.at(-1) === '' || last === -1) return lines
  return lines.with(last, (lines[last] ?? '').replace(/\r?\n$/, ''))
}

function eolOf(line: string): string {
  return line.endsWith('\r\n') ? '\r\n' : line.endsWith('\n') ? '\n' : ''
}

function fileEol(lines: readonly string[]): string {
  return eolOf(lines[0] ?? '') || '\n'
}

function propertyLine(key: string, value: string): string {
  return value === '' ? `${key} =` : `${key} = ${value}`
}

/** Puts a line after line `number`, ended as that one is; a file without a final line end stays so. */
function insertAfter(lines: string[], number: number, text: string): void {
  const before = lines[number - 1] ?? ''
  const eol = eolOf(before)
  if (eol === '') lines[number - 1] = before + fileEol(lines)
  lines.splice(number, 0, text + eol)
}

/** Empties continuation lines in place, so that line numbers hold until the lines are joined. */
function dropContinuations(lines: string[], line: number, lastLine: number): void {
  for (let index = line; index < lastLine; index++) {
    if (!isIdle((lines[index] ?? '').trim())) lines[index] = ''
  }
}

function replaceValue(line: string, value: string, dropComment: boolean): string {
  const content = line.trimEnd()
  const equals = content.indexOf('=')
  const rest = content.slice(equals + 1)
  const commentAt = rest.search(TRAILING_COMMENT)
  const oldValue = (commentAt === -1 ? rest : rest.slice(0, commentAt)).trimEnd()
  const comment = commentAt === -1 || dropComment ? '' : rest.slice(oldValue.length)
  const gap = value === '' ? '' : oldValue === '' ? ' ' : indentOf(oldValue)
  return content.slice(0, equals + 1) + gap + value + comment + eolOf(line)
}

/** Refuses without showing the value: it may be a secret. */
function checkProperty(document: IniDocument, key: string, value: string): void {
  // No ":" here, which botocore takes for "=".
  if (!/^[\w.-]+$/.test(key)) throw refused(document, `${quoted(key)} cannot be a key`)
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value) || !value.isWellFormed()) {
    throw refused(document, `the value for "${key}" holds control characters`)
  }
  if (value !== value.trim()) throw refused(document, `the value for "${key}" begins or ends with a space`)
  if (TRAILING_COMMENT.test(` ${value}`)) {
    throw refused(document, `the value for "${key}" holds a "#" or ";" that would begin a comment`)
  }
}

type Entry = [key: string, value: string]

function entriesOf(section: IniSection): Entry[] {
  return section.properties.map(({ key, value }) => [key, value])
}

/** A section without its place in the file, to be compared. */
function meaning(section: IniSection, entries = entriesOf(section)): string {
  return JSON.stringify([section.kind, section.name, section.prefixed, entries])
}

/** Reads the new text back; the promise that nothing else changes its meaning is kept here, not hoped for. */
function reread(document: IniDocument, lines: readonly string[], wanted: readonly string[]): IniDocument {
  const text = (document.bom ? '\ufeff' : '') + lines.join('')
  const changed = parseIni(text, document.source)
  const got = changed.sections.map((section) => meaning(section))
  if (got.length !== wanted.length || got.some((section, index) => section !== wanted[index])) {
    throw refused(document, 'the lines around the change would be read differently: check their indentation')
  }
  return changed
}

function refused(document: IniDocument, state: string): CredError {
  return new CredError('failed', `cannot edit ${quoted(document.source.path, 1000)}: ${state}`)
}
