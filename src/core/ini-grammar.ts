import { CredError } from './errors.ts'
import type { IniProperty, IniSection, IniSource } from './ini.ts'
import { isMadeOf } from './letters.ts'
import { quoted } from './text.ts'

/** What every AWS tool takes as the name of a profile or key: other names are kept in the file and never looked up. */
export function isIniName(name: string): boolean {
  return name !== '' && isMadeOf(name, '-/.%@:+')
}

/** Where the comment after a value begins. One whitespace, not `\s+`, which is quadratic on a long run of it. */
export const TRAILING_COMMENT = /\s[#;]/

/** Whether a trimmed line says nothing: it is empty or a comment. */
export function isIdle(line: string): boolean {
  return line === '' || line.startsWith('#') || line.startsWith(';')
}

/** The whitespace that a line begins with. */
export function indentOf(line: string): string {
  return line.slice(0, line.length - line.trimStart().length)
}

interface Draft extends IniProperty {
  value: string
  lastLine: number
  subProperties: Map<string, string> | null
}

/** The whole grammar, line by line. `firstNumber` is the number of the text's first line in its file. */
export function readSections(text: string, firstNumber: number, source: IniSource): IniSection[] {
  const sections: IniSection[] = []
  let properties: IniProperty[] | null = null
  let property: Draft | null = null
  let propertyIndent = 0
  let number = firstNumber - 1
  for (const raw of text.split('\n')) {
    number++
    const line = raw.trim()
    if (isIdle(line)) continue
    const indent = indentOf(raw).length
    if (property !== null && indent > propertyIndent) {
      continueProperty(property, line, number, source)
    } else if (line.startsWith('[')) {
      properties = []
      property = null
      sections.push({ ...readHeader(line, number, source), line: number, properties })
    } else {
      if (properties === null) throw broken(source, number, 'stands before the first [section]')
      property = readProperty(line, number, source)
      propertyIndent = indent
      properties.push(property)
    }
  }
  return sections
}

/** What stands between the brackets, told apart. */
export type IniHeader = Pick<IniSection, 'kind' | 'name' | 'prefixed'>

function readHeader(line: string, number: number, source: IniSource): IniHeader {
  let close = line.indexOf(']')
  // After the bracket only a comment may follow; `[a]b]` is one odd name and not two things.
  if (!isIdle(line.slice(close + 1).trim())) close = line.length - 1
  if (line[close] !== ']') throw broken(source, number, 'has a section header that does not end in "]"')
  return nameSection(line.slice(1, close).trim(), source.kind)
}

export function nameSection(full: string, file: IniSource['kind']): IniHeader {
  if (file === 'credentials' || full === 'default') {
    return { kind: isIniName(full) ? 'profile' : 'other', name: full, prefixed: false }
  }
  const gap = full.startsWith('profile ') ? 7 : full.search(/\s/)
  const kind = gap === -1 ? '' : full.slice(0, gap)
  const name = full.slice(gap).trim()
  if ((kind === 'profile' || kind === 'sso-session' || kind === 'services') && isIniName(name)) {
    return { kind, name, prefixed: true }
  }
  return { kind: 'other', name: full, prefixed: false }
}

function readProperty(line: string, number: number, source: IniSource): Draft {
  const comment = line.includes('#') || line.includes(';') ? line.search(TRAILING_COMMENT) : -1
  const [key, value] = splitProperty(comment === -1 ? line : line.slice(0, comment), 'property', number, source)
  return { key: key.toLowerCase(), value, line: number, lastLine: number, subProperties: null }
}

function continueProperty(property: Draft, line: string, number: number, source: IniSource): void {
  if (property.subProperties !== null || property.value === '') {
    const [key, value] = splitProperty(line, 'sub-property', number, source)
    property.subProperties ??= new Map()
    property.subProperties.set(key, value)
  }
  property.value += `\n${line}`
  property.lastLine = number
}

function splitProperty(text: string, what: string, number: number, source: IniSource): [key: string, value: string] {
  const equals = text.indexOf('=')
  if (equals === -1) throw broken(source, number, `holds a ${what} without "="`)
  const key = text.slice(0, equals).trim()
  if (key === '') throw broken(source, number, `holds a ${what} without a name before "="`)
  return [key, text.slice(equals + 1).trim()]
}

function broken(source: IniSource, line: number, state: string): CredError {
  return new CredError('failed', `cannot read ${quoted(source.path, 1000)}: line ${line} ${state}`)
}
