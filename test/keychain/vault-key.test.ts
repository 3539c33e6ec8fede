import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createVault, readVaultHeader, type VaultHeader } from '../../src/keychain/vault-header.ts'
import {
  forgetVaultKey,
  isVaultLocked,
  keepVaultKey,
  readVaultKey,
  vaultKeyPlace,
} from '../../src/keychain/vault-key.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'
import { need } from '../support/need.ts'

const CHEAP = { n: 16, r: 1, p: 1 }
const HOUR_MS = 3_600_000

test('keepVaultKey() leaves the key to this login until it is forgotten', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  const { context, dir, header, key, runtimeDir } = vault
  assert.equal(await readVaultKey(context, dir, header), null)
  keepVaultKey(context, header.id, key)
  assert.deepEqual(await readVaultKey(context, dir, header), key)
  const place = join(runtimeDir, 'aws-cred')
  assert.equal(vaultKeyPlace(context), place)
  assert.equal(statSync(place).mode & 0o777, 0o700)
  for (const name of readdirSync(place)) {
    assert.equal(statSync(join(place, name)).mode & 0o777, name.endsWith('.json') ? 0o600 : 0o700)
  }
  assert.equal(forgetVaultKey(context, header.id), true)
  assert.equal(forgetVaultKey(context, header.id), false)
  assert.equal(await readVaultKey(context, dir, header), null)
})

test('readVaultKey() ends with the time to live by either clock', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  const { context, dir, header, key } = vault
  const at = (wallMs: number, uptimeMs: number) => ({
    ...context,
    nowMs: () => context.nowMs() + wallMs,
    uptimeS: () => context.uptimeS() + uptimeMs / 1000,
  })
  const cases = [
    [HOUR_MS - 1, HOUR_MS - 1, true],
    [HOUR_MS, 0, false],
    [0, HOUR_MS, false],
    [-24 * HOUR_MS, HOUR_MS, false],
    [-24 * HOUR_MS, HOUR_MS - 1, true],
    [60_000, -1, false],
  ] as const
  for (const [wallMs, uptimeMs, open] of cases) {
    keepVaultKey(context, header.id, key, HOUR_MS)
    assert.equal((await readVaultKey(at(wallMs, uptimeMs), dir, header)) !== null, open, `${wallMs} ${uptimeMs}`)
    // A key past its time is gone, not only unread.
    assert.equal(forgetVaultKey(context, header.id), open)
  }
})

test('forgetVaultKey() leaves the keys of other vaults', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  const { context, dir, header, key } = vault
  keepVaultKey(context, header.id, key)
  keepVaultKey(context, 'ab'.repeat(16), key)
  assert.equal(forgetVaultKey(context, 'ab'.repeat(16)), true)
  assert.deepEqual(await readVaultKey(context, dir, header), key)
  assert.equal(isVaultLocked(context, header), false)
  forgetVaultKey(context, header.id)
  assert.equal(isVaultLocked(context, header), true)
  assert.equal(isVaultLocked({ ...context, env: { AWS_CRED_PASSPHRASE: 'x' } }, header), false)
  assert.equal(isVaultLocked({ ...context, env: { AWS_CRED_VAULT_KEY_FILE: `${dir}/none` } }, header), true)
})

test('unlock, lock and the time to live take away the key that a killed unlock has left, not that of one that runs', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  const { context, dir, header, key, runtimeDir } = vault
  const place = join(runtimeDir, 'aws-cred')
  const late = { ...context, uptimeS: () => context.uptimeS() + HOUR_MS / 1000 }
  keepVaultKey(context, header.id, key, HOUR_MS)
  const running = leaveTemporary(place, process.ppid)
  const endings: readonly (readonly [string, () => unknown])[] = [
    ['unlock', () => keepVaultKey(context, header.id, key, HOUR_MS)],
    ['its time to live', () => readVaultKey(late, dir, header)],
    ['lock, of a vault that is not unlocked', () => assert.equal(forgetVaultKey(context, header.id), false)],
  ]
  for (const [what, end] of endings) {
    const left = leaveTemporary(place, DEAD_PID)
    await end()
    assert.deepEqual([existsSync(left), existsSync(running)], [false, true], what)
  }
})

test('readVaultKey() does not take the key of another vault', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  keepVaultKey(vault.context, 'ab'.repeat(16), vault.key)
  assert.equal(await readVaultKey(vault.context, vault.dir, vault.header), null)
})

