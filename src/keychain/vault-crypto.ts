import { CredError } from '../core/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

export interface ScryptCost {
  readonly n: number
  readonly r: number
  readonly p: number
}

/** AES-256-GCM under a fresh nonce: base64 of nonce, tag and ciphertext. `bound` (the AAD) must be the same when it is read. */
export function encrypted(key: Buffer, plain: Uint8Array, bound: string): string {
  const { createCipheriv, randomBytes } = nodeCrypto()
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(bound))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

/** The plaintext; null where key, text or `bound` is not the one it was made with. */
export function decrypted(key: Buffer, text: string, bound: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64') !== text) return null
  const decipher = nodeCrypto().createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  } catch {
    // OpenSSL's one answer to a tag that does not fit.
    return null
  }
}

/** What a vault's header stores to know its data key again: the key is random, so this gives nothing away. */
export function keyCheck(key: Buffer, vaultId: string): string {
  return nodeCrypto().createHmac('sha256', key).update(`aws-cred vault ${vaultId}`).digest('hex')
}

/** scrypt of the passphrase in Unicode NFC, so that it is the same from every keyboard. `salt` is base64. */
export async function scryptKey(passphrase: string, salt: string, cost: ScryptCost): Promise<Buffer> {
  const { scrypt } = nodeCrypto()
  const { n, r, p } = cost
  // Node's default of 32 MiB is too little; scrypt needs 128·r·(N+p) and a little.
  const options = { N: n, r, p, maxmem: 128 * r * (n + p + 2) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(noMemory(error)),
    )
  })
}

/** With cost and salt in bounds, what is left to fail is its 128 MiB. */
function noMemory(cause: Error): CredError {
  return new CredError('failed', 'cannot open the vault: scrypt does not get the memory it needs', { cause })
}

/** Loaded at first use: it costs about 10 ms, which only vault users pay. */
function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}
