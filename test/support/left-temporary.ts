import { spawnSync } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The number of a process that has ended. */
export const DEAD_PID = spawnSync(process.execPath, ['--version']).pid

/** Leaves in a folder what a process of that number would, killed in the middle of a write so long ago, and gives its path. */
export function leaveTemporary(folder: string, pid: number, agedMs = 0): string {
  const path = join(folder, `.aws-cred-${pid}-0123456789abcdef.tmp`)
  writeFileSync(path, 'a secret', { mode: 0o600 })
  const changed = new Date(Date.now() - agedMs)
  utimesSync(path, changed, changed)
  return path
}
