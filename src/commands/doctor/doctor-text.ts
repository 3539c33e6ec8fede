import type { Finding, Group } from '../../core/finding.ts'
import { ofGroup } from '../../core/finding.ts'
import { wrapped } from '../../core/table.ts'
import { shown } from '../../core/text.ts'
import type { Screen } from '../../io/screen.ts'
import type { Look } from './look.ts'
import type { Winner } from './who-wins.ts'

/** The longest code and a gap. */
const CODE_WIDTH = 24
const KEY_WIDTH = 9

/** `profile project1 (AWS_PROFILE), this shell: bash`. */
export function headText({ profile, by, shell }: Look): string {
  const from = by === null || by === 'typed' ? '' : ` (${by})`
  return `profile ${shown(profile, 60)}${from}, this shell: ${shell}\n`
}

/** Who takes what; where the tools disagree that is said first. */
export function winnersText({ profile, asNamed, wins }: Look, winners: readonly Winner[], { columns }: Screen): string {
  const how = asNamed ? ` with --profile ${shown(profile, 60)}` : ''
  const lines = [`who wins${how}${wins.agree ? '' : ': the tools do not agree'}`]
  const width = Math.min(34, Math.max(0, ...winners.map(({ words, source }) => (source === null ? 0 : words.length))))
  for (const { words, keyId, place, state, tools, namedTools, shadowed, source } of winners) {
    const key = source === null ? '' : (keyId ?? '').padEnd(KEY_WIDTH)
    const first = [source === null ? words : words.padEnd(width), key, place ?? '', state.join(', ')]
    lines.push(
      ...hanging(
        '  ',
        first
          .filter((part) => part !== '')
          .join('  ')
          .trimEnd(),
        columns,
      ),
    )
    const isSaid = namedTools.every((name) => tools.includes(name))
    const named = isSaid ? [] : [`with --profile ${shown(profile, 60)}: ${namedTools.join(', ')}`]
    const who = [...(tools.length === 0 ? [] : [tools.join(', ')]), ...named]
    lines.push(...who.flatMap((text) => hanging('    ', text, columns)))
    if (shadowed.length > 0) lines.push(...hanging('    ', `instead of ${shadowed.join(', ')}`, columns))
  }
  return `${lines.join('\n')}\n`
}

/** The findings of these groups, a blank line before each that has any. */
export function groupsText(
  findings: readonly Finding[],
  groups: readonly Group[],
  screen: Screen,
  quiet: boolean,
): string {
  return groups
    .map((group) => {
      const told = ofGroup(findings, group).filter(({ severity }) => !quiet || severity !== 'good')
      return told.length === 0 ? '' : `\n${told.map((each) => findingText(each, screen)).join('')}`
    })
    .join('')
}

/** The mark and what is found; then, under it, what to type. That line is never broken: it is to be pasted. */
function findingText({ code, severity, what, cure }: Finding, { columns, mark }: Screen): string {
  // Where the terminal speaks no UTF-8 one mark is `ok`, and the others are as wide.
  const markWidth = mark('good').includes('ok') ? 3 : 2
  const gap = ' '.repeat(markWidth - (markWidth === 3 && severity === 'good' ? 2 : 1))
  const width = columns === null ? Number.POSITIVE_INFINITY : Math.max(20, columns - CODE_WIDTH)
  const indent = ' '.repeat(CODE_WIDTH)
  const [first = '', ...rest] = wrapped(what, width)
  const lines = [
    `${mark(severity)}${gap}${code.padEnd(CODE_WIDTH - markWidth)}${first}`,
    ...rest.map((line) => indent + line),
  ]
  if (severity !== 'good' && cure !== null) lines.push(indent + cure)
  return `${lines.join('\n')}\n`
}

function hanging(indent: string, text: string, columns: number | null): string[] {
  if (columns === null) return [indent + text]
  const [first = '', ...rest] = wrappedKeeping(text, columns - indent.length)
  return [
    indent + first,
    ...rest.flatMap((line) => wrapped(line, columns - indent.length - 2)).map((line) => `${indent}  ${line}`),
  ]
}

/** Columns within a line are kept where it fits as it is. */
function wrappedKeeping(text: string, width: number): string[] {
  return text.length <= width ? [text] : wrapped(text.replace(/ {2,}/g, '  '), width)
}
