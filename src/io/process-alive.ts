import { errnoOf } from './file-errors.ts'

/** Whether a process of that id runs here, whoever's it is. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else. ESRCH: it is gone.
    return errnoOf(error) === 'EPERM'
  }
}
