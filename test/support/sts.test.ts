import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import os from 'node:os'
import { createInterface } from 'node:readline'
import { after, afterEach, before, test } from 'node:test'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts'
import fc from 'fast-check'
import { need } from './need.ts'
import { type ExampleWorld, exampleWorld, type Fault, type Sts, startSts } from './sts.ts'

// The SDK reads these by itself; the machine's own must not count.
for (const name of Object.keys(process.env)) if (/^AWS_(?!CRED_TEST)|_proxy$/i.test(name)) delete process.env[name]
process.env.AWS_CONFIG_FILE = os.devNull
process.env.AWS_SHARED_CREDENTIALS_FILE = os.devNull

let world: ExampleWorld
let sts: Sts
before(async () => {
  world = exampleWorld()
  world.users.push({ ...exampleWorld().alice, userName: 'root', root: true })
  world.webIdentityTokens = [
    { token: 'h.good.s', provider: 'oidc.example.com', subject: 'system:pod', audience: 'sts' },
    { token: 'h.old.s', provider: 'oidc.example.com', subject: 'system:pod', audience: 'sts', expiresAtMs: 1 },
  ]
  // Stands still, so that no step of 30 s ends within a test.
  const startedMs = Date.now()
  sts = await startSts({ ...world, clock: { nowMs: () => startedMs } })
})
after(() => sts.close())
afterEach(() => {
  sts.reset()
  sts.setClockOffsetMs(0)
  sts.setSkewWindowMs(15 * 60_000)
  sts.setIssueSeconds(null)
  sts.setMfaCodes(serial(), null)
})

const serial = () => world.alice.mfaSerial ?? ''

/** A real client as alice, or with the credentials of an answer. */
function client(from?: Credentials | undefined, config: STSClientConfig = {}): STSClient {
  const { alice } = world
  const credentials = {
    accessKeyId: from?.AccessKeyId ?? alice.accessKeyId,
    secretAccessKey: from?.SecretAccessKey ?? alice.secret,
    ...(from?.SessionToken ? { sessionToken: from.SessionToken } : {}),
  }
  return new STSClient({ region: 'eu-west-1', endpoint: sts.url, maxAttempts: 1, credentials, ...config })
}

const whoIs = (from?: Credentials, config?: STSClientConfig) =>
  client(from, config).send(new GetCallerIdentityCommand())

function assume(RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}, from?: Credentials) {
  return client(from).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'alice', ...more }))
}

const fails = (call: Promise<unknown>, name: string, message: RegExp, status?: number) =>
  assert.rejects(call, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(error.name, name, error.message)
    assert.match(error.message, message)
    if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status)
    return true
  })

