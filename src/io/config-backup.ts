import { readFileSync, realpathSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CredError } from '../core/errors.ts'
import { pasteable, pathWord } from '../core/paste.ts'
import { secretLine } from '../core/setup/setup-secrets.ts'
import { type SectionChange, sectionChange, takeBack } from '../core/setup/setup-undo.ts'
import { sha256Hex } from '../core/sha256.ts'
import { nearest, quoted, shown } from '../core/text.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from './private-files.ts'
import { replaceFile } from './replace-file.ts'
import { safeFileName } from './safe-name.ts'

/** Whose backups they are: some per profile and config file, one for each write. */
export interface BackupPlace {
  readonly folder: string
  readonly configPath: string
  readonly profile: string
}

/** One write that can be taken back. */
interface BackupStep {
  /** The file that holds the config as it was; null where there was no config. */
  readonly backupPath: string | null
  readonly previousHash: string | null
  /** SHA-256 of the config as it was written. */
  readonly writtenHash: string
  /** What became of the profile's own lines; null where that alone cannot be taken back. */
  readonly change: SectionChange | null
}

const STEPS_MAX = 5

/**
 * Writes the config with a backup beside our state first, 0600, so that `undoConfig` can put it back; five per profile
 * are kept. Throws `CredError`, with config and earlier backups as they were, when the config no longer holds `previous`.
 */
export function writeConfig(place: BackupPlace, previous: string | null, text: string): void {
  if (previous !== null && secretLine(previous) !== null) {
    throw new CredError('failed', `cannot back up ${quoted(place.configPath, 300)}: it holds a secret`)
  }
  ensurePrivateFolder(place.folder)
  const earlier = readSteps(place)
  const path = recordPath(place)
  const step: BackupStep = {
    backupPath:
      previous === null ? null : `${path.slice(0, -'.json'.length)}-${sha256Hex(previous).slice(0, 16)}.config`,
    previousHash: hashOf(previous),
    writtenHash: sha256Hex(text),
    change: changeOf(place, previous ?? '', text),
  }
  const steps = [...earlier, step].slice(-STEPS_MAX)
  if (step.backupPath !== null) writePrivateFile(step.backupPath, previous ?? '')
  writeSteps(place, steps)
  try {
    replaceFile(place.configPath, text, { expected: previous, newMode: 0o600 })
  } catch (error) {
    writeSteps(place, earlier)
    removeBackups([step], earlier)
    throw error
  }
  removeBackups(earlier, steps)
}

/**
 * Takes back the last write for the profile: the config as it was before it, byte for byte (one that did not exist is
 * removed); where something else has changed since, the profile's own lines alone. Throws `CredError`, with nothing
 * changed, when those lines are not what was written either. `profiles` are other names that may have been meant.
 */
export function undoConfig(place: BackupPlace, profiles: Iterable<string> = []): 'restored' | 'removed' {
  const steps = readSteps(place)
  const step = steps.at(-1)
  if (step === undefined) throw nothingToUndo(place, profiles)
  const current = readText(place.configPath)
  const before = textBefore(place, step, current)
  if (before === null) removeConfig(place.configPath)
  else replaceFile(place.configPath, before, { expected: current })
  const left = steps.slice(0, -1)
  writeSteps(place, left)
  removeBackups([step], left)
  return before === null ? 'removed' : 'restored'
}

/** How many writes can be taken back, one at a time; 0 where the last of them cannot be now. */
export function undoSteps(place: BackupPlace): number {
  try {
    const steps = readSteps(place)
    const step = steps.at(-1)
    if (step === undefined) return 0
    textBefore(place, step, readText(place.configPath))
    return steps.length
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return 0
  }
}

/** What the config is to hold when a step is taken back; null: it is to go. Throws `CredError` where that cannot be. */
function textBefore(place: BackupPlace, step: BackupStep, current: string | null): string | null {
  if (hashOf(current) !== step.writtenHash) return withoutChange(place, step, current)
  return step.backupPath === null ? null : backupOf(place, step)
}

