import { win32 } from 'node:path'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { registryNames } from '../core/shell/registry-query.ts'
import { runHelper } from './run-helper.ts'

const DEADLINE_MS = 1_500
const OUT_MAX_BYTES = 1024 * 1024

/**
 * The names of the variables that `setx` has put into the registry for every new shell of the user; none elsewhere than
 * on Windows. Throws `CredError` where the registry does not answer.
 */
export async function setxVariables({ env, platform }: Pick<Context, 'env' | 'platform'>): Promise<readonly string[]> {
  if (platform !== 'win32') return []
  const reg = win32.join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'reg.exe')
  const given = { SystemRoot: env.SystemRoot, PATH: env.PATH }
  const end = await runHelper(
    { argv: [reg, 'query', 'HKCU\\Environment'] },
    { env: given, maxBytes: OUT_MAX_BYTES, deadlineMs: DEADLINE_MS, signal: AbortSignal.timeout(DEADLINE_MS) },
  )
  // What it has printed may hold secrets, and its errors are in the language of the system: neither is repeated.
  if (end.kind === 'ended' && end.status === 0) return registryNames(end.out)
  const why = end.kind === 'ended' ? `reg.exe ended with ${end.status}` : 'reg.exe did not answer in time'
  throw new CredError('failed', `cannot look for what setx keeps in HKCU\\Environment: ${why}`)
}
