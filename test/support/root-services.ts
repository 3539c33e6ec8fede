import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Sts } from './sts.ts'

/** How a service answers instead of well. */
export type Spoil =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  | { readonly kind: 'hang' | 'cut' | 'huge' | 'empty' | 'html' }
  | { readonly kind: 'body'; readonly body: string }

/**
 * The services that roots come from, on one loopback port: IAM Identity Center's portal and its token service, the
 * sign-in service of `aws login`, a container's credentials and an instance's metadata (IMDSv2). Each gives sessions
 * of a role that the STS emulator then knows. Contract §2.4, §3.2, §3.3.
 */
export interface RootServices {
  readonly url: string
  /** By name: `role`, `token`, `signin`, `container`, `imds-token`, `imds-role`, `imds-credentials`. */
  readonly counts: Record<string, number>
  /** Access tokens that the portal takes; refresh tokens that are good once. */
  readonly ssoTokens: Set<string>
  readonly refreshTokens: Set<string>
  /** What the Authorization header of a container must be; null for none. */
  containerToken: string | null
  /** Lifetime of what is given. */
  seconds: number
  /** Answers so from now on, by the name of the count. */
  readonly spoil: Map<string, Spoil>
  close(): Promise<void>
}

const ROLE_NAME = 'Instance-Role'

export async function startRootServices(
  sts: Sts,
  roleArn: string,
  listen: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 },
): Promise<RootServices> {
  const counts: Record<string, number> = {}
  const imdsTokens = new Set<string>()
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(listen.port, listen.host)
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const url = `http://${listen.host}:${(server.address() as AddressInfo).port}`
  const services: RootServices = {
    url,
    counts,
    ssoTokens: new Set(),
    refreshTokens: new Set(),
    containerToken: null,
    seconds: 3_600,
    spoil: new Map(),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    const body = await bodyOf(request)
    const name = nameOf(request.method ?? '', pathname)
    counts[name] = (counts[name] ?? 0) + 1
    const spoil = services.spoil.get(name)
    if (spoil !== undefined) return spoiled(response, spoil)
    switch (name) {
      case 'role': {
        const token = request.headers['x-amz-sso_bearer_token']
        if (typeof token !== 'string' || !services.ssoTokens.has(token)) {
          return refuse(response, 401, 'UnauthorizedException', 'Session token not found or invalid')
        }
        const [account, role] = [searchParams.get('account_id') ?? '', searchParams.get('role_name') ?? '']
        if (!roleArn.startsWith(`arn:aws:iam::${account}:`))
          return refuse(response, 403, 'ForbiddenException', 'No access')
        const session = sts.issue(roleArn, `sso-${role}`, services.seconds)
        const { accessKeyId, secret: secretAccessKey, token: sessionToken, expiresAtMs: expiration } = session
        return json(response, 200, { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } })
      }
      case 'token': {
        const asked = JSON.parse(body) as Record<string, string>
        if (asked.grantType !== 'refresh_token' || !services.refreshTokens.delete(asked.refreshToken ?? '')) {
          return refuse(response, 400, 'InvalidGrantException', 'Invalid refresh token')
        }
        const [accessToken, refreshToken] = [`sso-${randomBytes(40).toString('hex')}`, randomBytes(40).toString('hex')]
        services.ssoTokens.add(accessToken)
        services.refreshTokens.add(refreshToken)
        return json(response, 200, { accessToken, refreshToken, expiresIn: 28_800, tokenType: 'Bearer' })
      }
      case 'signin': {
        const asked = JSON.parse(body) as Record<string, string>
        if (!provesKey(String(request.headers.dpop), `${url}/v1/token`)) {
          return json(response, 400, { error: 'INVALID_REQUEST', message: 'the DPoP proof is wrong' })
        }
        if (asked.grantType !== 'refresh_token' || !services.refreshTokens.delete(asked.refreshToken ?? '')) {
          return json(response, 403, { error: 'TOKEN_EXPIRED', message: 'the refresh token is over' })
        }
        const { accessKeyId, secret, token } = sts.issue(roleArn, 'login', 900)
        const refreshToken = randomBytes(40).toString('hex')
        services.refreshTokens.add(refreshToken)
        const accessToken = { accessKeyId, secretAccessKey: secret, sessionToken: token }
        return json(response, 200, { accessToken, tokenType: 'aws_sigv4', expiresIn: 900, refreshToken })
      }
      case 'container':
        if (services.containerToken !== null && request.headers.authorization !== services.containerToken) {
          return json(response, 401, { Code: 'Unauthorized', Message: 'wrong token' })
        }
        return json(response, 200, metadata())
      case 'imds-token': {
        if (request.headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined)
          return refuse(response, 400, 'Bad', '')
        const token = randomBytes(30).toString('base64')
        imdsTokens.add(token)
        return void response.end(token)
      }
      case 'imds-role':
      case 'imds-credentials': {
        if (!imdsTokens.has(String(request.headers['x-aws-ec2-metadata-token'])))
          return refuse(response, 401, 'NoToken', '')
        if (name === 'imds-role') return void response.end(ROLE_NAME)
        return json(response, 200, { Code: 'Success', Type: 'AWS-HMAC', ...metadata() })
      }
      default:
        return refuse(response, 404, 'NotFound', pathname)
    }
  }

  function metadata(): object {
    const { accessKeyId, secret, token, expiresAtMs } = sts.issue(roleArn, 'machine', services.seconds)
    const Expiration = `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`
    return { AccessKeyId: accessKeyId, SecretAccessKey: secret, Token: token, Expiration }
  }
  return services
}

