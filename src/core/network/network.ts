import type { Environment } from '../context.ts'
import { CredError } from '../errors.ts'
import { shown } from '../text.ts'
import { type CallSetting, type CallSettings, callSettings, variableSetting } from './call-settings.ts'
import { isLoopback } from './sts-endpoint.ts'

/** How a call gets through to its endpoint. */
export interface Network {
  readonly proxy: Proxy | null
  /** The file whose certificate authorities stand in the place of the built-in ones. */
  readonly caBundle: CallSetting | null
}

/**
 * The way to `url`. AWS_CA_BUNDLE, the profile's `ca_bundle` and REQUESTS_CA_BUNDLE count in this order, as in botocore, and
 * where no TLS is spoken not at all.
 */
export function networkFor(url: string, settings: CallSettings): Network {
  const proxy = proxyFor(url, settings.env)
  const speaksTls = new URL(url).protocol === 'https:' || proxy?.url.startsWith('https:') === true
  if (!speaksTls) return { proxy, caBundle: null }
  const bundles = callSettings(settings, 'ca_bundle', ['AWS_CA_BUNDLE'])
  return { proxy, caBundle: bundles[0] ?? variableSetting(settings, 'REQUESTS_CA_BUNDLE') }
}

/** The proxy that a call goes through. */
export interface Proxy {
  /** With user and password, where the setting has them: never to be shown. */
  readonly url: string
  /** Host and port, fit to show. */
  readonly host: string
  /** The variable that names it. */
  readonly setting: string
}

/**
 * The proxy for an `http:` or `https:` URL, null where it is to be asked directly: by HTTPS_PROXY or HTTP_PROXY, the one in
 * lower case first, as botocore, curl and Go have it. This machine itself is never asked through another (Go's rule): what is `http://`
 * only because it stays here would leave it. Throws `CredError('failed')`, without the value, for what is no proxy.
 */
export function proxyFor(url: string, env: Environment): Proxy | null {
  const { protocol, hostname, port } = new URL(url)
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const setting = [name.toLowerCase(), name].find((each) => env[each])
  const value = setting === undefined ? undefined : env[setting]
  if (setting === undefined || value === undefined || isLoopback(hostname)) return null
  if (isBypassed(hostname, port || (protocol === 'https:' ? '443' : '80'), env.no_proxy || env.NO_PROXY || ''))
    return null
  // botocore and curl take a bare host and port too.
  const proxy = URL.parse(value.includes('://') ? value : `http://${value}`)
  if (proxy === null || !/^https?:$/.test(proxy.protocol)) {
    throw new CredError('failed', `cannot use the proxy of ${setting}: it is not an http or https URL`)
  }
  if (!isDecodable(proxy.username + proxy.password)) {
    throw new CredError(
      'failed',
      `cannot use the proxy of ${setting}: a % in its user or password is not written as %25`,
    )
  }
  const proxyPort = proxy.port || (proxy.protocol === 'https:' ? '443' : '80')
  return { url: proxy.href, host: shown(`${proxy.hostname}:${proxyPort}`, 300), setting }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    // URIError, whose message would quote nothing; the caller words it.
    return false
  }
}

/**
 * NO_PROXY as botocore (urllib) and curl read it: `*`, or names that stand for themselves and all below them, with or
 * without a dot in front, and addresses; each perhaps with a port. Node's own agent takes a bare name for itself alone.
 */
function isBypassed(hostname: string, port: string, noProxy: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true
      const [, name = '', entryPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isBareIpv6(entry) ? `[${entry}]` : entry) ?? []
      const suffix = name.replace(/^\*?\./, '')
      if (suffix === '' || (entryPort !== undefined && entryPort !== port)) return false
      return host === suffix || (!/^[\d.]+$/.test(host) && host.endsWith(`.${suffix}`))
    })
}

/** An address whose last group would else look like a port. */
function isBareIpv6(entry: string): boolean {
  return !entry.startsWith('[') && entry.split(':').length > 2
}
