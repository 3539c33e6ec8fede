import { ServiceRefusal } from '../../../aws/service-call.ts'
import { getRoleCredentials, renewSsoToken } from '../../../aws/sso-calls.ts'
import { spanText } from '../../../core/clock.ts'
import { CredError } from '../../../core/errors.ts'
import type { SsoRoot } from '../../../core/plan/plan-roots.ts'
import { parseSsoToken, renewedSsoText, type SsoToken } from '../../../core/roots/login-tokens.ts'
import { signInError } from '../../../core/roots/sign-in.ts'
import type { Session } from '../../../core/session.ts'
import { quoted, shown } from '../../../core/text.ts'
import { ssoTokenPath } from '../../../io/token-cache.ts'
import type { RootFetch } from './fetch-root.ts'
import { serviceCall } from './service-call.ts'
import { sharedToken } from './shared-token.ts'

/** The session of a role of IAM Identity Center, by the token that `aws sso login` left or a renewal of it. */
export async function ssoSession(fetch: RootFetch, root: SsoRoot): Promise<Session> {
  const token = await ssoToken(fetch, root)
  const call = serviceCall(fetch, root.profile, 'sso', root.region)
  const { accountId, roleName } = root
  const given = await getRoleCredentials(call, token.accessToken, { accountId, roleName }).catch((error: unknown) => {
    if (!(error instanceof ServiceRefusal)) throw error
    throw refusal(fetch, root, error)
  })
  const { host: clockName, ...session } = given
  return { ...session, clockName, accountId, arn: null }
}

async function ssoToken(fetch: RootFetch, root: SsoRoot): Promise<SsoToken> {
  const { context } = fetch.workspace
  const { profile } = fetch.plan
  let refused: ServiceRefusal | null = null
  const path = ssoTokenPath(context, root.session ?? root.startUrl)
  let last: SsoToken | null = null
  const token = await sharedToken<SsoToken>(fetch, {
    path,
    parse: (text) => parseSsoToken(text, context.nowMs()),
    canRenew: ({ renewal }) => renewal !== null,
    async renew(old, text) {
      last = old
      const renewal = old.renewal as NonNullable<SsoToken['renewal']>
      const answer = await renewSsoToken(serviceCall(fetch, root.profile, 'sso_oidc', root.region), renewal)
      const renewed = { ...answer, expiresMs: context.nowMs() + answer.expiresInS * 1000 }
      const { accessToken, expiresMs } = renewed
      return { token: { ...old, accessToken, expiresMs }, text: renewedSsoText(text, renewed) }
    },
  }).catch((error: unknown) => {
    // What is left of the old one is good until its end, whatever the renewal says.
    if (last !== null && last.expiresMs > context.nowMs()) return last
    if (!(error instanceof ServiceRefusal)) throw error
    refused = error
    return last
  })
  if (token === null) throw signInError(profile, root, 'nobody has signed in here')
  const leftMs = token.expiresMs - context.nowMs()
  if (leftMs > 0) return token
  const why = refused === null ? '' : `, and is not renewed (${shown((refused as ServiceRefusal).code, 60)})`
  throw signInError(profile, root, `the sign-in ended ${spanText(-leftMs)} ago${why}`)
}

function refusal(fetch: RootFetch, root: SsoRoot, error: ServiceRefusal): CredError {
  const { plan, purpose } = fetch
  const { code, status } = error
  if (code === 'UnauthorizedException' || status === 401) {
    return signInError(plan.profile, root, `the portal does not take the sign-in any more (${shown(code, 60)})`)
  }
  const role = `role ${quoted(root.roleName, 64)} of account ${root.accountId}`
  const why =
    code === 'ForbiddenException' || code === 'ResourceNotFoundException'
      ? `the portal gives you no ${role} (${code})`
      : `the portal refused ${role}: ${shown(error.message, 300)} (${shown(code, 60)})`
  return new CredError('failed', `cannot ${purpose}: ${why}`, { cause: { stsCode: shown(code, 60) } })
}
