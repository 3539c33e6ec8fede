import { join } from 'node:path'
import { CredError } from '../../core/errors.ts'
import { parseIni } from '../../core/ini.ts'
import type { SetupSurroundings } from '../../core/setup/setup-plan.ts'
import { quoted, shown } from '../../core/text.ts'
import { homeDir, readAwsFiles } from '../../io/aws-files.ts'
import type { BackupPlace } from '../../io/config-backup.ts'
import { belongsToAnother } from '../../io/foreign-owner.ts'
import { LockUnavailable, withLock } from '../../io/lock.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import { shortPath } from '../../io/screen.ts'
import type { Workspace } from './workspace.ts'

const LOCK_WAIT_MS = 20_000

/**
 * Throws `CredError` where HOME belongs to another user (sudo), or one of the AWS files, which AWS_CONFIG_FILE can name
 * anywhere: what is written there decides which program that user's tools run.
 */
export function checkFilesAreOurs({ context, files, homeIsOurs }: Workspace): void {
  const foreign = homeIsOurs
    ? [files.configPath, files.credentialsPath].find((path) => path !== null && belongsToAnother(path))
    : homeDir(context)
  if (typeof foreign !== 'string') return
  const what = homeIsOurs ? quoted(foreign, 300) : `the home folder ${quoted(foreign, 300)}`
  throw new CredError('failed', `cannot write the AWS files: ${what} belongs to another user`, {
    hint: 'run it as that user, without sudo',
  })
}

/**
 * Runs `work` as the only aws-cred that changes the config and the credentials file. What it writes it must have read
 * within. `verbName` is shown to those who wait.
 */
export async function withConfigLock<T>(workspace: Workspace, verbName: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withLock(
      {
        folder: workspace.paths.locksDir,
        name: 'config',
        deadlineMs: monotonicMs() + LOCK_WAIT_MS,
        nowMs: monotonicMs,
        holder: { pid: process.pid, program: `aws-cred ${verbName}` },
      },
      work,
    )
  } catch (error) {
    if (!(error instanceof LockUnavailable)) throw error
    throw new CredError('failed', `cannot write the config: no lock can be had: ${error.reason}`, {
      hint: error.hint,
      cause: error,
    })
  }
}

/** Where the writes for a profile can be taken back from. */
export function backupPlace(workspace: Workspace, profile: string): BackupPlace {
  return { folder: join(workspace.paths.stateDir, 'backup'), configPath: workspace.files.configPath, profile }
}

/** The two files as they are now, for an edit, and what else decides what can be written. */
export function surroundingsNow(workspace: Workspace): SetupSurroundings & { readonly existed: boolean } {
  const { context, index } = workspace
  const { configPath, config, credentials } = readAwsFiles(context)
  return {
    platform: context.platform,
    existed: config !== null,
    config: config ?? parseIni('', { kind: 'config', path: configPath }),
    credentials,
    hasKeys: (name) => index.read('key', name) !== null,
    keyNames: () => index.all('key').map(({ name }) => name),
    showPath: (path) => shown(shortPath(path, context), 300),
  }
}
