import { CredError } from '../../../core/errors.ts'
import type { Root } from '../../../core/plan/plan.ts'
import { parseLoginToken, parseSsoToken } from '../../../core/roots/login-tokens.ts'
import { signInCommand } from '../../../core/roots/sign-in.ts'
import { loginTokenPath, readToken, ssoTokenPath, tokenWrittenMs } from '../../../io/token-cache.ts'
import type { Workspace } from '../workspace.ts'

/**
 * The command by which a person has to log in before the root gives anything, by the token file alone; null where that
 * is not needed, as far as can be seen from here. `refusedMs` is when the service last refused the token.
 */
export function signInNeeded({ context }: Workspace, root: Root, refusedMs: number | null): string | null {
  if (root.kind !== 'sso' && root.kind !== 'login') return null
  const id = root.kind === 'sso' ? (root.session ?? root.startUrl) : root.loginSession
  const path = root.kind === 'sso' ? ssoTokenPath(context, id) : loginTokenPath(context, id)
  if (refusedMs !== null && tokenWrittenMs(path) <= refusedMs) return signInCommand(root)
  let text: string | null
  try {
    text = readToken(path)
  } catch (error) {
    // Unreadable: the next call says so; to log in again would not mend it.
    if (!(error instanceof CredError)) throw error
    return null
  }
  const nowMs = context.nowMs()
  if (root.kind === 'login') return parseLoginToken(text ?? '') === null ? signInCommand(root) : null
  const token = parseSsoToken(text ?? '', nowMs)
  return token === null || (token.expiresMs <= nowMs && token.renewal === null) ? signInCommand(root) : null
}
