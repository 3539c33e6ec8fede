import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import {
  ACCOUNT,
  Fixture,
  type FixtureKeys,
  type Label,
  LOGIN_SESSION,
  LONG_LIVED,
  ROLES,
  SESSIONS,
} from './precedence-fixture.ts'
import { type Situation, sha1 } from './precedence-situations.ts'
import { type Sts, type StsUser, startSts } from './sts.ts'
import { newKeyId, newSecret } from './sts-world.ts'

/** What the situations are run in: STS, SSO's portal, a container's endpoint and an instance's metadata. */
export interface PrecedencePlace {
  readonly sts: Sts
  readonly fixture: Fixture
  readonly folder: string
  close(): Promise<void>
}

const WEB_TOKEN = 'header.payload.signature'
const SESSION_MS = 2 * 60 * 60_000

export async function startPrecedencePlace(): Promise<PrecedencePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'aws-cred-precedence-'))
  const users = new Map<Label, StsUser>()
  for (const userName of [...LONG_LIVED, ...SESSIONS]) {
    users.set(userName, { accessKeyId: newKeyId('AKIA'), secret: newSecret(), accountId: ACCOUNT, userName })
  }
  const provider = 'oidc.example.com'
  const trustsToken = [`arn:aws:iam::${ACCOUNT}:oidc-provider/${provider}`]
  const sts = await startSts({
    users: [...users.values()],
    roles: [
      { arn: ROLES.ofBase, trust: [`arn:aws:iam::${ACCOUNT}:user/base`] },
      { arn: ROLES.any, trust: ['*'] },
      { arn: ROLES.web, trust: trustsToken },
      { arn: ROLES.webEnv, trust: trustsToken },
    ],
    webIdentityTokens: [{ token: WEB_TOKEN, provider, subject: 'me', audience: 'sts' }],
  })
  const keys = {} as Record<Label, FixtureKeys>
  for (const [label, { accessKeyId, secret }] of users) {
    const isSession = (SESSIONS as readonly string[]).includes(label)
    keys[label] = isSession ? await sessionOf(sts, accessKeyId, secret) : { id: accessKeyId, secret, token: null }
  }
  const metadata = await startMetadata(keys)
  const { port } = metadata.address() as AddressInfo
  const helper = join(folder, 'helper')
  const { id: AccessKeyId, secret: SecretAccessKey } = keys.process
  const document = JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey })
  writeFileSync(helper, `#!/bin/sh\nprintf '%s' '${document}'\n`, { mode: 0o755 })
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, WEB_TOKEN)
  return {
    sts,
    folder,
    fixture: new Fixture(keys, {
      helper,
      tokenFile,
      tokenFileInHome: 'token',
      metadataUrl: `http://127.0.0.1:${port}/`,
    }),
    close: async () => {
      metadata.closeAllConnections()
      metadata.close()
      await sts.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function sessionOf(sts: Sts, accessKeyId: string, secretAccessKey: string): Promise<FixtureKeys> {
  const client = new STSClient({
    region: 'us-east-1',
    endpoint: sts.url,
    credentials: { accessKeyId, secretAccessKey },
  })
  const { Credentials } = await client.send(new GetSessionTokenCommand({ DurationSeconds: SESSION_MS / 1000 }))
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return { id: AccessKeyId, secret: SecretAccessKey, token: SessionToken }
}

/** ECS's and EC2's metadata and SSO's portal in one: none of their paths is another's. */
async function startMetadata(keys: Readonly<Record<Label, FixtureKeys>>): Promise<Server> {
  const expires = new Date(Date.now() + SESSION_MS)
  const document = ({ id, secret, token }: FixtureKeys) => ({
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: new Date().toISOString(),
    AccessKeyId: id,
    SecretAccessKey: secret,
    Token: token,
    Expiration: `${expires.toISOString().slice(0, 19)}Z`,
  })
  const { id: accessKeyId, secret: secretAccessKey, token: sessionToken } = keys.sso
  const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: expires.getTime() }
  const server = createServer((request, response) => {
    // Some put a slash of their own behind the address, some do not.
    const path = (request.url ?? '').replace('//', '/').split('?')[0] ?? ''
    const json = (body: object) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
    if (path === '/container') json(document(keys.container))
    else if (path === '/federation/credentials') json({ roleCredentials })
    else if (path === '/latest/api/token') response.setHeader('x-aws-ec2-metadata-token-ttl-seconds', '60').end('token')
    else if (/\/security-credentials(-extended)?\/?$/.test(path)) response.end('the-role')
    else if (path.endsWith('/the-role')) json(document(keys.instance))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** A new home with the situation's files in it. */
export function situationHome(
  { folder, fixture }: PrecedencePlace,
  { config, credentials, cliCache }: Situation,
): string {
  const home = mkdtempSync(join(folder, 'home-'))
  const put = (path: string, text: string | undefined) => {
    if (text !== undefined) writeFileSync(join(home, '.aws', path), text, { mode: 0o600 })
  }
  mkdirSync(join(home, '.aws/sso/cache'), { recursive: true })
  mkdirSync(join(home, '.aws/cli/cache'), { recursive: true })
  mkdirSync(join(home, '.aws/login/cache'), { recursive: true })
  writeFileSync(join(home, 'token'), WEB_TOKEN)
  put('config', config)
  put('credentials', credentials)
  for (const [text, file] of Object.entries(cliCache ?? {})) put(`cli/cache/${sha1(text)}.json`, file)
  const startUrl = 'https://corp.example/start'
  const expiresAt = `${new Date(Date.now() + SESSION_MS).toISOString().slice(0, 19)}Z`
  const token = JSON.stringify({ startUrl, region: 'us-east-1', accessToken: 'sso-token', expiresAt })
  for (const name of ['corp', startUrl]) put(`sso/cache/${sha1(name)}.json`, token)
  put(`login/cache/${sha256(LOGIN_SESSION)}.json`, loginToken(fixture, expiresAt))
  return home
}

/** What `aws login` leaves; it lives longer than a run, so that nothing of it is ever renewed. */
function loginToken({ keys }: Fixture, expiresAt: string): string {
  const { id: accessKeyId, secret: secretAccessKey, token: sessionToken } = keys.login
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return JSON.stringify({
    accessToken: { accessKeyId, secretAccessKey, sessionToken, accountId: ACCOUNT, expiresAt },
    tokenType: 'aws_sigv4',
    clientId: 'arn:aws:signin:::devtools/same-device',
    refreshToken: 'refresh',
    idToken: 'x.y.z',
    dpopKey: privateKey.export({ type: 'sec1', format: 'pem' }),
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The whole environment of a tool in it. */
export function situationEnv(place: PrecedencePlace, situation: Situation, home: string): Record<string, string> {
  return {
    HOME: home,
    PATH: '/usr/bin:/bin',
    AWS_ENDPOINT_URL_STS: place.sts.url,
    AWS_ENDPOINT_URL_SSO: place.fixture.paths.metadataUrl,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    ...situation.env,
  }
}
