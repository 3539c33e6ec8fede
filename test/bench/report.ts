import type { Figures } from './interleave.ts'

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function table(figures: readonly Figures[], digits = 1): void {
  for (const { name, medianMs, p90Ms } of figures)
    print(`  ${name.padEnd(34)} ${medianMs.toFixed(digits).padStart(7)} ms   p90 ${p90Ms.toFixed(digits)}`)
}

/** A measured figure against its bar, which it may reach but not pass. `fastest`: the same of the fastest tenth. */
export function bar(what: string, figure: number, most: number, unit = '', fastest?: number): void {
  const mark = figure <= most ? 'ok  ' : 'OVER'
  const limit = unit === '' ? `bar ${most}` : `bar ${most} ${unit}`
  const tenth = fastest === undefined ? '' : `; of the fastest tenth ${shown(fastest, unit)}`
  print(`${mark} ${what}: ${shown(figure, unit)} (${limit})${tenth}`)
}

function shown(figure: number, unit: string): string {
  return unit === 'us' ? `${figure.toFixed(0)} us` : `${figure.toFixed(3)}${unit === '' ? '' : ` ${unit}`}`
}
