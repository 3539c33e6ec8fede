import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import pkgSea from '@yao-pkg/pkg/lib-es5/sea.js'
import { bundleInto } from './bundle.ts'

type SeaConfig = NonNullable<Parameters<typeof pkgSea.default>[1]['seaConfig']>

export interface Target {
  readonly platform: 'linux' | 'macos' | 'win'
  readonly arch: 'x64' | 'arm64'
  /** The pinned Node of that platform, from npm. */
  readonly nodePath: string
  /** The name of keytar's prebuilt folder. */
  readonly addon: string
}

const ROOT = resolve(import.meta.dirname, '../..')

/** The pinned Node that runs this build, as a target. */
export function hostTarget(): Target {
  const { platform, arch, execPath } = process
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`no build for ${arch}`)
  const names = { linux: 'linux', darwin: 'macos', win32: 'win' } as const
  const name = names[platform as keyof typeof names]
  if (name === undefined) throw new Error(`no build for ${platform}`)
  return { platform: name, arch, nodePath: execPath, addon: `${platform}-${arch}` }
}

/**
 * Makes one executable out of an entry file: bundled, embedded into the pinned Node with keytar's addon beside it.
 * Written under another name, checked, then renamed. Throws where any step did not do what it should: pkg passes over a failed
 * injection.
 */
export async function buildExecutable(entry: string, output: string, target: Target): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'aws-cred-build-'))
  // Two builds at once must not share it.
  const fresh = `${output}.${process.pid}.new`
  try {
    const forThisNode = target.nodePath === process.execPath
    const { main, assets } = await bundleInto(work, entry, forThisNode)
    const addon = join(ROOT, 'node_modules/@github/keytar/prebuilds', target.addon, 'keytar.node')
    const addonBytes = readFileSync(addon)
    const addonHash = join(work, 'keytar.sha256')
    writeFileSync(addonHash, createHash('sha256').update(addonBytes).digest('hex'))
    mkdirSync(dirname(output), { recursive: true })
    rmSync(fresh, { force: true })
    await inFolder(work, () =>
      pkgSea.default(main, {
        targets: [{ nodeRange: 'node26', platform: target.platform, arch: target.arch, output: fresh }],
        nodePath: target.nodePath,
        // Beside nodePath it only says that the version is ours: pkg would run a foreign Node to ask it.
        useLocalNode: true,
        signature: target.platform === 'macos',
        // pkg's types know fewer fields than Node: it hands them all on.
        seaConfig: {
          // The path goes into the file: relative to pkg's own folder, which `inFolder` puts into ours.
          main: '../main.cjs',
          disableExperimentalSEAWarning: true,
          useSnapshot: false,
          // Its bytes differ from build to build, and the few lines of main are not faster with it.
          useCodeCache: false,
          // The environment has no say in a credential helper: NODE_OPTIONS, SIGUSR1, OPENSSL_CONF (which can load a
          // library into every run), NODE_USE_ENV_PROXY (whose errors quote the proxy's password).
          execArgvExtension: 'none',
          execArgv: [
            '--disable-sigusr1',
            `--openssl-config=${target.platform === 'win' ? 'NUL' : '/dev/null'}`,
            '--no-use-env-proxy',
            // Room for a config of hundreds of profiles before the first garbage collection: 3 ms of such a hit.
            '--min-semi-space-size=16',
          ],
          assets: {
            'keytar.node': addon,
            'keytar.sha256': addonHash,
            ...assets,
            ...shellFiles(),
          },
        } as SeaConfig,
      }),
    )
    checkOutput(
      fresh,
      [main, addon, ...Object.values(assets), ...Object.values(shellFiles())].map((file) => readFileSync(file)),
    )
    renameSync(fresh, output)
  } finally {
    rmSync(fresh, { force: true })
    rmSync(work, { recursive: true, force: true })
  }
}

/** The text files that `hook` and `completion` print, by asset name. */
function shellFiles(): Record<string, string> {
  const names = ['bash', 'zsh', 'fish', 'ps1'].flatMap((ending) => [`hook.${ending}`, `completion.${ending}`])
  return Object.fromEntries(names.map((name) => [name, join(ROOT, 'shell', name)]))
}

/** Runs `work` with temporary folders made inside `folder`: then every build sees the same relative paths. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const name = process.platform === 'win32' ? 'TEMP' : 'TMPDIR'
  const before = process.env[name]
  process.env[name] = folder
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  }
}

/** pkg reports success where nothing was injected: look for the program, the addon and the fuse in the file itself. */
function checkOutput(output: string, parts: readonly Buffer[]): void {
  const bytes = existsSync(output) ? readFileSync(output) : Buffer.alloc(0)
  if (!bytes.includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')) {
    throw new Error(`${output} has no program: its fuse is not set`)
  }
  for (const part of parts) {
    if (!bytes.includes(part)) throw new Error(`${output} does not hold all of the program`)
  }
}

if (import.meta.main) {
  const output = join(ROOT, 'dist', process.platform === 'win32' ? 'aws-cred.exe' : 'aws-cred')
  await buildExecutable(join(ROOT, 'src/main.ts'), output, hostTarget())
}
