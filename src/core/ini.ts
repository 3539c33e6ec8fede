import { type IniHeader, readSections } from './ini-grammar.ts'

/** Which of the two AWS files a text is (their section names differ), and where it lies, for messages. */
export interface IniSource {
  readonly kind: 'config' | 'credentials'
  readonly path: string
}

export interface IniProperty {
  /** Lower case: the AWS tools ignore case here. */
  readonly key: string
  /** Trimmed, without its ` #` or ` ;` comment; continuation lines follow after `\n`. */
  readonly value: string
  /** Number of the key's line, from 1. */
  readonly line: number
  /** Number of its last continuation line; `line` where there is none. */
  readonly lastLine: number
  /** The `key = value` lines indented under an empty value, keys as written; null where there are none. */
  readonly subProperties: ReadonlyMap<string, string> | null
}

export interface IniSection {
  readonly kind: 'profile' | 'sso-session' | 'services' | 'other'
  /** The name without its prefix; for `other` all that stands between the brackets. */
  readonly name: string
  /** Whether a prefix stood before the name: `[profile default]` goes before `[default]`. */
  readonly prefixed: boolean
  /** Number of the header's line, from 1. */
  readonly line: number
  /** In the file's order. A key may stand twice: the last one counts. */
  readonly properties: readonly IniProperty[]
}

/** A file as it is: `lines` and `bom` are all of its text, the sections tell what stands where in it. */
export interface IniDocument {
  readonly source: IniSource
  readonly bom: boolean
  /** The text split at `\n`; a `\r` before it stays in its line. */
  readonly lines: readonly string[]
  readonly sections: readonly IniSection[]
}

/** Where a line is anything but a header, a comment, empty, or `key =` without indent. */
const ODD_LINE = /^(?![A-Za-z][\w.-]*[ \t]*=|[#;[]|$)/gm

/**
 * Reads `~/.aws/config` or `~/.aws/credentials` by the grammar of smithy-rs's profile-parser-tests. Where that suite is
 * silent it goes with botocore: a line is a continuation when indented deeper than its property, so a section may be
 * indented as a whole, and an indented comment is a comment.
 * Throws `CredError('failed')` with file and line, and never the line's text, which may be a secret.
 *
 * Every call pays for this, so a block (what begins with an unindented header) without odd lines is read only when it
 * is asked for: nothing in it can be wrong.
 */
export function parseIni(text: string, source: IniSource): IniDocument {
  const bom = text.charCodeAt(0) === 0xfeff
  const body = bom ? text.slice(1) : text
  const sections: IniSection[] = []
  const file = { source, body, lineAt: lineCounter(body) }
  let odd = -1
  for (let start = 0, end = 0; start < body.length; start = end) {
    end = blockEnd(body, start)
    if (odd < start) odd = nextOddLine(body, start)
    const header = odd >= end ? plainHeader(body, start, source.kind) : null
    if (header !== null) {
      sections.push(new LazySection(header, file, start))
    } else {
      for (const section of readSections(body.slice(start, end), file.lineAt(start), source)) sections.push(section)
    }
  }
  let lines: string[] | null = null
  return {
    source,
    bom,
    sections,
    get lines() {
      lines ??= body.split('\n')
      return lines
    },
  }
}

/** The text of a document, byte for byte the one it was read from. */
export function serializeIni(document: IniDocument): string {
  return (document.bom ? '\ufeff' : '') + document.lines.join('\n')
}

/** All sections of that kind and name, in the file's order: a name may stand more than once. */
export function findSections(document: IniDocument, kind: IniSection['kind'], name: string): IniSection[] {
  return document.sections.filter((section) => section.kind === kind && section.name === name)
}

interface IniFile {
  readonly source: IniSource
  readonly body: string
  readonly lineAt: (place: number) => number
}

/** A header that is all of its line and needs no closer look: one match, because hundreds are read on every call. */
const PLAIN_HEADER = /\[(?:(profile|sso-session|services)[ \t]+)?([\w\-/.%@:+]+)\]\r?(?:\n|$)/y

function plainHeader(body: string, start: number, file: IniSource['kind']): IniHeader | null {
  PLAIN_HEADER.lastIndex = start
  const found = PLAIN_HEADER.exec(body)
  if (found === null) return null
  const kind = found[1] as IniSection['kind'] | undefined
  const name = found[2] as string
  if (kind === undefined) {
    return { kind: file === 'credentials' || name === 'default' ? 'profile' : 'other', name, prefixed: false }
  }
  return file === 'credentials' ? null : { kind, name, prefixed: true }
}

/** Where the next line that begins with `[` is: always a header, whatever stands before it. */
function blockEnd(body: string, start: number): number {
  return body.indexOf('\n[', start) + 1 || body.length
}

function nextOddLine(body: string, from: number): number {
  ODD_LINE.lastIndex = from
  return ODD_LINE.exec(body)?.index ?? Number.POSITIVE_INFINITY
}

/** Numbers of lines by their place in the text; places asked for in rising order cost one pass in all. */
function lineCounter(body: string): (place: number) => number {
  let at = 0
  let number = 1
  return (place) => {
    if (place < at) [at, number] = [0, 1]
    number += body.slice(at, place).split('\n').length - 1
    at = place
    return number
  }
}

/** A block that holds no odd line. Not #private: 500 of these are made on every call, and such fields are slow to make. */
class LazySection implements IniSection {
  readonly kind: IniSection['kind']
  readonly name: string
  readonly prefixed: boolean
  private readonly file: IniFile
  private readonly start: number
  private read: readonly IniProperty[] | null

  constructor({ kind, name, prefixed }: IniHeader, file: IniFile, start: number) {
    this.kind = kind
    this.name = name
    this.prefixed = prefixed
    this.file = file
    this.start = start
    this.read = null
  }

  get line(): number {
    return this.file.lineAt(this.start)
  }

  get properties(): readonly IniProperty[] {
    const { body, source } = this.file
    this.read ??=
      readSections(body.slice(this.start, blockEnd(body, this.start)), this.line, source)[0]?.properties ?? []
    return this.read
  }
}
