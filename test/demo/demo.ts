import { randomBytes } from 'node:crypto'
import { BINARY } from '../support/built-binary.ts'
import { exampleWorld, type Sts, startSts } from '../support/sts.ts'
import type { Ended } from './children.ts'
import { type Consumer, findConsumer } from './consumer.ts'
import { Place } from './place.ts'

/**
 * `npm run demo`: keys into a store, a chain of two roles into a profile, and a real consumer that gets its
 * credentials by it, twice. Only STS is not real. Leaves nothing behind, also when interrupted.
 */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const stop = new AbortController()
let status = 0
for (const [signal, code] of Object.entries(SIGNALS)) {
  process.on(signal, () => {
    status ||= code
    stop.abort()
  })
}
// Nobody reads any more (`npm run demo | head`): an end like the others.
process.stdout.on('error', () => {
  status ||= 1
  stop.abort()
})

const place = new Place(stop.signal)
let sts: Sts | null = null
try {
  const world = exampleWorld()
  sts = await startSts(world)
  await show(place, sts, world)
} catch (error) {
  if (!stop.signal.aborted) fail(error)
} finally {
  await sts?.close()
  await place.remove().catch(fail)
}
process.exit(status)

function fail(error: unknown): void {
  status ||= 1
  process.stderr.write(`demo: error: ${error instanceof Error ? error.message : String(error)}\n`)
}

async function show(place: Place, sts: Sts, world: ReturnType<typeof exampleWorld>): Promise<void> {
  await awaited('building dist/aws-cred', place.build())
  const store = await place.chooseStore()
  const consumer = await findConsumer(place.env, process.env.PATH ?? '', stop.signal)
  say(`${store}\nsts        emulator on 127.0.0.1:${sts.port}\nconsumer   ${consumer.name}\n`)

  place.env.AWS_ENDPOINT_URL_STS = sts.url
  if (place.usesVault) await openVault(place)
  const { alice, arns } = world
  await ours(place, 'add user1 --stdin', `${alice.accessKeyId}\n${alice.secret}\n`)
  await ours(place, `setup middle --role-arn ${arns.middle} --source-profile user1 --yes`)
  await ours(place, `setup prod --role-arn ${arns.prod} --source-profile middle --region eu-west-1 --yes`)

  const cold = await call(place, sts, consumer)
  say(`$ ${consumer.typed('prod', sts.url)}\n${cold.arn}\n`)
  const warm = await call(place, sts, consumer)
  const hops = [...cold.roles].sort().join(' ')
  if (!cold.arn.endsWith(':assumed-role/Prod-Role/alice') || warm.arn !== cold.arn) {
    throw new Error('cannot show the chain: its end is not Prod-Role')
  }
  if (hops !== [arns.middle, arns.prod].sort().join(' ')) {
    throw new Error(`cannot show the chain: these roles were assumed: ${hops}`)
  }
  if (warm.roles.length > 0) throw new Error('cannot show a second call that needs no AssumeRole: it made one')
  say(`        wall      helper    sts calls\n${row('cold', cold, ' (each hop once)')}\n${row('warm', warm, '')}`)
}

/** Without AWS_CRED_PASSPHRASE in the environment each call would not cost scrypt's half second. */
async function openVault(place: Place): Promise<void> {
  const passphrase = randomBytes(18).toString('base64')
  if (place.makeMemoryDir()) await ours(place, 'unlock --stdin', `${passphrase}\n`)
  else place.env.AWS_CRED_PASSPHRASE = passphrase
}

/** Runs our own binary and shows what a person would see. */
async function ours(place: Place, words: string, stdin = ''): Promise<void> {
  const ended = await place.run(BINARY, words.split(' '), { stdin })
  checked(`aws-cred ${words}`, ended)
  say(`$ aws-cred ${words}\n${ended.err.replaceAll(place.home, '~')}`.trimEnd())
}

interface Call {
  readonly arn: string
  readonly wallMs: number
  readonly helperMs: number | null
  /** ARNs of the roles that were assumed for it. */
  readonly roles: readonly string[]
  readonly identities: number
}

async function call(place: Place, sts: Sts, consumer: Consumer): Promise<Call> {
  sts.reset()
  const ended = await place.run(consumer.program, consumer.args('prod', sts.url), { helper: BINARY })
  checked(consumer.typed('prod', sts.url), ended)
  const roles = sts.requests.filter((each) => each.operation === 'AssumeRole').map((each) => each.params.RoleArn ?? '')
  const { wallMs, helperMs } = ended
  return { arn: ended.out.trim(), wallMs, helperMs, roles, identities: sts.count('GetCallerIdentity') }
}

function checked(what: string, { code, err }: Ended): void {
  if (code !== 0) throw new Error(`cannot run "${what}": it ended with ${code}\n${err.trimEnd()}`)
}

function row(name: string, { wallMs, helperMs, roles, identities }: Call, note: string): string {
  const helper = helperMs === null ? '-' : milliseconds(helperMs)
  const calls = `AssumeRole ${roles.length}${note}, GetCallerIdentity ${identities}`
  return `${name}  ${milliseconds(wallMs).padStart(8)}  ${helper.padStart(8)}    ${calls}`
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** At a terminal one line says what is awaited, and is gone when done. */
async function awaited(what: string, work: Promise<void>): Promise<void> {
  if (!process.stderr.isTTY) return work
  const timer = setTimeout(() => process.stderr.write(what), 500)
  try {
    await work
  } finally {
    clearTimeout(timer)
    process.stderr.write('\r\u001b[K')
  }
}
