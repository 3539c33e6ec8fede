import { spanText } from '../core/clock.ts'
import { clockCommand } from '../core/clock-command.ts'
import { CredError } from '../core/errors.ts'
import { defaultRegion, hasLegacyEndpoint, partitionOfRegion } from '../core/network/sts-region.ts'
import { pasteable, withCommand } from '../core/paste.ts'
import { maskedKeyId, quoted, shown } from '../core/text.ts'
import type { StsCall } from './sts-calls.ts'
import { type SeenClock, skewMs } from './sts-client.ts'
import { wayThere, wordUnreachable } from './unreachable.ts'

/** What the SDK throws; any field may be missing or of another type. */
export interface SdkError {
  readonly name?: unknown
  /** STS's own name for it; the SDK's `name` adds "Exception" to some. On a failed connection `code` has Node's. */
  readonly Code?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  /** Only on what STS itself answered. */
  readonly $fault?: unknown
  readonly $response?: { readonly statusCode?: number }
  /** A proxy's answer to CONNECT. */
  readonly statusCode?: number
}

/** STS refuses this duration: for a chained role, or above the role's maximum (contract §5, ValidationError). */
export function isDurationRefusal(error: unknown): boolean {
  const { name, message } = error as SdkError
  return name === 'ValidationError' && typeof message === 'string' && message.includes('DurationSeconds exceeds')
}

/** STS's window for a request's date, by its own messages. */
export const STS_WINDOW_MS = 15 * 60_000

/**
 * A refusal of STS, or a call that did not get through, in one line with its remedy (contract §5). `stsCode` of the
 * cause is STS's own name for it. Messages of STS are escaped and cut; the SDK's and Node's are never shown.
 */
