import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, errorAnswer, resultAnswer, type Service, StsError } from './sts-answers.ts'
import { authenticate, type Caller, type Session, type StsState } from './sts-caller.ts'
import type { Params } from './sts-checks.ts'
import { answerControl } from './sts-control.ts'
import { answeredBadly, type Fault, Faults, refusalOf, spoiled } from './sts-faults.ts'
import { MfaDevices } from './sts-mfa.ts'
import { issueRoleSession, operations } from './sts-operations.ts'
import { paramsOf, type StsRequest, signedRequest, withoutSecrets } from './sts-request.ts'
import type { World } from './sts-world.ts'

export type { Fault } from './sts-faults.ts'
export type { StsRequest } from './sts-request.ts'
export { type ExampleWorld, exampleWorld, type StsRole, type StsUser, userArn, type World } from './sts-world.ts'

export interface StsOptions extends World {
  /** STS's own clock; this machine's unless given. */
  clock?: { nowMs(): number }
  /** How far off a signature's date may be; 15 min unless given. */
  skewWindowMs?: number
  /** Lifetime of everything issued, whatever was asked. */
  issueSeconds?: number
  /** 0, for a free one, unless given. */
  port?: number
  /** 127.0.0.1 unless given. */
  host?: string
  /** Key and certificate in PEM form: https then. */
  tls?: { readonly key: string; readonly cert: string }
}

export type IssuedSession = Pick<Session, 'accessKeyId' | 'secret' | 'token' | 'expiresAtMs'> &
  Pick<Caller, 'arn' | 'roleArn'>

/** A running emulator. */
export interface Sts {
  readonly url: string
  readonly port: number
  /** May be changed while it runs: a user taken out of it is a deleted key. */
  readonly world: World
  readonly faults: Faults
  /** Every request in order, without secrets. */
  readonly requests: readonly StsRequest[]
  /** Every session given out since it started, alive or not: the record that answers are judged by. */
  issued(): IssuedSession[]
  /** How many requests came for the operation, answered well or not. */
  count(operation: string): number
  counts(): Record<string, number>
  /** Forgets counts, requests and waiting faults; sessions, clock and used codes stay. */
  reset(): void
  nowMs(): number
  setClockOffsetMs(offsetMs: number): void
  setSkewWindowMs(windowMs: number): void
  setIssueSeconds(seconds: number | null): void
  /** Exactly these codes are right for the device from now on; null: its own rule again. */
  setMfaCodes(serial: string, codes: Iterable<string> | null): void
  /** A session of a role that another service of AWS gives: this one then knows it. */
  issue(roleArn: string, sessionName: string, seconds: number): Session
  /** All that was issued so far is unknown from now on, as after AWSRevokeOlderSessions or a deleted key. */
  revokeSessions(): void
  /** A right and unused code of the device's own rule. */
  mfaCode(serial: string): string
  close(): Promise<void>
}

/**
 * Starts STS on loopback with the users and roles given: https://docs.aws.amazon.com/STS/latest/APIReference/ as far
 * as a credential helper can tell. What it stands for and does not is in the design, "The STS emulator".
 */
export async function startSts(options: StsOptions): Promise<Sts> {
  const clock = options.clock ?? { nowMs: () => Date.now() }
  let clockOffsetMs = 0
  const nowMs = () => clock.nowMs() + clockOffsetMs
  const state: StsState = {
    world: options,
    nowMs,
    skewWindowMs: options.skewWindowMs ?? 15 * 60_000,
    issueSeconds: options.issueSeconds ?? null,
    sessions: new Map(),
    mfa: new MfaDevices(nowMs),
  }
  const faults = new Faults()
  const requests: StsRequest[] = []
  const closing = new AbortController()
  const answer: RequestListener = (incoming, response) => {
    response.sendDate = false
    response.setHeader('Date', new Date(nowMs()).toUTCString())
    serve(incoming, response).catch((error: NodeJS.ErrnoException) => {
      const clientLeft = error.code === 'ECONNRESET' || closing.signal.aborted
      if (clientLeft || response.headersSent) response.destroy()
      // A fault of the emulator, or of what asked it: said in the answer, where a test shows it.
      else send(response, errorAnswer('sts', new StsError('EmulatorFailure', 500, `emulator: ${error.message}`)), null)
    })
  }
  const server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer)

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await signedRequest(incoming)
    if (request.path.startsWith('/_')) return answerControl(sts, incoming, request, response)
    const params = paramsOf(request)
    const record = withoutSecrets(request, params, nowMs())
    requests.push(record)
    const fault = faults.take(record.operation)
    const service = operations[record.operation]?.service ?? 'sts'
    if (fault) await wait(fault.delayMs ?? (fault.kind === 'slow' ? 1_000 : 0), null, { signal: closing.signal })
    if (fault && (await answeredBadly(fault, response))) {
      record.outcome = fault.kind
      return
    }
    const good = (fault && refusalOf(fault, service)) ?? perform(request, params, record, service)
    const answer = fault ? spoiled(fault, good, nowMs()) : good
    record.outcome = /<Code>([^<]*)/.exec(good.body)?.[1] ?? 'ok'
    send(response, answer, fault)
  }

  type Request = Awaited<ReturnType<typeof signedRequest>>
  function perform(request: Request, params: Params, record: StsRequest, service: Service): Answer {
    const { operation } = record
    try {
      const known = operations[operation]
      const version = params.get('Version') ?? ''
      if (!known)
        throw new StsError('InvalidAction', 400, `Could not find operation ${operation} for version ${version}`)
      if (!known.signed) return resultAnswer(service, operation, known.run(state, params))
      const caller = authenticate(state, request, service)
      record.callerArn = caller.arn
      return resultAnswer(service, operation, known.run(state, params, caller))
    } catch (error) {
      if (error instanceof StsError) return errorAnswer(service, error)
      throw error
    }
  }

  const count = (operation: string) => requests.filter((one) => one.operation === operation).length
  const host = options.host ?? '127.0.0.1'
  server.listen(options.port ?? 0, host)
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const { port } = server.address() as AddressInfo
  const sts: Sts = {
    url: `${options.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    world: state.world,
    faults,
    requests,
    issued: () =>
      [...state.sessions.values()].map(({ caller: { arn, roleArn }, ...session }) => ({ ...session, arn, roleArn })),
    count,
    counts: () => Object.fromEntries(requests.map(({ operation }) => [operation, count(operation)])),
    reset: () => {
      requests.length = 0
      faults.clear()
    },
    nowMs,
    setClockOffsetMs: (offsetMs) => {
      clockOffsetMs = offsetMs
    },
    setSkewWindowMs: (windowMs) => {
      state.skewWindowMs = windowMs
    },
    setIssueSeconds: (seconds) => {
      state.issueSeconds = seconds
    },
    setMfaCodes: (serial, codes) => state.mfa.setCodes(serial, codes),
    issue: (arn, sessionName, seconds) => {
      const role = state.world.roles.find((one) => one.arn === arn) ?? { arn, trust: [] }
      return issueRoleSession(state, role, sessionName, seconds)
    },
    revokeSessions: () => state.sessions.clear(),
    mfaCode: (serial) => state.mfa.freshCode(serial),
    close: async () => {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  return sts
}

function send(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, {
    'Content-Type': 'text/xml',
    'Content-Length': body.length,
    'x-amzn-RequestId': answer.requestId,
    ...(fault?.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) }),
  })
  if (fault?.kind === 'cut') response.write(body.subarray(0, body.length / 2), () => response.destroy())
  else response.end(body)
}