test('GetCallerIdentity answers a user, a role session with a path, and counts', async () => {
  const me = await whoIs()
  assert.equal(me.Arn, 'arn:aws:iam::123456789012:user/alice')
  assert.equal(me.Account, '123456789012')
  assert.match(me.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
  const { Credentials, AssumedRoleUser } = await assume(world.arns.pathed)
  assert.equal(AssumedRoleUser?.Arn, 'arn:aws:sts::123456789012:assumed-role/Pathed/alice')
  assert.match(AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:alice$/)
  assert.equal((await whoIs(Credentials)).Arn, AssumedRoleUser?.Arn)
  assert.deepEqual(sts.counts(), { GetCallerIdentity: 2, AssumeRole: 1 })
  assert.equal(sts.count('GetSessionToken'), 0)
})

test('AssumeRole issues credentials as real ones look, for a whole number of seconds', async () => {
  const { Credentials: made } = await assume(world.arns.prod, { DurationSeconds: 43_200 })
  assert.match(made?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
  assert.equal(made?.SecretAccessKey?.length, 40)
  assert.ok(Math.abs((made?.SessionToken?.length ?? 0) - 900) < 20)
  assert.equal(made?.Expiration?.getMilliseconds(), 0)
  const seconds = ((made?.Expiration?.getTime() ?? 0) - sts.nowMs()) / 1000
  assert.ok(seconds > 43_190 && seconds <= 43_200, String(seconds))
})

test('a request is refused for its key, secret, token or scope', async () => {
  const { Credentials: made } = await assume(world.arns.prod)
  const { Credentials: other } = await assume(world.arns.prod)
  const alice = { AccessKeyId: world.alice.accessKeyId, SecretAccessKey: world.alice.secret } as Credentials
  const wrong = /signature we calculated does not match/
  const invalid = /^The security token included in the request is invalid\.$/
  await fails(whoIs({ ...alice, SecretAccessKey: 'x'.repeat(40) }), 'SignatureDoesNotMatch', wrong, 403)
  await fails(whoIs({ ...alice, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }), 'InvalidClientTokenId', invalid, 403)
  await fails(whoIs({ ...alice, SessionToken: 'x' }), 'InvalidClientTokenId', invalid)
  await fails(whoIs({ ...made, SessionToken: undefined } as Credentials), 'InvalidClientTokenId', invalid)
  await fails(whoIs({ ...made, SessionToken: other?.SessionToken } as Credentials), 'InvalidClientTokenId', invalid)
  const iam = client(undefined, { authSchemePreference: [] })
  iam.middlewareStack.add((next) => (args) => next(withScope(args)), { step: 'finalizeRequest', priority: 'low' })
  await fails(iam.send(new GetCallerIdentityCommand()), 'SignatureDoesNotMatch', /correct service: 'sts'/)
  await fails(
    whoIs(undefined, { signer: { sign: async (request) => request } }),
    'MissingAuthenticationToken',
    /missing/,
  )

  function withScope<T extends object>(args: T): T {
    const { headers } = (args as { request?: { headers: Record<string, string> } }).request ?? { headers: {} }
    headers.authorization = (headers.authorization ?? '').replace('/sts/', '/iam/')
    return args
  }
})

test('a session is refused once it has ended, and a user once it was deleted', async () => {
  sts.setIssueSeconds(2)
  const { Credentials: made } = await assume(world.arns.prod)
  assert.ok((made?.Expiration?.getTime() ?? 0) <= sts.nowMs() + 2_000)
  await whoIs(made)
  sts.setClockOffsetMs(3_000)
  await fails(whoIs(made), 'ExpiredToken', /^The security token included in the request is expired$/, 403)
  sts.setIssueSeconds(null)
  const bob = { ...exampleWorld().alice, userName: 'bob' }
  const keys = { AccessKeyId: bob.accessKeyId, SecretAccessKey: bob.secret } as Credentials
  sts.world.users.push(bob)
  const { Credentials: session } = await client(keys).send(new GetSessionTokenCommand())
  assert.equal((await whoIs(session)).Arn, 'arn:aws:iam::123456789012:user/bob')
  sts.world.users.pop()
  await fails(whoIs(keys), 'InvalidClientTokenId', /invalid/)
  await fails(whoIs(session), 'InvalidClientTokenId', /invalid/)
})

test('a clock outside the window is refused both ways, and said by the Date header', async () => {
  const old = /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/
  await fails(whoIs(undefined, { systemClockOffset: -16 * 60_000 }), 'SignatureDoesNotMatch', old, 403)
  const early = /^Signature not yet current: \S+ is still later than \S+ \(\S+ \+ 15 min\.\)$/
  await fails(whoIs(undefined, { systemClockOffset: 16 * 60_000 }), 'SignatureDoesNotMatch', early)
  await whoIs(undefined, { systemClockOffset: 14 * 60_000 })
  sts.setSkewWindowMs(5 * 60_000)
  await fails(whoIs(undefined, { systemClockOffset: -6 * 60_000 }), 'SignatureDoesNotMatch', /- 5 min/)
  sts.setClockOffsetMs(7_200_000)
  const { headers } = await fetch(sts.url, { method: 'POST' })
  assert.ok(Math.abs(Date.parse(headers.get('date') ?? '') - sts.nowMs()) < 5_000)
  sts.reset()
  await whoIs(undefined, { maxAttempts: 2 })
  assert.deepEqual(
    sts.requests.map(({ outcome }) => outcome),
    ['SignatureDoesNotMatch', 'ok'],
  )
})

test('AssumeRole obeys the trust policy', async () => {
  const { arns } = world
  const denied = (arn: string, more?: Partial<AssumeRoleCommandInput>, from?: Credentials) =>
    fails(assume(arn, more, from), 'AccessDenied', /^User: \S+ is not authorized to perform: sts:AssumeRole on/, 403)
  await denied(arns.nobody)
  await denied(arns.prod.replace('Prod', 'No-Such'))
  await denied(arns.chained)
  await denied(arns.external)
  await denied(arns.external, { ExternalId: 'another' })
  await assume(arns.external, { ExternalId: 'example-external-id' })
  await denied(arns.named, { RoleSessionName: 'bob' })
  await assume(arns.named, { RoleSessionName: 'alice' })
  const { Credentials: middle } = await assume(arns.middle)
  const { AssumedRoleUser } = await assume(arns.chained, {}, middle)
  assert.equal(AssumedRoleUser?.Arn, 'arn:aws:sts::123456789012:assumed-role/Chained/alice')
  await denied(arns.external, { ExternalId: 'example-external-id' }, middle)
  const [, root] = world.users
  const rootKeys = { AccessKeyId: root?.accessKeyId, SecretAccessKey: root?.secret } as Credentials
  await fails(assume(arns.prod, {}, rootKeys), 'AccessDenied', /^Roles may not be assumed by root accounts\.$/)
  assert.equal((await whoIs(rootKeys)).Arn, 'arn:aws:iam::123456789012:root')
})

test('durations are limited by call, role and chain', async () => {
  const { arns } = world
  const invalid = (DurationSeconds: number, message: RegExp, arn = arns.prod, from?: Credentials) =>
    fails(assume(arn, { DurationSeconds }, from), 'ValidationError', message, 400)
  await invalid(899, /Value '899' at 'durationSeconds' .* greater than or equal to 900$/)
  await invalid(43_201, /less than or equal to 43200$/)
  await invalid(3_601, /^The requested DurationSeconds exceeds the MaxSessionDuration set for this role\.$/, arns.short)
  await assume(arns.short, { DurationSeconds: 900 })
  const { Credentials: middle } = await assume(arns.middle)
  await invalid(3_601, /exceeds the 1 hour session limit for roles assumed by role chaining\.$/, arns.chained, middle)
  await assume(arns.chained, { DurationSeconds: 3_600 }, middle)
  const session = (DurationSeconds: number, from?: Credentials) =>
    client(from).send(new GetSessionTokenCommand({ DurationSeconds }))
  await session(129_600)
  await fails(session(129_601), 'ValidationError', /equal to 129600/)
  await fails(session(600), 'ValidationError', /equal to 900/)
  await fails(session(900, middle), 'AccessDenied', /^Cannot call GetSessionToken with session credentials$/, 403)
})

test('parameters are checked as the model of STS says', async () => {
  const { arns } = world
  const invalid = (more: Partial<AssumeRoleCommandInput>, message: RegExp, name = 'ValidationError') =>
    fails(assume(arns.prod, more), name, message, 400)
  await invalid({ RoleSessionName: 'a' }, /at 'roleSessionName' .* greater than or equal to 2$/)
  await invalid({ RoleSessionName: 'a b' }, /Value 'a b' at 'roleSessionName' .* pattern: \[\\w\+=,\.@-\]\*$/)
  await invalid({ RoleSessionName: 'x'.repeat(65) }, /less than or equal to 64$/)
  await invalid({ RoleSessionName: undefined }, /Value null at 'roleSessionName'/)
  await invalid({ RoleArn: 'arn:aws:iam::1:role/Short-Account' }, /^arn:aws:iam::1:role\/Short-Account is invalid$/)
  await invalid({ ExternalId: 'a b' }, /at 'externalId'/)
  await invalid({ Policy: '{' }, /invalid Json/, 'MalformedPolicyDocumentException')
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'A', Value: '2' },
  ]
  await invalid({ Tags }, /Duplicate tag keys/, 'InvalidParameterValue')
  const good = await assume(arns.prod, { Tags: [{ Key: 'a', Value: '<&>' }], SourceIdentity: 'me@<>'.slice(0, 3) })
  assert.deepEqual([good.PackedPolicySize, good.SourceIdentity], [6, 'me@'])
})

