import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** The executable that `npm run build` makes. */
export const BINARY = join(ROOT, 'dist', process.platform === 'win32' ? 'aws-cred.exe' : 'aws-cred')

/** Builds the executable where it is not there or older than what it is made of. Throws where the build fails. */
export function ensureBuilt(): void {
  if (existsSync(BINARY) && statSync(BINARY).mtimeMs > newest()) return
  const { status } = spawnSync(process.execPath, [join(ROOT, 'src/build/executable.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('cannot build dist/aws-cred: see above')
}

function newest(): number {
  const inFolder = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const files = [...inFolder('src'), ...inFolder('shell'), 'package-lock.json']
  return Math.max(...files.map((file) => statSync(join(ROOT, file)).mtimeMs))
}
