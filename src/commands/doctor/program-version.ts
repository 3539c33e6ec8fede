import { CredError } from '../../core/errors.ts'
import { runHelper } from '../../io/run-helper.ts'
import type { Look } from './look.ts'

/** `aws --version` takes half a second on a machine that is not busy. */
const DEADLINE_MS = 1_500
const OUT_MAX_BYTES = 10_000
/** What is said of a program that was `late`. */
export const LATE = `no version seen within ${DEADLINE_MS / 1000} s`

/**
 * What a program answers to `--version`; null where it gives none, `late` where not in time. Nothing of our environment reaches it but
 * what it needs to start: no key, and no setting that would have it ask somebody.
 */
export async function programVersion({ workspace }: Look, path: string): Promise<string | 'late' | null> {
  const { env } = workspace.context
  const given = Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'SystemRoot', 'USERPROFILE'].map((name) => [name, env[name]]),
  )
  try {
    const end = await runHelper(
      { argv: [path, '--version'] },
      { env: given, maxBytes: OUT_MAX_BYTES, deadlineMs: DEADLINE_MS, signal: AbortSignal.timeout(DEADLINE_MS) },
    )
    // The AWS CLI v1 of old Pythons answers on stderr.
    if (end.kind === 'too-long') return 'late'
    return end.kind === 'ended' && end.status === 0 ? (end.out.trim() || end.err.trim()).slice(0, 300) : null
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return null
  }
}
