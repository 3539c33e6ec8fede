import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildExecutable, hostTarget } from '../../src/build/executable.ts'
import { keyringInstalled, startKeyring } from '../support/keyring.ts'
import { type BenchWorld, newWorld } from './bench-world.ts'
import { type Command, type Figures, interleave } from './interleave.ts'
import { bar, print, table } from './report.ts'
import { serveRequests } from './serve-requests.ts'
import { microseconds, settingsCommands } from './settings.ts'
import { statusBeside } from './status.ts'

/** A folder of the run's own, a fresh copy of the program in it, and how many rounds each comparison runs. */
export interface Bench {
  readonly work: string
  readonly program: string
  readonly rounds: number
}

/** What a hit costs beside an executable that does nothing, what a crowd and a cold start cost. */
export async function benchHits(bench: Bench): Promise<void> {
  const empty = join(bench.work, 'empty')
  writeFileSync(join(bench.work, 'empty.cjs'), 'void 0\n')
  await silently(() => buildExecutable(join(bench.work, 'empty.cjs'), join(bench.work, 'empty.built'), hostTarget()))
  // Both copied now, as `COPIES` says.
  copyFileSync(join(bench.work, 'empty.built'), empty)
  copyFileSync(bench.program, join(bench.work, 'copy'))
  renameSync(join(bench.work, 'copy'), bench.program)
  if (keychainToBench()) await keychainHit(bench, empty)
  else print('keychain: skipped, gnome-keyring or secret-tool is not here')
  await vaultHit(bench, empty)
}

export function keychainToBench(): boolean {
  return keyringInstalled() && spawnSync('secret-tool', ['--version']).error === undefined
}

async function keychainHit({ work, program, rounds }: Bench, empty: string): Promise<void> {
  const keyring = await startKeyring()
  const world = await newWorld(work, program, { ...keyring.env, AWS_CRED_STORE: 'keychain' }, 'keychain')
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
    statusBeside(program, world, hit, rounds)
    await crowd(work, program, keyring.env)
    coldStart(program, world, Math.min(rounds, 15))
  } finally {
    await world.end()
    await keyring.close()
  }
}

async function vaultHit(bench: Bench, empty: string): Promise<void> {
  const { work, program, rounds } = bench
  const memory = mkdtempSync('/dev/shm/aws-cred-bench-')
  const world = await newWorld(work, program, { XDG_RUNTIME_DIR: memory, AWS_CRED_STORE: 'vault' }, 'vault')
  try {
    const hit = { name: 'hit, unlocked vault', argv: [program, 'process', '--profile', 'prod'] }
    const files = [empty, program, await decryptor(work)]
    print('')
    const pairs = Array.from({ length: COPIES }, () => ofFreshCopies(bench, world, files))
    table(pairs[0] ?? [])
    const ratios = (index: number) => pairs.map((figures) => medianOf(figures, index) / medianOf(figures, 0)).sort()
    const [hits, floors] = [ratios(1), ratios(2)]
    bar(`hit / empty executable, the middle one of ${COPIES} pairs of copies`, hits[COPIES >> 1] ?? Number.NaN, 1.15)
    print(`     each pair: ${hits.map((ratio) => ratio.toFixed(3)).join(', ')}`)
    print(
      `     node:crypto and one AES-256-GCM decryption alone: ${floors.map((ratio) => ratio.toFixed(3)).join(', ')}`,
    )
    bar(
      'resident memory of a hit / empty executable',
      residentKb(hit.argv, world.env) / residentKb([empty], world.env),
      1.3,
    )
    statusBeside(program, world, hit, rounds)
    await settingsHit(bench, world, hit.argv)
    await serveRequests(program, world, hit)
  } finally {
    await world.end()
    rmSync(memory, { recursive: true, force: true })
  }
}

/** How a file of 150 MB lies in the page cache makes up to 5 ms of a start, and differs from copy to copy of the same bytes. */
const COPIES = 5

/** An empty executable, a hit and a decryption, each of a file that was copied just now. */
function ofFreshCopies({ work, rounds }: Bench, world: BenchWorld, files: readonly string[]): Figures[] {
  const names = ['empty executable', 'hit, unlocked vault', 'an executable that decrypts 1,500 bytes']
  const commands = files.map((file, index) => {
    const copy = join(work, `fresh-${index}`)
    copyFileSync(file, copy)
    return { name: names[index] ?? '', argv: index === 1 ? [copy, 'process', '--profile', 'prod'] : [copy] }
  })
  const figures = interleave(commands, world.env, rounds)
  for (const { argv } of commands) rmSync(argv[0] ?? '')
  return figures
}

function medianOf(figures: readonly Figures[], index: number): number {
  return figures[index]?.medianMs ?? Number.NaN
}

/** What region, endpoint and clock add to a hit. Twice the rounds: the bar is narrow. */
async function settingsHit({ work, rounds }: Bench, world: BenchWorld, argv: readonly string[]): Promise<void> {
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

/** What any program in this Node pays for one item of the vault: the floor under its hit. */
async function decryptor(work: string): Promise<string> {
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

/** 100 at once, cold: counted. Then 1,000 hits: no call. */
async function crowd(work: string, program: string, keyringEnv: NodeJS.ProcessEnv): Promise<void> {
  const world = await newWorld(work, program, { ...keyringEnv, AWS_CRED_STORE: 'keychain' }, 'crowd', { warm: false })
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
function coldStart(program: string, world: BenchWorld, rounds: number): void {
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
  const figures = interleave(commands.slice(0, 2), world.env, rounds)
  table(figures)
  const [loading] = interleave(commands.slice(2), refused, rounds)
  print(`  a refresh that is refused at the door (module loading and ${3} tries): ${loading?.medianMs.toFixed(1)} ms`)
}

function residentKb(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  const runs = Array.from({ length: 5 }, () => {
    const { stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...argv], { env, encoding: 'utf8' })
    return Number(stderr.trim().split('\n').at(-1))
  })
  return runs.sort((a, b) => a - b)[2] as number
}

function check(status: number | null): void {
  if (status !== 0) throw new Error('secret-tool store failed')
}

async function silently(work: () => Promise<void>): Promise<void> {
  const { log } = console
  console.log = () => {}
  await work().finally(() => {
    console.log = log
  })
}
