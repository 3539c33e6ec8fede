import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Script } from 'node:vm'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { partText } from '../io/packaged.ts'
import { withEagerFunctions } from './eager-functions.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const AWS_ROOM = join(ROOT, 'src/aws')
const ERRORS = join(ROOT, 'src/core/errors.ts')
const PACKAGED = join(ROOT, 'src/io/packaged.ts')

export interface Bundles {
  readonly main: string
  /** The aws room with the SDK: nine tenths of the code, which a hit never loads. */
  readonly aws: string
  /** V8's code cache of `aws`; null where the target's Node is not the one that builds. */
  readonly awsCache: string | null
}

/** Bundles the program into two files in `folder`: what every run needs, and the aws room with its SDK. */
export async function bundleInto(folder: string, entry: string, forThisNode: boolean): Promise<Bundles> {
  const main = join(folder, 'main.cjs')
  await build({ ...COMMON, entryPoints: [entry], outfile: main, plugins: [awsApart] })
  writeFileSync(main, withEagerFunctions(readFileSync(main, 'utf8')))
  const aws = join(folder, 'aws.cjs')
  await build({
    ...COMMON,
    entryPoints: [join(AWS_ROOM, 'sts-calls.ts')],
    outfile: aws,
    minify: true,
    plugins: [errorsShared],
  })
  if (!forThisNode) return { main, aws, awsCache: null }
  const awsCache = join(folder, 'aws.cache')
  writeFileSync(awsCache, new Script(partText(readFileSync(aws, 'utf8'))).createCachedData())
  return { main, aws, awsCache }
}

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  charset: 'utf8',
  legalComments: 'none',
  // Read only where the sources run without being packaged.
  define: { 'import.meta.dirname': '""' },
  logLevel: 'warning',
}

/** Imports of the aws room from outside become a load of that bundle when the importing module is first used. */
const awsApart: Plugin = {
  name: 'aws-apart',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /\/aws\/sts-calls\.ts$/ }, () => ({ path: 'aws', namespace: 'part' }))
    pluginBuild.onLoad({ filter: /.*/, namespace: 'part' }, () => ({
      contents: `module.exports = require(${JSON.stringify(PACKAGED)}).loadPart('aws.cjs', require)`,
      resolveDir: ROOT,
    }))
  },
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
