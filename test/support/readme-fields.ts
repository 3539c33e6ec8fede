import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What stands in backticks in the first cells of the README's first table after `text`. */
export function readmeFields(text: string): string[] {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, after = ''] = readme.split(text)
  const [table = ''] = after.slice(after.indexOf('|---|---|')).split('\n\n')
  return table.split('\n').flatMap((row) => (row.split('|')[1]?.match(/`\w+`/g) ?? []).map((cell) => cell.slice(1, -1)))
}
