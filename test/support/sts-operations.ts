import { type Elements, type Service, StsError } from './sts-answers.ts'
import { type Caller, invalidToken, issueSession, type Session, type StsState } from './sts-caller.ts'
import { checkParams, durationSeconds, hasPackedParts, type Params, validationError } from './sts-checks.ts'
import { roleId, type StsRole, userArn } from './sts-world.ts'

type Signed = (state: StsState, params: Params, caller: Caller) => Elements
type Unsigned = (state: StsState, params: Params) => Elements

/** An operation by the name its callers send; `run` of an unsigned one gets no caller. */
export type Operation =
  | { service: Service; signed: true; run: Signed }
  | { service: Service; signed: false; run: Unsigned }

export const operations: Readonly<Record<string, Operation>> = {
  GetCallerIdentity: { service: 'sts', signed: true, run: getCallerIdentity },
  GetSessionToken: { service: 'sts', signed: true, run: getSessionToken },
  AssumeRole: { service: 'sts', signed: true, run: assumeRole },
  AssumeRoleWithWebIdentity: { service: 'sts', signed: false, run: assumeRoleWithWebIdentity },
  GetUser: { service: 'iam', signed: true, run: getUser },
}

function getCallerIdentity(_state: StsState, _params: Params, caller: Caller): Elements {
  return { Arn: caller.arn, UserId: caller.userId, Account: caller.accountId }
}

function getSessionToken(state: StsState, params: Params, caller: Caller): Elements {
  checkParams(params, [])
  if (caller.kind !== 'user' || caller.user === null)
    throw new StsError('AccessDenied', 403, 'Cannot call GetSessionToken with session credentials')
  const asked = durationSeconds(params, 129_600, caller.user.root ? 3_600 : 43_200)
  const mfa = state.mfa.accept(caller.user, params.get('SerialNumber'), params.get('TokenCode'))
  // A root user's session is cut to an hour without an error.
  const seconds = caller.user.root ? Math.min(asked, 3_600) : asked
  return { Credentials: credentials(issueSession(state, { ...caller, kind: 'user-session', mfa }, seconds)) }
}

function assumeRole(state: StsState, params: Params, caller: Caller): Elements {
  checkParams(params, ['RoleArn', 'RoleSessionName'])
  const asked = durationSeconds(params, 43_200, 3_600)
  const arn = checkedRoleArn(params)
  const code = state.mfa.accept(caller.user, params.get('SerialNumber'), params.get('TokenCode'))
  if (caller.user?.root) throw new StsError('AccessDenied', 403, 'Roles may not be assumed by root accounts.')
  const role = state.world.roles.find((one) => one.arn === arn)
  if (!role || !trusts(role, params, caller, code)) {
    const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
    throw new StsError('AccessDenied', 403, message)
  }
  if (caller.kind === 'role-session' && asked > 3_600)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  return assumed(state, role, params, asked)
}

function assumeRoleWithWebIdentity(state: StsState, params: Params): Elements {
  checkParams(params, ['RoleArn', 'RoleSessionName', 'WebIdentityToken'])
  const asked = durationSeconds(params, 43_200, 3_600)
  const arn = checkedRoleArn(params)
  const token = params.get('WebIdentityToken') ?? ''
  const known = (state.world.webIdentityTokens ?? []).find((one) => one.token === token)
  if (!known) throw unknownToken(token)
  if (known.expiresAtMs !== undefined && known.expiresAtMs <= state.nowMs()) {
    const [now, end] = [state.nowMs(), known.expiresAtMs].map((ms) => Math.floor(ms / 1000))
    const message = `Token expired: current date/time ${now} must be before the expiration date/time ${end}`
    throw new StsError('ExpiredTokenException', 400, message)
  }
  const role = state.world.roles.find((one) => one.arn === arn)
  const provider = `${arn.split(':').slice(0, 5).join(':')}:oidc-provider/${known.provider}`
  if (!role?.trust.some((who) => who === '*' || who === provider))
    throw new StsError('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  const { subject, audience } = known
  const who = { SubjectFromWebIdentityToken: subject, Provider: provider, Audience: audience }
  return { ...assumed(state, role, params, asked), ...who }
}

/** IAM's GetUser without UserName. It refuses a GetSessionToken session made without MFA, as all of IAM does. */
function getUser(_state: StsState, _params: Params, caller: Caller): Elements {
  const { user } = caller
  if (caller.kind === 'user-session' && !caller.mfa) throw invalidToken()
  if (user === null) throw validationError('Must specify userName when calling with non-User credentials')
  const made = { CreateDate: '2020-01-01T00:00:00Z' }
  return {
    User: { Path: user.path ?? '/', UserName: user.userName, UserId: caller.userId, Arn: userArn(user), ...made },
  }
}

function assumed(state: StsState, role: StsRole, params: Params, seconds: number): Elements {
  if (seconds > (role.maxDurationSeconds ?? 3_600))
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  const session = issueRoleSession(state, role, params.get('RoleSessionName') ?? '', seconds)
  const { arn, userId } = session.caller
  return {
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    Credentials: credentials(session),
    PackedPolicySize: hasPackedParts(params) ? '6' : undefined,
    SourceIdentity: params.get('SourceIdentity'),
  }
}

/** A session of a role, however it was come by: STS itself, IAM Identity Center, a container, an instance. */
export function issueRoleSession(state: StsState, role: StsRole, sessionName: string, seconds: number): Session {
  const [, partition = '', , , accountId = '', ...rest] = role.arn.split(':')
  // The role's path is not part of the session's ARN.
  const name = rest.join(':').split('/').at(-1)
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`
  const userId = `${roleId(role)}:${sessionName}`
  const caller: Caller = { kind: 'role-session', arn, userId, accountId, user: null, roleArn: role.arn, mfa: false }
  return issueSession(state, caller, seconds)
}

function credentials(session: Session): Elements {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secret,
    SessionToken: session.token,
    Expiration: `${new Date(session.expiresAtMs).toISOString().slice(0, 19)}Z`,
  }
}

function trusts(role: StsRole, params: Params, caller: Caller, code: boolean): boolean {
  const [, partition, , , account] = caller.arn.split(':')
  const names = ['*', caller.arn, caller.roleArn, `arn:${partition}:iam::${account}:root`]
  if (!role.trust.some((who) => names.includes(who))) return false
  if (role.requireMfa && !(code || caller.mfa)) return false
  if (role.requireCode && !code) return false
  if (role.externalId !== undefined && params.get('ExternalId') !== role.externalId) return false
  if (role.requireSessionName === undefined) return true
  const variable = /\$\{aws:username\}/
  // The variable has no value for a role session, and a condition on it then fails.
  if (variable.test(role.requireSessionName) && caller.user === null) return false
  return role.requireSessionName.replace(variable, caller.user?.userName ?? '') === params.get('RoleSessionName')
}

function checkedRoleArn(params: Params): string {
  const arn = params.get('RoleArn') ?? ''
  if (!/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn)) throw validationError(`${arn} is invalid`)
  return arn
}

function unknownToken(token: string): StsError {
  const isJwt = token.split('.').length === 3
  const message = isJwt
    ? 'No OpenIDConnect provider found in your account for the issuer of this token'
    : 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
  return new StsError('InvalidIdentityToken', 400, message)
}
