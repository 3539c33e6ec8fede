import { CredError } from '../core/errors.ts'
import type { Network } from '../core/network/network.ts'
import type { EndpointOverride } from '../core/network/sts-endpoint.ts'
import { shown } from '../core/text.ts'
import { AnswerTooLong } from './http-handler.ts'
import type { StsCall } from './sts-calls.ts'
import type { SdkError } from './sts-errors.ts'

const TIMEOUT = 'no answer in time'
const UNTRUSTED = 'its certificate is not trusted'

const NETWORK: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: TIMEOUT,
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EMFILE: 'too many open files',
}

const CERTIFICATE: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** A call that got no answer, as far as it is told of. */
export interface Attempt {
  readonly purpose: string
  readonly host: string
  /** Whose answer it should have been: `STS`. */
  readonly service: string
  readonly network: Network
  readonly override: EndpointOverride | null
  /** What named the region that the host is of, as one fact; null where nothing did. */
  readonly regionFact: string | null
}

/** A call without an answer of STS: who could not be reached, why, and the setting that led there. */
export function wordUnreachable(error: SdkError, call: StsCall): CredError {
  return wordNoAnswer(error, attemptOf(call))
}

/** The same for a call to any service. */
export function wordNoAnswer(error: SdkError, attempt: Attempt): CredError {
  const { state, hint } = stateOf(error, attempt)
  return new CredError('failed', `cannot ${attempt.purpose}: ${state}`, hint === null ? {} : { hint })
}

function attemptOf({ purpose, place, target }: StsCall): Attempt {
  const { region, regionFrom, override } = place
  const regionFact = regionFrom === null ? null : `${regionFrom} says ${region}`
  return { purpose, host: target.endpoint.host, service: 'STS', network: target.network, override, regionFact }
}

/** Why a host was not reached, with Node's code for it; null for what is no fault of the network. */
export function networkReason({ code, name }: SdkError): string | null {
  const known = typeof code === 'string' ? code : ''
  const isTimeout = name === 'TimeoutError' || name === 'AbortError'
  const tls = /^(ERR_SSL|EPROTO)/.test(known) ? 'TLS fails with it' : null
  const why = CERTIFICATE[known] ?? NETWORK[known] ?? tls ?? (isTimeout ? TIMEOUT : null)
  return why === null || known === '' ? why : `${why} (${known})`
}

function stateOf(error: SdkError, attempt: Attempt): { readonly state: string; readonly hint: string | null } {
  const { host, network, service } = attempt
  const way = wayOf(attempt)
  if (error instanceof AnswerTooLong) {
    return { state: `the answer of ${host} cannot be used: it is over 1 MiB`, hint: way }
  }
  const whom = network.proxy === null ? host : `${host} through the proxy ${network.proxy.host}`
  const tunnel = tunnelFault(error)
  if (tunnel !== null) return { state: `cannot reach ${whom}: ${tunnel}`, hint: way }
  const certificate = CERTIFICATE[String(error.code)]
  const why = networkReason(error)
  if (certificate !== undefined) {
    const cure = certificateCure(attempt, certificate)
    const led = cure === null ? whom : whomBySettings(attempt)
    return { state: `cannot reach ${led}: ${why}`, hint: cure ?? way }
  }
  if (why !== null) return { state: `cannot reach ${whom}: ${why}`, hint: way ?? attempt.regionFact }
  const status = error.$response?.statusCode ?? error.$metadata?.httpStatusCode
  return {
    state: `the answer of ${host} cannot be read: it is not one of ${service}'s${status === undefined ? '' : ` (HTTP ${status})`}`,
    hint: way ?? 'something between here and AWS answered, as the sign-in page of a network does',
  }
}

/** The setting that puts something else than AWS at the other end, or between; one fact, null where there is none. */
export function wayThere(call: StsCall): string | null {
  return wayOf(attemptOf(call))
}

function wayOf({ network, override }: Attempt): string | null {
  if (network.proxy !== null) return `the proxy is that of ${network.proxy.setting}`
  return override === null ? null : `${override.from} is set to ${shown(override.url, 300)}`
}

/** What went wrong before there was a way through the proxy; null where it did its part. */
function tunnelFault({ code, statusCode }: SdkError): string | null {
  if (code !== 'ERR_PROXY_TUNNEL') return null
  if (statusCode === undefined) return 'it hung up or kept silent'
  if (statusCode === 407) return 'it wants another user and password (407)'
  return `it refused (${statusCode})`
}

/** Who was asked, with the settings that led there: for a message whose hint says something else. */
function whomBySettings({ host, network: { proxy }, override }: Attempt): string {
  const asked = override === null ? host : `${host} of ${override.from}`
  return proxy === null ? asked : `${asked} through the proxy ${proxy.host} of ${proxy.setting}`
}

/** What to do about the certificate itself; null where the setting that led there is all there is to say. */
function certificateCure({ network, override }: Attempt, certificate: string): string | null {
  const { caBundle, proxy } = network
  if (/ (expired|valid yet)$/.test(certificate)) return "by this machine's clock, to be compared with another: date -u"
  if (certificate !== UNTRUSTED) return null
  if (caBundle !== null) return `trusted are the authorities in ${shown(caBundle.value, 300)}, by ${caBundle.from}`
  const isOwn = override !== null && proxy === null
  return `${isOwn ? '' : 'where a proxy opens TLS, '}name the file of its authority: export AWS_CA_BUNDLE=FILE`
}
