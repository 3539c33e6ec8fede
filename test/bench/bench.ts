import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildExecutable, hostTarget } from '../../src/build/executable.ts'
import { BINARY, ensureBuilt } from '../support/built-binary.ts'
import { keyringInstalled, startKeyring } from '../support/keyring.ts'
import { type Command, type Figures, interleave, quantile } from './interleave.ts'
import { microseconds, settingsCommands } from './settings.ts'

/**
 * `npm run bench [-- ROUNDS]`: the bars of the issues as ratios of one run. Every comparison runs its commands in turn,
 * from fresh copies of the executables (the page cache of a file just built is another than that of a copy).
 */
const rounds = Number(process.argv[2] ?? 40)
const work = mkdtempSync(join(tmpdir(), 'aws-cred-bench-'))
const print = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  await bench()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function bench(): Promise<void> {
  ensureBuilt()
  const program = join(work, 'aws-cred')
  const empty = join(work, 'empty')
  copyFileSync(BINARY, program)
  writeFileSync(join(work, 'empty.cjs'), 'void 0\n')
  await silently(() => buildExecutable(join(work, 'empty.cjs'), join(work, 'empty.built'), hostTarget()))
  copyFileSync(join(work, 'empty.built'), empty)
  print(`aws-cred bench: ${rounds} interleaved rounds, medians; ${availableParallelism()} processors\n`)
  if (keyringInstalled() && hasSecretTool()) await keychainHit(program, empty)
  else print('keychain: skipped, gnome-keyring or secret-tool is not here')
  await vaultHit(program, empty)
}

async function keychainHit(program: string, empty: string): Promise<void> {
  const keyring = await startKeyring()
  const world = await newWorld(program, { ...keyring.env, AWS_CRED_STORE: 'keychain' }, 'keychain')
  try {
    const item = 'x'.repeat(1800)
    check(
      spawnSync('secret-tool', ['store', '--label=bench', 'bench', 'item'], { env: keyring.env, input: item }).status,
    )
    const hit = { name: 'hit, keychain', argv: [program, 'process', '--profile', 'prod'] }
    const large = {
      name: 'hit, keychain, 500 profiles',
      argv: ['/usr/bin/env', `AWS_CONFIG_FILE=${world.largeConfig}`, ...hit.argv],
    }
    const small = {
      name: 'the same through env, 3 profiles',
      argv: ['/usr/bin/env', `AWS_CONFIG_FILE=${world.config}`, ...hit.argv],
    }
    const lookup = { name: 'secret-tool lookup', argv: ['secret-tool', 'lookup', 'bench', 'item'] }
    const figures = interleave(
      [{ name: 'empty executable', argv: [empty] }, lookup, hit, small, large],
      world.env,
      rounds,
    )
    table(figures)
    const [none, tool, served, through, many] = figures as [Figures, Figures, Figures, Figures, Figures]
    bar('hit / (empty executable + secret-tool)', served.medianMs / (none.medianMs + tool.medianMs), 1.15)
    bar('500 profiles / 3 profiles', many.medianMs / through.medianMs, 1.05)
    bar(
      'resident memory of a hit / empty executable',
      residentKb(hit.argv, world.env) / residentKb([empty], world.env),
      1.3,
    )
    await crowd(program, keyring.env)
    coldStart(program, world)
  } finally {
    await world.end()
    await keyring.close()
  }
}

async function vaultHit(program: string, empty: string): Promise<void> {
  const memory = mkdtempSync('/dev/shm/aws-cred-bench-')
  const world = await newWorld(program, { XDG_RUNTIME_DIR: memory, AWS_CRED_STORE: 'vault' }, 'vault')
  try {
    const hit = { name: 'hit, unlocked vault', argv: [program, 'process', '--profile', 'prod'] }
    const aes = { name: 'an executable that decrypts 1,500 bytes', argv: [await decryptor()] }
    const figures = interleave([{ name: 'empty executable', argv: [empty] }, hit, aes], world.env, rounds)
    print('')
    table(figures)
    const [none, served, floor] = figures as [Figures, Figures, Figures]
    bar('hit / empty executable', served.medianMs / none.medianMs, 1.15)
    print(`     node:crypto and one AES-256-GCM decryption alone: ${(floor.medianMs / none.medianMs).toFixed(3)}`)
    bar(
      'resident memory of a hit / empty executable',
      residentKb(hit.argv, world.env) / residentKb([empty], world.env),
      1.3,
    )
    await settingsHit(world, hit.argv)
    await endpoint(program, world, hit)
  } finally {
    await world.end()
    rmSync(memory, { recursive: true, force: true })
  }
}

/** What region, endpoint and clock add to a hit. Twice the rounds: the bar is narrow. */
async function settingsHit(world: BenchWorld, argv: readonly string[]): Promise<void> {
  print('')
  await world.reset()
  const figures = interleave(settingsCommands(world, argv), world.env, rounds * 2)
  table(figures)
  const [few, all] = figures as [Figures, Figures]
  bar('every setting of region and endpoint / one', all.medianMs / few.medianMs, 1.02)
  const { endpoint, clock } = microseconds(join(work, 'clock'))
  const part = (endpoint + clock) / 1000 / few.medianMs
  bar(`of it endpoint ${endpoint.toFixed(0)} µs, clock ${clock.toFixed(0)} µs, by themselves`, part, 0.02)
  print(`     STS calls meanwhile: ${JSON.stringify(await world.counts())}`)
}

