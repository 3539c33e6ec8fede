import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Sts } from './sts.ts'
import type { Fault } from './sts-faults.ts'
import type { SignedRequest } from './sts-sigv4.ts'

/** The body of `POST /_control`: each part is optional, `reset` comes first. */
export interface StsControl {
  reset?: boolean
  fault?: Fault
  faults?: Fault[]
  clockOffsetMs?: number
  skewWindowMs?: number
  issueSeconds?: number | null
  mfaCodes?: { serial: string; codes: string[] | null }
}

/**
 * The emulator's own addresses, for other processes on this machine: `GET /_counts` and `GET /_requests` answer JSON,
 * `GET /_mfa?SERIAL` a code, `POST /_control` takes an StsControl. A page in a browser can reach loopback too, so
 * what names an origin is refused.
 */
export function answerControl(
  sts: Sts,
  incoming: IncomingMessage,
  request: SignedRequest,
  response: ServerResponse,
): void {
  const loopback = /^(::ffff:)?127\.|^::1$/.test(incoming.socket.remoteAddress ?? '')
  const asked = `${request.method} ${request.path}`
  if (!loopback || request.headers.has('origin')) json(response, 403, { error: 'only this machine may ask' })
  else if (asked === 'GET /_counts') json(response, 200, sts.counts())
  else if (asked === 'GET /_requests') json(response, 200, sts.requests)
  else if (asked === 'GET /_mfa') json(response, 200, { code: sts.mfaCode(decodeURIComponent(request.query)) })
  else if (asked === 'POST /_control') json(response, ...controlled(sts, request.body.toString()))
  else json(response, 404, { error: 'unknown address' })
}

function controlled(sts: Sts, text: string): [number, object] {
  try {
    const control = JSON.parse(text) as StsControl
    if (control.reset) sts.reset()
    for (const fault of [...(control.fault ? [control.fault] : []), ...(control.faults ?? [])]) sts.faults.next(fault)
    if (control.clockOffsetMs !== undefined) sts.setClockOffsetMs(control.clockOffsetMs)
    if (control.skewWindowMs !== undefined) sts.setSkewWindowMs(control.skewWindowMs)
    if (control.issueSeconds !== undefined) sts.setIssueSeconds(control.issueSeconds)
    if (control.mfaCodes) sts.setMfaCodes(control.mfaCodes.serial, control.mfaCodes.codes)
    return [200, { nowMs: sts.nowMs(), counts: sts.counts() }]
  } catch {
    // No JSON, or a fault of no kind: the asker's mistake, said in the answer.
    return [400, { error: 'the body is not a control document' }]
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
