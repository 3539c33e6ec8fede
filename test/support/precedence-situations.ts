import { createHash } from 'node:crypto'
import { parseIni } from '../../src/core/ini.ts'
import { readExpiry } from '../../src/core/key-expiry.ts'
import type { PrecedenceWorld, Tool } from '../../src/core/precedence/precedence-model.ts'
import type { Fixture } from './precedence-fixture.ts'
import { environmentSituations } from './precedence-situations-environment.ts'
import { profileSituations } from './precedence-situations-profile.ts'
import { roleSituations } from './precedence-situations-role.ts'

/** A home and an environment in which it is not plain who wins. */
export interface Situation extends Omit<Given, 'env' | 'credentials'> {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly config?: string
  readonly credentials?: string
  /** The verdicts by tool, as `told` has them: in the default chain, and with `--profile p`; null where that is not asked. */
  readonly wins: string
  readonly named: string | null
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>
  /** Lines of `[profile p]`; AWS_PROFILE is `p` then. */
  readonly p?: readonly string[]
  /** Lines of `[p]` in the credentials file; the same. */
  readonly pCredentials?: readonly string[]
  /** What else stands in the config. */
  readonly more?: string
  /** The whole credentials file, or what follows `[p]`. */
  readonly credentials?: string
  /** Files of ~/.aws/cli/cache by the text whose SHA-1 names them. */
  readonly cliCache?: Readonly<Record<string, string>>
  readonly hasInstanceMetadata?: true
  /** `npm test` asks the tools themselves too; the others under AWS_CRED_SOAK=1. */
  readonly asked?: true
  /** Where a tool is known to do something else, and why; it is not compared then. */
  readonly differs?: Readonly<Partial<Record<Tool, string>>>
}

/**
 * `wins` and `named` read `who who: verdict; who: verdict`: a later part goes before an earlier one, and `all`, `botocore`
 * and `clis` stand for several tools. `named` is the same as `wins` where it is left out.
 */
export type Row = readonly [name: string, given: Given, wins: string, named?: string]

export function situations(fixture: Fixture): Situation[] {
  const rows = [...environmentSituations(fixture), ...profileSituations(fixture), ...roleSituations(fixture)]
  return rows.map(([name, given, wins, named]) => {
    const { p, pCredentials, more = '' } = given
    const inProfile = p !== undefined || pCredentials !== undefined
    const config = (p === undefined ? '' : `[profile p]\n${p.join('')}`) + more
    const credentials = (pCredentials === undefined ? '' : `[p]\n${pCredentials.join('')}`) + (given.credentials ?? '')
    return {
      ...given,
      name,
      env: { ...(inProfile && { AWS_PROFILE: 'p' }), ...given.env },
      ...(config !== '' && { config }),
      ...(credentials !== '' && { credentials }),
      wins,
      named: named ?? (inProfile ? wins : null),
    }
  })
}

const SEVERAL: Readonly<Record<string, readonly Tool[]>> = {
  all: ['cli-v1', 'cli-v2', 'boto3', 'js', 'go', 'java', 'dotnet', 'rust'],
  botocore: ['cli-v1', 'cli-v2', 'boto3'],
  clis: ['cli-v1', 'cli-v2'],
}

/** The expected verdict of each tool. */
export function expectations(text: string): Map<Tool, string> {
  const expected = new Map<Tool, string>()
  for (const part of text.split('; ')) {
    const [who = '', verdict = ''] = part.split(': ')
    for (const tool of who.split(' ').flatMap((each) => SEVERAL[each] ?? [each as Tool])) expected.set(tool, verdict)
  }
  return expected
}

/** The situation as `whoWins` takes it. */
export function precedenceWorld({
  env,
  config,
  credentials,
  cliCache,
  hasInstanceMetadata,
}: Situation): PrecedenceWorld {
  const document = (kind: 'config' | 'credentials', text: string | undefined) =>
    text === undefined ? null : parseIni(text, { kind, path: `~/.aws/${kind}` })
  const entries = new Map(Object.entries(cliCache ?? {}).map(([text, file]) => [sha1(text), file]))
  return {
    env,
    platform: 'linux',
    nowMs: Date.now(),
    config: document('config', config),
    credentials: document('credentials', credentials),
    cliCache: (text) => {
      const file = entries.get(sha1(text))
      if (file === undefined) return null
      const { AccessKeyId, Expiration } = (JSON.parse(file) as { Credentials: Record<string, string> }).Credentials
      return { accessKeyId: AccessKeyId ?? '', expiresMs: readExpiry(Expiration ?? '').ms ?? 0 }
    },
    instanceMetadata: hasInstanceMetadata === true,
  }
}

export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
