import { existsSync, lstatSync, renameSync, statfsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { dashed } from '../core/letters.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from '../io/file-errors.ts'
import {
  ensurePrivateFolder,
  readPrivateFile,
  removeLeftTemporaries,
  removePrivate,
  writePrivateFile,
} from '../io/private-files.ts'
import { folderState } from '../io/private-folder.ts'
import { unwrapVaultKey, type VaultHeader } from './vault-header.ts'

/** statfs(2) type of a tmpfs: its files never reach a disk, but for swap. */
const TMPFS_MAGIC = 0x01021994
const KEY_BYTES = 32
export const DEFAULT_TTL_MS = 12 * 3_600_000

export type VaultKeyContext = Pick<Context, 'env' | 'platform' | 'userId' | 'nowMs' | 'uptimeS'>

interface KeptKey {
  readonly key: string
  readonly keptAtMs: number
  readonly keptAtUptimeS: number
  readonly ttlMs: number
}

/**
 * The data key of the vault in `dir`: the one `unlock` left in memory, else AWS_CRED_VAULT_KEY_FILE, else by
 * AWS_CRED_PASSPHRASE (scrypt: 0.45 s). Null means locked. Throws `CredError('failed')` for a key file that cannot be used
 * or a wrong passphrase.
 */
export async function readVaultKey(context: VaultKeyContext, dir: string, header: VaultHeader): Promise<Buffer | null> {
  const { AWS_CRED_VAULT_KEY_FILE: keyFile, AWS_CRED_PASSPHRASE: passphrase } = context.env
  const kept = keptKey(context, header.id)
  if (kept !== null) return kept.key
  if (keyFile) return keyFromFile(keyFile)
  return passphrase ? unwrapVaultKey(dir, passphrase, 'AWS_CRED_PASSPHRASE') : null
}

/** The error for a `readVaultKey` that gave null. */
export function vaultLocked(): CredError {
  return new CredError('person', 'cannot open the vault: it is locked', { hint: 'aws-cred unlock' })
}

/**
 * Leaves the key in this login's memory folder for `ttlMs`, by wall clock and by uptime, whichever ends first.
 * Throws `CredError('failed')` where there is no such folder.
 */
export function keepVaultKey(
  context: VaultKeyContext,
  vaultId: string,
  key: Buffer,
  ttlMs: number = DEFAULT_TTL_MS,
): void {
  const place = vaultKeyPlace(context)
  if (place === null) {
    throw new CredError('failed', 'cannot keep the vault unlocked: there is no folder in memory (XDG_RUNTIME_DIR)', {
      hint: 'set AWS_CRED_VAULT_KEY_FILE to a file with its key, or AWS_CRED_PASSPHRASE',
    })
  }
  ensurePrivateFolder(place)
  removeLeftTemporaries(place)
  const kept: KeptKey = {
    key: key.toString('base64'),
    keptAtMs: context.nowMs(),
    keptAtUptimeS: context.uptimeS(),
    ttlMs,
  }
  ensurePrivateFolder(join(place, folderName(vaultId)))
  writePrivateFile(join(place, fileName(vaultId)), JSON.stringify(kept))
}

/** Removes the key of that vault, wherever this login keeps it; other vaults stay open. True when there was one. */
export function forgetVaultKey(context: VaultKeyContext, vaultId: string): boolean {
  let found = false
  for (const place of places(context)) {
    if (folderState(place, context.userId) !== 'private') continue
    if (existsSync(join(place, fileName(vaultId)))) found = true
    dropKept(place, vaultId)
  }
  return found
}

/** The folder for what is kept as long as the key of that vault, made with it; null unless it is kept now. */
export function keptKeyFolder(context: VaultKeyContext, vaultId: string): string | null {
  const kept = keptKey(context, vaultId)
  return kept === null ? null : join(kept.place, folderName(vaultId))
}

/** Whether nothing here opens that vault; by what is there, so that neither scrypt runs nor a key is tried. */
export function isVaultLocked(context: VaultKeyContext, header: Pick<VaultHeader, 'id'>): boolean {
  const { AWS_CRED_VAULT_KEY_FILE: keyFile, AWS_CRED_PASSPHRASE: passphrase } = context.env
  return keptKey(context, header.id) === null && !(keyFile ? existsSync(keyFile) : passphrase)
}

/** The folder for the unlocked key: `$XDG_RUNTIME_DIR/aws-cred`, else below /dev/shm; null where neither is a tmpfs. */
export function vaultKeyPlace(context: VaultKeyContext): string | null {
  return places(context).next().value ?? null
}

function* places({ env, platform, userId }: VaultKeyContext): Generator<string, void> {
  const runtimeDir = env.XDG_RUNTIME_DIR
  if (runtimeDir && isAbsolute(runtimeDir) && isMemory(runtimeDir, userId)) yield `${runtimeDir}/aws-cred`
  if (platform === 'linux' && userId !== null && isMemory('/dev/shm', 0)) yield `/dev/shm/aws-cred-${userId}`
}

function isMemory(dir: string, owner: number | null): boolean {
  try {
    const stats = lstatSync(dir)
    return stats.isDirectory() && stats.uid === owner && statfsSync(dir).type === TMPFS_MAGIC
  } catch {
    // Not there or not to be looked at: no place for a key.
    return false
  }
}

function keptKey(context: VaultKeyContext, vaultId: string): { readonly place: string; readonly key: Buffer } | null {
  const place = vaultKeyPlace(context)
  if (place === null || folderState(place, context.userId) !== 'private') return null
  const path = `${place}/${fileName(vaultId)}`
  const kept = parsedKept(readPrivateFile(path))
  if (kept === null) return null
  const wallMs = context.nowMs() - kept.keptAtMs
  const uptimeMs = (context.uptimeS() - kept.keptAtUptimeS) * 1000
  // A clock that was set back lengthens nothing, as uptime counts too; uptime that went back is another boot.
  if (uptimeMs < 0 || Math.max(wallMs, uptimeMs) >= kept.ttlMs) {
    dropKept(place, vaultId)
    return null
  }
  return { place, key: Buffer.from(kept.key, 'base64') }
}

/**
 * What was kept with the key first: it is not to outlive it. The folder is renamed before it is emptied, so that a
 * process that is just putting a copy there finds it gone instead of leaving one behind.
 */
function dropKept(place: string, vaultId: string): void {
  const folder = join(place, folderName(vaultId))
  const gone = `${folder}.gone`
  removePrivate(gone)
  try {
    renameSync(folder, gone)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError('remove', folder, error)
  }
  removePrivate(gone)
  removePrivate(join(place, fileName(vaultId)))
  // An `unlock` that was killed has left the key there too, and no time to live counts for that.
  removeLeftTemporaries(place)
}

function fileName(vaultId: string): string {
  return `${folderName(vaultId)}.json`
}

function folderName(vaultId: string): string {
  // It stands in a file: what is no id of ours must name no other folder either.
  return `vault-${dashed(vaultId).replaceAll('.', '')}`
}

function parsedKept(bytes: Buffer | null): KeptKey | null {
  if (bytes === null) return null
  try {
    const value = JSON.parse(bytes.toString()) as Record<string, unknown> | null
    const numbers = [value?.keptAtMs, value?.keptAtUptimeS, value?.ttlMs].every(Number.isFinite)
    if (!numbers || typeof value?.key !== 'string') return null
    return Buffer.from(value.key, 'base64').length === KEY_BYTES ? (value as unknown as KeptKey) : null
  } catch {
    // Cut or foreign: the same as locked, `unlock` writes it anew. Node's message would quote the key.
    return null
  }
}

function keyFromFile(path: string): Buffer {
  const bytes = readPrivateFile(path)
  if (bytes === null) throw new CredError('failed', `cannot read the vault key ${quoted(path, 300)}: no such file`)
  if (bytes.length === KEY_BYTES) return bytes
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  throw new CredError(
    'failed',
    `cannot use the vault key ${quoted(path, 300)}: it must be 32 bytes, raw, base64 or hex`,
  )
}