function nothingToUndo(place: BackupPlace, profiles: Iterable<string>): CredError {
  const known = [...profiles]
  const undoable = known.filter((profile) => readSteps({ ...place, profile }).length > 0)
  const near = known.includes(place.profile) ? null : nearest(place.profile, undoable)
  return new CredError('failed', `cannot undo the setup of ${quoted(place.profile)}: there is no backup from it`, {
    hint: near === null ? null : pasteable`the nearest is: aws-cred setup ${near} --undo`,
  })
}

function backupOf(place: BackupPlace, { backupPath, previousHash }: BackupStep): string {
  const previous = backupPath === null ? null : (readPrivateFile(backupPath)?.toString('utf8') ?? null)
  if (previous !== null && hashOf(previous) === previousHash) return previous
  throw new CredError('failed', `cannot undo the setup of ${quoted(place.profile)}: its backup is gone or damaged`)
}

/** The config with the profile's lines as they were, the rest as it is now. */
function withoutChange(place: BackupPlace, step: BackupStep, current: string | null): string {
  const { configPath, profile } = place
  const text = step.change === null || current === null ? null : takeBack(configPath, profile, current, step.change)
  if (text !== null) return text
  const what = current === null ? `${quoted(configPath, 300)} is gone` : 'it has changed since'
  const { backupPath } = step
  const before = backupPath === null ? '; there was no file before' : ''
  throw new CredError('failed', `cannot undo the setup of ${quoted(profile)}: ${what}${before}`, {
    hint: backupPath === null ? null : whereToLook(backupPath, current === null ? null : configPath),
  })
}

function whereToLook(backupPath: string, configPath: string | null): string {
  const words = [pathWord(backupPath), configPath === null ? null : pathWord(configPath)]
  if (process.platform === 'win32' || words.includes(null)) return `the backup is ${shown(backupPath, 1000)}`
  return `see what: diff ${words.join(' ')}`
}

function changeOf({ configPath, profile }: BackupPlace, previous: string, text: string): SectionChange | null {
  try {
    return sectionChange(configPath, profile, previous, text)
  } catch (error) {
    // A text without sections that can be told apart: the whole file can be put back, and nothing less.
    if (error instanceof CredError) return null
    throw error
  }
}

function recordPath({ folder, configPath, profile }: BackupPlace): string {
  return join(folder, `${safeFileName(`${profile} ${configPath}`)}.json`)
}

function writeSteps(place: BackupPlace, steps: readonly BackupStep[]): void {
  if (steps.length === 0) remove(recordPath(place))
  else writePrivateFile(recordPath(place), `${JSON.stringify({ version: 2, steps })}\n`)
}

/** Removes the backups of `steps` that no step of `kept` needs. */
function removeBackups(steps: readonly BackupStep[], kept: readonly BackupStep[]): void {
  for (const { backupPath } of steps) {
    if (backupPath !== null && !kept.some((step) => step.backupPath === backupPath)) remove(backupPath)
  }
}

/** The last one is the newest. Empty where there is no record, or none that could be trusted. */
function readSteps(place: BackupPlace): BackupStep[] {
  const text = readPrivateFile(recordPath(place))?.toString('utf8')
  if (text === undefined) return []
  let record: { readonly version?: unknown; readonly steps?: unknown } | null
  try {
    record = JSON.parse(text)
  } catch {
    // Damaged: no backup that could be trusted.
    return []
  }
  if (record?.version !== 2 || !Array.isArray(record.steps) || !record.steps.every(isStep)) return []
  return record.steps
}

function isStep(value: unknown): value is BackupStep {
  if (typeof value !== 'object' || value === null) return false
  const { backupPath, previousHash, writtenHash, change } = value as Partial<Record<keyof BackupStep, unknown>>
  const hasBackup = typeof backupPath === 'string' && typeof previousHash === 'string'
  if (typeof writtenHash !== 'string' || !(hasBackup || (backupPath === null && previousHash === null))) return false
  return change === null || isChange(change)
}

function isChange(value: unknown): value is SectionChange {
  if (typeof value !== 'object' || value === null) return false
  const { before, after, blankLine, sibling } = value as Partial<Record<keyof SectionChange, unknown>>
  const areTexts = (list: unknown) => Array.isArray(list) && list.every((text) => typeof text === 'string')
  const named = sibling === undefined || typeof sibling === 'string'
  return areTexts(before) && areTexts(after) && typeof blankLine === 'boolean' && named
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
