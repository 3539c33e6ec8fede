import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BenchWorld {
  readonly env: NodeJS.ProcessEnv
  readonly config: string
  readonly largeConfig: string
  counts(): Promise<Record<string, number>>
  reset(): Promise<void>
  end(): Promise<void>
}

/** A home with alice's keys in the store and a two-hop profile; `warm`: its session already fetched. */
export async function newWorld(
  work: string,
  program: string,
  given: NodeJS.ProcessEnv,
  name: string,
  { warm } = { warm: true },
): Promise<BenchWorld> {
  const sts = await startStsApart()
  const home = join(work, `home-${name}`)
  mkdirSync(join(home, '.aws'), { recursive: true, mode: 0o700 })
  const service = `aws-cred-bench-${process.pid}-${name}`
  const env = {
    ...given,
    HOME: home,
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_CRED_KEYCHAIN_SERVICE: service,
  }
  const role = (roleName: string): string => `arn:aws:iam::123456789012:role/${roleName}`
  const profile = (of: string, arn: string, source: string): string =>
    `[profile ${of}]\nregion = eu-west-1\nrole_arn = ${arn}\nsource_profile = ${source}\n`
  const profiles = `${profile('middle', role('Middle'), 'alice')}\n${profile('prod', role('Chained'), 'middle')}`
  const config = join(home, '.aws/config')
  writeFileSync(config, profiles)
  const others = Array.from(
    { length: 498 },
    (_, i) => `${profile(`p${i}`, role(`R${i}`), 'alice')}output = json\n# a comment\n\n`,
  )
  const largeConfig = join(home, '.aws/large')
  writeFileSync(largeConfig, others.slice(0, 249).join('') + profiles + others.slice(249).join(''))
  if (given.AWS_CRED_STORE === 'vault') run(program, ['unlock', '--stdin'], env, 'bench passphrase\n')
  run(program, ['add', 'alice', '--stdin'], env, `${sts.accessKeyId}\n${sts.secret}\n`)
  if (warm) run(program, ['process', '--profile', 'prod'], env)
  return {
    env,
    config,
    largeConfig,
    counts: async () => (await (await fetch(`${sts.url}/_counts`)).json()) as Record<string, number>,
    async reset() {
      await fetch(`${sts.url}/_control`, { method: 'POST', body: '{"reset":true}' })
    },
    async end() {
      run(program, ['remove', 'alice', '--yes'], env)
      sts.end()
    },
  }
}

interface StsApart {
  readonly url: string
  readonly accessKeyId: string
  readonly secret: string
  end(): void
}

/** The emulator in a process of its own: `interleave` blocks this one. */
function startStsApart(): Promise<StsApart> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/sts-main.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let text = ''
    child.on('error', reject)
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
      const found = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''
      const secret = found(/AWS_SECRET_ACCESS_KEY=(\S+)/)
      if (secret === '') return
      resolve({
        url: found(/AWS_ENDPOINT_URL_STS=(\S+)/),
        accessKeyId: found(/AWS_ACCESS_KEY_ID=(\S+)/),
        secret,
        end: () => child.kill(),
      })
    })
  })
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input = ''): void {
  const { status, stderr } = spawnSync(program, args, { env, input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`aws-cred ${args[0]} ended with ${status}: ${stderr}`)
}
