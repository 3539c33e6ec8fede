import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { loadedParts, type Part } from '../io/parts.ts'
import { runOften } from './train-hit.ts'

/** For the same bytes in every build: any seed for the strings' hashes will do; what was compiled further, when, is not kept. */
const FOR_BUILD = ['--hash-seed=26', '--no-flush-bytecode', '--no-sparkplug', '--no-profile-guided-optimization']
/** V8 takes a cache only under the flags that it was made with. */
const AS_IN_USE = ['--hash-seed=0', '--flush-bytecode', '--sparkplug', '--profile-guided-optimization']

/** The parts of what is run often. Only Linux has a folder in memory, which a hit of the vault takes. */
const TRAINED = process.platform === 'linux' ? ['hit.cjs', 'status.cjs', 'export.cjs'] : []

/**
 * Writes V8's code cache of each part beside it, as `<part>.cache`: of those that are run often with the functions that
 * such a run calls, of the others with all. In a process of its own, since the seed is settled when one starts. Throws
 * where that fails.
 */
export function writeCodeCaches(partFiles: readonly string[]): void {
  const argv = [...FOR_BUILD, import.meta.filename, ...partFiles]
  const { status, error } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`no code cache could be made: ${error?.message ?? `exit ${status}`}`)
}

async function makeCaches(partFiles: readonly string[]): Promise<void> {
  const scripts = partFiles.map((file) => {
    const [name, text] = [basename(file), readFileSync(file, 'latin1')]
    return { file, name, script: TRAINED.includes(name) ? new Script(text, { filename: name }) : compiledWhole(text) }
  })
  const often = scripts.filter(({ name }) => TRAINED.includes(name))
  const parts = Object.fromEntries(often.map(({ name, script }) => [name, loaded(script)]))
  // Where the program looks for its parts.
  Object.assign(globalThis, { [loadedParts]: parts })
  // What only errors call, half of all, need not be read back at each start.
  if (parts['hit.cjs'] !== undefined) await runOften(parts['hit.cjs'])
  for (const flag of AS_IN_USE) setFlagsFromString(flag)
  for (const { file, script } of scripts) writeFileSync(`${file}.cache`, script.createCachedData())
}

function loaded(script: Script): Part {
  const module: { exports: Part } = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(import.meta.url), module)
  return module.exports
}

/** With every function in it. Compiled lazily, as by default, each would be compiled again at its first call in every run. */
function compiledWhole(text: string): Script {
  setFlagsFromString('--no-lazy')
  const script = new Script(text)
  setFlagsFromString('--lazy')
  return script
}

if (import.meta.main) await makeCaches(process.argv.slice(2))
