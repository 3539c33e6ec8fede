import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const CLIENTS = resolve(import.meta.dirname, '../../../shared/clients')

/** How often a consumer runs the helper, as its own source has it (contract §1.5 and §1.7). */
export interface HelperRuns {
  /** While the session lives for more than every consumer's window. */
  readonly fresh: number
  /** For two calls, each with a session of seconds, of which the first has ended before the second. */
  readonly renewing: number
  /** Where it fails. */
  readonly failing: number
}

/** A program that gets its credentials through `credential_process` and then calls sts:GetCallerIdentity. */
export interface Consumer {
  readonly name: string
  /** What is missing where it cannot be run; null where it can. */
  missing(): string | null
  command(given: { profile: string; calls: number; pauseSeconds: number; endpoint: string }): readonly string[]
  readonly env?: (profile: string) => Readonly<Record<string, string>>
  /** Its program makes one call and ends: several calls are several programs. */
  readonly endsAfterCall?: true
  readonly runs: HelperRuns
  /** Whether the helper's line reaches its user when the helper fails. */
  readonly tellsReason: boolean
  readonly exitOnFailure: number
}

const AS_PROFILE = (profile: string) => ({ AWS_PROFILE: profile })
const CLIENT_WORDS = (profile: string, calls: number, pauseSeconds: number) => [
  profile,
  String(calls),
  String(pauseSeconds),
]

export const CONSUMERS: readonly Consumer[] = [
  {
    name: 'AWS CLI v1',
    missing: () => (awsCli('1') === null ? 'AWS CLI v1' : null),
    command: ({ profile }) => [awsCli('1') ?? '', ...cliWords(profile)],
    endsAfterCall: true,
    // botocore below 10 min: once to load, once more at the first use.
    runs: { fresh: 1, renewing: 4, failing: 1 },
    tellsReason: true,
    exitOnFailure: 255,
  },
  {
    name: 'AWS CLI v2',
    missing: () => (awsCli('2') === null ? 'AWS CLI v2' : null),
    // Debian's 2.9 knows no AWS_ENDPOINT_URL.
    command: ({ profile, endpoint }) => [awsCli('2') ?? '', ...cliWords(profile), '--endpoint-url', endpoint],
    endsAfterCall: true,
    runs: { fresh: 1, renewing: 4, failing: 1 },
    tellsReason: true,
    exitOnFailure: 255,
  },
  {
    name: 'boto3',
    missing: () => (python() === null ? 'boto3' : null),
    command: ({ profile, calls, pauseSeconds }) => [
      python() ?? '',
      join(import.meta.dirname, 'boto3-consumer.py'),
      ...CLIENT_WORDS(profile, calls, pauseSeconds),
    ],
    // As the CLIs, and then once a call.
    runs: { fresh: 1, renewing: 3, failing: 1 },
    tellsReason: true,
    exitOnFailure: 1,
  },
  {
    name: 'JS SDK, explicit fromIni',
    missing: () => null,
    command: ({ profile, calls, pauseSeconds }) => jsCommand(profile, calls, pauseSeconds),
    // Below 5 min: twice a call, and once more at the first (memoizeIdentityProvider.js asks again at once).
    runs: { fresh: 1, renewing: 5, failing: 1 },
    tellsReason: true,
    exitOnFailure: 1,
  },
  {
    name: 'JS SDK, default chain',
    missing: () => null,
    command: ({ calls, pauseSeconds }) => jsCommand('-', calls, pauseSeconds),
    env: AS_PROFILE,
    // A failure in fromIni is tried again by fromProcess, and neither's text is kept.
    runs: { fresh: 1, renewing: 4, failing: 2 },
    tellsReason: false,
    exitOnFailure: 1,
  },
  // At the end of the session.
  client('Go SDK', 'sts-go', { runs: { fresh: 1, renewing: 2, failing: 1 }, tellsReason: true }),
  {
    name: 'Java SDK',
    missing: () => {
      if (!existsSync(join(CLIENTS, 'sts-java.jar'))) return 'the Java client of ../shared/clients'
      return spawnSync('java', ['-version']).status === 0 ? null : 'java'
    },
    command: ({ profile, calls, pauseSeconds }) => [
      'java',
      '-XX:TieredStopAtLevel=1',
      '-jar',
      join(CLIENTS, 'sts-java.jar'),
      ...CLIENT_WORDS(profile, calls, pauseSeconds),
    ],
    // Below 15 s at every look; the program looks twice a call.
    runs: { fresh: 1, renewing: 4, failing: 1 },
    tellsReason: false,
    exitOnFailure: 1,
  },
  // Below 15 min at every look; the program looks four times a call.
  client('.NET SDK', 'sts-dotnet', { runs: { fresh: 1, renewing: 8, failing: 1 }, tellsReason: true }),
]

function client(name: string, program: string, more: Pick<Consumer, 'runs' | 'tellsReason'>): Consumer {
  const path = join(CLIENTS, program)
  return {
    name,
    missing: () => (existsSync(path) ? null : `${program} of ../shared/clients`),
    command: ({ profile, calls, pauseSeconds }) => [path, ...CLIENT_WORDS(profile, calls, pauseSeconds)],
    exitOnFailure: 1,
    ...more,
  }
}

function jsCommand(profile: string, calls: number, pauseSeconds: number): string[] {
  const script = join(import.meta.dirname, 'js-consumer.ts')
  return [process.execPath, script, ...CLIENT_WORDS(profile, calls, pauseSeconds)]
}

function cliWords(profile: string): string[] {
  return ['--profile', profile, '--output', 'text', '--query', 'Arn', 'sts', 'get-caller-identity']
}

const known = new Map<string, string | null>()

/** moto's server: pyenv's own file, else one on PATH. */
export function motoServer(): string | null {
  return remembered('moto_server', () => fromPyenv('moto_server') ?? onPath('moto_server')[0] ?? null)
}

/** The AWS CLI of a major version: pyenv's own file (its shim breaks under another HOME), else one on PATH. */
export function awsCli(major: '1' | '2'): string | null {
  return remembered(`aws-cli/${major}.`, () => {
    const candidates = [fromPyenv('aws'), ...onPath('aws')]
    return (
      candidates.find((path) => path !== null && answered(path, ['--version']).includes(`aws-cli/${major}.`)) ?? null
    )
  })
}

/** A Python that has boto3. */
export function python(): string | null {
  return remembered('python', () => {
    const code = 'import importlib.util as i; print("here" if i.find_spec("boto3") else "")'
    const candidates = [fromPyenv('python3'), ...onPath('python3')]
    return candidates.find((path) => path !== null && answered(path, ['-c', code]).includes('here')) ?? null
  })
}

function remembered(name: string, find: () => string | null): string | null {
  const before = known.get(name)
  if (before !== undefined) return before
  const found = find()
  known.set(name, found)
  return found
}

/** The file that pyenv's shim would start; null where there is no pyenv, or nothing of that name in it. */
function fromPyenv(program: string): string | null {
  return answered('pyenv', ['which', program]).trim() || null
}

function onPath(program: string): string[] {
  return (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, program))
    .filter((path) => !path.includes('/shims/') && existsSync(path))
}

function answered(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  // Python 2's builds of the CLI tell their version on stderr.
  return status === 0 ? `${stdout}${stderr}` : ''
}
