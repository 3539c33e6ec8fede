import { decrypted, encrypted } from './vault-crypto.ts'

/** One item of the vault as a file: its name lies open (names are no secrets), its value encrypted and bound to both. */
interface VaultFile {
  readonly v: 1
  readonly n: string
  readonly d: string
}

/** The text of an item's file. */
export function vaultFileText(key: Buffer, vaultId: string, name: string, value: string): string {
  // JSON keeps any text whole, lone surrogates too.
  const d = encrypted(key, Buffer.from(JSON.stringify(value)), boundTo(vaultId, name))
  const file: VaultFile = { v: 1, n: name, d }
  return JSON.stringify(file)
}

/** The value; null where the text is damaged, of another item or of another vault. */
export function vaultFileValue(key: Buffer, vaultId: string, name: string, text: string): string | null {
  const file = parsed(text)
  const plain = file === null || file.n !== name ? null : decrypted(key, file.d, boundTo(vaultId, name))
  // What GCM has vouched for is what we wrote.
  return plain === null ? null : (JSON.parse(plain.toString()) as string)
}

/** The name within, without a key; null for what is no item. */
export function vaultFileName(text: string): string | null {
  return parsed(text)?.n ?? null
}

function boundTo(vaultId: string, name: string): string {
  return JSON.stringify(['aws-cred vault item', 1, vaultId, name])
}

function parsed(text: string): VaultFile | null {
  try {
    const value: unknown = JSON.parse(text)
    if (!(value instanceof Object) || !('v' in value) || !('n' in value) || !('d' in value)) return null
    return value.v === 1 && typeof value.n === 'string' && typeof value.d === 'string' ? (value as VaultFile) : null
  } catch {
    // Cut or foreign.
    return null
  }
}
