import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { partText } from '../io/packaged.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'src/program.ts')
const STS_CALLS = join(ROOT, 'src/aws/sts-calls.ts')
const ERRORS = join(ROOT, 'src/core/errors.ts')
const PACKAGED = join(ROOT, 'src/io/packaged.ts')

export interface Bundles {
  /** What the executable starts: the guards, then the program as a part. */
  readonly main: string
  /** File name by asset name: the parts of the program, each with V8's code cache where the target's Node is this one. */
  readonly assets: Readonly<Record<string, string>>
}

/**
 * Bundles the program into `folder` in three: a few lines that every run starts with, the program, and the aws room
 * with its SDK, nine tenths of the code, which a hit never loads.
 */
export async function bundleInto(folder: string, entry: string, forThisNode: boolean): Promise<Bundles> {
  const main = join(folder, 'main.cjs')
  await build({ ...COMMON, entryPoints: [entry], outfile: main, plugins: [apart(PROGRAM, 'program.cjs')] })
  const program = join(folder, 'program.cjs')
  await build({ ...COMMON, entryPoints: [PROGRAM], outfile: program, plugins: [apart(STS_CALLS, 'aws.cjs')] })
  const aws = join(folder, 'aws.cjs')
  await build({ ...COMMON, entryPoints: [STS_CALLS], outfile: aws, plugins: [errorsShared] })
  const assets: Record<string, string> = { 'program.cjs': program, 'aws.cjs': aws }
  if (forThisNode) {
    for (const [name, file] of Object.entries(assets)) {
      assets[`${name}.cache`] = `${file}.cache`
      writeFileSync(`${file}.cache`, codeCache(partText(readFileSync(file, 'utf8'))))
    }
  }
  return { main, assets }
}

/**
 * V8's code cache with every function in it. Compiled lazily, as by default, each would be compiled again at its first
 * call in every run: a fifth of a hit. The flag is set for the compilation alone, since V8 refuses a cache
 * that was written under other flags.
 */
function codeCache(text: string): Buffer {
  setFlagsFromString('--no-lazy')
  const script = new Script(text)
  setFlagsFromString('--lazy')
  return script.createCachedData()
}

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  charset: 'utf8',
  legalComments: 'none',
  minify: true,
  // Read only where the sources run without being packaged.
  define: { 'import.meta.dirname': '""' },
  logLevel: 'warning',
}

/** Imports of `file` become a load of the part `name` when the importing module is first used. */
function apart(file: string, name: string): Plugin {
  return {
    name: `${name} apart`,
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) =>
        kind !== 'entry-point' && resolve(resolveDir, path) === file ? { path: name, namespace: 'part' } : null,
      )
      pluginBuild.onLoad({ filter: /.*/, namespace: 'part' }, () => ({
        contents: `module.exports = require(${JSON.stringify(PACKAGED)}).loadPart('${name}', require)`,
        resolveDir: ROOT,
      }))
    },
  }
}

/** `CredError` must be one class on both sides, or `instanceof` parts them. */
const errorsShared: Plugin = {
  name: 'errors-shared',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /\/errors\.ts$/ }, ({ path, resolveDir }) =>
      resolve(resolveDir, path) === ERRORS ? { path: 'aws-cred:errors', external: true } : null,
    )
  },
}
