import { CredError } from '../core/errors.ts'
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

/** A call without an answer of STS: who could not be reached, why, and the setting that led there. */
export function wordUnreachable(error: SdkError, call: StsCall): CredError {
  const { state, hint } = stateOf(error, call)
  return new CredError('failed', `cannot ${call.purpose}: ${state}`, hint === null ? {} : { hint })
}

function stateOf(error: SdkError, call: StsCall): { readonly state: string; readonly hint: string | null } {
  const { endpoint, network } = call.target
  const { host } = endpoint
  const code = typeof error.code === 'string' ? error.code : ''
  if (error instanceof AnswerTooLong) {
    return { state: `the answer of ${host} cannot be used: it is over 1 MiB`, hint: wayThere(call) }
  }
  const whom = network.proxy === null ? host : `${host} through the proxy ${network.proxy.host}`
  const tunnel = tunnelFault(error)
  if (tunnel !== null) return { state: `cannot reach ${whom}: ${tunnel}`, hint: wayThere(call) }
  const certificate = CERTIFICATE[code]
  if (certificate !== undefined) {
    return { state: `cannot reach ${whom}: ${certificate} (${code})`, hint: certificateHint(call, certificate) }
  }
  const isTimeout = error.name === 'TimeoutError' || error.name === 'AbortError'
  const why = NETWORK[code] ?? (/^(ERR_SSL|EPROTO)/.test(code) ? 'TLS fails with it' : isTimeout ? TIMEOUT : null)
  if (why !== null) {
    const { region, regionFrom } = call.place
    const hint = wayThere(call) ?? (regionFrom === null ? null : `${regionFrom} says ${region}`)
    return { state: `cannot reach ${whom}: ${why}${code === '' ? '' : ` (${code})`}`, hint }
  }
  const status = error.$response?.statusCode ?? error.$metadata?.httpStatusCode
  return {
    state: `the answer of ${host} cannot be read: it is not one of STS's${status === undefined ? '' : ` (HTTP ${status})`}`,
    hint: wayThere(call) ?? 'something between here and AWS answered, as the sign-in page of a network does',
  }
}

/** The setting that puts something else than AWS at the other end, or between; one fact, null where there is none. */
export function wayThere({ place, target }: StsCall): string | null {
  const { proxy } = target.network
  if (proxy !== null) return `the proxy is that of ${proxy.setting}`
  return place.override === null ? null : `${place.override.from} is set to ${shown(place.override.url, 300)}`
}

/** What went wrong before there was a way through the proxy; null where it did its part. */
function tunnelFault({ code, statusCode }: SdkError): string | null {
  if (code !== 'ERR_PROXY_TUNNEL') return null
  if (statusCode === undefined) return 'it hung up or kept silent'
  if (statusCode === 407) return 'it wants another user and password (407)'
  return `it refused (${statusCode})`
}

function certificateHint(call: StsCall, certificate: string): string | null {
  const { caBundle } = call.target.network
  if (/ (expired|valid yet)$/.test(certificate)) return "by this machine's clock, to be compared with another: date -u"
  if (certificate !== UNTRUSTED) return wayThere(call)
  return caBundle === null
    ? 'where a proxy opens TLS, name the file of its authority: export AWS_CA_BUNDLE=FILE'
    : `trusted are the authorities in ${shown(caBundle.value, 300)}, by ${caBundle.from}`
}
