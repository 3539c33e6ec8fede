import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { CredError } from '../core/errors.ts'
import type { StsPlace } from '../core/network/sts-endpoint.ts'
import type { AssumeRoleStep, SessionTokenStep } from '../core/plan/plan-steps.ts'
import { ASSUME_ROLE_DEFAULT_S, CHAINED_MAX_S, parseRoleArn, SESSION_TOKEN_MAX_S } from '../core/plan/sts-limits.ts'
import type { Session } from '../core/session.ts'
import { connectSts, type SeenClock, type SigningKeys, type StsConnection, type StsTarget } from './sts-client.ts'
import { isDurationRefusal, STS_WINDOW_MS, wordStsError } from './sts-errors.ts'

export interface StsCall {
  readonly place: StsPlace
  readonly target: StsTarget
  readonly keys: SigningKeys
  /** What is tried, for the message: `assume arn:… for profile "prod"`. */
  readonly purpose: string
  /** The profile whose settings a remedy would change. */
  readonly profile: string
  /** The name of the profile whose key signs. */
  readonly signer: string
  /** True where `add` would not mend what signs: a session, or another program's keys. */
  readonly signerIsForeign?: boolean
  /** True where no MFA device is named, whose code the other side may want. */
  readonly isWithoutMfa?: boolean
  /** Where the token lies that stands in for a signature; only with a web identity. */
  readonly tokenFile?: string
  nowMs(): number
  /** Aborts when all calls of the refresh together have used up their budget. */
  readonly deadline: AbortSignal
  /** Told the clock of every answer, also of a refusal. */
  onClock(seen: SeenClock): void
}

/** A one-time code and the device that shows it. */
export interface MfaCode {
  readonly serial: string
  readonly code: string
}

function codeInput(code: MfaCode | null): { SerialNumber?: string; TokenCode?: string } {
  return code === null ? {} : { SerialNumber: code.serial, TokenCode: code.code }
}

/** AssumeRole. Throws `CredError` with cause and remedy; retries what contract §5 says, inside the budget. */
export async function assumeRole(
  call: StsCall,
  step: AssumeRoleStep,
  sessionName: string,
  code: MfaCode | null = null,
): Promise<Session> {
  const input = (durationSeconds: number | null): AssumeRoleCommandInput => ({
    RoleArn: step.roleArn,
    RoleSessionName: sessionName,
    ...codeInput(code),
    ...(durationSeconds === null ? {} : { DurationSeconds: durationSeconds }),
    ...(step.externalId === null ? {} : { ExternalId: step.externalId }),
    ...(step.sourceIdentity === null ? {} : { SourceIdentity: step.sourceIdentity }),
    ...(step.policy === null ? {} : { Policy: step.policy }),
    ...(step.policyArns.length === 0 ? {} : { PolicyArns: step.policyArns.map((arn) => ({ arn })) }),
    ...(step.tags.length === 0 ? {} : { Tags: step.tags.map(([Key, Value]) => ({ Key, Value })) }),
    ...(step.transitiveTagKeys.length === 0 ? {} : { TransitiveTagKeys: [...step.transitiveTagKeys] }),
  })
  return withConnection({ ...call, hasCode: code !== null }, async (connection, abortSignal) => {
    const send = (durationSeconds: number | null) =>
      connection.client.send(new AssumeRoleCommand(input(durationSeconds)), { abortSignal })
    let askedSeconds = step.durationSeconds ?? ASSUME_ROLE_DEFAULT_S
    const answer = await send(step.durationSeconds).catch((error: unknown) => {
      // Only a source whose kind cannot be seen from outside can be refused here: then the hour of role chaining.
      if (!step.chained || !isDurationRefusal(error)) throw error
      askedSeconds = CHAINED_MAX_S
      return send(CHAINED_MAX_S)
    })
    return roleSession(call, step, { connection, askedSeconds, isSigned: true }, answer)
  })
}

function roleSession(
  call: StsCall,
  step: AssumeRoleStep,
  asked: Asked,
  answer: {
    readonly AssumedRoleUser?: { readonly Arn?: string | undefined } | undefined
    readonly Credentials?: StsCredentials | undefined
  },
): Session {
  const arn = answer.AssumedRoleUser?.Arn ?? null
  const session = toSession(answer.Credentials, asked, call, arn, accountOf(arn))
  if (session.accountId !== (parseRoleArn(step.roleArn)?.accountId ?? null)) {
    throw brokenAnswer(call, 'it is about another account than the role')
  }
  return session
}

/**
 * AssumeRoleWithWebIdentity: the token stands for its bearer, and no key signs. Throws as `assumeRole` does.
 */
export async function assumeRoleWithWebIdentity(
  call: StsCall,
  step: AssumeRoleStep,
  sessionName: string,
  token: string,
): Promise<Session> {
  return withConnection(call, async (connection, abortSignal) => {
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: step.roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: token,
      ...(step.durationSeconds === null ? {} : { DurationSeconds: step.durationSeconds }),
      ...(step.policy === null ? {} : { Policy: step.policy }),
      ...(step.policyArns.length === 0 ? {} : { PolicyArns: step.policyArns.map((arn) => ({ arn })) }),
    })
    const answer = await connection.client.send(command, { abortSignal })
    const askedSeconds = step.durationSeconds ?? ASSUME_ROLE_DEFAULT_S
    return roleSession(call, step, { connection, askedSeconds, isSigned: false }, answer)
  })
}