export function wordStsError(error: unknown, call: StsCall, seen: SeenClock | null): CredError {
  const { name, Code, message, $fault } = error as SdkError
  const code =
    typeof Code === 'string' && Code !== '' ? Code : typeof name === 'string' && name !== '' ? name : 'Unknown'
  // The SDK makes a refusal without a name of any page with tags in it.
  if ($fault === undefined || code === 'Unknown') return wordUnreachable(error as SdkError, call)
  // Where STS says nothing, the SDK puts a word of its own.
  const said = typeof message === 'string' && message !== 'UnknownError' ? shown(message.trim(), 300) : ''
  const { why, hint } = refusal(code, said, call, seen)
  return new CredError('failed', `cannot ${call.purpose}: ${why} (${shown(code, 60)})`, {
    hint,
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

function refusal(code: string, said: string, call: StsCall, seen: SeenClock | null): Wording {
  const token = `the web identity token${call.tokenFile === undefined ? '' : ` in ${quoted(call.tokenFile, 300)}`}`
  const { signer, profile } = call
  const key = maskedKeyId(call.keys.accessKeyId)
  const whose = `${key} of ${quoted(signer)}`
  const setup = pasteable`aws-cred setup ${profile}`
  const addAgain = pasteable`aws-cred add ${signer} --replace`
  switch (code) {
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
      return unknownKey(call, whose, addAgain)
    case 'SignatureDoesNotMatch':
      if (isClockRefusal(said, seen)) return clockOff(said, seen)
      return {
        why: `the secret key of ${quoted(signer)} is not that of ${key}`,
        hint: call.signerIsForeign === true ? null : withCommand('put the pair in again: ', addAgain),
      }
    case 'RequestExpired':
    case 'RequestTimeTooSkewed':
    case 'RequestInTheFuture':
      return clockOff(said, seen)
    case 'ExpiredToken':
      return {
        why: `the session ${whose} has expired`,
        hint:
          call.signerIsForeign === true
            ? 'renew it where it comes from'
            : pasteable`renew it where it comes from, or use a key: aws-cred add ${signer}`,
      }
    case 'ExpiredTokenException':
      return {
        why: `${token} has expired: ${said}`,
        hint: 'whoever writes the token file has to renew it',
      }
    case 'IDPRejectedClaim':
    case 'InvalidIdentityToken':
      return {
        why: `STS does not take ${token}: ${said}`,
        hint: "its issuer, audience and subject must be those that IAM's identity provider and the role's trust policy name",
      }
    case 'IDPCommunicationError':
      return {
        why: `STS cannot reach the identity provider: ${said}`,
        hint: "it is the token's issuer that does not answer AWS",
      }
    case 'AccessDenied':
      if (call.tokenFile !== undefined) {
        return {
          why: `STS refused ${token}: ${said}`,
          hint: "the role's trust policy must name the token's issuer, subject and audience",
        }
      }
      return { why: `STS refused ${whose}: ${said}`, hint: deniedHint(said, call, setup) }
    case 'ValidationError':
      return { why: `STS refused a value: ${said}`, hint: validationHint(said, setup, profile) }
    case 'RegionDisabledException':
      return { why: `STS is not active in ${call.place.region} for this account`, hint: otherRegion(call) }
    case 'MalformedPolicyDocument':
      return {
        why: `STS cannot read the session policy: ${said}`,
        hint: `it is aws_cred_policy of profile ${quoted(profile)}`,
      }
    case 'PackedPolicyTooLarge':
      return {
        why: `session policy and tags are too long together: ${said}`,
        hint: `they are aws_cred_policy, aws_cred_policy_arns and aws_cred_tags of profile ${quoted(profile)}`,
      }
    case 'Throttling':
    case 'ThrottlingException':
    case 'RequestLimitExceeded':
    case 'TooManyRequestsException':
      return {
        why: 'STS takes no more calls of this account for now',
        hint: 'other programs of the account call it too often; try again in a minute',
      }
    case 'IncompleteSignature':
    case 'MissingAuthenticationToken':
      return { why: `the signature was changed or lost on the way: ${said}`, hint: wayThere(call) }
    case 'InternalFailure':
    case 'ServiceUnavailable':
      return {
        why: `STS failed: ${said}`,
        hint: wayThere(call) ?? "AWS's own state: https://health.aws.amazon.com/health/status",
      }
    default:
      return { why: said === '' ? 'STS refused' : `STS answered: ${said}`, hint: null }
  }
}

/**
 * Regions that an account must switch on answer so to its good keys as well. Those with the legacy endpoint are always
 * on, and so are other partitions'.
 */
function unknownKey(call: StsCall, whose: string, addAgain: string | null): Wording {
  const { region } = call.place
  const isAlwaysOn = hasLegacyEndpoint(region) || partitionOfRegion(region) !== 'aws' || call.place.override !== null
  const isSession = call.keys.sessionToken !== null
  const why = `STS does not know the ${isSession ? 'session' : 'access key'} ${whose}`
  if (!isAlwaysOn) return { why, hint: `the account may not have ${region} switched on; ${otherRegion(call)}` }
  if (isSession) return { why, hint: 'it was revoked, or whom it stands for was deleted' }
  const state = 'it was deleted or switched off'
  const cure = call.signerIsForeign === true ? null : withCommand(`${state}; put a new one in: `, addAgain)
  return { why, hint: cure ?? state }
}

function otherRegion({ place }: StsCall): string {
  const other = `AWS_REGION=${defaultRegion(partitionOfRegion(place.region))}`
  return /^(aws_cred_region|--region)/.test(place.regionFrom ?? '')
    ? `another region goes into ${place.regionFrom}`
    : `ask another: export ${other}`
}

function isClockRefusal(said: string, seen: SeenClock | null): boolean {
  return Math.abs(skewMs(seen)) > STS_WINDOW_MS || /Signature (expired|not yet)/i.test(said)
}

function clockOff(said: string, seen: SeenClock | null): Wording {
  const offMs = seen === null ? 0 : seen.dateMs - seen.receivedMs
  const hint = `set the clock: ${clockCommand(process.platform)}`
  if (Math.abs(offMs) < 60_000) return { why: `STS refused the time of the request: ${said}`, hint }
  // STS's date is cut to whole seconds.
  const span = spanText(Math.round(Math.abs(offMs) / 60_000) * 60_000)
  return {
    why: `this machine's clock is ${span} ${offMs > 0 ? 'behind' : 'ahead of'} AWS's`,
    hint,
  }
}

/** What the other side has to allow, or which half of MFA is wrong. */
function deniedHint(said: string, { signer, isWithoutMfa }: StsCall, setup: string | null): string | null {
  if (/invalid MFA one time pass code/i.test(said))
    return 'a code is good once, and for half a minute: wait for the next'
  if (/must provide both MFA serial number/i.test(said))
    return withCommand('name the device: ', setup, ' --mfa-serial ARN')
  if (/unable to validate MFA code/i.test(said)) {
    return withCommand(
      'the serial is not that of a device of this user; name the right one: ',
      setup,
      ' --mfa-serial ARN',
    )
  }
  if (!/ is not authorized to perform: sts:AssumeRole on /.test(said) || /explicit deny/.test(said)) return null
  const who = /^User: (arn:\S+) is not/.exec(said)?.[1] ?? quoted(signer)
  const allow = `the role's trust policy must allow ${who}`
  if (isWithoutMfa === true && setup !== null)
    return `${allow}; where it asks for MFA: ${setup} --mfa-serial ARN; for an external id: ${setup} --external-id TEXT`
  return withCommand(`${allow}; an external id is set with: `, setup, ' --external-id TEXT') ?? allow
}

/** Where each value that STS can find fault with stands. */
const VALUE_KEYS: Readonly<Record<string, string>> = {
  externalId: 'aws_cred_external_id',
  policy: 'aws_cred_policy',
  policyArns: 'aws_cred_policy_arns',
  roleArn: 'aws_cred_role_arn',
  roleSessionName: 'aws_cred_role_session_name',
  serialNumber: 'aws_cred_mfa_serial',
  sourceIdentity: 'aws_cred_source_identity',
  tags: 'aws_cred_tags',
  transitiveTagKeys: 'aws_cred_transitive_tag_keys',
}

function validationHint(said: string, setup: string | null, profile: string): string | null {
  if (/DurationSeconds exceeds|at 'durationSeconds'/.test(said)) return withCommand('', setup, ' --duration 1h')
  const key = VALUE_KEYS[/ at '(\w+)/.exec(said)?.[1] ?? '']
  return key === undefined ? null : `it is ${key} of profile ${quoted(profile)}`
}
