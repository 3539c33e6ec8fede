import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../../src/cli.ts'
import { createVault } from '../../src/keychain/vault-header.ts'
import { type BrokenWorld, NOW_MS, worldEnv } from './broken-worlds.ts'
import { fakeContext, fakeTerminal } from './fake-context.ts'

/** What a person does after `doctor`, and what `doctor` says then. */
export interface Mended {
  /** What `--fix` was given: the answer yes. */
  readonly said: string
  /** As `bad env-expired`, what is good left out. */
  readonly left: readonly string[]
  /** What of it `--fix` says that it does, still. */
  readonly leftToFix: readonly string[]
}

const PASSPHRASE = 'a passphrase for tests'
const CHEAP = { n: 16, r: 1, p: 1 }

/**
 * Runs `doctor --fix` with the answer yes, evaluates in a real shell the lines that it leaves to the shell, and looks
 * again in the environment that this gives. `binary` is what `aws-cred` is in that shell.
 */
export async function mendedWorld(
  world: BrokenWorld,
  { home, stsUrl, binary }: { readonly home: string; readonly stsUrl: string; readonly binary: string },
): Promise<Mended> {
  await createVault(join(home, '.local/state/aws-cred/vault'), PASSPHRASE, CHEAP)
  const own = { AWS_CRED_PASSPHRASE: PASSPHRASE, AWS_ENDPOINT_URL_STS: stsUrl }
  const env = { ...worldEnv(world, home), ...own }
  const run = async (more: readonly string[], runEnv: Readonly<Record<string, string>>) => {
    const terminal = fakeTerminal(['y'])
    const given = { home, env: runEnv, platform: world.platform ?? 'linux', terminal, nowMs: () => NOW_MS }
    const context = fakeContext({ ...given, executablePath: binary })
    await runCli(['doctor', ...(world.words ?? []), '--offline', ...more], context)
    return { out: context.outText, err: context.errText, terminal: terminal.text }
  }
  const fixed = await run(['--fix'], env)
  const lines = fixed.out.split('\nonly this shell can do the rest:\n')[1]?.split('\n') ?? []
  const after = await evaluated(world, lines, { home, env, binary })
  const { out } = await run(['--json'], after)
  const { findings } = JSON.parse(out) as {
    findings: readonly { code: string; severity: string; fix: string | null }[]
  }
  const wrong = findings.filter(({ severity }) => severity !== 'good')
  const named = (list: typeof wrong) => list.map(({ severity, code }) => `${severity} ${code}`).sort()
  return {
    said: fixed.terminal + fixed.err + fixed.out,
    left: named(wrong),
    leftToFix: named(wrong.filter(({ fix }) => fix !== null)),
  }
}

interface Shell {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly binary: string
}

/** The environment after a shell has evaluated the lines; `env` itself where there are none. */
async function evaluated(
  world: BrokenWorld,
  lines: readonly string[],
  { home, env, binary }: Shell,
): Promise<Record<string, string>> {
  const commands = lines.map((line) => line.trim()).filter((line) => line !== '')
  if (commands.length === 0) return { ...env }
  const isFish = world.env?.SHELL?.endsWith('fish') === true
  const folder = join(home, 'shell-bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'aws-cred'), `#!/bin/sh\nexec '${binary}' "$@"\n`)
  chmodSync(join(folder, 'aws-cred'), 0o755)
  const script = [...commands, '/usr/bin/env -0 >&3'].join('\n')
  const program = isFish ? 'fish' : 'bash'
  const given = { ...env, HOME: home, PATH: `${folder}:/usr/bin:/bin` }
  const { status, environment, complaint } = await runShell(program, script, given)
  if (status !== 0 || complaint !== '') throw new Error(`${world.name}: ${program} ended with ${status}: ${complaint}`)
  const pairs = environment.split('\0').filter((each) => each !== '')
  const now = Object.fromEntries(
    pairs.map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  return { ...now, PATH: env.PATH ?? '' }
}

/** Not `spawnSync`: what the shell runs may ask the STS of this process. */
async function runShell(program: string, script: string, env: Readonly<Record<string, string>>) {
  const child = spawn(program, ['-c', script], { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  let environment = ''
  let complaint = ''
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    environment += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
  return { status, environment, complaint }
}
