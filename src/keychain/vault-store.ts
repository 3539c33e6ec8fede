import { readdirSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { errnoOf, fileError } from '../io/file-errors.ts'
import { readPrivateFile, removeLeftTemporaries, writePrivateFile } from '../io/private-files.ts'
import { accountName } from './account-name.ts'
import { DamagedItemError } from './item-errors.ts'
import type { Store } from './store.ts'
import { keyCheck } from './vault-crypto.ts'
import { vaultFileName, vaultFileText, vaultFileValue } from './vault-file.ts'
import { noVault, readVaultHeader, type VaultHeader, vaultIdOf } from './vault-header.ts'
import { readVaultKey, type VaultKeyContext, vaultLocked } from './vault-key.ts'
import { isSession, type VaultMemory, vaultMemory } from './vault-memory.ts'

const SUFFIX = '.item'

/**
 * The encrypted vault in `dir`, one file an item, so that writers of different items never meet. `header` spares reading
 * it again, `memory` gets copies of what is written. Throws `CredError('failed')` where there is no vault, its header is damaged or the key is not its own; `get`
 * throws `DamagedItemError`.
 */
export function openVault(
  dir: string,
  key: Buffer,
  header: VaultHeader | null = readVaultHeader(dir),
  memory: VaultMemory | null = null,
): Store {
  if (header === null) throw noVault(dir)
  if (keyCheck(key, header.id) !== header.check) {
    throw new CredError('failed', 'cannot open the vault: the key given is not the key of this vault')
  }
  const { id } = header
  const fileOf = (name: string) => itemPath(dir, name)

  async function get(name: string): Promise<string | null> {
    const bytes = itemBytes(name, fileOf(name))
    if (bytes === null) return null
    const value = vaultFileValue(key, id, name, bytes.toString())
    if (value === null) throw new DamagedItemError(name, 'vault')
    return value
  }

  async function set(name: string, value: string): Promise<void> {
    const file = fileOf(name)
    writePrivateFile(file, vaultFileText(key, id, name, value))
    memory?.keep(name, file, value)
  }

  async function remove(name: string): Promise<boolean> {
    const file = fileOf(name)
    const was = removed(file)
    memory?.forget(file)
    return was
  }

  return { label: 'vault', get, set, delete: remove, list: async () => vaultNames(dir) }
}

/** Throws `DamagedItemError` for a FIFO, a folder, a link or a file that is not ours alone, in the place of the item. */
function itemBytes(name: string, path: string): Buffer | null {
  try {
    return readPrivateFile(path)
  } catch (error) {
    throw error instanceof CredError ? new DamagedItemError(name, 'vault', error) : error
  }
}

/**
 * The vault in `dir` under the key that `unlock` or the environment gives; sessions come from memory where it has them,
 * and then the vault is not opened at all. Throws `CredError('person')` where it is locked.
 */
export async function openUnlockedVault(context: VaultKeyContext, dir: string): Promise<Store> {
  const id = vaultIdOf(dir)
  const memory = id === null ? null : vaultMemory(context, id)
  if (memory === null) return openWithKey(context, dir, null)
  let opened: Promise<Store> | null = null
  const vault = () => {
    opened ??= openWithKey(context, dir, memory)
    return opened
  }
  return {
    label: 'vault',
    get: async (name) => memory.read(name, itemPath(dir, name)) ?? (await vault()).get(name),
    set: async (name, value) => (await vault()).set(name, value),
    delete: async (name) => (await vault()).delete(name),
    list: async () => vaultNames(dir),
  }
}

async function openWithKey(context: VaultKeyContext, dir: string, memory: VaultMemory | null): Promise<Store> {
  const header = readVaultHeader(dir)
  if (header === null) throw noVault(dir)
  const key = await readVaultKey(context, dir, header)
  if (key === null) throw vaultLocked()
  return openVault(dir, key, header, memory)
}

/** Copies the sessions of a vault that was just unlocked into memory, so that its hits are as cheap as before the lock. */
export async function fillVaultMemory(context: VaultKeyContext, dir: string): Promise<void> {
  const id = vaultIdOf(dir)
  const memory = id === null ? null : vaultMemory(context, id)
  if (memory === null) return
  const vault = await openWithKey(context, dir, null)
  for (const name of vaultNames(dir).filter(isSession)) {
    try {
      const value = await vault.get(name)
      if (value !== null) memory.keep(name, itemPath(dir, name), value)
    } catch (error) {
      // Whoever needs that item is told.
      if (!(error instanceof DamagedItemError)) throw error
    }
  }
}

/** True when there was such an item. Needs no key, so that sessions of a locked vault can be forgotten too. */
export function deleteFromVault(context: VaultKeyContext, dir: string, name: string): boolean {
  const path = itemPath(dir, name)
  const id = vaultIdOf(dir)
  const was = removed(path)
  if (id !== null) vaultMemory(context, id)?.forget(path)
  return was
}

function itemPath(dir: string, name: string): string {
  return `${dir}/${accountName(name)}${SUFFIX}`
}

/** The names of a vault's items; needs no key. Files that are no items are passed over: `get` says what is wrong with one. */
export function vaultNames(dir: string): string[] {
  const names: string[] = []
  for (const file of entries(dir)) {
    if (!file.endsWith(SUFFIX)) continue
    const name = itemName(join(dir, file))
    if (name !== null && file === `${accountName(name)}${SUFFIX}`) names.push(name)
  }
  return names
}

/** Null too when another process has just deleted it. */
function itemName(path: string): string | null {
  try {
    const bytes = readPrivateFile(path)
    return bytes === null ? null : vaultFileName(bytes.toString())
  } catch (error) {
    if (error instanceof CredError) return null
    throw error
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw fileError('read the folder', dir, error)
  }
}

/** With what a write of it that was killed may have left. */
function removed(path: string): boolean {
  removeLeftTemporaries(dirname(path))
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw fileError('delete', path, error)
  }
}
