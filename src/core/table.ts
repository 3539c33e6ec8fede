const GAP = '  '
/** No column gets narrower than this: below it a name tells nothing. */
const LEAST_WIDTH = 8
/** What a terminal draws two cells wide: East Asian wide and full-width letters, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/**
 * Columns under their heads, two spaces apart, one line a row, ended by a newline. Where `maxWidth` (in cells; null: no
 * limit) is passed, the widest column is cut, with `…`. Cells must be fit to show already (`shown`). Without heads (null)
 * the rows alone; `paint` gets each cell of them as it is to stand there, and may put colours round it.
 */
export function tableText(
  heads: readonly string[] | null,
  rows: readonly (readonly string[])[],
  maxWidth: number | null,
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string {
  const lines = heads === null ? rows : [heads, ...rows]
  const headCount = lines.length - rows.length
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => cellWidth(line[column] ?? ''))))
  if (maxWidth !== null) narrow(widths, maxWidth)
  return lines
    .map((line, i) => {
      const last = line.findLastIndex((cell) => cell !== '')
      const cells = widths.slice(0, last + 1).map((width, column) => {
        const cell = cut(line[column] ?? '', width)
        const painted = i < headCount ? cell : paint(cell, i - headCount, column)
        return column === last ? painted : painted + ' '.repeat(Math.max(0, width - cellWidth(cell)))
      })
      return `${cells.join(GAP)}\n`
    })
    .join('')
}

function narrow(widths: number[], maxWidth: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)
  while (total() > maxWidth) {
    const widest = widths.lastIndexOf(Math.max(...widths))
    const width = widths[widest]
    if (width === undefined || width <= LEAST_WIDTH) return
    widths[widest] = width - 1
  }
}

function cellWidth(text: string): number {
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : 1
  return width
}

function cut(text: string, width: number): string {
  if (cellWidth(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (cellWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** Breaks text at spaces so that no line is over `width` cells, words longer than that excepted. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && cellWidth(line) + 1 + cellWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/**
 * Texts as lines, broken at spaces where they go to a terminal of so many columns (null: to none); an indented line is a
 * command, which must stay whole to be pasted.
 */
export function linesText(texts: readonly string[], columns: number | null): string {
  const all = texts.flatMap((text) => text.split('\n'))
  return all
    .flatMap((line) => (columns === null || line.startsWith(' ') ? [line] : wrapped(line, columns)))
    .map((line) => `${line}\n`)
    .join('')
}
