import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { changeIndex, indexFiles, keychainItems, readOrNone, stateDir } from '../e2e-stored.ts'
import { kept } from '../folder-snapshot.ts'
import { between, oneOf, type Random } from '../random.ts'
import type { SweepWorld } from '../sweep-world.ts'
import { FILE_DAMAGE, FOLDER_DAMAGE, garbage } from './damage.ts'
import type { Applied, Damage, Fault } from './fault.ts'

const inVault = ({ kind }: SweepWorld): boolean => kind !== 'keychain'
const inKeychain = ({ kind }: SweepWorld): boolean => kind === 'keychain'

const vaultDir = (world: SweepWorld): string => join(stateDir(world), 'vault')
const filesOf = (folder: string, start: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name))

/** One fault for each way to damage some files; `isUndone` where only a person could mend them. */
function damagedFiles(
  what: string,
  files: (world: SweepWorld) => string[],
  isUndone: boolean,
  where?: (world: SweepWorld) => boolean,
): Fault[] {
  return Object.entries(FILE_DAMAGE).map(([how, damage]) => ({
    name: `${what}: ${how}`,
    ...(where === undefined ? {} : { where }),
    apply: (world, random) => damaged(some(files(world), random), damage, random, isUndone),
  }))
}

function damagedFolder(
  what: string,
  path: (world: SweepWorld) => string,
  isUndone: boolean,
  where?: (world: SweepWorld) => boolean,
): Fault[] {
  return Object.entries(FOLDER_DAMAGE).map(([how, damage]) => ({
    name: `${what}: ${how}`,
    ...(where === undefined ? {} : { where }),
    apply: (world, random) => damaged([path(world)], damage, random, isUndone),
  }))
}

function damaged(paths: readonly string[], damage: Damage, random: Random, isUndone: boolean): Applied {
  // What the run itself stores beside them must not go with that.
  const putBack = isUndone ? kept(paths) : null
  for (const path of paths) damage(path, random)
  return putBack === null ? {} : { undo: putBack }
}

/** All of them, or some. */
function some(files: readonly string[], random: Random): string[] {
  if (files.length === 0) throw new Error('there is nothing to damage')
  const picked = random() < 0.5 ? [...files] : files.filter(() => random() < 0.5)
  return picked.length > 0 ? picked : [oneOf(random, files)]
}

const INDEX_DIR = (world: SweepWorld): string =>
  join(stateDir(world), 'index', readdirSync(join(stateDir(world), 'index'))[0] ?? '')
const LOCKS_DIR = (world: SweepWorld): string => join(stateDir(world), 'locks')

