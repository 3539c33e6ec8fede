import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DamagedItemError } from '../../src/keychain/item-errors.ts'
import { createVault, readVaultHeader, unwrapVaultKey, vaultIdOf } from '../../src/keychain/vault-header.ts'
import { deleteFromVault, openUnlockedVault, openVault, vaultNames } from '../../src/keychain/vault-store.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'

const CHEAP = { n: 16, r: 1, p: 1 }
const NO_MEMORY = { env: {}, platform: 'darwin', userId: null, nowMs: () => 0, uptimeS: () => 0 }
const PASSPHRASE = 'correct horse é'

test('createVault() wraps the key so that only the passphrase gives it back', async (t) => {
  const dir = vaultDir(t)
  const key = await createVault(dir, PASSPHRASE)
  const header = readVaultHeader(dir)
  assert.deepEqual([header?.n, header?.r, header?.p], [131_072, 8, 1])
  assert.deepEqual(await unwrapVaultKey(dir, PASSPHRASE), key)
  assert.deepEqual(await unwrapVaultKey(dir, PASSPHRASE.normalize('NFD')), key)
  await assert.rejects(unwrapVaultKey(dir, 'wrong'), { message: 'cannot open the vault: the passphrase is wrong' })
})

test('createVault() opens the vault that another process made meanwhile', async (t) => {
  const dir = vaultDir(t)
  const keys = await Promise.all(Array.from({ length: 8 }, () => createVault(dir, PASSPHRASE, CHEAP)))
  assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1)
  assert.deepEqual(readdirSync(dir), ['vault.json'])
  await assert.rejects(createVault(dir, 'another', CHEAP), {
    message: 'cannot open the vault: the passphrase is wrong',
  })
})

test('readVaultHeader() tells damage in any byte from a wrong passphrase', async (t) => {
  const dir = vaultDir(t)
  await createVault(dir, PASSPHRASE, CHEAP)
  const file = join(dir, 'vault.json')
  const whole = readFileSync(file)
  for (let at = 0; at < whole.length - 1; at++) {
    const damaged = Buffer.from(whole)
    damaged[at] = damaged[at] === 0x30 ? 0x31 : 0x30
    writeFileSync(file, damaged)
    await assert.rejects(unwrapVaultKey(dir, PASSPHRASE), /its header vault\.json is damaged$/, `byte ${at}`)
  }
  writeFileSync(file, whole.subarray(0, 40))
  await assert.rejects(unwrapVaultKey(dir, PASSPHRASE), /its header vault\.json is damaged$/)
})

test('readVaultHeader() refuses a scrypt cost that would eat the machine', async (t) => {
  const dir = vaultDir(t)
  await createVault(dir, PASSPHRASE, CHEAP)
  const file = join(dir, 'vault.json')
  const whole = JSON.parse(readFileSync(file, 'utf8'))
  const { hash } = await import('node:crypto')
  for (const cost of [
    { n: 2 ** 21 },
    { n: 3 },
    { n: 1 },
    { r: 33 },
    { r: 0 },
    { p: 5 },
    { p: 0 },
    { n: 2 ** 20, r: 32 },
  ]) {
    const { v, id, n, r, p, salt, key, check } = { ...whole, ...cost }
    const sum = hash('sha256', JSON.stringify([v, id, n, r, p, salt, key, check]))
    writeFileSync(file, JSON.stringify({ v, id, n, r, p, salt, key, check, sum }))
    assert.throws(() => readVaultHeader(dir), /its scrypt cost is out of bounds$/)
  }
})

test('openVault() refuses the key of another vault', async (t) => {
  const dir = vaultDir(t)
  await createVault(dir, PASSPHRASE, CHEAP)
  assert.throws(() => openVault(dir, randomBytes(32)), {
    message: 'cannot open the vault: the key given is not the key of this vault',
  })
  assert.throws(() => openVault(join(dir, 'none'), randomBytes(32)), /: there is none$/)
})

test('openUnlockedVault() says that the vault is locked', async (t) => {
  const dir = vaultDir(t)
  await createVault(dir, PASSPHRASE, CHEAP)
  const context = { env: {}, platform: 'other', userId: process.getuid?.() ?? null, nowMs: () => 0, uptimeS: () => 0 }
  await assert.rejects(openUnlockedVault(context, dir), {
    code: 'person',
    message: 'cannot open the vault: it is locked',
    hint: 'aws-cred unlock',
  })
})

