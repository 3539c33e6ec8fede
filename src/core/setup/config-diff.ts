import type { IniDocument } from '../ini.ts'
import { shown } from '../text.ts'
import { withoutSecretWords } from './setup-secrets.ts'

export interface DiffLine {
  readonly mark: ' ' | '+' | '-'
  /** Without its line end. */
  readonly text: string
  /** Numbers from 1; null where the line is not on that side. */
  readonly before: number | null
  readonly after: number | null
}

/** Table cells that a comparison may cost; a change larger than that is shown as taken out and put in. */
const CELLS_MAX = 4_000_000
const CONTEXT_LINES = 3
const LINE_CHARACTERS_MAX = 2_000

/** The shortest way from one list of lines to the other; what is taken out stands before what takes its place. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const old = before.map(withoutEnd)
  const now = after.map(withoutEnd)
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let tail = 0
  while (tail < Math.min(old.length, now.length) - start && old[old.length - 1 - tail] === now[now.length - 1 - tail]) {
    tail++
  }
  const both = (i: number, j: number): DiffLine => ({ mark: ' ', text: now[j] ?? '', before: i + 1, after: j + 1 })
  const result: DiffLine[] = []
  for (let i = 0; i < start; i++) result.push(both(i, i))
  const [oldEnd, nowEnd] = [old.length - tail, now.length - tail]
  const length = commonLengths(old.slice(start, oldEnd), now.slice(start, nowEnd))
  let [i, j] = [start, start]
  while (i < oldEnd || j < nowEnd) {
    if (i < oldEnd && j < nowEnd && old[i] === now[j] && length !== null) result.push(both(i++, j++))
    else if (
      i < oldEnd &&
      (j >= nowEnd || length === null || length(i + 1 - start, j - start) >= length(i - start, j + 1 - start))
    ) {
      result.push({ mark: '-', text: old[i] ?? '', before: ++i, after: null })
    } else result.push({ mark: '+', text: now[j] ?? '', before: null, after: ++j })
  }
  while (i < old.length) result.push(both(i++, j++))
  return result
}

/** How many lines the two have in common from a place in each on; null where that costs too much to know. */
function commonLengths(old: readonly string[], now: readonly string[]): ((i: number, j: number) => number) | null {
  const width = now.length + 1
  if ((old.length + 1) * width > CELLS_MAX) return null
  const cells = new Uint16Array((old.length + 1) * width)
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const [below, right] = [cells[(i + 1) * width + j] ?? 0, cells[i * width + j + 1] ?? 0]
      cells[i * width + j] = old[i] === now[j] ? (cells[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(below, right)
    }
  }
  return (i, j) => cells[i * width + j] ?? 0
}

/** The number that a line of `after` has in `before`; null for a new line. */
export function oldLineNumbers(before: IniDocument, after: IniDocument): (line: number) => number | null {
  const numbers = new Map(diffLines(before.lines, after.lines).map((line) => [line.after, line.before]))
  return (line) => numbers.get(line) ?? null
}

export interface DiffScreenOptions {
  /** How many lines around a change are shown, of its own section. */
  readonly contextLines?: number
  /** What is shown in the place of a document's lines, by their numbers: where they could be secret. */
  instead?(document: IniDocument): ReadonlyMap<number, string>
}

/**
 * What a change to the config looks like: the file's name, then each changed section with its header and three lines
 * around (see the options). Fit for a terminal: lines are escaped, and words that are secrets by their looks left out. Empty
 * where nothing changes.
 */
export function diffScreen(
  title: string,
  before: IniDocument,
  after: IniDocument,
  { contextLines = CONTEXT_LINES, instead }: DiffScreenOptions = {},
): string {
  const diff = diffLines(before.lines, after.lines)
  const [oldTexts, newTexts] = [instead?.(before), instead?.(after)]
  const headers = new Set(after.sections.map((section) => section.line))
  const oldHeaders = new Set(before.sections.map((section) => section.line))
  const isHeader = (line: DiffLine): boolean =>
    line.after === null ? oldHeaders.has(line.before ?? 0) : headers.has(line.after)
  const keep = new Set<number>()
  for (const [index, line] of diff.entries()) {
    if (line.mark === ' ' || line.text.trim() === '') continue
    const header = diff.findLastIndex((other, at) => at <= index && isHeader(other))
    const next = diff.findIndex((other, at) => at > index && isHeader(other))
    const end = Math.min(index + contextLines, (next === -1 ? diff.length : next) - 1)
    if (header !== -1) keep.add(header)
    for (let at = Math.max(index - contextLines, header, 0); at <= end; at++) keep.add(at)
  }
  if (keep.size === 0) return ''
  const lines = [title]
  let last = -1
  for (const index of [...keep].sort((a, b) => a - b)) {
    const { mark, text: line, before: oldNumber, after: newNumber } = diff[index] as DiffLine
    const text = oldTexts?.get(oldNumber ?? 0) ?? newTexts?.get(newNumber ?? 0) ?? line
    // An empty line says nothing at the edge of what is shown.
    if (text.trim() === '' && !(keep.has(index - 1) && keep.has(index + 1))) continue
    if (last !== -1 && diff.slice(last + 1, index).some((line) => line.text.trim() !== '')) lines.push('  …')
    lines.push(`${mark} ${shown(withoutSecretWords(text), LINE_CHARACTERS_MAX)}`.trimEnd())
    last = index
  }
  return `${lines.join('\n')}\n`
}

function withoutEnd(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
