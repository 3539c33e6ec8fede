import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { accountName } from '../../src/keychain/account-name.ts'
import { createVault, readVaultHeader, type VaultHeader } from '../../src/keychain/vault-header.ts'
import { forgetVaultKey, keepVaultKey } from '../../src/keychain/vault-key.ts'
import { vaultMemory } from '../../src/keychain/vault-memory.ts'
import { deleteFromVault, fillVaultMemory, openUnlockedVault, openVault } from '../../src/keychain/vault-store.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'
import { need } from '../support/need.ts'

const SECRET = 'a session that only memory may hold'

test('an unlocked vault answers for its sessions from memory, the vault itself unopened', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, copies, breakHeader } = vault
  const store = await openUnlockedVault(context, dir)
  await store.set('session:one', SECRET)
  await store.set('key:alice', 'long-lived')
  assert.deepEqual(copies().length, 1)
  for (const copy of copies()) assert.equal(statSync(copy).mode & 0o777, 0o600)
  breakHeader()
  const again = await openUnlockedVault(context, dir)
  assert.equal(await again.get('session:one'), SECRET)
  await assert.rejects(again.get('key:alice'), /its header vault\.json is damaged$/)
})

test('a copy counts only for the very writing that it is of', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, key, copies } = vault
  const store = await openUnlockedVault(context, dir)
  await store.set('session:one', 'old')
  await openVault(dir, key).set('session:one', 'new')
  assert.equal(await store.get('session:one'), 'new')
  await store.set('session:two', 'there')
  assert.equal(await openVault(dir, key).delete('session:two'), true)
  assert.equal(await store.get('session:two'), null)
  const [copy] = copies()
  for (const text of ['', '{', `${readFileSync(copy as string, 'utf8')} `]) {
    await store.set('session:one', 'whole')
    writeFileSync(copy as string, text)
    assert.equal(await store.get('session:one'), 'whole')
  }
})

test('a copy goes with its item, whoever deletes that, and is not made of one that is gone', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, id, copies } = vault
  const store = await openUnlockedVault(context, dir)
  await store.set('session:one', SECRET)
  assert.equal(await store.delete('session:one'), true)
  assert.deepEqual(copies(), [])
  vaultMemory(context, id)?.keep('session:one', join(dir, 'gone.item'), SECRET)
  assert.deepEqual(copies(), [])
  await store.set('session:two', SECRET)
  assert.equal(deleteFromVault(context, dir, 'session:two'), true)
  assert.deepEqual(copies(), [])
})

test('a copy that a killed process was writing goes with its item', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, folder, copies } = vault
  const store = await openUnlockedVault(context, dir)
  await store.set('session:one', SECRET)
  leaveTemporary(folder, DEAD_PID)
  assert.equal(await store.delete('session:one'), true)
  assert.deepEqual(copies(), [])
})

test('copies end with the key: by lock, by its time to live, and for a writer that comes late', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, id, key, runtimeDir, copies } = vault
  const store = await openUnlockedVault(context, dir)
  await store.set('session:one', SECRET)
  const late = vaultMemory(context, id)
  assert.equal(forgetVaultKey(context, id), true)
  late?.keep('session:one', join(dir, `${accountName('session:one')}.item`), SECRET)
  assert.deepEqual(readdirSync(join(runtimeDir, 'aws-cred')), [])
  keepVaultKey(context, id, key, 1_000)
  assert.deepEqual(copies(), [])
  await fillVaultMemory(context, dir)
  assert.equal(copies().length, 1)
  assert.equal(vaultMemory({ ...context, uptimeS: () => context.uptimeS() + 1 }, id), null)
  assert.deepEqual(readdirSync(join(runtimeDir, 'aws-cred')), [])
})

test('a folder in the place of a copy, or of the key itself, goes with what it stands for', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, id, runtimeDir, copies } = vault
  const store = await openUnlockedVault(context, dir)
  for (const remove of [() => store.delete('session:one'), async () => deleteFromVault(context, dir, 'session:one')]) {
    await store.set('session:one', SECRET)
    turnIntoFolder(copies()[0] as string)
    assert.equal(await store.get('session:one'), SECRET)
    assert.equal(await remove(), true)
    assert.deepEqual(copies(), [])
  }
  turnIntoFolder(join(runtimeDir, 'aws-cred', `vault-${id}.json`))
  assert.equal(forgetVaultKey(context, id), true)
  assert.deepEqual(readdirSync(join(runtimeDir, 'aws-cred')), [])
})

test('without an unlocked key nothing is copied anywhere', async (t) => {
  const vault = await unlockedVault(t)
  if (vault === null) return
  const { context, dir, id, key, runtimeDir } = vault
  forgetVaultKey(context, id)
  const keyFile = join(dir, '..', 'key')
  writeFileSync(keyFile, key, { mode: 0o600 })
  const byFile = { ...context, env: { ...context.env, AWS_CRED_VAULT_KEY_FILE: keyFile } }
  const store = await openUnlockedVault(byFile, dir)
  await store.set('session:one', SECRET)
  assert.equal(await store.get('session:one'), SECRET)
  assert.deepEqual(readdirSync(join(runtimeDir, 'aws-cred')), [])
})

function turnIntoFolder(path: string): void {
  rmSync(path)
  mkdirSync(join(path, 'with something in it'), { recursive: true })
}

async function unlockedVault(t: TestContext) {
  if (!need(t, '/dev/shm', existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x01021994)) return null
  const root = mkdtempSync(join(tmpdir(), 'vault-memory-'))
  const runtimeDir = mkdtempSync('/dev/shm/aws-cred-test-')
  t.after(() => {
    for (const folder of [root, runtimeDir]) rmSync(folder, { recursive: true, force: true })
  })
  const dir = join(root, 'vault')
  const key = await createVault(dir, 'right', { n: 16, r: 1, p: 1 })
  const { id } = readVaultHeader(dir) as VaultHeader
  const userId = process.getuid?.() ?? null
  const clocks = { nowMs: () => 1_800_000_000_000, uptimeS: () => 5_000 }
  const context = { env: { XDG_RUNTIME_DIR: runtimeDir }, platform: 'linux', userId, ...clocks }
  keepVaultKey(context, id, key)
  const folder = join(runtimeDir, 'aws-cred', `vault-${id}`)
  return {
    context,
    dir,
    id,
    key,
    runtimeDir,
    folder,
    copies: () => readdirSync(folder).map((name) => join(folder, name)),
    breakHeader() {
      const file = join(dir, 'vault.json')
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"salt":"../, '"salt":"!!'))
    },
  }
}