function nameOf(method: string, path: string): string {
  if (method === 'GET' && path === '/federation/credentials') return 'role'
  if (method === 'POST' && path === '/token') return 'token'
  if (method === 'POST' && path === '/v1/token') return 'signin'
  if (method === 'GET' && path.startsWith('/container')) return 'container'
  if (method === 'PUT' && path === '/latest/api/token') return 'imds-token'
  const roles = '/latest/meta-data/iam/security-credentials/'
  if (method === 'GET' && path === roles) return 'imds-role'
  return method === 'GET' && path === `${roles}${ROLE_NAME}` ? 'imds-credentials' : 'unknown'
}

function spoiled(response: ServerResponse, spoil: Spoil): void {
  if (spoil.kind === 'status') refuse(response, spoil.status, spoil.code, 'as asked')
  if (spoil.kind === 'hang') return
  const type = spoil.kind === 'html' ? 'text/html' : 'application/json'
  if (spoil.kind === 'cut') {
    response.writeHead(200, { 'content-type': type, 'content-length': 1000 })
    response.write('{"AccessKeyId":', () => response.destroy())
    return
  }
  const bodies = { huge: 'x'.repeat(10_000_000), empty: '', html: '<html>sign in to the hotel</html>' }
  const body = spoil.kind === 'body' ? spoil.body : spoil.kind === 'status' ? null : bodies[spoil.kind]
  if (body !== null) response.writeHead(200, { 'content-type': type }).end(body)
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('x-amzn-errortype', code)
  json(response, status, { __type: code, message })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** RFC 9449: a JWT that its own key has signed, for this method and address, of these minutes. */
function provesKey(proof: string, htu: string): boolean {
  const [head = '', claims = '', signature = ''] = proof.split('.')
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  const { alg, typ, jwk } = decode(head)
  const { htm, htu: said, iat, jti } = decode(claims)
  if (alg !== 'ES256' || typ !== 'dpop+jwt' || htm !== 'POST' || said !== htu || typeof jti !== 'string') return false
  if (Math.abs(Number(iat) * 1000 - Date.now()) > 300_000) return false
  const key = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' })
  const bytes = Buffer.from(signature, 'base64url')
  return verify('sha256', Buffer.from(`${head}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)
}

function cacheFile(folder: string, name: string, value: object): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(value), { mode: 0o600 })
  return path
}

const utc = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** A profile whose root is the sign-in `corp`, and that sign-in. */
export function ssoConfig(profile: string): string {
  const lines = [
    `[profile ${profile}]`,
    'sso_session = corp',
    'sso_account_id = 123456789012',
    'sso_role_name = Dev',
    '[sso-session corp]',
    'sso_region = eu-west-1',
    'sso_start_url = https://corp.awsapps.com/start',
  ]
  return `${lines.join('\n')}\n`
}

/** Lays down what `aws sso login` leaves; the portal takes its token. Gives the file's path. */
export function signInToSso({
  home,
  services,
  id,
  leftMs = 8 * 3_600_000,
  renewable = true,
}: {
  readonly home: string
  readonly services: RootServices
  /** The session's name, or the start URL in the older form. */
  readonly id: string
  readonly leftMs?: number
  readonly renewable?: boolean
}): string {
  const accessToken = `sso-${randomBytes(40).toString('hex')}`
  const refreshToken = randomBytes(40).toString('hex')
  services.ssoTokens.add(accessToken)
  services.refreshTokens.add(refreshToken)
  const client = { clientId: 'client', clientSecret: `secret-${randomBytes(20).toString('hex')}` }
  const registrationExpiresAt = utc(Date.now() + 30 * 86_400_000)
  return cacheFile(join(home, '.aws/sso/cache'), createHash('sha1').update(id).digest('hex'), {
    startUrl: 'https://corp.awsapps.com/start',
    region: 'eu-west-1',
    accessToken,
    expiresAt: utc(Date.now() + leftMs),
    ...(renewable ? { ...client, registrationExpiresAt, refreshToken } : {}),
  })
}

/** Lays down what `aws login` leaves. */
export function logIn({
  home,
  services,
  sts,
  roleArn,
  session,
  leftMs = 14 * 60_000,
}: {
  readonly home: string
  readonly services: RootServices
  readonly sts: Sts
  readonly roleArn: string
  readonly session: string
  readonly leftMs?: number
}): string {
  const { accessKeyId, secret, token } = sts.issue(roleArn, 'login', 900)
  const refreshToken = randomBytes(40).toString('hex')
  services.refreshTokens.add(refreshToken)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return cacheFile(join(home, '.aws/login/cache'), createHash('sha256').update(session).digest('hex'), {
    accessToken: {
      accessKeyId,
      secretAccessKey: secret,
      sessionToken: token,
      accountId: '123456789012',
      expiresAt: utc(Date.now() + leftMs),
    },
    tokenType: 'aws_sigv4',
    clientId: 'arn:aws:signin:::devtools/same-device',
    refreshToken,
    idToken: 'x.y.z',
    dpopKey: privateKey.export({ type: 'sec1', format: 'pem' }),
  })
}
