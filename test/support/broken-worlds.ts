import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCli } from '../../src/cli.ts'
import { fakeContext } from './fake-context.ts'
import { sha1 } from './precedence-situations.ts'

/** Saturday noon, long after every key of these worlds was made. */
export const NOW_MS = Date.parse('2026-11-21T12:00:00Z')

export const LASTING = 'AKIAIOSFODNN7EXAMPLE'
export const TEMPORARY = 'ASIAIOSFODNN7EXAMPLE'
export const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
export const TOKEN = 'FwoGZXIvYXdzEJr//EXAMPLETOKEN'

/** A home, an environment, and what `doctor` is to find there: codes and their severities, none besides. */
export interface BrokenWorld {
  readonly name: string
  readonly config?: string
  readonly credentials?: string
  /** Mode of the credentials file and the config; 0600 unless given. */
  readonly mode?: number
  /** How long ago the credentials file and the config were written, by the world's clock; else they are new. */
  readonly agedHours?: number
  /** More files, by path below the home. */
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly platform?: string
  readonly words?: readonly string[]
  /** `bad env-expired`, in the order of the screen; what is good is not named. */
  readonly finds: readonly string[]
  /** What is left once `--fix` and the shell's own lines are done; what nothing of it mends, unless given. */
  readonly leaves?: readonly string[]
  /** What must stand on the screen. */
  readonly shows?: readonly RegExp[]
  /** Cures, by code. */
  readonly cures?: Readonly<Record<string, string | null>>
}

export interface FoundThere {
  readonly code: number
  readonly text: string
  readonly json: {
    readonly version: number
    readonly findings: readonly {
      code: string
      severity: string
      group: string
      what: string
      why: string
      cure: string | null
      fix: string | null
    }[]
  }
}

/** A home with what the world names, gone after `work`. */
export async function inWorld<T>(world: BrokenWorld, work: (home: string) => Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-doctor-'))
  const put = (path: string, text: string, mode = 0o600) => {
    mkdirSync(join(home, dirname(path)), { recursive: true })
    writeFileSync(join(home, path), text, { mode })
    chmodSync(join(home, path), mode)
  }
  try {
    for (const name of ['config', 'credentials'] as const) {
      const text = world[name]
      if (text === undefined) continue
      put(`.aws/${name}`, text, world.mode)
      const writtenS = (NOW_MS - (world.agedHours ?? 0) * 3_600_000) / 1000
      utimesSync(join(home, '.aws', name), writtenS, writtenS)
    }
    for (const [path, text] of Object.entries(world.files ?? {})) put(path, text, /bin\//.test(path) ? 0o755 : 0o600)
    return await work(home)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** The whole environment there. */
export function worldEnv(world: BrokenWorld, home: string): Record<string, string> {
  const all = Object.entries({ AWS_CRED_STORE: 'vault', PATH: join(home, 'bin'), ...world.env })
  return Object.fromEntries(all.map(([name, value]) => [name, value.replaceAll('$HOME', home)]))
}

/** What `doctor` says there, on the screen and as JSON; on the screen alone where each look takes long. */
export async function doctorThere(
  world: BrokenWorld,
  home: string,
  forms: readonly ('screen' | 'json')[] = ['screen', 'json'],
): Promise<FoundThere> {
  const env = worldEnv(world, home)
  const say = async (more: readonly string[]) => {
    const context = fakeContext({ home, env, platform: world.platform ?? 'linux', nowMs: () => NOW_MS })
    const code = await runCli(['doctor', ...(world.words ?? []), ...more], context)
    return { code, out: context.outText, err: context.errText }
  }
  const screen = await say([])
  const json = forms.includes('json') ? await say(['--json']) : { out: '{"findings":[]}', err: '' }
  if (screen.err !== '' || json.err !== '') throw new Error(`${world.name}: ${screen.err}${json.err}`)
  return { code: screen.code, text: screen.out, json: JSON.parse(json.out) as FoundThere['json'] }
}

export const keys = (id: string, token: string | null = null): string =>
  `aws_access_key_id = ${id}\naws_secret_access_key = ${SECRET}\n${token === null ? '' : `aws_session_token = ${token}\n`}`

export const variables = (id: string, token: string | null = null): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: SECRET,
  ...(token === null ? {} : { AWS_SESSION_TOKEN: token }),
})

export const minutesFromNow = (minutes: number): string => new Date(NOW_MS + minutes * 60_000).toISOString()

/** An entry of the AWS CLI's cache. */
export const cached = (minutes: number): string =>
  JSON.stringify({
    Credentials: {
      AccessKeyId: TEMPORARY,
      SecretAccessKey: SECRET,
      SessionToken: TOKEN,
      Expiration: minutesFromNow(minutes),
    },
  })

export const cacheFile = (name: string): string => `.aws/cli/cache/${sha1(name)}.json`
