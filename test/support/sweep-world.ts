import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVault } from '../../src/keychain/vault-header.ts'
import {
  addKey,
  chainConfig,
  documentOf,
  type E2ePlace,
  ownBinary,
  PASSPHRASE,
  processOf,
  verb,
  writeConfig,
} from './e2e-place.ts'
import { changeIndex, keychainItems, readOrNone } from './e2e-stored.ts'
import { type FolderSnapshot, restoreTo, snapshotOf } from './folder-snapshot.ts'
import { type Keyring, startKeyring } from './keyring.ts'
import type { Secret } from './secrets.ts'
import { exampleWorld, type StsUser, startSts } from './sts.ts'
import { newKeyId, newSecret } from './sts-world.ts'

export type WorldKind = 'vault by key file' | 'vault unlocked' | 'keychain'

/**
 * A home that sweeps run every verb in: keys `user1` and `spare` stored, `two` with a live session. Everything lies below
 * `root`, in memory where that can be had.
 */
export interface SweepWorld extends E2ePlace {
  readonly kind: WorldKind
  readonly root: string
  readonly runtimeDir: string
  readonly keyring: Keyring | null
  /** Whether `root` is a small file system of its own, which can be filled. */
  readonly canFill: boolean
  /** Whether a file is meant to hold secrets: it was made so by the test, or keeps what an unlocked vault keeps in memory. */
  meansToHold(path: string): boolean
  /** The long-lived keys that must not be lost, by the name under which they are or will be stored. */
  readonly keys: Readonly<Record<'user1' | 'spare' | 'filed', StsUser>>
  /** All that may not show, sessions given out so far included. */
  secrets(): Secret[]
  /** Files and STS as they were; `agoMs` is how old the sessions are by STS's clock. */
  restore(agoMs?: number): Promise<void>
  /** Makes a vault that was locked as open as it was. */
  reopen(): void
}

/** A test, or `node:test` itself for what a whole file uses. */
type Ends = { after(work: () => void | Promise<void>): unknown }

const CHEAP = { n: 16, r: 1, p: 1 }
const ROOT_BYTES = 24 * 1024 * 1024

export async function sweepWorld(t: Ends, kind: WorldKind): Promise<SweepWorld> {
  const { root, canFill } = makeRoot(t)
  const keyring = kind === 'keychain' ? await startKeyring() : null
  if (keyring !== null) t.after(() => keyring.close())
  const [home, runtimeDir, tmp] = ['home', 'run', 'tmp'].map((name) => join(root, name)) as [string, string, string]
  for (const folder of [home, runtimeDir, tmp]) mkdirSync(folder, { mode: 0o700 })
  const world = exampleWorld()
  const [spare, filed] = [0, 1].map(() => ({ ...world.alice, accessKeyId: newKeyId('AKIA'), secret: newSecret() })) as [
    StsUser,
    StsUser,
  ]
  world.users.push(spare, filed)
  const sts = await startSts(world)
  t.after(() => sts.close())
  const common = { HOME: home, TMPDIR: tmp, XDG_RUNTIME_DIR: runtimeDir, AWS_ENDPOINT_URL_STS: sts.url }
  const store = keyring === null ? await vaultEnv(home, kind) : keychainEnv(keyring)
  const place: E2ePlace = {
    home,
    env: { PATH: '/usr/bin:/bin', ...store.env, ...common },
    sts,
    world,
    binary: ownBinary(),
  }
  writeConfig(place, chainConfig(world))
  const credentials = `# mine\n[filed]\naws_access_key_id = ${filed.accessKeyId}\naws_secret_access_key = ${filed.secret}\nregion = eu-west-1\n`
  const credentialsPath = join(home, '.aws/credentials')
  writeConfig(place, credentials, 'credentials')
  if (kind === 'vault unlocked') {
    const { code, err } = await verb(place, ['unlock', '--stdin'], { stdin: `${PASSPHRASE}\n` })
    assert.equal(code, 0, err)
  }
  await addKey(place)
  const added = await verb(place, ['add', 'spare', '--stdin'], { stdin: `${spare.accessKeyId}\n${spare.secret}\n` })
  assert.equal(added.code, 0, added.err)
  documentOf(await processOf(place, 'two'))
  documentOf(await processOf(place, 'two'))
  const base: FolderSnapshot = snapshotOf(root)
  const users = [...world.users]
  const kept = snapshotOf(runtimeDir)
  const keys = keyring === null ? null : keptKeys(place)
  return {
    ...place,
    kind,
    root,
    runtimeDir,
    keyring,
    canFill,
    keys: { user1: world.alice, spare, filed },
    meansToHold: (path) =>
      path === place.env.AWS_CRED_VAULT_KEY_FILE ||
      path.startsWith(join(runtimeDir, 'aws-cred/')) ||
      (path === credentialsPath && readFileSync(path, 'utf8') === credentials),
    secrets: () => [
      { about: "alice's secret key", text: world.alice.secret },
      { about: "the spare key's secret", text: spare.secret },
      { about: 'the passphrase', text: PASSPHRASE },
      { about: 'the secret key in the credentials file', text: filed.secret },
      ...store.secrets,
      ...sts.issued().flatMap(({ accessKeyId, secret, token, arn }) => [
        { about: `the secret key of session ${accessKeyId} (${arn})`, text: secret },
        // All tokens begin alike.
        { about: `the token of session ${accessKeyId} (${arn})`, text: token.slice(20) },
      ]),
    ],
    async restore(agoMs = 0) {
      sts.reset()
      sts.setIssueSeconds(null)
      world.users.splice(0, world.users.length, ...users)
      restoreTo(root, base)
      sts.setClockOffsetMs(agoMs)
      if (agoMs !== 0) changeIndex(place, 'clock', (entry) => ({ ...entry, offsetMs: agoMs }))
      keys?.putBack()
    },
    reopen: () => restoreTo(runtimeDir, kept),
  }
}