test('MFA is asked for by a role, each code once, and carried by a session made with it', async () => {
  const { needsMfa } = world.arns
  const SerialNumber = serial()
  const denied = (more: Partial<AssumeRoleCommandInput>, message: RegExp, from?: Credentials) =>
    fails(assume(needsMfa, more, from), 'AccessDenied', message, 403)
  await denied({}, /is not authorized to perform/)
  await denied({ SerialNumber }, /must provide both MFA serial number and one time pass code/)
  const TokenCode = sts.mfaCode(SerialNumber)
  await denied({ SerialNumber: `${SerialNumber}x`, TokenCode }, /unable to validate MFA code/)
  await assume(needsMfa, { SerialNumber, TokenCode })
  const spent = /^MultiFactorAuthentication failed with invalid MFA one time pass code\.$/
  await denied({ SerialNumber, TokenCode }, spent)
  const login = { SerialNumber, TokenCode: sts.mfaCode(SerialNumber) }
  const { Credentials: session } = await client().send(new GetSessionTokenCommand(login))
  await assume(needsMfa, {}, session)
  const { Credentials: plain } = await client().send(new GetSessionTokenCommand())
  await denied({}, /is not authorized to perform/, plain)
  sts.setMfaCodes(SerialNumber, ['123456'])
  await denied({ SerialNumber, TokenCode: '654321' }, spent)
  await assume(needsMfa, { SerialNumber, TokenCode: '123456' })
  await denied({ SerialNumber, TokenCode: '123456' }, spent)
  sts.setClockOffsetMs(30_000)
  await assume(needsMfa, { SerialNumber, TokenCode: '123456' })
})

