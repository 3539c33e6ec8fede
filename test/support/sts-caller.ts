import { type Service, StsError } from './sts-answers.ts'
import type { MfaDevices } from './sts-mfa.ts'
import { authorizationOf, basicTime, expectedSignature, type SignedRequest, signingTime } from './sts-sigv4.ts'
import { newKeyId, newSecret, newSessionToken, type StsUser, userArn, userId, type World } from './sts-world.ts'

/** Who signed a request. */
export interface Caller {
  kind: 'user' | 'user-session' | 'role-session'
  arn: string
  userId: string
  accountId: string
  /** The IAM user behind a user or user session; null for a role. */
  user: StsUser | null
  /** The assumed role's ARN; null for a user. */
  roleArn: string | null
  mfa: boolean
}

export interface Session {
  accessKeyId: string
  secret: string
  token: string
  expiresAtMs: number
  caller: Caller
}

/** What lives as long as the server. */
export interface StsState {
  world: World
  nowMs(): number
  skewWindowMs: number
  /** Lifetime of everything issued, whatever was asked; null: as asked. */
  issueSeconds: number | null
  sessions: Map<string, Session>
  mfa: MfaDevices
}

/** A new session of `caller` that lives for `seconds`, ending on a whole second as STS's do. */
export function issueSession(state: StsState, caller: Caller, seconds: number): Session {
  const expiresAtMs = Math.floor(state.nowMs() / 1000 + (state.issueSeconds ?? seconds)) * 1000
  const session = {
    accessKeyId: newKeyId('ASIA'),
    secret: newSecret(),
    token: newSessionToken(),
    expiresAtMs,
    caller,
  }
  state.sessions.set(session.accessKeyId, session)
  return session
}

/** Who signed `request`, or the StsError with which STS refuses it. */
export function authenticate(state: StsState, request: SignedRequest, service: Service): Caller {
  const auth = authorizationOf(request)
  const time = signingTime(request)
  const { caller, secret } = holder(state, auth.accessKeyId, request.headers.get('x-amz-security-token'))
  if (auth.service !== service) throw mismatch(`Credential should be scoped to correct service: '${service}'. `)
  if (!/^[a-z0-9-]+$/.test(auth.region)) throw mismatch('Credential should be scoped to a valid region. ')
  if (auth.day !== time.text.slice(0, 8))
    throw mismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${auth.day}' != '${time.text.slice(0, 8)}', from '${time.text}'.`,
    )
  for (const name of ['host', 'x-amz-date', 'x-amz-security-token'])
    if (request.headers.has(name) && !auth.signedHeaders.includes(name))
      throw mismatch(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  checkSkew(state, time)
  if (expectedSignature(request, auth, secret) !== auth.signature)
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  return caller
}

function holder(state: StsState, accessKeyId: string, token: string | undefined): { caller: Caller; secret: string } {
  const session = state.sessions.get(accessKeyId)
  if (session && session.token === token) {
    const { caller, secret } = session
    if (caller.user && !state.world.users.includes(caller.user)) throw invalidToken()
    if (state.nowMs() >= session.expiresAtMs)
      throw new StsError('ExpiredToken', 403, 'The security token included in the request is expired')
    return { caller, secret }
  }
  const user = state.world.users.find((one) => one.accessKeyId === accessKeyId)
  if (!user || token !== undefined) throw invalidToken()
  return { caller: callerOf(user), secret: user.secret }
}

function callerOf(user: StsUser): Caller {
  const { accountId } = user
  return { kind: 'user', arn: userArn(user), userId: userId(user), accountId, user, roleArn: null, mfa: false }
}

function checkSkew(state: StsState, time: { text: string; ms: number }): void {
  const nowMs = state.nowMs()
  const windowMs = state.skewWindowMs
  const now = basicTime(nowMs)
  const minutes = windowMs / 60_000
  if (time.ms < nowMs - windowMs)
    throw mismatch(
      `Signature expired: ${time.text} is now earlier than ${basicTime(nowMs - windowMs)} (${now} - ${minutes} min.)`,
    )
  if (time.ms > nowMs + windowMs)
    throw mismatch(
      `Signature not yet current: ${time.text} is still later than ${basicTime(nowMs + windowMs)} (${now} + ${minutes} min.)`,
    )
}

export function invalidToken(): StsError {
  return new StsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
}

function mismatch(message: string): StsError {
  return new StsError('SignatureDoesNotMatch', 403, message)
}
