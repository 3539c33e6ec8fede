import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Endpoint, type EndpointAnswer, startEndpoint } from '../../src/io/credential-endpoint.ts'

const GOOD = '{"AccessKeyId":"ASIAEXAMPLE"}\n'

interface Open extends Endpoint {
  readonly port: number
  readonly refused: string[]
  /** How often somebody got past the gate. */
  answers: number
}

async function open(t: TestContext, given: { answer?: () => Promise<EndpointAnswer>; arrivalMs?: number } = {}) {
  const refused: string[] = []
  const here = { answers: 0, refused }
  const endpoint = await startEndpoint({
    port: 0,
    answer: () => {
      here.answers++
      return given.answer?.() ?? Promise.resolve({ status: 200, body: GOOD })
    },
    onRefused: (state) => refused.push(state),
    ...(given.arrivalMs === undefined ? {} : { arrivalMs: given.arrivalMs }),
  })
  t.after(() => endpoint.close())
  return Object.assign(here, endpoint, { port: Number(new URL(endpoint.uri).port) }) as Open
}

/** A request as its bytes; a header given as null is left out, PORT is the endpoint's. */
function request(
  { port, token }: Open,
  { line = 'GET /credentials HTTP/1.1', more = '', ...headers }: Record<string, string | null> = {},
): string {
  const all = { Host: `127.0.0.1:${port}`, Authorization: token, ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value.replace('PORT', String(port))}\r\n`],
  )
  return `${line}\r\n${lines.join('')}${more ?? ''}\r\n`
}

/** Sends the bytes and gives all that came until the other side closed (or `until` was there). */
function exchange({ port }: Open, bytes: string | Buffer, until?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      got += chunk
      if (until !== undefined && got.includes(until)) socket.destroy()
    })
    // A reset is one of the ways in which it may close.
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
    socket.write(bytes)
  })
}

async function serves(here: Open): Promise<void> {
  const before = here.answers
  assert.match(await exchange(here, request(here), GOOD), /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(here.answers, before + 1)
}

test('the endpoint answers who shows its token, and asks nobody to keep the answer', async (t) => {
  const here = await open(t)
  assert.equal(here.uri, `http://127.0.0.1:${here.port}/credentials`)
  assert.match(here.token, /^[\w-]{43}$/)
  const got = await exchange(here, request(here), GOOD)
  assert.match(got, /\r\nContent-Type: application\/json\r\n/)
  assert.match(got, /\r\nCache-Control: no-store\r\n/)
  assert.doesNotMatch(got, /Access-Control|Server:/i)
  assert.notEqual((await open(t)).token, here.token)
})

const REFUSALS: readonly (readonly [what: string, status: number, given: Record<string, string | null>])[] = [
  ['no token', 403, { Authorization: null }],
  ['an empty token', 403, { Authorization: '' }],
  ['a wrong token', 403, { Authorization: 'A'.repeat(43) }],
  ['the name of a site that leads here (DNS rebinding)', 403, { Host: 'evil.example:PORT' }],
  ['localhost, which is not what was advertised', 403, { Host: 'localhost:PORT' }],
  ['the address without its port', 403, { Host: '127.0.0.1' }],
  ['no Host', 403, { Host: null }],
  ['two Hosts', 403, { more: 'Host: evil.example\r\n' }],
  ['an Origin', 403, { Origin: 'http://127.0.0.1' }],
  ['the Origin null', 403, { Origin: 'null' }],
  ['POST', 405, { line: 'POST /credentials HTTP/1.1', 'Content-Length': '0' }],
  ['HEAD', 405, { line: 'HEAD /credentials HTTP/1.1' }],
  ['OPTIONS', 405, { line: 'OPTIONS /credentials HTTP/1.1', 'Access-Control-Request-Method': 'GET' }],
  ['/', 404, { line: 'GET / HTTP/1.1' }],
  ['a query', 404, { line: 'GET /credentials?x=1 HTTP/1.1' }],
  ['another spelling of the path', 404, { line: 'GET //credentials HTTP/1.1' }],
  ['a whole address, as to a proxy', 404, { line: 'GET http://evil.example/credentials HTTP/1.1' }],
  ['a body', 400, { 'Content-Length': '2', more: '\r\nhi' }],
  ['a body in chunks', 400, { 'Transfer-Encoding': 'chunked', more: '\r\n0\r\n' }],
  ['two lengths (smuggling)', 400, { 'Content-Length': '0', 'Transfer-Encoding': 'chunked', more: '\r\n0\r\n' }],
]

