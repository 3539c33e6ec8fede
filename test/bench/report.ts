import type { Figures } from './interleave.ts'

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function table(figures: readonly Figures[], digits = 1): void {
  for (const { name, medianMs, p90Ms } of figures)
    print(`  ${name.padEnd(34)} ${medianMs.toFixed(digits).padStart(7)} ms   p90 ${p90Ms.toFixed(digits)}`)
}

/** A measured figure against its bar, which it may reach but not pass. */
export function bar(what: string, figure: number, most: number, unit = ''): void {
  print(
    `${figure <= most ? 'ok  ' : 'OVER'} ${what}: ${shown(figure, unit)} (bar ${most}${unit === '' ? '' : ` ${unit}`})`,
  )
}

function shown(figure: number, unit: string): string {
  return unit === 'us' ? `${figure.toFixed(0)} us` : `${figure.toFixed(3)}${unit === '' ? '' : ` ${unit}`}`
}
