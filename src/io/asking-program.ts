import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { errnoOf } from './file-errors.ts'
import { parentProgram } from './parent-shell.ts'

/** What only passes a helper's command line on (contract §1.1). */
const PASSED_OVER = new Set(['sh', 'dash', 'cmd.exe'])
/** Node names its main thread so, and Linux tells that for the program. */
const THREAD_NAMES = new Set(['MainThread', 'node-MainThread'])

/**
 * The base name of the program that started this one, past the shell that ran its command line; null where it cannot
 * be told. Never its arguments: they may hold secrets.
 */
export function askingProgram(env: Readonly<Record<string, string | undefined>>): string | null {
  if (process.platform === 'win32') {
    const name = parentProgram(env)
    return name === null || PASSED_OVER.has(name) ? null : name.replace(/\.exe$/, '')
  }
  const look = process.platform === 'linux' ? lookInProc : lookWithPs
  const parent = look(process.ppid)
  if (parent === null) return null
  if (!PASSED_OVER.has(parent.name)) return parent.name
  const above = look(parent.parentPid)
  return above === null || PASSED_OVER.has(above.name) ? null : above.name
}

interface Program {
  readonly name: string
  readonly parentPid: number
}

function lookInProc(pid: number): Program | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const end = stat.lastIndexOf(')')
    const comm = stat.slice(stat.indexOf('(') + 1, end)
    const name = THREAD_NAMES.has(comm) ? basename(readlinkSync(`/proc/${pid}/exe`)) : comm
    return { name, parentPid: Number(stat.slice(end + 2).split(' ')[1]) }
  } catch (error) {
    // It has ended, or is another user's: then it stays unnamed.
    if (errnoOf(error) === null) throw error
    return null
  }
}

function lookWithPs(pid: number): Program | null {
  const words = ['-o', 'ppid=,comm=', '-p', String(pid)]
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { stdout } = spawnSync('/bin/ps', words, { encoding: 'utf8', env: {}, timeout: 2_000 })
  const [, parentPid, path] = /^\s*(\d+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? []
  return path === undefined ? null : { name: basename(path), parentPid: Number(parentPid) }
}