test('AssumeRoleWithWebIdentity takes known tokens without a signature', async () => {
  const web = (WebIdentityToken: string, RoleArn = world.arns.web) =>
    client().send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'pod', WebIdentityToken }))
  const made = await web('h.good.s')
  assert.equal(made.SubjectFromWebIdentityToken, 'system:pod')
  assert.equal((await whoIs(made.Credentials)).Arn, 'arn:aws:sts::123456789012:assumed-role/Web/pod')
  await fails(web('h.other.s'), 'InvalidIdentityTokenException', /No OpenIDConnect provider found/, 400)
  await fails(web('not a jwt'), 'InvalidIdentityTokenException', /not a valid JWT/)
  await fails(web('h.old.s'), 'ExpiredTokenException', /^Token expired: current date\/time/, 400)
  await fails(web('h.good.s', world.arns.prod), 'AccessDenied', /^Not authorized to perform sts:AssumeRoleWithWeb/, 403)
  assert.equal(sts.requests[0]?.headerNames.includes('authorization'), false)
  assert.doesNotMatch(JSON.stringify(sts.requests), /h\.good\.s/)
})

test('faults answer as told, for as often as told, to the operation told', async () => {
  const next = (fault: Fault, name: string, message: RegExp, status?: number) => {
    sts.faults.next(fault)
    return fails(assume(world.arns.prod), name, message, status)
  }
  await next({ kind: 'throttle' }, 'Throttling', /^Rate exceeded$/, 400)
  await next({ kind: '500' }, 'InternalFailure', /unknown error/, 500)
  await next({ kind: '503' }, 'ServiceUnavailable', /unavailable/, 503)
  const disabled = { code: 'RegionDisabledException', status: 403, message: 'STS is not activated' }
  await next({ kind: 'error', ...disabled }, 'RegionDisabledException', /not activated/, 403)
  const idp = { code: 'IDPCommunicationError', status: 400, message: 'unreachable' }
  await next({ kind: 'error', ...idp }, 'IDPCommunicationErrorException', /unreachable/, 400)
  // The SDK's name for every connection that was reset.
  await next({ kind: 'reset' }, 'TimeoutError', /ECONNRESET|socket hang up/)
  await next({ kind: 'cut' }, 'Error', /aborted/)
  await next({ kind: 'truncated' }, 'Error', /closing tag|XML|tag/i)
  sts.faults.next({ kind: 'throttle', operation: 'GetSessionToken' })
  sts.faults.next({ kind: 'throttle', times: 2 })
  await assert.rejects(assume(world.arns.prod))
  await assert.rejects(assume(world.arns.prod))
  await assume(world.arns.prod)
  await assert.rejects(client().send(new GetSessionTokenCommand()), { name: 'Throttling' })
  assert.equal(sts.requests.at(-1)?.outcome, 'Throttling')
})

