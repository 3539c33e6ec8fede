const GAP = '  '
/** No column gets narrower than this: below it a name tells nothing. */
const LEAST_WIDTH = 8
/** What a terminal draws two cells wide: East Asian wide and full-width letters, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/**
 * Columns under their heads, two spaces apart, one line a row, ended by a newline. Where `maxWidth` (in cells; null: no
 * limit) is passed, the widest column is cut, with `…`. Cells must be fit to show already (`shown`).
 */
export function tableText(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  maxWidth: number | null,
): string {
  const lines = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => cellWidth(line[column] ?? ''))))
  if (maxWidth !== null) narrow(widths, maxWidth)
  return lines
    .map((line) => {
      const cells = widths.map((width, column) => padded(cut(line[column] ?? '', width), width))
      return `${cells.join(GAP).trimEnd()}\n`
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

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellWidth(text)))
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
