import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { errnoOf, fileError } from '../io/file-errors.ts'
import { readPrivateFile, writePrivateFile } from '../io/private-files.ts'
import { accountName } from './account-name.ts'
import { DamagedItemError } from './item-errors.ts'
import type { Store } from './store.ts'
import { keyCheck } from './vault-crypto.ts'
import { vaultFileName, vaultFileText, vaultFileValue } from './vault-file.ts'
import { noVault, readVaultHeader, type VaultHeader } from './vault-header.ts'
import { readVaultKey, type VaultKeyContext, vaultLocked } from './vault-key.ts'

const SUFFIX = '.item'

/**
 * The encrypted vault in `dir`, one file an item, so that writers of different items never meet. `header` spares reading
 * it again. Throws `CredError('failed')` where there is no vault, its header is damaged or the key is not its own; `get`
 * throws `DamagedItemError`.
 */
export function openVault(dir: string, key: Buffer, header: VaultHeader | null = readVaultHeader(dir)): Store {
  if (header === null) throw noVault(dir)
  if (keyCheck(key, header.id) !== header.check) {
    throw new CredError('failed', 'cannot open the vault: the key given is not the key of this vault')
  }
  const { id } = header
  const fileOf = (name: string) => `${dir}/${accountName(name)}${SUFFIX}`

  async function get(name: string): Promise<string | null> {
    const bytes = readPrivateFile(fileOf(name))
    if (bytes === null) return null
    const value = vaultFileValue(key, id, name, bytes.toString())
    if (value === null) throw new DamagedItemError(name, 'vault')
    return value
  }

  async function set(name: string, value: string): Promise<void> {
    writePrivateFile(fileOf(name), vaultFileText(key, id, name, value))
  }

  return { label: 'vault', get, set, delete: async (name) => removed(fileOf(name)), list: async () => vaultNames(dir) }
}

/** The vault in `dir` under the key that `unlock` or the environment gives. Throws `CredError('person')` where it is locked. */
export async function openUnlockedVault(context: VaultKeyContext, dir: string): Promise<Store> {
  const header = readVaultHeader(dir)
  if (header === null) throw noVault(dir)
  const key = await readVaultKey(context, dir, header)
  if (key === null) throw vaultLocked()
  return openVault(dir, key, header)
}

/** The names of a vault's items; needs no key. Files that are no items are passed over: `get` says what is wrong with one. */
export function vaultNames(dir: string): string[] {
  const names: string[] = []
  for (const file of entries(dir)) {
    if (!file.endsWith(SUFFIX)) continue
    // Null when another process has just deleted it.
    const bytes = readPrivateFile(join(dir, file))
    const name = bytes === null ? null : vaultFileName(bytes.toString())
    if (name !== null && file === `${accountName(name)}${SUFFIX}`) names.push(name)
  }
  return names
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw fileError('read the folder', dir, error)
  }
}

function removed(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw fileError('delete', path, error)
  }
}