test('faults spoil answers that the client takes', async () => {
  const next = async (fault: Fault) => {
    sts.faults.next(fault)
    return (await assume(world.arns.prod)).Credentials
  }
  assert.equal(await next({ kind: 'no-credentials' }), undefined)
  assert.equal((await next({ kind: 'no-expiration' }))?.Expiration, undefined)
  assert.ok(((await next({ kind: 'past-expiration' }))?.Expiration?.getTime() ?? Infinity) < Date.now())
  sts.faults.next({ kind: 'bad-expiration' })
  await assert.rejects(assume(world.arns.prod), /date|time/i)
  sts.faults.next({ kind: 'slow', delayMs: 50 })
  assert.ok(await assume(world.arns.prod))
  const raw = async (fault: Fault) => {
    sts.faults.next(fault)
    const answer = await fetch(`${sts.url}/?Action=GetCallerIdentity`)
    assert.equal(answer.status, 200)
    return answer.text()
  }
  assert.equal(await raw({ kind: 'empty' }), '')
  assert.match(await raw({ kind: 'garbage' }), /^<!DOCTYPE html>/)
  assert.ok((await raw({ kind: 'huge', bytes: 3_000_000 })).length > 3_000_000)
})

test('errors have the form that contract 5 gives', async () => {
  const answer = await fetch(sts.url, { method: 'POST', body: new URLSearchParams({ Action: 'AssumeRole' }) })
  assert.equal(answer.status, 403)
  assert.equal(answer.headers.get('content-type'), 'text/xml')
  const form =
    /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">\s*<Error>\s*<Type>Sender<\/Type>\s*<Code>MissingAuthenticationToken<\/Code>\s*<Message>[^<]+<\/Message>\s*<\/Error>\s*<RequestId>[\w-]{36}<\/RequestId>\s*<\/ErrorResponse>\s*$/
  assert.match(await answer.text(), form)
  assert.match(await (await fetch(`${sts.url}/?Action=NoSuch`)).text(), /<Code>InvalidAction</)
  assert.equal((await fetch(`${sts.url}/?Action=%E0%A4`)).status, 400)
})

/** Moves the signed form into the query of a GET, before the SDK's own signer sees it, or to IAM's GetUser. */
function rewired(from: Credentials | undefined, change: (form: URLSearchParams) => void, service?: 'iam'): STSClient {
  const made = client(from)
  made.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { method: string; query: object; body: unknown; headers: Record<string, string> }
      const form = new URLSearchParams(String(request.body))
      change(form)
      Object.assign(request, { method: 'GET', query: Object.fromEntries(form), body: undefined })
      delete request.headers['content-type']
      delete request.headers['content-length']
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
  if (service) Object.assign(made.config, { signingName: service })
  return made
}

test('signatures of a GET are right for any text in its query', async () => {
  const texts = fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), {
    maxKeys: 4,
  })
  await fc.assert(
    fc.asyncProperty(texts, async (extra) => {
      const made = rewired(undefined, (form) => {
        for (const [name, value] of Object.entries(extra)) form.set(`x${name}`, value)
      })
      const { Arn } = await made.send(new GetCallerIdentityCommand())
      assert.equal(Arn, 'arn:aws:iam::123456789012:user/alice')
      for (const [name, value] of Object.entries(extra)) assert.equal(sts.requests.at(-1)?.params[`x${name}`], value)
    }),
    { numRuns: 60 },
  )
})

test('IAM refuses a session that was made without MFA', async () => {
  const getUser = (from?: Credentials) =>
    rewired(from, (form) => form.set('Action', 'GetUser'), 'iam').send(new GetCallerIdentityCommand())
  await getUser()
  const { Credentials: plain } = await client().send(new GetSessionTokenCommand())
  await fails(getUser(plain), 'InvalidClientTokenId', /is invalid\.$/, 403)
  sts.setMfaCodes(serial(), ['777777'])
  const login = { SerialNumber: serial(), TokenCode: '777777' }
  await getUser((await client().send(new GetSessionTokenCommand(login))).Credentials)
  assert.deepEqual([sts.count('GetUser'), sts.requests.at(-1)?.outcome], [3, 'ok'])
})