test('readVaultKey() takes nothing from a folder or file that others could have made', async (t) => {
  const vault = await vaultWithMemory(t)
  if (vault === null) return
  const { context, dir, header, key, runtimeDir } = vault
  const place = join(runtimeDir, 'aws-cred')
  keepVaultKey(context, header.id, key)
  chmodSync(place, 0o755)
  assert.equal(await readVaultKey(context, dir, header), null)
  chmodSync(place, 0o700)
  const file = join(place, readdirSync(place).find((name) => name.endsWith('.json')) ?? '')
  chmodSync(file, 0o644)
  await assert.rejects(readVaultKey(context, dir, header), /other users may read or write it$/)
  chmodSync(file, 0o600)
  assert.equal(await readVaultKey({ ...context, userId: (context.userId ?? 0) + 1 }, dir, header), null)
  writeFileSync(file, '{"key":"short"')
  assert.equal(await readVaultKey(context, dir, header), null)
  rmSync(place, { recursive: true })
  mkdirSync(join(runtimeDir, 'elsewhere'), { mode: 0o700 })
  symlinkSync('elsewhere', place)
  assert.equal(await readVaultKey(context, dir, header), null)
  assert.throws(() => keepVaultKey(context, header.id, key), /it is a symbolic link$/)
})

test('keepVaultKey() names the two variables where no folder lies in memory', async (t) => {
  const { context, header, key, root } = await vaultFor(t)
  const onDisk = { ...context, platform: 'darwin', env: { XDG_RUNTIME_DIR: root } }
  if (!need(t, 'a temporary folder on disk', statfsSync(root).type !== 0x01021994)) return
  assert.equal(vaultKeyPlace(onDisk), null)
  assert.throws(() => keepVaultKey(onDisk, header.id, key), {
    code: 'failed',
    message: 'cannot keep the vault unlocked: there is no folder in memory (XDG_RUNTIME_DIR)',
    hint: 'set AWS_CRED_VAULT_KEY_FILE to a file with its key, or AWS_CRED_PASSPHRASE',
  })
})

test('vaultKeyPlace() falls back on /dev/shm, under a name with the user id', (t) => {
  if (!need(t, '/dev/shm', existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x01021994)) return
  const context = { env: {}, platform: 'linux', userId: 4_242, nowMs: () => 0, uptimeS: () => 0 }
  assert.equal(vaultKeyPlace(context), '/dev/shm/aws-cred-4242')
  assert.equal(vaultKeyPlace({ ...context, env: { XDG_RUNTIME_DIR: 'relative' } }), '/dev/shm/aws-cred-4242')
})

test('readVaultKey() reads a key file in each form, and refuses one that others may read', async (t) => {
  const { context, dir, header, key, root } = await vaultFor(t)
  const file = join(root, 'key')
  const withFile = { ...context, env: { AWS_CRED_VAULT_KEY_FILE: file } }
  await assert.rejects(readVaultKey(withFile, dir, header), /: no such file$/)
  for (const form of [key, key.toString('hex'), `${key.toString('base64')}\n`, key.toString('base64url')]) {
    writeFileSync(file, form, { mode: 0o600 })
    assert.deepEqual(await readVaultKey(withFile, dir, header), key)
  }
  writeFileSync(file, 'hunter2')
  await assert.rejects(readVaultKey(withFile, dir, header), (error: Error) => {
    assert.match(error.message, /: it must be 32 bytes, raw, base64 or hex$/)
    assert.equal(error.message.includes('hunter2'), false)
    return true
  })
  chmodSync(file, 0o640)
  await assert.rejects(readVaultKey(withFile, dir, header), /other users may read or write it$/)
})

test('readVaultKey() takes the passphrase of the environment, and names it when it is wrong', async (t) => {
  const { context, dir, header, key } = await vaultFor(t)
  const withPassphrase = (passphrase: string) => ({ ...context, env: { AWS_CRED_PASSPHRASE: passphrase } })
  assert.deepEqual(await readVaultKey(withPassphrase('right'), dir, header), key)
  await assert.rejects(readVaultKey(withPassphrase('wrong'), dir, header), {
    message: 'cannot open the vault: AWS_CRED_PASSPHRASE is wrong',
  })
  assert.equal(await readVaultKey(withPassphrase(''), dir, header), null)
})

/** A vault with no place in memory: its context is of a platform without /dev/shm. */
async function vaultFor(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'vault-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const dir = join(root, 'vault')
  const key = await createVault(dir, 'right', CHEAP)
  const userId = process.getuid?.() ?? null
  const context = { env: {}, platform: 'other', userId, nowMs: () => 1_800_000_000_000, uptimeS: () => 5_000 }
  return { root, dir, key, header: readVaultHeader(dir) as VaultHeader, context }
}

async function vaultWithMemory(t: TestContext) {
  if (!need(t, '/dev/shm', existsSync('/dev/shm') && statfsSync('/dev/shm').type === 0x01021994)) return null
  const vault = await vaultFor(t)
  const runtimeDir = mkdtempSync('/dev/shm/aws-cred-test-')
  t.after(() => rmSync(runtimeDir, { recursive: true, force: true }))
  return { ...vault, runtimeDir, context: { ...vault.context, env: { XDG_RUNTIME_DIR: runtimeDir } } }
}
