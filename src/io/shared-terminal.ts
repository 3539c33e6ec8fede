import { readFileSync } from 'node:fs'
import { errnoOf } from './file-errors.ts'

/** Whether process `pid` has the same controlling terminal as this one; null where that cannot be told, or it has ended. */
export function sharesTerminal(pid: number): boolean | null {
  const [ours, theirs] = process.platform === 'linux' ? [terminalOf('self'), terminalOf(pid)] : terminalsByPs(pid)
  return ours === undefined || theirs === undefined ? null : ours === theirs
}

/** The device number in /proc (proc_pid_stat(5), field tty_nr). */
function terminalOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name may hold spaces and brackets; after its last bracket: state ppid pgrp session tty_nr.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]
  } catch (error) {
    // It has ended meanwhile.
    if (errnoOf(error) === null) throw error
    return undefined
  }
}

function terminalsByPs(pid: number): readonly (string | undefined)[] {
  if (process.platform === 'win32') return []
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  return [process.pid, pid].map((each) => {
    const { stdout } = spawnSync('/bin/ps', ['-o', 'tty=', '-p', String(each)], {
      encoding: 'utf8',
      env: {},
      timeout: 2_000,
    })
    return stdout?.trim() || undefined
  })
}
