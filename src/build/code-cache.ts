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

/**
 * Writes V8's code cache of each part beside it, as `<part>.cache`: of `hit.cjs` with the functions that are run often, of
 * the others with all. In a process of its own, since the seed is settled when one starts. Throws where that fails.
 */
export function writeCodeCaches(partFiles: readonly string[]): void {
  const argv = [...FOR_BUILD, import.meta.filename, ...partFiles]
  const { status, error } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`no code cache could be made: ${error?.message ?? `exit ${status}`}`)
}

async function makeCaches(partFiles: readonly string[]): Promise<void> {
  const scripts = await Promise.all(partFiles.map(async (file) => ({ file, script: await scriptOf(file) })))
  for (const flag of AS_IN_USE) setFlagsFromString(flag)
  for (const { file, script } of scripts) writeFileSync(`${file}.cache`, script.createCachedData())
}

async function scriptOf(file: string): Promise<Script> {
  const text = readFileSync(file, 'latin1')
  // Only Linux has a folder in memory, which a hit of the vault takes.
  return basename(file) === 'hit.cjs' && process.platform === 'linux' ? trained(text) : compiledWhole(text)
}

/** With the functions that were called, half of all: what only errors call need not be read back at each start. */
async function trained(text: string): Promise<Script> {
  const script = new Script(text, { filename: 'hit.cjs' })
  const module: { exports: Part } = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(import.meta.url), module)
  // Where the program looks for what it awaits.
  Object.assign(globalThis, { [loadedParts]: { 'hit.cjs': module.exports } })
  await runOften(module.exports)
  return script
}

/** With every function in it. Compiled lazily, as by default, each would be compiled again at its first call in every run. */
function compiledWhole(text: string): Script {
  setFlagsFromString('--no-lazy')
  const script = new Script(text)
  setFlagsFromString('--lazy')
  return script
}

if (import.meta.main) await makeCaches(process.argv.slice(2))
