import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { changeIndex } from '../e2e-stored.ts'
import { between, oneOf, type Random } from '../random.ts'
import type { Fault as StsFault } from '../sts.ts'
import type { SweepWorld } from '../sweep-world.ts'
import type { Applied, Fault } from './fault.ts'

const KINDS: readonly StsFault['kind'][] = [
  'throttle',
  '500',
  '503',
  'reset',
  'empty',
  'garbage',
  'truncated',
  'cut',
  'no-credentials',
  'no-expiration',
  'past-expiration',
  'bad-expiration',
]

/** Contract §5, and two that no STS has. */
const REFUSALS: readonly (readonly [code: string, status: number, message: string])[] = [
  ['ExpiredToken', 403, 'The security token included in the request is expired'],
  ['ExpiredTokenException', 400, 'Token expired: current date/time 1 must be before the expiration date/time 0'],
  ['InvalidClientTokenId', 403, 'The security token included in the request is invalid.'],
  ['SignatureDoesNotMatch', 403, 'Signature expired: 20191029T154623Z is now earlier than 20191029T163344Z'],
  [
    'AccessDenied',
    403,
    'User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: x',
  ],
  ['ValidationError', 400, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
  ['RegionDisabledException', 403, 'STS is not activated in this region for account:123456789012.'],
  ['PackedPolicyTooLarge', 400, 'too large'],
  ['RequestExpired', 400, 'Request has expired.'],
  ['a\u001b[31mb\nc', 418, `\u001b]0;x\u0007${'x'.repeat(20_000)}\n at evil (node:internal:1:1)`],
  ['__proto__', 500, '</Message><Code>x</Code>'],
]

const HOUR_MS = 3_600_000

export const STS_FAULTS: readonly Fault[] = [
  ...KINDS.map((kind) => ({
    name: `STS: ${kind}`,
    apply: (world: SweepWorld, random: Random) => answering(world, random, { kind }),
  })),
  {
    name: 'STS: refuses',
    apply(world, random) {
      const [code, status, message] = oneOf(random, REFUSALS)
      return answering(world, random, { kind: 'error', code, status, message })
    },
  },
  {
    name: 'STS: huge',
    apply: (world, random) => answering(world, random, { kind: 'huge', bytes: between(random, 1, 24) * 1024 ** 2 }),
  },
  {
    name: 'STS: late',
    apply: (world, random) => answering(world, random, { kind: 'slow', delayMs: between(random, 100, 900) }),
  },
  {
    name: 'STS: never answers',
    slow: true,
    apply: (world, random) => answering(world, random, { kind: 'slow', delayMs: 60_000 }),
  },
  { name: 'STS: nobody listens', apply: () => ({ env: { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' } }) },
  {
    name: 'STS: DNS is silent',
    slow: true,
    // Who may mount may also put another resolv.conf before the run's eyes.
    where: ({ canFill }) => canFill,
    apply: silentDns,
  },
  {
    name: 'STS: the key is deleted',
    apply({ world }) {
      const users = [...world.users]
      world.users.splice(0, world.users.length)
      return { undo: () => void world.users.push(...users) }
    },
  },
  {
    name: 'STS: sessions of 15 minutes',
    apply({ sts }) {
      sts.setIssueSeconds(900)
      return {}
    },
  },
  {
    name: 'clock: set by hours',
    apply: (world, random) => jump(world, oneOf(random, [-8, -1, 1, 8, 24 * 365]) * HOUR_MS),
  },
  {
    name: 'clock: its note lies',
    apply(world, random) {
      const lie = oneOf(random, [
        { uptimeS: 1e9 },
        { wallMs: Date.now() + 9 * HOUR_MS },
        { wallMs: 0 },
        { offsetMs: 'x' },
        { uptimeS: -1 },
      ])
      changeIndex(world, 'clock', (entry) => ({ ...entry, ...lie }))
      return {}
    },
  },
]

function answering({ sts }: SweepWorld, random: Random, fault: StsFault): Applied {
  const often = random() < 0.6
  const delay = fault.delayMs === undefined && random() < 0.3 ? { delayMs: between(random, 1, 100) } : {}
  sts.faults.next({ ...fault, ...delay, times: often ? 99 : between(random, 1, 3) })
  return {}
}

/** Somebody sets this machine's clock forward: STS is behind it from then on, and what was noted of both was by the old one. */
function jump(world: SweepWorld, ms: number): Applied {
  const offset = world.sts.nowMs() - Date.now()
  world.sts.setClockOffsetMs(offset - ms)
  changeIndex(world, 'clock', (entry) => ({ ...entry, wallMs: Number(entry.wallMs) - ms }))
  return {}
}

/** Two servers that hear every question: the C library asks each twice, 5 s at a time, and once more for every domain to search. */
async function silentDns({ root }: SweepWorld, random: Random): Promise<Applied> {
  const hosts = [1, 2].map((last) => `127.${between(random, 1, 254)}.${between(random, 0, 255)}.${last}`)
  const servers = await Promise.all(
    hosts.map(async (host) => {
      const server = createSocket('udp4').bind(53, host)
      await once(server, 'listening')
      return server
    }),
  )
  const file = join(root, 'resolv.conf')
  writeFileSync(file, `${hosts.map((host) => `nameserver ${host}\n`).join('')}search a.example b.example\n`)
  return {
    env: { AWS_ENDPOINT_URL_STS: 'https://sts.nowhere.example' },
    wrap: ['unshare', '-m', 'sh', '-c', `mount --bind ${file} /etc/resolv.conf && exec "$@"`, 'sh'],
    undo: () => {
      for (const server of servers) server.close()
    },
  }
}
