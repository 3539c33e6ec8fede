import { spanText } from '../core/clock.ts'
import { CredError } from '../core/errors.ts'
import { endpointOverride } from '../core/sts-endpoint.ts'
import { maskedKeyId, quoted, shown } from '../core/text.ts'
import type { StsCall } from './sts-calls.ts'
import type { SeenClock } from './sts-client.ts'

interface SdkError {
  readonly name?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  /** Only on what STS itself answered. */
  readonly $fault?: unknown
  readonly $response?: unknown
}

/** STS refuses this duration: for a chained role, or above the role's maximum (contract §5, ValidationError). */
export function isDurationRefusal(error: unknown): boolean {
  const { name, message } = error as SdkError
  return name === 'ValidationError' && typeof message === 'string' && message.includes('DurationSeconds exceeds')
}

/** STS's window for a request's date, by its own messages. */
const STS_WINDOW_MS = 15 * 60_000

/**
 * A refusal of STS, or a call that did not get through, in one line with its remedy (contract §5). `failureCode` of
 * the cause is STS's own name for it. Messages of STS are escaped and cut; the SDK's and Node's are never shown.
 */
export function wordStsError(error: unknown, call: StsCall, seen: SeenClock | null): CredError {
  const { name, message, $metadata, $fault } = error as SdkError
  const code = typeof name === 'string' ? name : 'Error'
  const status = $metadata?.httpStatusCode
  if (status === undefined || seen === null) {
    const unreachable = wordUnreachable(error as SdkError, call)
    if (unreachable !== null) return unreachable
  }
  if ($fault === undefined) {
    return new CredError('failed', `cannot ${call.purpose}: the answer of ${call.clockName} cannot be read`)
  }
  const said = typeof message === 'string' ? shown(message, 300) : ''
  const key = maskedKeyId(call.keys.accessKeyId)
  const { why, hint } = refusal(code, said, key, call, seen)
  return new CredError('failed', `cannot ${call.purpose}: ${why}`, {
    ...(hint === null ? {} : { hint }),
    cause: new StsRefusal(code),
  })
}

/** The cause of a `CredError` that STS's own refusal made. */
export class StsRefusal extends Error {
  /** STS's name for it, as `AccessDenied`. */
  readonly stsCode: string

  constructor(stsCode: string) {
    super(stsCode)
    this.stsCode = stsCode
  }
}

interface Wording {
  readonly why: string
  readonly hint: string | null
}

function refusal(code: string, said: string, key: string, call: StsCall, seen: SeenClock | null): Wording {
  if (call.tokenFile !== undefined) return tokenRefusal(code, said, call.tokenFile)
  const add = `aws-cred add ${call.signer.replace(/^"|"$/g, '')} --replace`
  const addHint = (text: string): string | null => (call.signerIsForeign === true ? null : `${text}: ${add}`)
  const skewMs = seen === null ? 0 : seen.dateMs - seen.receivedMs
  switch (code) {
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
      return {
        why: `STS does not know the access key ${key} of ${call.signer} (${code})`,
        hint: addHint('it was deleted or switched off; put a new one in'),
      }
    case 'SignatureDoesNotMatch':
    case 'RequestExpired':
    case 'RequestTimeTooSkewed':
    case 'RequestInTheFuture':
      if (Math.abs(skewMs) > STS_WINDOW_MS || /Signature (expired|not yet)/i.test(said)) {
        const way = skewMs > 0 ? 'behind' : 'ahead of'
        return {
          why: `this machine's clock is ${spanText(Math.abs(skewMs))} ${way} AWS's (${code})`,
          hint: 'set the clock, as with: sudo timedatectl set-ntp true',
        }
      }
      return {
        why: `the secret key of ${call.signer} is not that of ${key} (${code})`,
        hint: addHint('put the pair in again'),
      }
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return { why: `the session ${key} of ${call.signer} has expired (${code})`, hint: null }
    case 'RegionDisabledException':
      return {
        why: `STS is not active in ${call.target.region} for this account (${code})`,
        hint: 'name another region: export AWS_REGION=us-east-1',
      }
    case 'AccessDenied':
      return { why: `STS refused ${key} of ${call.signer}: ${said} (${code})`, hint: trustHint(said, call) }
    default:
      return { why: said === '' ? `STS answered ${code}` : `STS answered ${shown(code, 60)}: ${said}`, hint: null }
  }
}

/** AssumeRoleWithWebIdentity's refusals: it is the token that is wrong, or who may use it (contract §5). */
function tokenRefusal(code: string, said: string, tokenFile: string): Wording {
  const token = `the token in ${quoted(tokenFile, 300)}`
  switch (code) {
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return {
        why: `${token} has expired (${code})`,
        hint: `whoever writes it must renew it: ls -lL ${shown(tokenFile)}`,
      }
    case 'InvalidIdentityToken':
    case 'IDPRejectedClaim':
      return { why: `STS does not accept ${token}: ${said} (${code})`, hint: null }
    case 'AccessDenied':
      return {
        why: `STS refused ${token}: ${said} (${code})`,
        hint: "the role's trust policy must name the token's issuer, subject and audience",
      }
    default:
      return { why: `STS refused ${token}: ${said === '' ? '' : `${said} `}(${shown(code, 60)})`, hint: null }
  }
}

/** For AssumeRole's own refusal: the role's side has to allow whoever signs, whatever else is missing. */
function trustHint(said: string, call: StsCall): string | null {
  if (!/ is not authorized to perform: sts:AssumeRole on /.test(said) || /explicit deny/.test(said)) return null
  const signer = /^User: (arn:\S+) is not/.exec(said)?.[1] ?? call.signer
  const profile = / for profile "([\w.@:/+-]+)"$/.exec(call.purpose)?.[1] ?? 'PROFILE'
  return `the role's trust policy must allow ${signer}; an external id is set with: aws-cred setup ${profile} --external-id TEXT`
}

const NETWORK: Record<string, string> = {
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** Why a host was not reached, with Node's code for it; null for what is no fault of the network. */
export function networkReason(error: unknown): string | null {
  const { code, name } = error as SdkError
  const known = typeof code === 'string' ? NETWORK[code] : undefined
  if (known !== undefined) return `${known} (${String(code)})`
  return name === 'TimeoutError' || name === 'AbortError' ? 'no answer in time' : null
}

function wordUnreachable(error: SdkError, call: StsCall): CredError | null {
  const why = networkReason(error)
  if (why === null) return null
  const setting = call.target.endpoint === null ? null : (endpointOverride(call.env)?.setting ?? null)
  return new CredError(
    'failed',
    `cannot ${call.purpose}: cannot reach ${call.clockName}: ${why}`,
    setting === null ? {} : { hint: `${setting} is set to ${shown(call.target.endpoint ?? '', 300)}` },
  )
}
