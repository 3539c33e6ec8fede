import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, get } from 'node:http'
import type { BenchWorld } from './bench-world.ts'
import { type Command, type Figures, interleave, quantile } from './interleave.ts'
import { bar, print, table } from './report.ts'

/** 1,000 requests to `serve` over one connection pool, one after the other, between runs of `process`. */
export async function serveRequests(program: string, world: BenchWorld, hit: Command): Promise<void> {
  const child = spawn(program, ['serve', '--profile', 'prod', '--format', 'json'], {
    env: world.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const agent = new Agent({ keepAlive: true })
  try {
    const variables = JSON.parse(await firstLine(child)) as Record<string, string>
    const times: number[] = []
    const runs: number[] = []
    for (let round = -1; round < 20; round++) {
      for (let i = 0; i < 50; i++) {
        const ms = await requestMs(variables, agent)
        if (round >= 0) times.push(ms)
      }
      const [one] = interleave([hit], world.env, 3, { warmups: 0 })
      if (round >= 0) runs.push((one as Figures).medianMs)
    }
    const figures = { name: 'request to serve', ...middle(times) }
    print('')
    table([{ name: hit.name, ...middle(runs) }, figures], 2)
    bar('request to serve', figures.medianMs, 2, 'ms')
    bar('request to serve / hit of process', figures.medianMs / middle(runs).medianMs, 0.05)
  } finally {
    agent.destroy()
    child.kill()
  }
}

function middle(times: number[]): Omit<Figures, 'name'> {
  const sorted = times.sort((a, b) => a - b)
  return { p10Ms: quantile(sorted, 0.1), medianMs: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9) }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.on('close', (code) => reject(new Error(`serve ended with ${code}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.endsWith('\n')) resolve(text)
    })
  })
}

function requestMs(variables: Record<string, string>, agent: Agent): Promise<number> {
  const started = performance.now()
  const headers = { Authorization: variables.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '' }
  return new Promise((resolve, reject) => {
    get(variables.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '', { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`serve answered ${response.statusCode}`))
      response.resume().on('end', () => resolve(performance.now() - started))
    }).on('error', reject)
  })
}