test('requests are remembered without secrets', async () => {
  sts.setMfaCodes(serial(), ['424242'])
  const more = { SerialNumber: serial(), TokenCode: '424242' }
  const { Credentials: made } = await assume(world.arns.needsMfa, more)
  await whoIs(made)
  const [first, second] = sts.requests
  assert.equal(first?.callerArn, 'arn:aws:iam::123456789012:user/alice')
  assert.equal(first?.params.RoleArn, world.arns.needsMfa)
  assert.equal(first?.region, 'eu-west-1')
  assert.equal(second?.accessKeyId, made?.AccessKeyId)
  assert.ok(second?.headerNames.includes('x-amz-security-token'))
  const text = JSON.stringify(sts.requests)
  for (const secret of [made?.SessionToken, made?.SecretAccessKey, world.alice.secret, '424242'])
    assert.equal(text.includes(secret ?? '?'), false)
})

test('another process reads the counters and sets faults and the clock', async () => {
  const control = (body: string, headers = {}) => fetch(`${sts.url}/_control`, { method: 'POST', body, headers })
  await whoIs()
  assert.deepEqual(await (await fetch(`${sts.url}/_counts`)).json(), { GetCallerIdentity: 1 })
  assert.equal((await control('{"faults":[{"kind":"throttle"}],"clockOffsetMs":3600000}')).status, 200)
  assert.ok(sts.nowMs() > Date.now() + 3_500_000)
  await fails(whoIs(), 'Throttling', /Rate/)
  await control('{"reset":true,"clockOffsetMs":0,"issueSeconds":5}')
  assert.deepEqual(sts.counts(), {})
  assert.ok(((await assume(world.arns.prod)).Credentials?.Expiration?.getTime() ?? 0) < Date.now() + 6_000)
  assert.equal((await control('{"fault":{"kind":"no such"}}')).status, 400)
  assert.equal((await control('{}', { origin: 'https://example.com' })).status, 403)
  await control('{"clockOffsetMs":120000}')
  const { code } = (await (await fetch(`${sts.url}/_mfa?${serial()}`)).json()) as { code: string }
  await assume(world.arns.needsMfa, { SerialNumber: serial(), TokenCode: code })
})

test('close() ends requests that are still waiting', async () => {
  const own = await startSts({ ...exampleWorld() })
  own.faults.next({ kind: 'slow', delayMs: 600_000 })
  const waiting = assert.rejects(fetch(own.url, { method: 'POST' }))
  while (own.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await own.close()
  await waiting
  await assert.rejects(fetch(own.url))
})

test('sts-main prints a line that the AWS CLI can use, and ends on SIGTERM', async (t) => {
  const child = spawn(process.execPath, [new URL('sts-main.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  })
  t.after(() => child.kill('SIGKILL'))
  const env: Record<string, string> = { AWS_CONFIG_FILE: os.devNull, AWS_EC2_METADATA_DISABLED: 'true' }
  let url = ''
  for await (const line of createInterface(child.stdout)) {
    url ||= /http:\S+/.exec(line)?.[0] ?? ''
    for (const [, name = '', value = ''] of line.matchAll(/(AWS_\w+)=(\S+)/g)) env[name] = value
    if (line.startsWith('# MFA')) break
  }
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.match(env.AWS_ACCESS_KEY_ID ?? '', /^AKIA/)
  const aws = '/usr/bin/aws'
  if (need(t, aws, existsSync(aws))) {
    const asked = ['sts', 'get-caller-identity', '--endpoint-url', url, '--query', 'Arn', '--output', 'text']
    const said = await new Promise<string>((resolve, reject) =>
      execFile(aws, asked, { env }, (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout))),
    )
    assert.equal(said.trim(), 'arn:aws:iam::123456789012:user/alice')
    assert.deepEqual(await (await fetch(`${url}/_counts`)).json(), { GetCallerIdentity: 1 })
  }
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
})
