import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** Passes all on to `target`, and its answers back without the headers named (in small letters), as some gateways do. */
export async function losingProxy(t: TestContext, target: string, lost: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(target)
  const server = createServer((asked, answered) => {
    answered.sendDate = false
    const { method = 'GET', url: path = '/', headers } = asked
    const passed = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !lost.includes(name))
      answered.writeHead(answer.statusCode ?? 500, Object.fromEntries(kept))
      answer.pipe(answered)
    })
    passed.once('error', () => answered.destroy())
    asked.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
