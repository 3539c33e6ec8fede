import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { between, type Random } from '../random.ts'
import type { Damage } from './fault.ts'

/** Everything that may come to stand in the place of a file of ours. */
export const FILE_DAMAGE: Readonly<Record<string, Damage>> = {
  truncated: (path, random) => truncateSync(path, Math.floor(random() * readFileSync(path).length)),
  empty: (path) => truncateSync(path, 0),
  garbage: (path, random) => writeFileSync(path, garbage(random)),
  'with one bit changed': (path, random) => {
    const bytes = readFileSync(path)
    const at = between(random, 0, Math.max(0, bytes.length - 1))
    if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << between(random, 0, 7))
    writeFileSync(path, bytes)
  },
  'JSON of nothing': (path, random) =>
    writeFileSync(path, ['null', '{}', '[]', '"x"', '1e999', '{"version":2}'][between(random, 0, 5)] ?? ''),
  huge: (path) => truncateSync(path, 3 * 1024 ** 3),
  gone: (path) => rmSync(path),
  'a folder': (path) => {
    rmSync(path)
    mkdirSync(path)
  },
  'a pipe': pipeAt,
  'a link to /dev/zero': (path) => {
    rmSync(path, { force: true })
    symlinkSync('/dev/zero', path)
  },
  'a link to itself': (path) => {
    rmSync(path, { force: true })
    symlinkSync(path, path)
  },
  'open to others': (path) => chmodSync(path, 0o666),
  'without rights': (path) => chmodSync(path, 0),
}

/** The same for a folder. */
export const FOLDER_DAMAGE: Readonly<Record<string, Damage>> = {
  gone: (path) => rmSync(path, { recursive: true }),
  'a file': (path) => {
    rmSync(path, { recursive: true })
    writeFileSync(path, '')
  },
  'a pipe': pipeAt,
  'a link': (path) => {
    renameSync(path, `${path}-elsewhere`)
    symlinkSync(`${path}-elsewhere`, path)
  },
  'open to others': (path) => chmodSync(path, 0o777),
  'without rights': (path) => chmodSync(path, 0),
  'full of others': (path, random) => {
    for (let i = 0; i < 20; i++)
      writeFileSync(join(path, `${i % 2 === 0 ? '.tmp-' : 'session-x'}${i}.json`), garbage(random))
  },
}

function pipeAt(path: string): void {
  rmSync(path, { recursive: true, force: true })
  if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('mkfifo failed')
}

export function garbage(random: Random): Buffer {
  return Buffer.from(Array.from({ length: between(random, 1, 3000) }, () => between(random, 0, 255)))
}