for (const [what, status, given] of REFUSALS) {
  test(`the endpoint refuses ${what}, asks nobody and closes`, async (t) => {
    const here = await open(t)
    const token = given.Authorization === undefined ? {} : { Authorization: given.Authorization }
    const got = await exchange(here, request(here, { ...given, ...token }))
    assert.match(got, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.equal(here.answers, 0)
    assert.ok(!got.includes(here.token) && !got.includes('ASIA'))
    assert.ok(here.refused.every((state) => !state.includes(here.token) && !state.includes('evil')))
    await serves(here)
  })
}

test('the endpoint refuses every token that begins or ends like its own', async (t) => {
  const here = await open(t)
  const wrong = [here.token.slice(0, -1), `${here.token}A`, `Bearer ${here.token}`, here.token.toUpperCase()]
  for (const Authorization of wrong) {
    assert.match(await exchange(here, request(here, { Authorization })), /^HTTP\/1\.1 403 /)
  }
  assert.equal(here.answers, 0)
  assert.deepEqual(new Set(here.refused), new Set(['wrong token']))
})

test('the endpoint says why in the fields that SDKs read', async (t) => {
  const here = await open(t)
  const got = await exchange(here, request(here, { Authorization: null }))
  const { code, message, Code, Message } = JSON.parse(got.slice(got.indexOf('\r\n\r\n')))
  assert.deepEqual([code, message], [Code, Message])
  assert.deepEqual([code, message], ['Refused', 'request refused: no token'])
})

test('the endpoint reads no more than 8 kB of a request', async (t) => {
  const here = await open(t)
  const megabyte = 'x'.repeat(1024 * 1024)
  assert.match(await exchange(here, request(here, { 'X-Big': megabyte })), /^HTTP\/1\.1 431 /)
  assert.match(await exchange(here, request(here, { line: `GET /${megabyte} HTTP/1.1` })), /^HTTP\/1\.1 4\d\d /)
  const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: 1\r\n`).join('')
  assert.match(await exchange(here, request(here, { more: many })), /^HTTP\/1\.1 431 /)
  assert.equal(here.answers, 0)
  await serves(here)
})

test('the endpoint refuses what is no HTTP', async (t) => {
  const here = await open(t)
  for (const bytes of [Buffer.from('16030100fa010000f60303', 'hex'), '\r\n\r\n\r\nhello\r\n\r\n', 'GET\r\n\r\n'])
    assert.match(await exchange(here, bytes), /^(HTTP\/1\.1 400 |$)/)
  assert.equal(here.answers, 0)
  await serves(here)
})

test('the endpoint cuts off who sends its request too slowly, or nothing at all', async (t) => {
  const here = await open(t, { arrivalMs: 300 })
  const slow = (write: (socket: Socket) => void) =>
    new Promise<void>((resolve) => {
      const socket = connect(here.port, '127.0.0.1')
      const timer = setInterval(() => write(socket), 50)
      socket.on('error', () => {})
      socket.resume().on('close', () => {
        clearInterval(timer)
        resolve()
      })
    })
  const drips = request(here).split('')
  let sent = 0
  await Promise.all([
    slow((socket) => socket.write(drips[sent++ % 20] ?? '')),
    slow((socket) => socket.write('X-More: 1\r\n')),
    slow(() => {}),
  ])
  assert.equal(here.answers, 0)
})

test('the endpoint serves a client beside a thousand idle connections, and cuts the oldest of them off', async (t) => {
  const here = await open(t)
  let cut = 0
  const idle = await Promise.all(
    Array.from(
      { length: 1000 },
      (_, i) =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(here.port, '127.0.0.1', () => resolve(socket)).on('close', () => cut++)
          socket.on('error', i < 500 ? () => {} : reject).resume()
        }),
    ),
  )
  await serves(here)
  while (cut < 480) await wait(10)
  assert.ok(cut < 500, `${cut} were cut off`)
  for (const socket of idle) socket.destroy()
})

test('the endpoint keeps those apart that have shown the token: they are not cut off', async (t) => {
  const here = await open(t)
  const client: Socket = connect(here.port, '127.0.0.1')
  const got: string[] = []
  client.setEncoding('latin1').on('data', (chunk: string) => got.push(chunk))
  client.write(request(here))
  while (!got.join('').includes(GOOD)) await wait(5)
  const idle = Array.from({ length: 700 }, () => connect(here.port, '127.0.0.1').on('error', () => {}))
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on('connect', resolve).on('close', resolve))))
  client.write(request(here))
  while (got.join('').split(GOOD).length < 3) await wait(5)
  assert.equal(client.destroyed, false)
  for (const socket of [client, ...idle]) socket.destroy()
})

test('the endpoint answers requests of one packet in their order, and nothing after one that it refuses', async (t) => {
  const here = await open(t)
  const one = request(here)
  const last = request(here, { Connection: 'close' })
  const got = await exchange(here, one + one + last)
  assert.equal(got.split(GOOD).length, 4)
  assert.equal(here.answers, 3)
  const refused = await exchange(here, request(here, { Authorization: null }) + one)
  assert.match(refused, /^HTTP\/1\.1 403 /)
  assert.equal(refused.split('HTTP/1.1').length, 2)
  assert.ok(!refused.includes('ASIA'))
})

test('the endpoint outlives clients that leave in the middle of a request, or before its answer', async (t) => {
  let answer = (_: EndpointAnswer) => {}
  const here = await open(t, { answer: () => new Promise((resolve) => (answer = resolve)) })
  for (const end of ['end', 'destroy', 'resetAndDestroy'] as const) {
    const socket = connect(here.port, '127.0.0.1').on('error', () => {})
    socket.write(request(here).slice(0, 40), () => socket[end]())
    await new Promise((resolve) => socket.resume().on('close', resolve))
  }
  assert.equal(here.answers, 0)
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const before: number = here.answers
    const socket = connect(here.port, '127.0.0.1').on('error', () => {})
    socket.write(request(here))
    while (here.answers === before) await wait(5)
    socket[end]()
    await wait(20)
    answer({ status: 200, body: GOOD })
  }
  const served = exchange(here, request(here), GOOD)
  while (here.answers < 3) await wait(5)
  answer({ status: 200, body: GOOD })
  assert.match(await served, /200 OK/)
})

test('the endpoint puts a reason into its status line, as plain text', async (t) => {
  const reason = 'cannot assume "é…"\r\nSet-Cookie: x'
  const here = await open(t, { answer: async () => ({ status: 424, reason, body: '{}\n' }) })
  const got = await exchange(here, request(here), '{}\n')
  assert.match(got, /^HTTP\/1\.1 424 cannot assume "\?\.\.\."\?\?Set-Cookie: x\r\n/)
})

test('the endpoint listens on loopback alone, and is gone with its connections when closed', async (t) => {
  const here = await open(t, { answer: () => new Promise(() => {}) })
  const waiting = exchange(here, request(here))
  while (here.answers === 0) await wait(5)
  here.close()
  assert.equal(await waiting, '')
  const refusedAt = (host: string) =>
    new Promise((resolve) => {
      const socket = connect(here.port, host, () => {
        socket.destroy()
        resolve('open')
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
  assert.equal(await refusedAt('127.0.0.1'), 'ECONNREFUSED')
  const again = await open(t)
  for (const other of ['127.0.0.2', '::1']) {
    const code = await new Promise((resolve) => {
      const socket = connect(again.port, other, () => {
        socket.destroy()
        resolve('open')
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    })
    assert.notEqual(code, 'open', other)
  }
})

test('startEndpoint() says that a port is taken', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  await assert.rejects(startEndpoint({ port, answer: async () => ({ status: 200, body: '' }) }), {
    name: 'CredError',
    message: `cannot listen on 127.0.0.1:${port}: another program has that port`,
    hint: 'leave --port out, and a free one is taken',
  })
})