/** 1,000 requests to `serve` over one connection pool, one after the other, between runs of `process`. */
async function endpoint(program: string, world: BenchWorld, hit: Command): Promise<void> {
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
      const [one] = interleave([hit], world.env, 3, 0)
      if (round >= 0) runs.push((one as Figures).medianMs)
    }
    const figures = { name: 'request to serve', ...middle(times) }
    print('')
    table([{ name: hit.name, ...middle(runs) }, figures])
    print(`${figures.medianMs < 2 ? 'ok  ' : 'OVER'} request to serve: ${figures.medianMs.toFixed(3)} ms (bar 2)`)
    bar('request to serve / hit of process', figures.medianMs / middle(runs).medianMs, 0.05)
  } finally {
    agent.destroy()
    child.kill()
  }
}

function middle(times: number[]): Omit<Figures, 'name'> {
  const sorted = times.sort((a, b) => a - b)
  return { medianMs: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9) }
}

function firstLine(child: ReturnType<typeof spawn>): Promise<string> {
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

/** What any program in this Node pays for one item of the vault: the floor under its hit. */
async function decryptor(): Promise<string> {
  const entry = join(work, 'aes.cjs')
  writeFileSync(
    entry,
    `const { createDecipheriv } = require('node:crypto')
const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12), { authTagLength: 16 })
decipher.update(Buffer.alloc(1500))
process.reallyExit(0)
`,
  )
  await silently(() => buildExecutable(entry, join(work, 'aes.built'), hostTarget()))
  copyFileSync(join(work, 'aes.built'), join(work, 'aes'))
  return join(work, 'aes')
}

interface BenchWorld {
  readonly env: NodeJS.ProcessEnv
  readonly config: string
  readonly largeConfig: string
  counts(): Promise<Record<string, number>>
  reset(): Promise<void>
  end(): Promise<void>
}

/** A home with alice's keys in the store and a two-hop profile; `warm`: its session already fetched. */
async function newWorld(
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
  if (name === 'vault') run(program, ['unlock', '--stdin'], env, 'bench passphrase\n')
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

/** 100 at once, cold: counted. Then 1,000 hits: no call. */
async function crowd(program: string, keyringEnv: NodeJS.ProcessEnv): Promise<void> {
  const world = await newWorld(program, { ...keyringEnv, AWS_CRED_STORE: 'keychain' }, 'crowd', { warm: false })
  try {
    await world.reset()
    const started = performance.now()
    const answers = await Promise.all(Array.from({ length: 100 }, () => answerOf(program, world.env)))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const counts = JSON.stringify(await world.counts())
    print(`\n100 at once, cold, two hops: ${counts}, ${new Set(answers).size} distinct answer(s), ${seconds} s`)
    await world.reset()
    for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 20 }, () => answerOf(program, world.env)))
    print(`1,000 hits after it: ${JSON.stringify(await world.counts())} calls`)
  } finally {
    await world.end()
  }
}

function answerOf(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['process', '--profile', 'prod'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
    })
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`process ended with ${code}`))))
  })
}

/** One AssumeRole against the emulator, beside a hit: what is over is the SDK's loading and the call. */
function coldStart(program: string, world: BenchWorld): void {
  const commands: Command[] = [
    { name: 'hit', argv: [program, 'process', '--profile', 'middle'] },
    { name: 'cold: one AssumeRole', argv: [program, 'process', '--profile', 'middle', '--refresh'] },
    {
      name: 'loads the SDK, calls nobody',
      argv: ['/bin/sh', '-c', `"${program}" process --profile middle --refresh 2>/dev/null; exit 0`],
    },
  ]
  const refused = { ...world.env, AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' }
  print('')
  const figures = interleave(commands.slice(0, 2), world.env, Math.min(rounds, 15))
  table(figures)
  const [loading] = interleave(commands.slice(2), refused, Math.min(rounds, 15))
  print(`  a refresh that is refused at the door (module loading and ${3} tries): ${loading?.medianMs.toFixed(1)} ms`)
}

function table(figures: readonly Figures[]): void {
  for (const { name, medianMs, p90Ms } of figures)
    print(`  ${name.padEnd(34)} ${medianMs.toFixed(1).padStart(7)} ms   p90 ${p90Ms.toFixed(1)}`)
}

function bar(what: string, ratio: number, most: number): void {
  print(`${ratio <= most ? 'ok  ' : 'OVER'} ${what}: ${ratio.toFixed(3)} (bar ${most})`)
}

function residentKb(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  const runs = Array.from({ length: 5 }, () => {
    const { stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...argv], { env, encoding: 'utf8' })
    return Number(stderr.trim().split('\n').at(-1))
  })
  return runs.sort((a, b) => a - b)[2] as number
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input = ''): void {
  const { status, stderr } = spawnSync(program, args, { env, input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`aws-cred ${args[0]} ended with ${status}: ${stderr}`)
}

function check(status: number | null): void {
  if (status !== 0) throw new Error('secret-tool store failed')
}

function hasSecretTool(): boolean {
  return spawnSync('secret-tool', ['--version']).error === undefined
}

async function silently(work: () => Promise<void>): Promise<void> {
  const { log } = console
  console.log = () => {}
  await work().finally(() => {
    console.log = log
  })
}
