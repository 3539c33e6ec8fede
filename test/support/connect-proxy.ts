import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Certificate } from './certificates.ts'

/** How a proxy meets CONNECT: it opens the tunnel, answers with a status of its own, hangs up, or says nothing. */
export type Manner = 'open' | number | 'hang-up' | 'silent'

export interface ConnectProxy {
  readonly url: string
  readonly port: number
  manner: Manner
  /** Each target that was asked for, `host:port`. */
  readonly targets: string[]
  /** Each `Proxy-Authorization` that came along. */
  readonly authorizations: string[]
}

/** A proxy on loopback whose tunnels all lead to one port of this machine, whatever name they are for. */
export async function startProxy(t: TestContext, leadsTo: number, tls?: Certificate): Promise<ConnectProxy> {
  const sockets = new Set<Socket>()
  const server: Server = tls === undefined ? createHttpServer() : createTlsServer(tls)
  const proxy = { url: '', port: 0, manner: 'open' as Manner, targets: [] as string[], authorizations: [] as string[] }
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    proxy.targets.push(request.url ?? '')
    const authorization = request.headers['proxy-authorization']
    if (authorization !== undefined) proxy.authorizations.push(authorization)
    if (proxy.manner === 'silent') return
    if (proxy.manner === 'hang-up') return void socket.destroy()
    if (proxy.manner !== 'open') return void socket.end(`HTTP/1.1 ${proxy.manner} Refused\r\nContent-Length: 0\r\n\r\n`)
    const upstream = connect(leadsTo, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      socket.pipe(upstream).pipe(socket)
    })
    sockets.add(upstream)
    upstream.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  proxy.port = (server.address() as AddressInfo).port
  proxy.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${proxy.port}`
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return proxy
}
