import { linkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from '../io/file-errors.ts'
import { checkPrivateFolder, ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../io/private-files.ts'
import { decrypted, encrypted, keyCheck, type ScryptCost, scryptKey } from './vault-crypto.ts'

/** N=2^17, r=8, p=1: 0.45 s and 128 MiB here (OWASP's first choice for scrypt). */
const COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1 }
const N_MAX = 2 ** 20
const R_MAX = 32
const P_MAX = 4
/** Of all three together: 128 bytes each, 1 GiB. */
const WORK_MAX = 2 ** 23

/** `vault.json`: holds the data key only as wrapped by the passphrase. Binary fields are base64. */
export interface VaultHeader extends ScryptCost {
  readonly v: 1
  /** Names the vault: an unlocked key is kept under it, every item is bound to it. */
  readonly id: string
  readonly salt: string
  /** The data key, encrypted under scrypt(passphrase) with the fields above as AAD. */
  readonly key: string
  /** HMAC of the id under the data key: tells a wrong key from a damaged item. */
  readonly check: string
  /** SHA-256 of all before: tells damage from a wrong passphrase. */
  readonly sum: string
}

/**
 * The header; null where there is no vault. Throws `CredError('failed')` for one that is damaged or not ours, also where
 * the folder is a link or others may write to it: what lies in it could have been put there by anybody.
 */
export function readVaultHeader(dir: string): VaultHeader | null {
  const bytes = headerBytes(dir)
  if (bytes === null) return null
  const header = parsed(bytes.toString())
  if (header === null || header.sum !== sumOf(header)) {
    throw new CredError('failed', `cannot open the vault ${quoted(dir, 300)}: its header vault.json is damaged`)
  }
  const { n, r, p } = header
  if (n < 2 || n > N_MAX || (n & (n - 1)) !== 0 || r < 1 || r > R_MAX || p < 1 || p > P_MAX || n * r * p > WORK_MAX) {
    throw new CredError('failed', `cannot open the vault ${quoted(dir, 300)}: its scrypt cost is out of bounds`)
  }
  return header
}

/** The id in the header as it stands there, unproved: enough to look for the vault's key in memory. Null where there is none. */
export function vaultIdOf(dir: string): string | null {
  const bytes = headerBytes(dir)
  return bytes === null ? null : (parsed(bytes.toString())?.id ?? null)
}

function headerBytes(dir: string): Buffer | null {
  checkPrivateFolder(dir)
  return readPrivateFile(`${dir}/vault.json`)
}

/**
 * Makes a vault and gives its data key, 32 bytes. Where another process made one meanwhile, that one is opened with the
 * passphrase instead. `cost` is lowered by tests only. Throws `CredError('failed')`.
 */
export async function createVault(dir: string, passphrase: string, cost: ScryptCost = COST): Promise<Buffer> {
  if (passphrase === '') throw new CredError('failed', 'cannot make the vault: the passphrase is empty')
  ensurePrivateFolder(dir)
  const { randomBytes } = process.getBuiltinModule('node:crypto')
  const dataKey = randomBytes(32)
  const { n, r, p } = cost
  const open = { v: 1 as const, id: randomBytes(16).toString('hex'), n, r, p, salt: randomBytes(16).toString('base64') }
  const wrapping = await scryptKey(passphrase, open.salt, cost)
  const key = encrypted(wrapping, dataKey, JSON.stringify(open))
  const unsummed = { ...open, key, check: keyCheck(dataKey, open.id), sum: '' }
  const text = JSON.stringify({ ...unsummed, sum: sumOf(unsummed) })
  return createdFirst(dir, `${text}\n`) ? dataKey : unwrapVaultKey(dir, passphrase)
}

/** The data key, by the passphrase, which errors call `origin`. Throws `CredError('failed')`: no vault there, a wrong passphrase, or a damaged header. */
export async function unwrapVaultKey(dir: string, passphrase: string, origin = 'the passphrase'): Promise<Buffer> {
  const header = readVaultHeader(dir)
  if (header === null) throw noVault(dir)
  const { v, id, n, r, p, salt } = header
  const wrapping = await scryptKey(passphrase, salt, header)
  const dataKey = decrypted(wrapping, header.key, JSON.stringify({ v, id, n, r, p, salt }))
  if (dataKey === null) throw new CredError('failed', `cannot open the vault: ${origin} is wrong`)
  return dataKey
}

export function noVault(dir: string): CredError {
  return new CredError('failed', `cannot open the vault ${quoted(dir, 300)}: there is none`, {
    hint: 'aws-cred unlock',
  })
}

/** A link is made only where nothing is, on every file system that can link: the second of two makers fails. */
function createdFirst(dir: string, text: string): boolean {
  const path = join(dir, 'vault.json')
  const temporary = join(dir, `.new-${process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex')}`)
  try {
    writePrivateFile(temporary, text)
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw fileError('write', path, error)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function sumOf(header: VaultHeader): string {
  const { v, id, n, r, p, salt, key, check } = header
  return process
    .getBuiltinModule('node:crypto')
    .hash('sha256', JSON.stringify([v, id, n, r, p, salt, key, check]), 'hex')
}

function parsed(text: string): VaultHeader | null {
  try {
    const value: unknown = JSON.parse(text)
    if (!(value instanceof Object)) return null
    const header = value as Record<string, unknown>
    const texts = ['id', 'salt', 'key', 'check', 'sum'].every((field) => typeof header[field] === 'string')
    const numbers = ['n', 'r', 'p'].every((field) => Number.isSafeInteger(header[field]))
    return texts && numbers && header.v === 1 ? (value as VaultHeader) : null
  } catch {
    // Not JSON: damaged, as the caller says.
    return null
  }
}
