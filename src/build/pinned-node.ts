import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>
}

/**
 * The Node of another platform, taken out of its npm package in the version and with the checksum of package-lock.json,
 * into `folder`. Gives its path. Throws where the package cannot be had or is another one.
 */
export function fetchPinnedNode(packageName: string, folder: string): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  const { version, integrity } = lock.packages[`node_modules/${packageName}`] ?? {}
  if (version === undefined || !integrity?.startsWith('sha512-')) {
    throw new Error(`package-lock.json does not pin ${packageName} with a sha512`)
  }
  // The program's blob is made by the Node that runs this: of another version, the executable would crash at its start.
  if (`v${version}` !== process.version) throw new Error(`${packageName} is ${version}, this is ${process.version}`)
  const packed = run(['npm', 'pack', `${packageName}@${version}`, '--silent', '--pack-destination', folder])
  const archive = join(folder, packed.trim().split('\n').at(-1) ?? '')
  const hash = createHash('sha512').update(readFileSync(archive)).digest('base64')
  if (`sha512-${hash}` !== integrity) throw new Error(`${packageName} is not what package-lock.json says`)
  const inside = packageName.includes('-win-') ? 'package/bin/node.exe' : 'package/bin/node'
  const target = join(folder, packageName)
  mkdirSync(target)
  run(['tar', '-xzf', archive, '-C', target, inside])
  return join(target, inside)
}

function run([program = '', ...args]: readonly string[]): string {
  const { status, stdout, error } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT })
  if (status !== 0) throw new Error(`cannot run ${program} ${args[0]}: ${error?.message ?? `exit ${status}`}`)
  return stdout
}
