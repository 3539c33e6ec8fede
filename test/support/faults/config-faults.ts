import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { kept } from '../folder-snapshot.ts'
import { between, oneOf, type Random } from '../random.ts'
import type { SweepWorld } from '../sweep-world.ts'
import { garbage } from './damage.ts'
import type { Applied, Fault } from './fault.ts'

/** What may come to stand in `~/.aws/config`; none gives `two` another role. */
const TEXTS: Readonly<Record<string, (text: string, random: Random) => string | Buffer>> = {
  cut: (text, random) => text.slice(0, between(random, 0, text.length - 1)),
  garbage: (_, random) => garbage(random),
  'with garbage behind it': (text, random) => Buffer.concat([Buffer.from(text), garbage(random)]),
  'in UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'with BOM and CRLF': (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`.trimEnd(),
  'a loop': (text) => `${text}\n[profile one]\naws_cred_source_profile = two\n`,
  'a chain of 3,000': (text) =>
    `${text}\n[profile one]\naws_cred_source_profile = c0\n${Array.from({ length: 3_000 }, (_, i) => `[profile c${i}]\naws_cred_role_arn = arn:aws:iam::123456789012:role/X\naws_cred_source_profile = c${i + 1}\n`).join('')}`,
  'two sources': (text) => `${text}\n[profile two]\nsso_session = corp\ncredential_process = /bin/false\n`,
  'a malformed role': (text) => text.replace(/(role\/)Chained/, 'role\u001b[31m $(id)'),
  'a duration of nothing': (text) => `${text}\n[profile two]\naws_cred_duration_seconds = abc\n`,
  'a hostile source': (text) => text.replace('source_profile = one', "source_profile = a'; $(id) `x`\u202e"),
  'profiles of hostile names': (text) =>
    `${text}\n[profile __proto__]\naws_cred_role_arn = x\n[profile constructor]\n[profile %s%n]\n[profile $(id)]\n[profile "a b]\n[]\n`,
  'a line that is none': (text) => `${text}\nwhat is this\n`,
  'ten thousand profiles': (text) =>
    text + Array.from({ length: 10_000 }, (_, i) => `[profile p${i}]\nregion = eu-west-1\n`).join(''),
  'one long line': (text) => `${text}x = ${'y'.repeat(2_000_000)}\n`,
  empty: () => '',
}

/** What may stand in the place of the file itself. */
const PLACES: Readonly<Record<string, (path: string) => void>> = {
  gone: (path) => rmSync(path),
  'a folder': (path) => {
    rmSync(path)
    mkdirSync(path)
  },
  'a pipe': (path) => {
    rmSync(path)
    execFileSync('mkfifo', [path])
  },
  'a link to itself': (path) => {
    rmSync(path)
    symlinkSync(path, path)
  },
  'a link to /dev/zero': (path) => {
    rmSync(path)
    symlinkSync('/dev/zero', path)
  },
  'larger than 16 MiB': (path) => writeFileSync(path, Buffer.alloc(17 * 1024 * 1024, '#\n')),
}

const configOf = ({ home }: SweepWorld): string => join(home, '.aws/config')

export const CONFIG_FAULTS: readonly Fault[] = [
  ...Object.entries(TEXTS).map(([how, change]) => ({
    name: `config: ${how}`,
    apply: (world: SweepWorld, random: Random) =>
      edited(configOf(world), (path) => writeFileSync(path, change(readFileSync(path, 'utf8'), random))),
  })),
  ...Object.entries(PLACES).map(([how, change]) => ({
    name: `config: ${how}`,
    apply: (world: SweepWorld) => edited(configOf(world), change),
  })),
  {
    name: 'credentials file: hostile',
    apply(world, random) {
      const path = join(world.home, '.aws/credentials')
      return edited(path, () =>
        writeFileSync(
          path,
          oneOf<string | Buffer>(random, [
            garbage(random),
            '[two]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
            '[user1]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n',
            '[[[\n',
            'x = y\n',
          ]),
        ),
      )
    },
  },
  {
    name: 'config: written by others meanwhile',
    apply(world, random) {
      const path = configOf(world)
      const text = readFileSync(path, 'utf8')
      const applied = edited(path, () => {})
      return {
        ...applied,
        editsConfig: true,
        during: async () => {
          for (let i = 0; i < between(random, 1, 8); i++) {
            await wait(random() * 60)
            if (!wroteOver(path, `${text}# ${i}\n`, random() < 0.5)) return
          }
        },
      }
    },
  },
]

/** As editors do, whole; and as careless programs do, in place. False where the disk, another fault's, does not take it. */
function wroteOver(path: string, text: string, inPlace: boolean): boolean {
  try {
    writeFileSync(inPlace ? path : `${path}.new`, text)
    if (!inPlace) renameSync(`${path}.new`, path)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOSPC', 'EROFS'].includes(code)) throw error
    return false
  }
}

/** The other AWS file stays as the run leaves it. */
function edited(path: string, edit: (path: string) => void): Applied {
  const undo = kept([path])
  edit(path)
  return { undo }
}
