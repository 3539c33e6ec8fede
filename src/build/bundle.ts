import { readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { writeCodeCaches } from './code-cache.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** What a hit loads beside what is imported where it stands: all else that is imported lazily lies in another part. */
const HIT_ENTRIES = ['src/program.ts', 'src/commands/process.ts', 'src/keychain/vault-store.ts']

/** What is loaded as often as a hit, by tools, shells, prompts and scripts: it does not wait for the text of all the others. */
const OFTEN_RUN: Readonly<Record<string, PartName>> = {
  'src/commands/session/store/open-keychain.ts': 'keychain.cjs',
  'src/commands/status.ts': 'status.cjs',
  'src/commands/export.ts': 'export.cjs',
}

/** What waits for another's refresh, as a hundred processes may at once; in no second part, since it knows which locks this process holds. */
const WAIT_FILES = ['commands/session/single-flight.ts', 'commands/session/mfa/learn-direct.ts', 'io/lock.ts'].map(
  (file) => `src/${file}`,
)

export interface Bundles {
  /** What the executable starts: the guards, then the program by its parts. */
  readonly main: string
  /** File name by asset name: the parts of the program, each with V8's code cache where the target's Node is this one. */
  readonly assets: Readonly<Record<string, string>>
}

/**
 * Bundles the program into `folder` in parts: a few lines that every run starts with; `hit.cjs`, all that serving a
 * stored session needs, kept small because every byte of it costs each hit; `keychain.cjs`, `status.cjs` and
 * `export.cjs`, what those need beside it; `verbs.cjs`, the rest of the program; `wait.cjs`, the locks; and `aws.cjs`, the aws room with its
 * SDK. The modules of `hit.cjs`, and those named for `wait.cjs`, are in no second part: the others ask that one.
 */
export async function bundleInto(folder: string, entry: string, forThisNode: boolean): Promise<Bundles> {
  const hitFiles = await filesOf(HIT_ENTRIES)
  const wanted: Wanted = {
    'hit.cjs': new Set(hitFiles.keys()),
    'keychain.cjs': new Set(),
    'status.cjs': new Set(),
    'export.cjs': new Set(),
    'verbs.cjs': new Set(),
    'wait.cjs': new Set(),
    'aws.cjs': new Set(),
  }
  const assets: Record<string, string> = {}
  // In this order each part is asked for its modules by those before it.
  for (const name of Object.keys(wanted) as PartName[]) {
    const file = join(folder, name)
    const contents = name === 'hit.cjs' ? importingAll(hitFiles) : requiringAll(wanted[name])
    const stdin = { contents, resolveDir: ROOT, sourcefile: name, loader: 'ts' as const }
    const plugins = [crossings(name, wanted)]
    const wrapper = { banner: { js: '(function (exports, require, module) {' }, footer: { js: '})' } }
    await build({ ...COMMON, ...wrapper, stdin, outfile: file, plugins })
    assets[name] = file
    checkAscii(file)
    if (!forThisNode) continue
    assets[`${name}.cache`] = `${file}.cache`
  }
  if (forThisNode) writeCodeCaches(Object.keys(wanted).map((name) => join(folder, name)))
  const main = join(folder, 'main.cjs')
  await build({ ...COMMON, entryPoints: [entry], outfile: main, plugins: [crossings('main', wanted)] })
  return { main, assets }
}

type PartName = 'hit.cjs' | 'keychain.cjs' | 'status.cjs' | 'export.cjs' | 'wait.cjs' | 'verbs.cjs' | 'aws.cjs'
type Wanted = Readonly<Record<PartName, Set<string>>>

/** The files below src/ that come along with `entries`, lazy imports apart, each with the names that it exports. */
async function filesOf(entries: readonly string[]): Promise<Map<string, string[]>> {
  const lazyOutside: Plugin = {
    name: 'lazy imports outside',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^\./ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : null,
      )
    },
  }
  const looking = { ...COMMON, outdir: ROOT, write: false as const, metafile: true as const }
  const { metafile } = await build({ ...looking, entryPoints: [...entries], plugins: [lazyOutside] })
  const files = Object.keys(metafile.inputs).sort()
  const apart = await build({ ...looking, entryPoints: files, bundle: false, format: 'esm' })
  return new Map(Object.values(apart.metafile.outputs).map((output) => [output.entryPoint as string, output.exports]))
}

/**
 * A part whose modules run when it is loaded: for the hit, which needs nearly all of them. Their exports are named one
 * by one, so that no object of them is made until another part asks.
 */
function importingAll(exportsOf: ReadonlyMap<string, readonly string[]>): string {
  const all = [...exportsOf]
  const imports = all.map(([file], i) => `import * as m${i} from './${file}'\n`)
  const exports = all.map(([file, names], i) => {
    return `'${file}': () => ({ ${names.map((name) => `${name}: m${i}.${name}`).join(', ')} }),\n`
  })
  return `${imports.join('')}module.exports = {\n${exports.join('')}}\n`
}

/** A part whose modules run when they are asked for. Sorted: in the order in which esbuild met them no two builds are the same. */
function requiringAll(files: ReadonlySet<string>): string {
  return `module.exports = {\n${[...files]
    .sort()
    .map((file) => `'${file}': () => require('./${file}'),\n`)
    .join('')}}\n`
}

/** Turns an import of a module that lies in another part into a look into that part, and notes that it is wanted there. */
function crossings(from: PartName | 'main', wanted: Wanted): Plugin {
  const hitFiles = new Set(wanted['hit.cjs'])
  const partOf = (file: string, lazy: boolean): PartName | null => {
    if (hitFiles.has(file)) return from === 'main' && !lazy ? null : 'hit.cjs'
    if (WAIT_FILES.includes(file)) return 'wait.cjs'
    if (file.startsWith('src/aws/')) return 'aws.cjs'
    return from === 'hit.cjs' && lazy ? (OFTEN_RUN[file] ?? 'verbs.cjs') : null
  }
  return {
    name: 'crossings',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind, namespace }) => {
        if (namespace === 'part') return null
        const file = relative(ROOT, resolve(resolveDir, path)).replaceAll(sep, '/')
        const lazy = kind === 'dynamic-import'
        const part = kind === 'entry-point' ? null : partOf(file, lazy)
        // What the hit awaits of its own goes through `loadPart` too: else esbuild would wrap each of its modules.
        if (part === null || (part === from && !(lazy && from === 'hit.cjs'))) return null
        wanted[part].add(file)
        return { path: file, namespace: 'part', pluginData: part }
      })
      pluginBuild.onLoad({ filter: /.*/, namespace: 'part' }, ({ path, pluginData }) => ({
        contents: `module.exports = require('./src/io/parts.ts').loadPart('${pluginData}', require)['${path}']()`,
        resolveDir: ROOT,
      }))
    },
  }
}

/** A part's text, which is read byte by byte. esbuild leaves letters beyond ASCII in regular expressions as they are. */
function checkAscii(file: string): void {
  const found = /.{0,40}[^\0-\x7f].{0,40}/.exec(readFileSync(file, 'utf8'))
  if (found !== null) throw new Error(`write this with \\u escapes: ${found[0]}`)
}

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  charset: 'ascii',
  legalComments: 'none',
  minify: true,
  // Read only where the sources run without being packaged.
  define: { 'import.meta.dirname': '""' },
  logLevel: 'warning',
}
