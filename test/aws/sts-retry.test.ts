import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { assumeRole } from '../../src/aws/sts-calls.ts'
import { type RetryReason, retryReason } from '../../src/aws/sts-retry.ts'
import { callPlace } from '../support/sts-call.ts'

const named = (name: string, httpStatusCode = 400) => ({ name, $metadata: { httpStatusCode } })

const REASONS: readonly (readonly [error: object, reason: RetryReason | null])[] = [
  ...['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'].map(
    (name) => [named(name), 'throttled'] as const,
  ),
  [named('Odd', 429), 'throttled'],
  [named('IDPCommunicationErrorException'), 'transient'],
  ...[500, 502, 503, 504].map((status) => [named('Odd', status), 'transient'] as const),
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].map((code) => [{ name: 'Error', code }, 'transient'] as const),
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map(
    (code) => [{ name: 'Error', code }, 'unreached'] as const,
  ),
  [{ name: 'TimeoutError' }, 'transient'],
  [{ code: 'ERR_PROXY_TUNNEL' }, 'transient'],
  [{ code: 'ERR_PROXY_TUNNEL', statusCode: 503 }, 'transient'],
  [{ code: 'ERR_PROXY_TUNNEL', statusCode: 403 }, null],
  [{ code: 'ERR_PROXY_TUNNEL', statusCode: 407 }, null],
  [{ name: 'AbortError' }, null],
  [{ code: 'CERT_HAS_EXPIRED' }, null],
  [named('NotImplemented', 501), null],
  ...['AccessDenied', 'ExpiredToken', 'InvalidClientTokenId', 'ValidationError', 'RegionDisabledException'].map(
    (name) => [named(name, 403), null] as const,
  ),
]

test('retryReason() is that of contract §5, whatever the clock', () => {
  for (const [error, reason] of REASONS) {
    for (const isSkewed of [false, true]) assert.equal(retryReason(error, isSkewed), reason, JSON.stringify(error))
  }
})

test('retryReason() takes a refused date for a reason where the date was far off, and there alone', () => {
  for (const name of ['SignatureDoesNotMatch', 'RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture']) {
    assert.equal(retryReason(named(name, 403), true), 'skewed')
    assert.equal(retryReason(named(name, 403), false), null)
  }
})

test('assumeRole() breaks off an answer that trickles when its time is up', async (t) => {
  const { call, step } = await callPlace(t)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/xml' })
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const endpoint = { ...call.target.endpoint, url }
  const slow = { ...call, target: { ...call.target, endpoint }, deadline: AbortSignal.timeout(300) }
  await assert.rejects(assumeRole(slow, step, 'me'), /cannot reach sts\.example: no answer in time/)
})
