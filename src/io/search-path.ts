import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import type { Context } from '../core/context.ts'

/** Every program of that name on PATH, in its order, each file once; more than these are not looked at. */
const FOUND_MAX = 8

export interface ProgramFile {
  readonly path: string
  /** Where links lead to in the end. */
  readonly realPath: string
}

export function programsOnPath({ env, platform }: Pick<Context, 'env' | 'platform'>, name: string): ProgramFile[] {
  const windows = platform === 'win32'
  const path = windows ? win32 : posix
  const names = windows ? [`${name}.exe`, `${name}.cmd`] : [name]
  const found: ProgramFile[] = []
  // A relative folder on PATH names another place in every folder.
  for (const folder of (env.PATH ?? '').split(path.delimiter).filter((each) => path.isAbsolute(each))) {
    for (const file of names) {
      const program = programFile(path.join(folder, file))
      const isNew = program !== null && found.every(({ realPath }) => realPath !== program.realPath)
      if (program !== null && isNew && found.length < FOUND_MAX) found.push(program)
    }
  }
  return found
}

/** Null where there is no file that we may run. */
export function programFile(path: string): ProgramFile | null {
  try {
    if (!statSync(path).isFile()) return null
    accessSync(path, constants.X_OK)
    return { path, realPath: realpathSync(path) }
  } catch {
    // Not there, a dead link, or not for us to run: no program, whichever it is.
    return null
  }
}