test('vault get() tells a damaged, swapped or foreign item and never gives it', async (t) => {
  const dir = vaultDir(t)
  const store = openVault(dir, await createVault(dir, PASSPHRASE, CHEAP))
  await store.set('a', 'value of a')
  await store.set('b', 'value of b')
  const [fileA = '', fileB = ''] = ['a', 'b'].map((name) =>
    join(dir, readdirSync(dir).find((file) => file.startsWith(`${name}-`)) ?? ''),
  )
  const whole = readFileSync(fileA)
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole)
    damaged[at] = damaged[at] === 0x41 ? 0x42 : 0x41
    writeFileSync(fileA, damaged)
    await assert.rejects(store.get('a'), DamagedItemError, `byte ${at}`)
  }
  const renamed = readFileSync(fileB, 'utf8').replace('"n":"b"', '"n":"a"')
  for (const text of ['', '{', 'null', readFileSync(fileB), renamed, whole.subarray(0, 60)]) {
    writeFileSync(fileA, text)
    await assert.rejects(store.get('a'), { message: 'cannot read "a" from the vault: the item is damaged or not ours' })
  }
  await store.set('a', 'again')
  assert.equal(await store.get('a'), 'again')
})

test('vault get() takes for damaged what is no file of ours in the place of an item, and set() puts one there', async (t) => {
  const dir = vaultDir(t)
  const store = openVault(dir, await createVault(dir, PASSPHRASE, CHEAP))
  await store.set('key:a', 'value')
  const file = join(dir, readdirSync(dir).find((name) => name.startsWith('key-a')) ?? '')
  const planted: readonly (readonly [RegExp, () => void])[] = [
    [/from the vault: cannot read ".*": it is not a file/, () => assert.equal(spawnSync('mkfifo', [file]).status, 0)],
    [/it is a symbolic link/, () => symlinkSync('/dev/zero', file)],
    [/other users may read or write it/, () => writeFileSync(file, '', { mode: 0o644 })],
  ]
  for (const [reason, plant] of planted) {
    rmSync(file)
    plant()
    const failed = await store.get('key:a').catch((error: unknown) => error)
    assert.ok(failed instanceof DamagedItemError)
    assert.match(failed.message, reason)
    assert.deepEqual(await store.list(), [])
    await store.set('key:a', 'again')
    assert.deepEqual([await store.get('key:a'), await store.list()], ['again', ['key:a']])
  }
})

test('a vault whose folder is a link, or open to others, is not opened', async (t) => {
  const dir = vaultDir(t)
  const key = await createVault(dir, PASSPHRASE, CHEAP)
  const link = `${dir}-link`
  symlinkSync(dir, link)
  chmodSync(dir, 0o755)
  openVault(dir, key)
  for (const [path, mode, reason] of [
    [link, 0o700, /it is a symbolic link/],
    [dir, 0o777, /other users may write to it/],
    [dir, 0o770, /other users may write to it/],
  ] as const) {
    chmodSync(dir, mode)
    for (const open of [readVaultHeader, vaultIdOf, (at: string) => openVault(at, key)]) {
      assert.throws(() => open(path), { name: 'CredError', message: reason })
    }
  }
})

test('vault get() refuses an item of another vault with the same name', async (t) => {
  const [one, two] = [vaultDir(t), vaultDir(t)]
  const first = openVault(one, await createVault(one, PASSPHRASE, CHEAP))
  const second = openVault(two, await createVault(two, PASSPHRASE, CHEAP))
  await first.set('a', 'one')
  await second.set('a', 'two')
  const file = readdirSync(one).find((name) => name.startsWith('a-')) ?? ''
  writeFileSync(join(two, file), readFileSync(join(one, file)))
  await assert.rejects(second.get('a'), DamagedItemError)
})

test('vault set() leaves no plaintext, no temporary file and nobody else a right', async (t) => {
  const dir = vaultDir(t)
  const store = openVault(dir, await createVault(dir, PASSPHRASE, CHEAP))
  await Promise.all(Array.from({ length: 30 }, (_, i) => store.set(`item ${i}`, `plain secret ${i}`)))
  await store.set('item 1', 'plain secret 1')
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  const files = readdirSync(dir)
  assert.equal(files.length, 31)
  for (const file of files) {
    assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600)
    assert.equal(readFileSync(join(dir, file), 'utf8').includes('plain'), false)
  }
  assert.equal(vaultNames(dir).length, 30)
  assert.deepEqual(vaultNames(join(dir, 'none')), [])
})

test('vault delete() takes away what a killed write has left, not what one that runs is writing', async (t) => {
  const dir = vaultDir(t)
  const store = openVault(dir, await createVault(dir, PASSPHRASE, CHEAP))
  const running = leaveTemporary(dir, process.ppid)
  for (const remove of [() => store.delete('one'), async () => deleteFromVault(NO_MEMORY, dir, 'one')]) {
    await store.set('one', 'plain secret')
    const left = leaveTemporary(dir, DEAD_PID)
    assert.equal(await remove(), true)
    assert.deepEqual([existsSync(left), existsSync(running)], [false, true])
  }
})

function vaultDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'vault-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return join(dir, 'state', 'vault')
}