/** GetSessionToken. Throws as `assumeRole` does. */
export async function getSessionToken(
  call: StsCall,
  step: SessionTokenStep,
  accountId: string | null,
  code: MfaCode | null = null,
): Promise<Session> {
  return withConnection({ ...call, hasCode: code !== null }, async (connection, abortSignal) => {
    const command = new GetSessionTokenCommand({ DurationSeconds: step.durationSeconds, ...codeInput(code) })
    const answer = await connection.client.send(command, { abortSignal })
    const asked = { connection, askedSeconds: step.durationSeconds, isSigned: true }
    return toSession(answer.Credentials, asked, call, null, accountId)
  })
}

export interface CallerIdentity {
  readonly arn: string
  readonly accountId: string
  readonly userId: string
}

/** GetCallerIdentity. Throws as `assumeRole` does. */
export async function getCallerIdentity(call: StsCall): Promise<CallerIdentity> {
  return withConnection(call, async (connection, abortSignal) => {
    const answer = await connection.client.send(new GetCallerIdentityCommand({}), { abortSignal })
    if (!answer.Arn || !answer.Account) throw brokenAnswer(call, 'it names no identity')
    return { arn: answer.Arn, accountId: answer.Account, userId: answer.UserId ?? '' }
  })
}

async function withConnection<T>(
  call: StsCall & { readonly hasCode?: boolean },
  work: (c: StsConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const connection = connectSts(call, call.hasCode === true)
  try {
    return await work(connection, call.deadline)
  } catch (error) {
    if (error instanceof CredError) throw error
    throw wordStsError(error, call, connection.seenClock())
  } finally {
    const seen = connection.seenClock()
    if (seen !== null) call.onClock(seen)
    connection.close()
  }
}

/** How a session was asked for: what tells STS's clock where its answer came without `Date`. */
interface Asked {
  readonly connection: StsConnection
  readonly askedSeconds: number
  /** False with a web identity: STS then takes the request whatever this machine's clock says. */
  readonly isSigned: boolean
}

/**
 * STS's time when it made a session, by the `Date` of its answer; without one, its end less the lifetime asked for. Of
 * that and our own reckoning the later, so that nothing is served past its end by a service that gave less.
 */
function issueClock(expiresMs: number, { connection, askedSeconds, isSigned }: Asked, call: StsCall): SeenClock {
  const receivedMs = call.nowMs()
  const signedOffsetMs = call.target.offsetMs
  const reckonedMs = receivedMs + signedOffsetMs
  const derivedMs = expiresMs - askedSeconds * 1000
  // A signature further off would have been refused: the service gave another lifetime than was asked for.
  const isOtherLifetime = isSigned && Math.abs(derivedMs - reckonedMs) > STS_WINDOW_MS
  const dateMs = isOtherLifetime ? reckonedMs : Math.max(derivedMs, reckonedMs)
  return connection.trustClock({ dateMs, receivedMs, signedOffsetMs })
}

/** What GetSessionToken gives at most, and five minutes for clocks. */
const LIFETIME_MAX_MS = (SESSION_TOKEN_MAX_S + 300) * 1000
/** Contract §1.0: the document stays under 8,000 bytes. */
const PRINTABLE = /^[\x21-\x7e]{16,7000}$/

interface StsCredentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
  readonly Expiration?: Date | undefined
}

/** Checks an answer before anything believes it: a session without an end, or past it, would be served as good. */
function toSession(
  given: StsCredentials | undefined,
  asked: Asked,
  call: StsCall,
  arn: string | null,
  accountId: string | null,
): Session {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw brokenAnswer(call, 'it holds no credentials')
  const expiresMs = Expiration?.getTime() ?? Number.NaN
  if (!Number.isFinite(expiresMs)) throw brokenAnswer(call, 'its Expiration is no time')
  const issuedMs = issueClock(expiresMs, asked, call).dateMs
  if (expiresMs <= issuedMs) throw brokenAnswer(call, 'its Expiration has passed')
  if (expiresMs - issuedMs > LIFETIME_MAX_MS) throw brokenAnswer(call, 'its Expiration is further off than STS allows')
  if (!/^\w{16,128}$/.test(AccessKeyId) || !PRINTABLE.test(SecretAccessKey) || !PRINTABLE.test(SessionToken)) {
    throw brokenAnswer(call, 'its credentials are of no known form')
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    issuedMs,
    expiresMs,
    clockName: call.target.endpoint.host,
    accountId,
    arn,
  }
}

function brokenAnswer(call: StsCall, why: string): CredError {
  const { host } = call.target.endpoint
  return new CredError('failed', `cannot ${call.purpose}: the answer of ${host} cannot be used: ${why}`)
}

function accountOf(arn: string | null): string | null {
  const account = arn?.split(':')[4]
  return account !== undefined && /^\d{12}$/.test(account) ? account : null
}
