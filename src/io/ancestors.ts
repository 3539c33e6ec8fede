import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const GENERATIONS_MAX = 64

/**
 * Whether process `pid` started this one, directly or through others. Null where that cannot be seen: Windows tells
 * only the parent.
 */
export function isAncestor(pid: number): boolean | null {
  let at = process.ppid
  for (let i = 0; i < GENERATIONS_MAX && at > 0; i++) {
    if (at === pid) return true
    if (process.platform === 'win32') return null
    at = process.platform === 'linux' ? parentFromProc(at) : parentFromPs(at)
  }
  return false
}

/** 0 at the end of the line, or where the process has ended meanwhile. */
function parentFromProc(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold blanks and parentheses itself (proc_pid_stat(5)).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) || 0
  } catch {
    // It has ended: then nothing above it can be seen.
    return 0
  }
}

function parentFromPs(pid: number): number {
  const { stdout } = spawnSync('/bin/ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8', env: {} })
  return Number(stdout?.trim()) || 0
}
