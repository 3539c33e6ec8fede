import { readFileSync, realpathSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { secretLine } from '../core/setup-secrets.ts'
import { sha256Hex } from '../core/sha256.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from './private-files.ts'
import { replaceFile } from './replace-file.ts'
import { safeFileName } from './safe-name.ts'

/** Whose backup it is: one per profile and config file, made anew at each write. */
export interface BackupPlace {
  readonly folder: string
  readonly configPath: string
  readonly profile: string
}

interface BackupRecord {
  /** The file that holds the config as it was; null where there was no config. */
  readonly backupPath: string | null
  readonly previousHash: string | null
  /** SHA-256 of the config as it was written. */
  readonly writtenHash: string
}

/**
 * Writes the config with a backup beside our state first, 0600, so that `undoConfig` can put it back. Throws
 * `CredError`, with config and earlier backup as they were, when the config no longer holds `previous`.
 */
export function writeConfig(place: BackupPlace, previous: string | null, text: string): void {
  if (previous !== null && secretLine(previous) !== null) {
    throw new CredError('failed', `cannot back up ${quoted(place.configPath, 300)}: it holds a secret`)
  }
  ensurePrivateFolder(place.folder)
  const path = recordPath(place)
  const earlier = readRecord(place)
  const record: BackupRecord = {
    backupPath:
      previous === null ? null : `${path.slice(0, -'.json'.length)}-${sha256Hex(previous).slice(0, 16)}.config`,
    previousHash: hashOf(previous),
    writtenHash: sha256Hex(text),
  }
  if (record.backupPath !== null) writePrivateFile(record.backupPath, previous ?? '')
  writeRecord(path, record)
  try {
    replaceFile(place.configPath, text, { expected: previous, newMode: 0o600 })
  } catch (error) {
    if (earlier === null) remove(path)
    else writeRecord(path, earlier)
    if (record.backupPath !== null && record.backupPath !== earlier?.backupPath) remove(record.backupPath)
    throw error
  }
  if (earlier !== null && earlier.backupPath !== null && earlier.backupPath !== record.backupPath) {
    remove(earlier.backupPath)
  }
}

/**
 * Puts the config back as it was before the last write for the profile; one that did not exist is removed. Throws
 * `CredError`, with nothing changed, unless the config still is what was written.
 */
export function undoConfig(place: BackupPlace): 'restored' | 'removed' {
  const record = readRecord(place)
  const name = quoted(place.profile)
  if (record === null) throw new CredError('failed', `cannot undo the setup of ${name}: there is no backup from it`)
  const current = readText(place.configPath)
  if (hashOf(current) !== record.writtenHash) {
    const where = record.backupPath === null ? 'there was no file before' : `the backup is ${record.backupPath}`
    throw new CredError(
      'failed',
      `cannot undo the setup of ${name}: ${quoted(place.configPath, 300)} has changed since; ${where}`,
    )
  }
  if (record.backupPath === null) {
    removeConfig(place.configPath)
  } else {
    const previous = readPrivateFile(record.backupPath)?.toString('utf8') ?? null
    if (previous === null || hashOf(previous) !== record.previousHash) {
      throw new CredError('failed', `cannot undo the setup of ${name}: its backup is gone or damaged`)
    }
    replaceFile(place.configPath, previous, { expected: current })
  }
  remove(recordPath(place))
  if (record.backupPath !== null) remove(record.backupPath)
  return record.backupPath === null ? 'removed' : 'restored'
}

function recordPath({ folder, configPath, profile }: BackupPlace): string {
  return join(folder, `${safeFileName(`${profile} ${configPath}`)}.json`)
}

function writeRecord(path: string, record: BackupRecord): void {
  writePrivateFile(path, `${JSON.stringify({ version: 1, ...record })}\n`)
}

function readRecord(place: BackupPlace): BackupRecord | null {
  const text = readPrivateFile(recordPath(place))?.toString('utf8')
  if (text === undefined) return null
  let record: Partial<Record<string, unknown>> | null
  try {
    record = JSON.parse(text)
  } catch {
    // Damaged: no backup that could be trusted.
    return null
  }
  if (record?.version !== 1 || typeof record.writtenHash !== 'string') return null
  const { backupPath, previousHash, writtenHash } = record
  if (typeof backupPath === 'string' && typeof previousHash === 'string')
    return { backupPath, previousHash, writtenHash }
  return backupPath === null ? { backupPath, previousHash: null, writtenHash } : null
}

function hashOf(text: string | null): string | null {
  return text === null ? null : sha256Hex(text)
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw fileError('read', path, error)
  }
}

/** A link to it stays, as it does when it is written. */
function removeConfig(path: string): void {
  try {
    unlinkSync(realpathSync(path))
  } catch (error) {
    throw fileError('remove', path, error)
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError('remove', path, error)
  }
}
