import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { BINARY, ensureBuilt } from '../support/built-binary.ts'
import { benchCompletion } from './completion-cost.ts'
import { benchExport } from './export-cost.ts'
import { type Bench, benchHits } from './hits.ts'
import { benchStorm } from './mfa-storm.ts'
import { benchPrompts } from './prompt-cost.ts'
import { print } from './report.ts'
import { benchShellStarts } from './shell-start.ts'

/**
 * `npm run bench [-- hits|hooks|storm] [ROUNDS]`: the bars of the issues; each part of `hooks` by its name too. Every comparison runs its commands in turn within one
 * run, from a fresh copy of the executable (the page cache of a file just built is another than that of a copy).
 */
const hooks = { prompts: benchPrompts, starts: benchShellStarts, completion: benchCompletion, export: benchExport }
const parts: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  hits: benchHits,
  ...hooks,
  storm: benchStorm,
}
const words = process.argv.slice(2)
const rounds = Number(words.find((word) => /^[0-9]+$/.test(word)) ?? 40)
const names = words
  .filter((word) => !/^[0-9]+$/.test(word))
  .flatMap((word) => (word === 'hooks' ? Object.keys(hooks) : [word]))
const unknown = names.find((name) => parts[name] === undefined)
if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${Object.keys(parts).join(', ')}`)

ensureBuilt()
const work = mkdtempSync(join(tmpdir(), 'aws-cred-bench-'))
try {
  const program = join(work, 'aws-cred')
  copyFileSync(BINARY, program)
  const load = loadavg()[0]?.toFixed(1)
  print(`aws-cred bench: ${rounds} interleaved rounds, medians; ${availableParallelism()} processors, load ${load}\n`)
  for (const [name, part] of Object.entries(parts)) {
    if (names.length === 0 || names.includes(name)) await part({ work, program, rounds })
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
