import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { pipeline, Transform } from 'node:stream'
import { setDefaultCACertificates } from 'node:tls'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { CredError } from '../core/errors.ts'
import type { CallSetting } from '../core/network/call-settings.ts'
import type { Network } from '../core/network/network.ts'
import { quoted } from '../core/text.ts'

const CONNECT_MS = 3_000

/** STS's longest answers are near 10 kB; a portal or an attacker sends as much as it likes. */
const ANSWER_MAX_BYTES = 1024 * 1024

const BUNDLE_MAX_BYTES = 16 * 1024 * 1024

/**
 * The SDK's HTTP by the network settings given; it reads none of them itself. Certificates are always checked. Throws
 * `CredError('failed')` for a CA bundle that cannot be used.
 */
export function httpHandler(network: Network, requestTimeoutMs: number): NodeHttpHandler {
  // Node looks at it at the first TLS connection and warns on stderr; certificates are checked whatever it says.
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  const { proxy, caBundle } = network
  const ca = caBundle === null ? null : authorities(caBundle)
  // An agent's own `ca` does not reach a proxy that speaks TLS itself: for that one they count in all of the process.
  if (ca !== null && proxy?.url.startsWith('https:')) setDefaultCACertificates(ca)
  const proxyEnv = proxy === null ? {} : { https_proxy: proxy.url, http_proxy: proxy.url }
  return new CappedHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent({ proxyEnv }),
    httpsAgent: new HttpsAgent({ proxyEnv, rejectUnauthorized: true, ...(ca === null ? {} : { ca }) }),
  })
}

/** An answer that is over 1 MiB; its reading has been broken off. */
export class AnswerTooLong extends Error {}

class CappedHandler extends NodeHttpHandler {
  override async handle(...given: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    const answer = await super.handle(...given)
    let bytes = 0
    const capped = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        if (bytes > ANSWER_MAX_BYTES) done(new AnswerTooLong())
        else done(null, chunk)
      },
    })
    // Whoever reads `capped` hears of a failure there; the pipeline only takes the connection down.
    answer.response.body = pipeline(answer.response.body, capped, () => {})
    return answer
  }
}

/** Certificate by certificate: of a whole text Node leaves out a damaged one without a word. */
function authorities(bundle: CallSetting): string[] {
  const certificates = bundleText(bundle).match(
    /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]*-----/g,
  )
  if (certificates === null) throw unusableBundle(bundle, 'it holds no certificate in PEM form')
  for (const [place, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch (error) {
      throw unusableBundle(bundle, `certificate ${place + 1} of ${certificates.length} in it is damaged`, error)
    }
  }
  return certificates
}

const STATES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
}

function bundleText(bundle: CallSetting): string {
  try {
    // A pipe that nobody writes to, or a device, would never end.
    const stats = statSync(bundle.value)
    if (stats.isDirectory()) throw unusableBundle(bundle, 'it is a directory')
    if (!stats.isFile()) throw unusableBundle(bundle, 'it is no file')
    if (stats.size > BUNDLE_MAX_BYTES) throw unusableBundle(bundle, 'it is over 16 MiB')
    return readFileSync(bundle.value, 'utf8')
  } catch (error) {
    if (error instanceof CredError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw unusableBundle(bundle, STATES[code] ?? code, error)
  }
}

function unusableBundle({ value, from }: CallSetting, state: string, cause?: unknown): CredError {
  // `add` names the setting in its hint: the cure of another would not help.
  return new CredError('failed', `cannot read the CA bundle ${quoted(value, 300)} of ${from}: ${state}`, {
    cause: { badSetting: from, error: cause },
  })
}