async function vaultEnv(home: string, kind: WorldKind) {
  const key = await createVault(join(home, '.local/state/aws-cred/vault'), PASSPHRASE, CHEAP)
  const keyFile = join(home, 'vault-key')
  const byFile = kind === 'vault by key file'
  if (byFile) writeFileSync(keyFile, key.toString('base64'), { mode: 0o600 })
  const secrets: Secret[] = [
    { about: 'the key of the vault', text: key.toString('base64') },
    { about: 'the key of the vault in hex', text: key.toString('hex') },
  ]
  const env = { AWS_CRED_STORE: 'vault', ...(byFile ? { AWS_CRED_VAULT_KEY_FILE: keyFile } : {}) }
  return { env, secrets }
}

function keychainEnv(keyring: Keyring): { env: Readonly<Record<string, string>>; secrets: Secret[] } {
  const { DBUS_SESSION_BUS_ADDRESS = '' } = keyring.env
  const service = `aws-cred-sweep-${process.pid}`
  return {
    env: { DBUS_SESSION_BUS_ADDRESS, AWS_CRED_STORE: 'keychain', AWS_CRED_KEYCHAIN_SERVICE: service },
    secrets: [],
  }
}

/** The keychain's two keys as they are, for when a verb has removed or replaced one. */
function keptKeys(place: E2ePlace): { putBack(): void } {
  const items = keychainItems(place)
  const texts = ['key:user1', 'key:spare'].map((name) => [name, items.read(name)] as const)
  return {
    putBack() {
      for (const [name, text] of texts) if (readOrNone(items, name) !== text) items.write(name, text)
    },
  }
}

/** What is left at the end of a run that was cut short. */
const roots = new Set<() => void>()
process.on('exit', () => {
  for (const remove of roots) remove()
})

/** A file system in memory of its own as root, else a folder of one that is there: what is synced there costs nothing. */
function makeRoot(t: Ends): { root: string; canFill: boolean } {
  const isRoot = process.getuid?.() === 0
  const parent = !isRoot && existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const root = mkdtempSync(join(parent, 'aws-cred-sweep-'))
  const mounted =
    isRoot &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOT_BYTES},mode=700`, 'tmpfs', root], { stdio: 'ignore' })
      .status === 0
  let gone = false
  const remove = () => {
    if (gone) return
    gone = true
    roots.delete(remove)
    if (mounted) spawnSync('umount', ['-l', root])
    rmSync(root, { recursive: true, force: true })
  }
  t.after(remove)
  roots.add(remove)
  return { root, canFill: mounted }
}
