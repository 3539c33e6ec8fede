import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { motoServer } from './consumers.ts'
import type { StsUser } from './sts.ts'

/** A way to moto that counts. */
export interface Door {
  readonly url: string
  /** The actions asked for here since the last `reset`, in order. */
  readonly actions: readonly string[]
  reset(): void
}

/** An independent STS. */
export interface Moto {
  /** A new one, closed after the test. */
  door(t: TestContext): Promise<Door>
  /** A call of IAM, unsigned: only before `demandSignatures`. Gives the XML. */
  iam(action: string, params: Readonly<Record<string, string>>): Promise<string>
  /** From now on keys, signatures, tokens and policies must be right (moto's "reset-auth"). */
  demandSignatures(): Promise<void>
  close(): Promise<void>
}

/** Starts `moto_server` on a free port. */
export async function startMoto(): Promise<Moto> {
  const program = motoServer()
  if (program === null) throw new Error('moto_server is not here')
  const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lastWord = () => void child.kill('SIGKILL')
  process.once('exit', lastWord)
  const behind = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      said += chunk
      const port = /Running on http:\/\/127\.0\.0\.1:(\d+)\s/.exec(said)?.[1]
      if (port !== undefined) resolve(port)
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`moto_server ended at once: ${said}`)))
  })
  const moto = `http://127.0.0.1:${behind}`
  const post = async (path: string, body: string, headers: Record<string, string>): Promise<string> => {
    const answer = await fetch(`${moto}${path}`, { method: 'POST', body, headers })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`moto answered ${answer.status}: ${text}`)
    return text
  }
  return {
    door: (t) => openDoor(t, Number(behind)),
    iam: (action, params) =>
      post('/', `${new URLSearchParams({ Action: action, Version: '2010-05-08', ...params })}`, {
        'Content-Type': 'application/x-www-form-urlencoded',
        // Not a signature: moto reads the service's name there.
        Authorization:
          'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
      }),
    demandSignatures: async () => {
      await post('/moto-api/reset-auth', '0', { 'Content-Type': 'text/plain' })
    },
    close: async () => {
      process.off('exit', lastWord)
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** Passes everything on as it came, `Host` too (it is signed), and notes each Action. */
async function openDoor(t: TestContext, port: number): Promise<Door> {
  const actions: string[] = []
  const door = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    actions.push(new URLSearchParams(body.toString()).get('Action') ?? '-')
    const { method, url: path, headers } = incoming
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    onward.end(body)
  })
  t.after(() => {
    door.closeAllConnections()
    door.close()
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const reset = () => {
    actions.length = 0
  }
  return { url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`, actions, reset }
}

/** A user who may do all of STS, with a key, and roles that trust `*` and may do the same. */
export async function makeIdentities(
  moto: Moto,
  roles: readonly string[],
): Promise<Pick<StsUser, 'accessKeyId' | 'secret'>> {
  const statement = (more: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:*', ...more }] })
  const policy = { PolicyName: 'sts', PolicyDocument: statement({ Resource: '*' }) }
  await moto.iam('CreateUser', { UserName: 'alice' })
  await moto.iam('PutUserPolicy', { UserName: 'alice', ...policy })
  for (const RoleName of roles) {
    const AssumeRolePolicyDocument = statement({ Action: 'sts:AssumeRole', Principal: { AWS: '*' } })
    await moto.iam('CreateRole', { RoleName, AssumeRolePolicyDocument })
    await moto.iam('PutRolePolicy', { RoleName, ...policy })
  }
  const made = await moto.iam('CreateAccessKey', { UserName: 'alice' })
  const text = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(made)?.[1] ?? ''
  return { accessKeyId: text('AccessKeyId'), secret: text('SecretAccessKey') }
}
