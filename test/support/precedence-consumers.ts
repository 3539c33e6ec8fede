import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Tool } from '../../src/core/precedence/precedence-model.ts'
import { awsCli, CLIENTS, python } from './consumers.ts'
import { type PrecedencePlace, situationEnv, situationHome } from './precedence-place.ts'
import type { Situation } from './precedence-situations.ts'

/** What the tool itself did: the ARN that it is, or all that it has said instead. */
export interface Observed {
  readonly arn: string | null
  readonly text: string
}

/** One of the tools, ready to be asked again and again. */
export interface PrecedenceConsumer {
  /** `-` is the default chain. */
  observe(situation: Situation, profile: string): Promise<Observed>
  close(): void
}

interface Ran {
  readonly code: number | null
  readonly text: string
}

type RunAs = (profile: string, env: Readonly<Record<string, string>>) => Promise<Ran>

/** What is missing where the tool cannot be run, else how it is started. */
export function precedenceConsumer(
  tool: Exclude<Tool, 'rust'>,
  place: PrecedencePlace,
): { readonly missing: string } | (() => PrecedenceConsumer) {
  const aws = tool === 'cli-v1' || tool === 'cli-v2' ? awsCli(tool === 'cli-v1' ? '1' : '2') : null
  switch (tool) {
    case 'cli-v1':
      return aws === null ? { missing: 'AWS CLI v1' } : () => pythonConsumer(place, tool, aws, cliWords)
    case 'cli-v2':
      return aws === null ? { missing: 'AWS CLI v2' } : () => pythonConsumer(place, tool, aws, cliWords)
    case 'boto3':
      return python() === null ? { missing: 'boto3' } : () => pythonConsumer(place, tool, BOTO3, (profile) => [profile])
    case 'js':
      return () => jsConsumer(place)
    case 'java':
      return javaMissing() ?? (() => javaConsumer(place))
    case 'go':
    case 'dotnet': {
      // A build of it that is not cut down to the one call answers more: see LIMITS.
      const program = (tool === 'dotnet' && process.env.AWS_CRED_TEST_DOTNET) || join(CLIENTS, `sts-${tool}`)
      if (!existsSync(program)) return { missing: `sts-${tool} of ../shared/clients` }
      return () => consumer(place, (profile, env) => ran(spawnIn(env, [program, profile])))
    }
  }
}

function consumer(place: PrecedencePlace, run: RunAs, at?: string, close = () => {}): PrecedenceConsumer {
  return {
    observe: async (situation, profile) => {
      const home = situationHome(place, situation)
      // A server's HOME is one path for all runs, which leads to the home of each.
      if (at !== undefined) {
        rmSync(at, { force: true })
        symlinkSync(home, at)
      }
      const { code, text } = await run(profile, situationEnv(place, situation, at ?? home))
      const arn = code === 0 ? (/arn:aws:(?:iam|sts)::\d+:[\w/-]+/.exec(text)?.[0] ?? null) : null
      return { arn, text: errorText(text) }
    },
    close,
  }
}

/** Out of the JSON line that most of the programs write, else as it is. */
function errorText(text: string): string {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? ((JSON.parse(line) as { error?: string }).error ?? text) : text
}

const BOTO3 = join(import.meta.dirname, 'boto3-consumer.py')

function cliWords(profile: string): string[] {
  const words = profile === '-' ? [] : ['--profile', profile]
  return [...words, '--output', 'text', '--query', 'Arn', 'sts', 'get-caller-identity']
}

