import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { CredError } from '../core/errors.ts'
import { containerError } from '../core/roots/container-document.ts'
import type { EndpointAccess } from '../core/shell/aws-variables.ts'
import { errnoOf, errnoState } from './file-errors.ts'

const HOST = '127.0.0.1'
const PATH = '/credentials'
const TOKEN_BYTES = 32
/** An SDK sends under 1 kB. */
const HEADER_BYTES_MAX = 8 * 1024
/** How long a request may take to arrive, from the connection on. */
const ARRIVAL_MS = 5_000
const IDLE_MS = 30_000
/** More than the system hands over at once (a backlog of 511), and half of the usual limit of open files. */
const STRANGERS_MAX = 520

export interface EndpointAnswer {
  readonly status: number
  /** The status line's text, the only part of a failure that .NET shows. */
  readonly reason?: string
  readonly body: string
}

export interface EndpointOptions {
  /** 0: a free one. */
  readonly port: number
  /** Called for requests that have shown the token, and for no others. Never rejects. */
  answer(): Promise<EndpointAnswer>
  /** Why a request was refused, with nothing from the request in it. */
  onRefused?(state: string): void
  /** For tests: `ARRIVAL_MS` unless given. */
  readonly arrivalMs?: number
}

export interface Endpoint extends EndpointAccess {
  /** Ends it at once: what is connected is cut off. */
  close(): void
}

/**
 * A container-credentials endpoint on loopback (contract §2.4): GET on one path, for whoever shows the token. Host must
 * be the address that it advertises, so that no name in a browser leads here, and what a web page sends (Origin) is
 * refused. Throws `CredError('failed')` where it cannot listen.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const arrivalMs = options.arrivalMs ?? ARRIVAL_MS
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: arrivalMs,
    requestTimeout: arrivalMs,
    connectionsCheckingInterval: arrivalMs / 2,
    keepAliveTimeout: IDLE_MS,
    requireHostHeader: false,
  })
  const strangers = new Strangers(server)
  await listen(server, options.port)
  const { port } = server.address() as AddressInfo
  const gate: Gate = { host: `${HOST}:${port}`, tokenDigest: digest(token) }
  server.on('request', (request, response) => {
    const refusal = refusalOf(request, gate)
    if (refusal !== null) {
      options.onRefused?.(refusal.state)
      response.setHeader('Connection', 'close')
      send(response, { status: refusal.status, body: containerError('Refused', `request refused: ${refusal.state}`) })
      return
    }
    strangers.delete(request.socket)
    void options.answer().then((answer) => send(response, answer))
  })
  return {
    uri: `http://${gate.host}${PATH}`,
    token,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What a request must show. */
interface Gate {
  readonly host: string
  readonly tokenDigest: Buffer
}

interface Refusal {
  readonly status: number
  readonly state: string
}

function refusalOf(request: IncomingMessage, { host, tokenDigest }: Gate): Refusal | null {
  const { method, url, headers, headersDistinct } = request
  if (headersDistinct.host?.length !== 1 || headers.host !== host) return { status: 403, state: 'wrong Host' }
  if (headers.origin !== undefined) return { status: 403, state: 'it comes from a web page (Origin)' }
  if (url !== PATH) return { status: 404, state: 'wrong path' }
  if (method !== 'GET') return { status: 405, state: 'only GET is answered' }
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') {
    return { status: 400, state: 'it has a body' }
  }
  // Digests have one length, so that the comparison takes the same time whatever was sent.
  if (!timingSafeEqual(digest(headers.authorization ?? ''), tokenDigest)) {
    return { status: 403, state: headers.authorization === undefined ? 'no token' : 'wrong token' }
  }
  return null
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function send(response: ServerResponse, { status, reason, body }: EndpointAnswer): void {
  // The client may have left meanwhile.
  if (response.destroyed) return
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  }
  if (reason === undefined) response.writeHead(status, headers)
  // A status line is printable ASCII.
  else response.writeHead(status, reason.replaceAll('…', '...').replace(/[^\x20-\x7e]/g, '?'), headers)
  response.end(body)
}

/**
 * The connections that have not shown the token, the oldest first. Beyond the limit the oldest is cut off, not the newest
 * refused: whoever fills the place up does not keep a client out, which is done with its request in a millisecond.
 */
class Strangers {
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      const [oldest] = this.#sockets
      if (this.#sockets.size > STRANGERS_MAX) oldest?.destroy()
    })
  }

  delete(socket: Socket): void {
    this.#sockets.delete(socket)
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // It stays on: later ones are of single connections (no descriptor left), and the endpoint lives on.
    server.on('error', (error) => reject(listenError(port, error)))
    server.listen(port, HOST, resolve)
  })
}

function listenError(port: number, error: Error): CredError {
  const where = port === 0 ? HOST : `${HOST}:${port}`
  const state = errnoOf(error) === 'EADDRINUSE' ? 'another program has that port' : errnoState(error)
  return new CredError('failed', `cannot listen on ${where}: ${state}`, {
    ...(port === 0 ? {} : { hint: 'leave --port out, and a free one is taken' }),
    cause: error,
  })
}
