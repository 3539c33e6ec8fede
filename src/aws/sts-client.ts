import { readFileSync, statSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { STSClient } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Environment } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { REFRESH_BUDGET_MS } from '../core/session.ts'

const CONNECT_MS = 3_000
const ATTEMPTS = 3

export interface StsTarget {
  readonly region: string
  /** The endpoint that a setting names; null for AWS's own of that region. */
  readonly endpoint: string | null
  /** What to add to our clock to get STS's; 0 where it is not known. */
  readonly offsetMs: number
}

export interface SigningKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** The last answer's clock and host. */
export interface SeenClock {
  readonly dateMs: number
  readonly receivedMs: number
}

export interface StsConnection {
  readonly client: STSClient
  /** The clock of the newest answer, an error's too; null where none came. */
  seenClock(): SeenClock | null
  close(): void
}

/**
 * A client whose every setting is ours: the SDK would else read `~/.aws/config` and the environment for itself
 * (retry mode, attempts, endpoints, clock correction) and two readers would disagree.
 */
export function connectSts(target: StsTarget, keys: SigningKeys, env: Environment, nowMs: () => number): StsConnection {
  const client = new STSClient({
    region: target.region,
    ...(target.endpoint === null ? {} : { endpoint: target.endpoint }),
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken === null ? {} : { sessionToken: keys.sessionToken }),
    },
    systemClockOffset: target.offsetMs,
    disableClockSkewCorrection: false,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    userAgentAppId: 'aws-cred',
    defaultsMode: 'standard',
    authSchemePreference: ['sigv4'],
    requestHandler: httpHandler(env),
  })
  let seen: SeenClock | null = null
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const headers = (result.response as { headers?: Record<string, string> }).headers
      const dateMs = Date.parse(headers?.date ?? '')
      // STS answers in XML; a proxy's own page between us and it has a clock of its own.
      const fromSts = /xml/.test(headers?.['content-type'] ?? '')
      if (fromSts && Number.isFinite(dateMs)) seen = { dateMs, receivedMs: nowMs() }
      return result
    },
    // Nearest to the wire: below it the answer is still raw, an error's too.
    { step: 'deserialize', priority: 'low', name: 'seeDateHeader' },
  )
  return { client, seenClock: () => seen, close: () => client.destroy() }
}

/** HTTP for every AWS service alike: through the proxies and with the authorities that the environment names. */
export function httpHandler(env: Environment): NodeHttpHandler {
  // Node looks at it at the first TLS connection and warns on stderr; certificates are checked whatever it says.
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  const proxyEnv = proxySettings(env)
  const ca = caBundle(env)
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout: REFRESH_BUDGET_MS,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent({ proxyEnv }),
    httpsAgent: new HttpsAgent({ proxyEnv, rejectUnauthorized: true, ...(ca === null ? {} : { ca }) }),
  })
}

/** The proxy settings that botocore reads; Node's agent takes them in this form. */
function proxySettings(env: Environment): Record<string, string | undefined> {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
    // Node's own error quotes the URL with its password.
    if (env[name] && !/^https?:$/.test(URL.parse(env[name])?.protocol ?? '')) {
      throw new CredError('failed', `cannot use the proxy of ${name}: it is not an http or https URL`)
    }
  }
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']
  return Object.fromEntries(names.filter((name) => env[name]).map((name) => [name, env[name]]))
}

/** AWS_CA_BUNDLE, as the AWS CLI reads it: it stands in place of the built-in authorities. */
function caBundle(env: Environment): string | null {
  const path = env.AWS_CA_BUNDLE
  if (!path) return null
  try {
    // A pipe that nobody writes to, or a device, would never end.
    if (!statSync(path).isFile())
      throw new CredError('failed', 'cannot read the CA bundle that AWS_CA_BUNDLE names: it is no file')
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof CredError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new CredError('failed', `cannot read the CA bundle that AWS_CA_BUNDLE names: ${code}`, { cause: error })
  }
}
