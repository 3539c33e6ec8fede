import { ServiceRefusal } from '../../../aws/service-call.ts'
import { renewLogin } from '../../../aws/signin-call.ts'
import { spanText } from '../../../core/clock.ts'
import { CredError } from '../../../core/errors.ts'
import { isRegionName } from '../../../core/network/sts-region.ts'
import { pasteable } from '../../../core/paste.ts'
import type { LoginRoot } from '../../../core/plan/plan-roots.ts'
import { type LoginToken, parseLoginToken, renewedLoginText } from '../../../core/roots/login-tokens.ts'
import { signInError } from '../../../core/roots/sign-in.ts'
import type { Session } from '../../../core/session.ts'
import { shown } from '../../../core/text.ts'
import { loginTokenPath } from '../../../io/token-cache.ts'
import type { RootFetch } from './fetch-root.ts'
import { localSession } from './local-session.ts'
import { serviceCall } from './service-call.ts'
import { sharedToken } from './shared-token.ts'

/** The credentials that `aws login` left, or a renewal of them. They last 15 minutes, and are renewed 5 before. */
export async function loginSession(fetch: RootFetch, root: LoginRoot): Promise<Session> {
  const { context } = fetch.workspace
  const { profile } = fetch.plan
  let last: LoginToken | null = null
  let refused: ServiceRefusal | null = null
  const token = await sharedToken<LoginToken>(fetch, {
    path: loginTokenPath(context, root.loginSession),
    parse: parseLoginToken,
    canRenew: () => true,
    async renew(old, text) {
      last = old
      const renewed = await renewLogin(serviceCall(fetch, root.profile, 'signin', regionOf(fetch, root, old)), old)
      const fresh = { ...renewed, expiresMs: context.nowMs() + renewed.expiresInS * 1000 }
      const { expiresInS: _, ...given } = fresh
      return { token: { ...old, ...given }, text: renewedLoginText(text, fresh) }
    },
  }).catch((error: unknown) => {
    if (last !== null && last.expiresMs > context.nowMs()) return last
    if (!(error instanceof ServiceRefusal)) throw error
    refused = error
    return last
  })
  if (token === null) throw signInError(profile, root, 'nobody has signed in here')
  const leftMs = token.expiresMs - context.nowMs()
  if (leftMs > 0) return localSession(fetch, { ...token, expiresMs: token.expiresMs })
  throw refused === null
    ? signInError(profile, root, `the sign-in ended ${spanText(-leftMs)} ago`)
    : refusal(fetch, root, refused)
}

/** Its answers for which there is no cure but to log in again (contract §5). */
const OVER: Readonly<Record<string, string>> = {
  TOKEN_EXPIRED: 'the sign-in has ended',
  USER_CREDENTIALS_CHANGED: 'the password was changed since the sign-in',
}

function refusal(fetch: RootFetch, root: LoginRoot, { code, status, message }: ServiceRefusal): CredError {
  const over = OVER[code]
  if (over !== undefined) return signInError(fetch.plan.profile, root, `${over} (${code})`)
  const why =
    code === 'INSUFFICIENT_PERMISSIONS'
      ? 'who signed in may not call signin:CreateOAuth2Token'
      : `the sign-in service refused a renewal: ${shown(message, 300)}`
  return new CredError('failed', `cannot ${fetch.purpose}: ${why} (${shown(code, 60)}, status ${status})`)
}

function regionOf(fetch: RootFetch, root: LoginRoot, token: LoginToken): string {
  const { AWS_REGION, AWS_DEFAULT_REGION } = fetch.workspace.context.env
  const region = token.region ?? root.region ?? (AWS_REGION || AWS_DEFAULT_REGION)
  if (region && isRegionName(region)) return region
  throw new CredError('failed', `cannot ${fetch.purpose}: neither the sign-in nor the profile names a region`, {
    hint: pasteable`aws configure set region us-east-1 --profile ${root.profile}`,
  })
}