export const STORE_FAULTS: readonly Fault[] = [
  ...damagedFiles('session items', (world) => filesOf(vaultDir(world), 'session-'), false, inVault),
  ...damagedFiles('key items', (world) => filesOf(vaultDir(world), 'key-'), true, inVault),
  ...damagedFiles('vault header', (world) => [join(vaultDir(world), 'vault.json')], true, inVault),
  ...damagedFolder('vault folder', vaultDir, true, inVault),
  ...damagedFiles(
    'copies in memory',
    ({ runtimeDir }) =>
      readdirSync(join(runtimeDir, 'aws-cred'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    true,
    ({ kind }) => kind === 'vault unlocked',
  ),
  ...damagedFiles(
    'vault key file',
    ({ home }) => [join(home, 'vault-key')],
    true,
    ({ kind }) => kind === 'vault by key file',
  ),
  {
    name: 'vault: locked',
    where: inVault,
    apply({ runtimeDir }) {
      const undo = kept([runtimeDir])
      rmSync(join(runtimeDir, 'aws-cred'), { recursive: true, force: true })
      return { env: { AWS_CRED_VAULT_KEY_FILE: undefined }, undo }
    },
  },
  {
    name: 'vault: another key',
    where: inVault,
    apply({ home, runtimeDir }, random) {
      const undo = kept([runtimeDir])
      rmSync(join(runtimeDir, 'aws-cred'), { recursive: true, force: true })
      const file = join(home, 'other-key')
      writeFileSync(file, Buffer.alloc(32, between(random, 1, 255)).toString('base64'), { mode: 0o600 })
      return { env: { AWS_CRED_VAULT_KEY_FILE: file }, undo }
    },
  },
  ...damagedFiles('index entries', (world) => indexFiles(world), false),
  ...damagedFolder('index folder', INDEX_DIR, false),
  {
    name: 'index: lies',
    apply(world, random) {
      const lies: Record<string, unknown>[] = [
        { expiresMs: Date.now() + 9e9 },
        { expiresMs: 1 },
        { clockName: 'elsewhere' },
        { rootId: 'key:0' },
        { savedMs: 'x' },
        { issuedMs: 9e15 },
      ]
      const lie = oneOf(random, lies)
      changeIndex(world, 'session', (entry) => ({ ...entry, ...lie }))
      if (random() < 0.3) changeIndex(world, 'key', (entry) => ({ ...entry, generation: 'f'.repeat(32) }))
      return {}
    },
  },
  ...damagedFiles(
    'lock files',
    (world) => filesOf(LOCKS_DIR(world), '').filter((file) => file.endsWith('.lock')),
    false,
  ),
  ...Object.entries(FILE_DAMAGE)
    .filter(([how]) => how !== 'gone')
    .map(([how, damage]) => ({
      name: `names of lock holders: ${how}`,
      apply(world: SweepWorld, random: Random) {
        for (const lock of filesOf(LOCKS_DIR(world), '').filter((file) => file.endsWith('.lock'))) {
          const holder = lock.replace(/\.lock$/, '.holder')
          writeFileSync(
            holder,
            `{"pid":${oneOf(random, [1, -1, process.pid, 2 ** 40])},"program":"x\\u001b","startedMs":1}`,
          )
          damage(holder, random)
        }
        return {}
      },
    })),
  ...damagedFolder('locks folder', LOCKS_DIR, false),
  {
    name: 'locks: held for a moment',
    apply(world, random) {
      return { during: () => holdLocks(LOCKS_DIR(world), between(random, 20, 600)) }
    },
  },
  {
    name: 'locks: held all along',
    slow: true,
    apply(world) {
      let over = false
      const until = async () => {
        while (!over) await wait(20)
      }
      return {
        during: async ({ ended }) => {
          await Promise.all([holdLocks(LOCKS_DIR(world), until), ended.then(() => (over = true))])
        },
      }
    },
  },
  {
    name: 'keychain: not there',
    where: inKeychain,
    apply: ({ runtimeDir }, random) =>
      oneOf(random, [
        { env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeDir}/nothing` } },
        { env: { DBUS_SESSION_BUS_ADDRESS: undefined } },
        { env: { DBUS_SESSION_BUS_ADDRESS: 'what is this' } },
        { env: { DBUS_SESSION_BUS_ADDRESS: '' } },
      ]),
  },
  {
    name: 'keychain: locked',
    where: inKeychain,
    async apply({ keyring }) {
      await keyring?.lock()
      return { undo: () => keyring?.unlock() }
    },
  },
  {
    name: 'keychain: ends in between',
    where: inKeychain,
    apply: ({ keyring }, random) => ({
      during: async () => {
        await wait(between(random, 0, 150))
        await keyring?.endDaemon()
      },
      undo: () => keyring?.unlock(),
    }),
  },
  {
    name: 'keychain: silent',
    where: inKeychain,
    slow: true,
    apply({ keyring }) {
      keyring?.stop()
      return { undo: () => keyring?.resume() }
    },
  },
  ...(['session', 'key'] as const).map((kind) => ({
    name: `keychain ${kind} items: changed`,
    where: inKeychain,
    apply(world: SweepWorld, random: Random) {
      const items = keychainItems(world)
      const names = items.names().filter((name) => name.startsWith(`${kind}:`))
      // A session that was dropped is still noted in the index that was put back.
      const before = names.map((name) => [name, readOrNone(items, name)] as const).filter(([, text]) => text !== '')
      for (const [name, text] of before) changeItem(items, name, text, random)
      const undo = () => {
        for (const [name, text] of before) items.write(name, text)
      }
      return kind === 'session' ? {} : { undo }
    },
  })),
]

function changeItem(items: ReturnType<typeof keychainItems>, name: string, text: string, random: Random): void {
  const at = between(random, 0, text.length - 1)
  const change = oneOf<() => void>(random, [
    () => items.remove(name),
    () => items.write(name, text.slice(0, at)),
    () => items.write(name, `${text.slice(0, at)}X${text.slice(at + 1)}`),
    () => items.write(name, 'hunter2'),
    () => items.write(name, garbage(random).toString('hex')),
    () => items.write(name, text.replace('"v":1', '"v":2')),
  ])
  change()
}

/** As another aws-cred would, for so many ms or until that is over. */
async function holdLocks(folder: string, howLong: number | (() => Promise<void>)): Promise<void> {
  const locks = existsSync(folder) ? filesOf(folder, '').filter((file) => file.endsWith('.lock')) : []
  const held = locks.flatMap((file) => {
    try {
      const database = new DatabaseSync(file, { timeout: 0 })
      database.exec('PRAGMA journal_mode=memory')
      database.exec('BEGIN EXCLUSIVE')
      return [database]
    } catch {
      // The run holds it already, or it is damaged by another fault.
      return []
    }
  })
  await (typeof howLong === 'number' ? wait(howLong) : howLong())
  for (const database of held) database.close()
}
