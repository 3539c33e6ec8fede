import { posix } from 'node:path'
import type { Context } from '../core/context.ts'
import { homeDir } from './aws-files.ts'
import { readOutsideFile } from './outside-file.ts'

const MAX_BYTES = 1024 * 1024

/** Where fish keeps its universal variables, and the names of those that stand there. Throws `CredError` where it cannot be read. */
export function fishVariables(context: Pick<Context, 'env' | 'platform'>): readonly string[] {
  const home = homeDir(context)
  const folder = context.env.XDG_CONFIG_HOME || (home === null ? null : posix.join(home, '.config'))
  if (folder === null || context.platform === 'win32') return []
  const text = readOutsideFile(posix.join(folder, 'fish', 'fish_variables'), MAX_BYTES) ?? ''
  // `SETUVAR --export NAME:value`; the values are none of our business.
  return Array.from(text.matchAll(/^SETUVAR (?:--\w+ )*(\w+):/gm), ([, name = '']) => name)
}
