import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountName } from '../../src/keychain/account-name.ts'
import type { E2ePlace } from './e2e-place.ts'

/** The stored items past our own code, as another program could meddle with them. */
export interface RawItems {
  /** Full names: `key:user1`, `session:…`. */
  names(): string[]
  read(name: string): string
  write(name: string, text: string): void
  remove(name: string): void
}

export function stateDir({ home }: Pick<E2ePlace, 'home'>): string {
  return join(home, '.local/state/aws-cred')
}

/** The files of the index; one per entry. */
export function indexFiles(place: Pick<E2ePlace, 'home'>, kind = ''): string[] {
  const folder = join(stateDir(place), 'index')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && name.includes(`/${kind}`))
    .map((name) => join(folder, name))
}

/** The file names of a folder of the state. */
export function filesIn(place: Pick<E2ePlace, 'home'>, folder: 'vault' | 'locks'): string[] {
  return readdirSync(join(stateDir(place), folder))
}

/** Changes the entry of each index file of a kind. */
export function changeIndex(
  place: Pick<E2ePlace, 'home'>,
  kind: 'session' | 'key' | 'clock',
  change: (entry: Record<string, unknown>) => Record<string, unknown>,
): void {
  const files = indexFiles(place, `${kind}-`)
  assert.ok(files.length > 0, `the index has entries of ${kind}`)
  for (const file of files) {
    const text = JSON.parse(readFileSync(file, 'utf8')) as { entry: Record<string, unknown> }
    writeFileSync(file, `${JSON.stringify({ ...text, entry: change(text.entry) })}\n`)
  }
}

/** Moves STS's clock, and what this machine has seen of it: stored sessions are so much older. */
export function travel(place: E2ePlace, ms: number): void {
  place.sts.setClockOffsetMs(ms)
  changeIndex(place, 'clock', (entry) => ({ ...entry, offsetMs: ms }))
}

export function vaultItems(place: E2ePlace): RawItems {
  const folder = join(stateDir(place), 'vault')
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .flatMap((file) => {
        const name = nameIn(readFileSync(file, 'utf8'))
        return name === null ? [] : [{ file, name }]
      })
  // A damaged file has no name to be found by.
  const known = new Map(files().map(({ name, file }) => [name, file]))
  const path = (name: string) => {
    const file = known.get(name)
    assert.ok(file !== undefined, `the vault has ${name}`)
    return file
  }
  return {
    names: () => files().map(({ name }) => name),
    read: (name) => readFileSync(path(name), 'utf8'),
    write: (name, text) => writeFileSync(path(name), text),
    remove: (name) => rmSync(path(name)),
  }
}

function nameIn(text: string): string | null {
  try {
    const name = (JSON.parse(text) as { n?: unknown }).n
    return typeof name === 'string' ? name : null
  } catch {
    // The header, or what a test has damaged.
    return null
  }
}

/** The names come from the index: a keychain cannot be listed without opening every secret. */
export function keychainItems(place: E2ePlace): RawItems {
  const { AWS_CRED_KEYCHAIN_SERVICE: service = '' } = place.env
  const tool = (verb: string, name: string, flags: readonly string[] = [], input = '') =>
    execFileSync('secret-tool', [verb, ...flags, 'service', service, 'account', accountName(name)], {
      env: { ...place.env },
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  return {
    names: () =>
      indexFiles(place, 'item-').map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name),
    read: (name) => tool('lookup', name),
    // Without its schema libsecret's own programs find an item, and keytar does not.
    write: (name, text) =>
      void tool('store', name, ['--label=test', 'xdg:schema', 'org.freedesktop.Secret.Generic'], text),
    remove: (name) => void tool('clear', name),
  }
}

/** The text of an item; empty where there is none. */
export function readOrNone(items: RawItems, name: string): string {
  try {
    return items.read(name)
  } catch {
    // secret-tool ends with 1 where there is none.
    return ''
  }
}