/** Starting Python and its imports take most of a run: they are done once, and each run is a fork of that. */
function pythonConsumer(
  place: PrecedencePlace,
  tool: string,
  program: string,
  words: (profile: string) => string[],
): PrecedenceConsumer {
  const at = join(place.folder, `at-${tool}`)
  const models = join(place.folder, 'models')
  writeEndpoints(models, place)
  const interpreter = tool === 'boto3' ? python() : /^#!(\S+)/.exec(readFileSync(program, 'utf8'))?.[1]
  // Debian's AWS CLI v2 knows no AWS_ENDPOINT_URL, and --endpoint-url would not reach the STS that a role is assumed at.
  const env = { HOME: at, PATH: '/usr/bin:/bin', ...(tool === 'cli-v2' && { AWS_DATA_PATH: models }) }
  const script = join(import.meta.dirname, 'consumer-server.py')
  const server = startServer(
    interpreter ?? '',
    [script, ...(tool === 'boto3' ? ['boto3'] : ['awscli.clidriver', 'awscli.handlers'])],
    env,
  )
  const run: RunAs = (profile, given) => server.run({ argv: [program, ...words(profile)], env: given })
  return consumer(place, run, at, server.close)
}

function jsConsumer(place: PrecedencePlace): PrecedenceConsumer {
  const server = startServer(process.execPath, [join(import.meta.dirname, 'js-consumer-server.ts')], {
    PATH: '/usr/bin:/bin',
  })
  return consumer(place, (profile, env) => server.run({ argv: ['', profile], env }), undefined, server.close)
}

function javaMissing(): { missing: string } | null {
  if (!existsSync(join(CLIENTS, 'sts-java.jar'))) return { missing: 'the Java client of ../shared/clients' }
  return spawnSync('java', ['-version']).status === 0 ? null : { missing: 'java' }
}

/** The first run leaves an archive of the loaded classes: the others take half of the time. */
function javaConsumer(place: PrecedencePlace): PrecedenceConsumer {
  const archive = join(place.folder, 'java.jsa')
  return consumer(place, (profile, env) => {
    const flag = existsSync(archive) ? '-XX:SharedArchiveFile' : '-XX:ArchiveClassesAtExit'
    const words = ['-XX:TieredStopAtLevel=1', '-Xlog:disable', '-Xlog:all=off', `${flag}=${archive}`]
    return ran(spawnIn(env, ['java', ...words, '-jar', join(CLIENTS, 'sts-java.jar'), profile]))
  })
}

/** Endpoint rules for Debian's AWS CLI v2, in the place where it looks for models of the user's own. */
function writeEndpoints(models: string, { sts, fixture }: PrecedencePlace): void {
  const parameter = (builtIn: string, type: string) => ({
    builtIn,
    documentation: '',
    type,
    ...(type === 'Boolean' ? { required: true, default: false } : { required: false }),
  })
  const parameters = {
    Region: parameter('AWS::Region', 'String'),
    UseDualStack: parameter('AWS::UseDualStack', 'Boolean'),
    UseFIPS: parameter('AWS::UseFIPS', 'Boolean'),
    Endpoint: parameter('SDK::Endpoint', 'String'),
    UseGlobalEndpoint: parameter('AWS::STS::UseGlobalEndpoint', 'Boolean'),
  }
  const urls = { 'sts/2011-06-15': sts.url, 'sso/2019-06-10': fixture.paths.metadataUrl.replace(/\/$/, '') }
  for (const [service, url] of Object.entries(urls)) {
    const endpoint = { url, properties: {}, headers: {} }
    const rules = { version: '1.0', parameters, rules: [{ conditions: [], endpoint, type: 'endpoint' }] }
    mkdirSync(join(models, service), { recursive: true })
    writeFileSync(join(models, service, 'endpoint-rule-set-1.json'), JSON.stringify(rules))
  }
}

interface RunRequest {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

function startServer(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { run(request: RunRequest): Promise<Ran>; close(): void } {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: { resolve: (ran: Ran) => void; reject: (error: Error) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line) as Ran))
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  child.on('error', fail).on('close', (code) => fail(new Error(`${args[0]} ended with ${code}`)))
  child.stdin.on('error', fail)
  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify(request)}\n`)
      }),
    close: () => {
      child.stdin.end()
    },
  }
}

function spawnIn(env: Readonly<Record<string, string>>, [program = '', ...args]: readonly string[]): ChildProcess {
  return spawn(program, args, { env, cwd: env.HOME, stdio: ['ignore', 'pipe', 'pipe'] })
}

function ran(child: ChildProcess): Promise<Ran> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, text }))
  })
}
