import { GetRoleCredentialsCommand, SSOClient } from '@aws-sdk/client-sso'
import { CreateTokenCommand, SSOOIDCClient } from '@aws-sdk/client-sso-oidc'
import { networkFor } from '../core/network/network.ts'
import { REFRESH_BUDGET_MS } from '../core/session.ts'
import { httpHandler } from './http-handler.ts'
import { type ServiceCall, ServiceRefusal, unreachable, unusable } from './service-call.ts'
import type { SeenClock } from './sts-client.ts'

export interface SsoRole {
  readonly accountId: string
  readonly roleName: string
}

/** What the portal gave for a role; by its clock. */
export interface SsoCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresMs: number
  readonly issuedMs: number
  readonly host: string
}

/**
 * GetRoleCredentials with the token of a sign-in. Throws `ServiceRefusal` with the portal's own code
 * (`UnauthorizedException`: the sign-in is over), else `CredError`.
 */
export async function getRoleCredentials(
  call: ServiceCall,
  accessToken: string,
  role: SsoRole,
): Promise<SsoCredentials> {
  const endpoint = endpointOf(call, new SSOClient({ region: call.region }).config.endpointProvider)
  const client = new SSOClient(settingsOf(call, endpoint))
  const connection = watched(client, call, endpoint)
  const command = new GetRoleCredentialsCommand({ ...role, accessToken })
  const { roleCredentials } = await connection.send(() => client.send(command, { abortSignal: call.deadline }))
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = roleCredentials ?? {}
  if (!accessKeyId || !secretAccessKey || !sessionToken) {
    throw unusable(call, connection.host, 'it holds no credentials')
  }
  if (![accessKeyId, secretAccessKey, sessionToken].every((each) => /^[\x21-\x7e]{1,7000}$/.test(each))) {
    throw unusable(call, connection.host, 'its credentials are of no known form')
  }
  const issuedMs = connection.trustClock().dateMs
  if (typeof expiration !== 'number' || !(expiration > issuedMs)) {
    throw unusable(call, connection.host, 'their expiration has passed, or is none')
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresMs: expiration, issuedMs, host: connection.host }
}

export interface RenewedSsoToken {
  readonly accessToken: string
  readonly refreshToken: string | null
  readonly expiresInS: number
}

/** CreateToken with a refresh token. Throws as `getRoleCredentials` does. */
export async function renewSsoToken(
  call: ServiceCall,
  renewal: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string },
): Promise<RenewedSsoToken> {
  const endpoint = endpointOf(call, new SSOOIDCClient({ region: call.region }).config.endpointProvider)
  const client = new SSOOIDCClient(settingsOf(call, endpoint))
  const connection = watched(client, call, endpoint)
  const command = new CreateTokenCommand({ ...renewal, grantType: 'refresh_token' })
  const answer = await connection.send(() => client.send(command, { abortSignal: call.deadline }))
  const { accessToken, refreshToken, expiresIn } = answer
  if (!accessToken || typeof expiresIn !== 'number' || !(expiresIn > 0 && expiresIn < 31_536_000)) {
    throw unusable(call, connection.host, 'it holds no token')
  }
  return { accessToken, refreshToken: refreshToken || null, expiresInS: expiresIn }
}

type EndpointProvider = (parameters: { Region: string; UseFIPS: boolean; UseDualStack: boolean }) => { url: URL }

/** The endpoint that a setting names, else AWS's own by the rules of the service's model. */
function endpointOf({ override, region }: ServiceCall, endpointProvider: EndpointProvider): string {
  return override?.url ?? endpointProvider({ Region: region, UseFIPS: false, UseDualStack: false }).url.href
}

/** Every setting is ours: left to itself the SDK reads the environment and `~/.aws/config` once more (see `connectSts`). */
function settingsOf({ region, settings }: ServiceCall, endpoint: string) {
  return {
    region,
    endpoint,
    maxAttempts: 3,
    retryMode: 'standard',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    userAgentAppId: 'aws-cred',
    defaultsMode: 'standard',
    requestHandler: httpHandler(networkFor(endpoint, settings), REFRESH_BUDGET_MS),
  } as const
}

/** A client whose answers' clock is seen, and whose errors are told in one way. */
function watched(client: SSOClient | SSOOIDCClient, call: ServiceCall, endpoint: string) {
  type Clock = Pick<SeenClock, 'dateMs' | 'receivedMs'>
  let seen: Clock | null = null
  let unproved: Clock | null = null
  let isTyped = false
  const { host } = new URL(endpoint)
  const see = (next: (args: never) => Promise<{ response: unknown }>) => async (args: never) => {
    const result = await next(args)
    const headers = (result.response as { headers?: Record<string, string> }).headers
    const dateMs = Date.parse(headers?.date ?? '')
    unproved = Number.isFinite(dateMs) ? { dateMs, receivedMs: call.nowMs() } : null
    isTyped = /json/.test(headers?.['content-type'] ?? '')
    if (isTyped) seen = unproved ?? seen
    return result
  }
  // Both clients' stacks take it alike, which their types do not say.
  ;(client as SSOClient).middlewareStack.add(see as never, {
    step: 'deserialize',
    priority: 'low',
    name: 'seeDateHeader',
  })
  return {
    host,
    /**
     * The clock of an answer whose content proved to be the service's, its `Content-Type` or `Date` lost on the way or not.
     * Without any it is what is known of it, else this machine's.
     */
    trustClock(): Clock {
      if (seen !== null) return seen
      const receivedMs = call.nowMs()
      seen = unproved ?? { dateMs: receivedMs + call.offsetMs(host), receivedMs }
      call.onClock(host, seen)
      return seen
    },
    async send<T>(request: () => Promise<T>): Promise<T> {
      try {
        return await request()
      } catch (error) {
        const { name, message, $fault, $metadata } = error as {
          name?: string
          message?: string
          $fault?: unknown
          $metadata?: { httpStatusCode?: number }
        }
        // Without a type only a code tells its refusal from a page of something between.
        const isRefusal = $fault !== undefined && (isTyped || (!!name && name !== 'Unknown'))
        if (!isRefusal) throw unreachable(call, endpoint, error)
        throw new ServiceRefusal(name ?? 'Error', $metadata?.httpStatusCode ?? 0, message ?? '')
      } finally {
        if (seen !== null) call.onClock(host, seen)
        client.destroy()
      }
    },
  }
}
