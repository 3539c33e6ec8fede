import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CredError } from '../../../src/core/errors.ts'
import { readVaultHeader, unwrapVaultKey } from '../../../src/keychain/vault-header.ts'
import { openVault } from '../../../src/keychain/vault-store.ts'
import { documentOf, type Ended, filesBelow, PASSPHRASE, processOf, startIn } from '../e2e-place.ts'
import { keychainItems, readOrNone, stateDir } from '../e2e-stored.ts'
import { between, oneOf, randomFrom, shuffled } from '../random.ts'
import { SecretSweep } from '../secrets.ts'
import type { SweepWorld } from '../sweep-world.ts'
import { type Handed, VERB_RUNS, type VerbRun } from '../verb-runs.ts'
import { roomOf } from './all-faults.ts'
import type { Applied, Fault } from './fault.ts'

/** How old the sessions are when it starts: not due, due while they live, over. */
export const MOMENTS = { live: 0, due: 50 * 60_000, over: 70 * 60_000 } as const
export type Moment = keyof typeof MOMENTS

/** One faulted run to be made, all of it settled by the seed. */
export interface PlannedRun {
  readonly number: number
  readonly faults: readonly Fault[]
  readonly moment: Moment
  readonly verb: string
  readonly seed: number
}

/** `answered`: credentials were handed out; `done`: a verb that gives none did its work. */
export type Outcome = 'answered' | 'done' | 'refused' | 'ended by signal'

export interface JudgedRun {
  readonly planned: PlannedRun
  readonly outcome: Outcome
  readonly lastedMs: number
  /** What must not be, in words without secrets; empty is good. */
  readonly problems: readonly string[]
}

/** Longest that any run may take: the budget of a refresh, the wait for a lock, and a busy machine. */
const DEADLINE_MS = 30_000

/** Makes one faulted run in a world, and the unfaulted one after it. */
export async function judgedRun(
  world: SweepWorld,
  planned: PlannedRun,
  { deadlineMs = DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): Promise<JudgedRun> {
  const random = randomFrom(planned.seed)
  const run = VERB_RUNS[planned.verb] as VerbRun
  await world.restore(MOMENTS[planned.moment])
  const before = awsFiles(world)
  const applied: Applied[] = []
  try {
    for (const fault of planned.faults) applied.push(await fault.apply(world, random))
    const started = performance.now()
    const { ended, hung } = await faultedRun(world, run, applied, deadlineMs)
    const lastedMs = performance.now() - started
    const problems = [
      ...(hung ? [hangText(world, deadlineMs, lastedMs)] : []),
      ...judgeEnd(ended, run, applied, hung),
      ...judgeWords(ended, run, applied),
      ...judgeAnswer(world, run, ended, applied),
      ...leaks(world, run, ended),
    ]
    for (const each of applied.reverse()) await each.undo?.()
    world.sts.faults.clear()
    world.sts.setIssueSeconds(null)
    problems.push(...(await judgeAfter(world, planned, ended, applied, before)))
    return { planned, outcome: outcomeOf(run, ended), lastedMs, problems }
  } catch (error) {
    // A mistake of the sweep itself: told with the run that it happened in.
    throw new Error(`run ${describe(planned)}: ${error instanceof Error ? error.stack : error}`)
  }
}

/** When STS was asked in that time: whether a call hung, or something before or after it. */
function hangText({ sts }: SweepWorld, deadlineMs: number, lastedMs: number): string {
  const asked = sts.requests.map(
    ({ operation, atMs }) => `${operation} at ${Math.round(lastedMs - (sts.nowMs() - atMs))} ms`,
  )
  return `hung: killed after ${deadlineMs / 1000} s (${asked.length === 0 ? 'STS was not asked' : asked.join(', ')})`
}

export function describe({ number, faults, moment, verb }: PlannedRun): string {
  return `${number} (${faults.map(({ name }) => name).join(' + ')}; ${verb}, sessions ${moment})`
}

async function faultedRun(
  world: SweepWorld,
  run: VerbRun,
  applied: readonly Applied[],
  deadlineMs: number,
): Promise<{ ended: Ended; hung: boolean }> {
  const command = [...applied.flatMap(({ wrap = [] }) => wrap), world.binary, ...run.words(world)]
  const env = Object.assign({}, run.env, ...applied.map((each) => each.env))
  const running = startIn(world, command, { stdin: run.stdin?.(world) ?? '', env })
  let hung = false
  const limit = new AbortController()
  const killed = timeToLook(deadlineMs, limit.signal).then(
    () => {
      hung = true
      running.child.kill('SIGKILL')
    },
    () => {},
  )
  const during = applied.map((each) => each.during?.(running))
  const ended = await running.ended
  limit.abort()
  await Promise.all([killed, ...during])
  return { ended, hung }
}

const LOOK_EACH_MS = 100
const LOOK_LATE_MS = 500

/**
 * Over once this process could have seen the end of the run for so long. While it stood still itself (another world that
 * is being looked through, a machine that was stopped) the run may have ended unseen.
 */
async function timeToLook(deadlineMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = deadlineMs; leftMs > 0; ) {
    const startedMs = performance.now()
    await wait(Math.min(leftMs, LOOK_EACH_MS), null, { signal })
    const lookedMs = performance.now() - startedMs
    if (lookedMs < LOOK_LATE_MS) leftMs -= lookedMs
  }
}

function outcomeOf(run: VerbRun, { code, out, signal }: Ended): Outcome {
  if (signal !== null) return 'ended by signal'
  if (code !== 0) return 'refused'
  return run.credentialsIn !== undefined && out !== '' ? 'answered' : 'done'
}

const KNOWN_CODES = [0, 1, 2, 3, 130]
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGKILL: 137 }

function judgeEnd(ended: Ended, run: VerbRun, applied: readonly Applied[], hung: boolean): string[] {
  if (hung || isCommandsOwn(ended, run, applied) || isUnread(ended, run, applied)) return []
  const { code, signal } = ended
  const signals = applied.flatMap((each) => each.signals ?? [])
  if (signal !== null) return signals.includes(signal) ? [] : [`was ended by ${signal}, which nobody sent`]
  const ofCommand = run.runsCommand === true ? [126, 127] : []
  const known = [...KNOWN_CODES, ...ofCommand, ...signals.map((each) => SIGNAL_CODES[each])]
  return known.includes(code ?? -1) ? [] : [`ended with ${code}, which is no exit code of it`]
}

/** `exec` and `serve` end as their command did, which has words of its own, or none where nobody hears it. */
function isCommandsOwn({ code, signal, err }: Ended, run: VerbRun, applied: readonly Applied[]): boolean {
  if (run.runsCommand !== true || err.includes('aws-cred: error: ')) return false
  if (signal === 'SIGPIPE') return isDeafOut(applied)
  return code !== 0 && code !== null && (err !== '' || isDeafOut(applied))
}

/** A report whose reader has seen enough, as `head` has, ends without a word: no tool waits for it. */
function isUnread({ code, err }: Ended, run: VerbRun, applied: readonly Applied[]): boolean {
  return code === 141 && err === '' && run.credentialsIn === undefined && isDeafOut(applied)
}

function isDeafOut(applied: readonly Applied[]): boolean {
  return applied.some((each) => each.deaf === 'stdout' || each.deaf === 'both')
}

/** Node's own, a stack, a dump of values; the words of the SDK. Two of STS's own names end so too. */
const NOT_FOR_PEOPLE =
  /^\s+at |node:|Node\.js|\(node:\d+\)|internal\/|\b(?!ValidationError\b|IDPCommunicationError\b)[A-Z]\w*Error\b|^Error:|\bERR_|\bundefined\b|\bNaN\b|\[object |\$response|deserializ|an error of this program|SQLITE|sqlite/im
const CONTROLS = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/** Of the command that `serve` runs, where a fault is a locale that is not there. */
const BASH_WARNING = /^\/bin\/bash: warning: setlocale: [^\n]*\n/gm

function judgeWords(ended: Ended, run: VerbRun, applied: readonly Applied[]): string[] {
  const { code, signal, out, err } = ended
  const deaf = applied.map((each) => each.deaf)
  const deafErr = deaf.includes('stderr') || deaf.includes('both')
  const problems: string[] = []
  const found = NOT_FOR_PEOPLE.exec(err)
  if (found !== null)
    problems.push(
      `its stderr is not for people: ${JSON.stringify(err.slice(Math.max(0, found.index - 100), found.index + 300))}`,
    )
  if (CONTROLS.test(err)) problems.push(`its stderr has control characters: ${JSON.stringify(err.slice(0, 300))}`)
  if (signal !== null || deafErr || isCommandsOwn(ended, run, applied) || isUnread(ended, run, applied)) return problems
  const isToldOrClosed = isWholeDocument(out) || applied.some((each) => each.stdoutIsClosed)
  if (run.codeIsAnswer === true && (code === 1 || code === 3) && isToldOrClosed && err === '') return problems
  const errors = err.split('\n').filter((line) => line.startsWith('aws-cred: error: '))
  const own = run.runsCommand === true ? err.replace(BASH_WARNING, '') : err
  if (code === 0 && run.credentialsIn !== undefined && own !== '')
    problems.push(`it succeeded, and says: ${JSON.stringify(err.slice(0, 300))}`)
  if (code === 0 && errors.length > 0) problems.push('it succeeded with an error')
  if (code !== 0 && code !== 130 && !/(^|\n)aws-cred: error: [^\n]+\n(aws-cred: hint: [^\n]+\n)?$/.test(err)) {
    problems.push(`it failed (${code}) without its one error line: ${JSON.stringify(err.slice(0, 300))}`)
  }
  if (errors.length > 1) problems.push(`it has ${errors.length} error lines`)
  if (code !== 0 && out !== '') problems.push(`it failed (${code}) with ${out.length} characters on stdout`)
  return problems
}

function isWholeDocument(out: string): boolean {
  try {
    return JSON.parse(out) instanceof Object
  } catch {
    // Cut, or none at all: judged as a failure, without the text.
    return false
  }
}

/** Every answer is a session of the right role that lives, by STS's own record; half an answer is none. */
function judgeAnswer(world: SweepWorld, run: VerbRun, { code, out }: Ended, applied: readonly Applied[]): string[] {
  if (run.credentialsIn === undefined) return []
  if (out === '') return code === 0 && !isDeafOut(applied) ? ['it succeeded and gave nothing'] : []
  const handed = run.credentialsIn(out)
  if (handed === null) return [`half an answer: ${out.length} characters`]
  return wrongIn(world, handed)
}

function wrongIn({ sts, world }: SweepWorld, handed: Handed): string[] {
  const record = sts.issued().find(({ accessKeyId }) => accessKeyId === handed.AccessKeyId)
  if (record === undefined) return ['a wrong answer: STS gave out no such session']
  const problems: string[] = []
  if (record.secret !== handed.SecretAccessKey || record.token !== handed.SessionToken)
    problems.push('a wrong answer: two sessions mixed')
  if (record.roleArn !== world.arns.chained) problems.push(`a wrong answer: a session of ${record.arn}`)
  if (record.expiresAtMs <= sts.nowMs()) problems.push('a wrong answer: its session is over')
  return problems
}

/** Of what it wrote and said; its stdout may hold the session that it hands out. */
function leaks(world: SweepWorld, run: VerbRun, { out, err }: Ended): string[] {
  const sweep = new SecretSweep(world.secrets())
  const handed = run.credentialsIn?.(out)?.AccessKeyId
  const meant = `session ${handed ?? 'none'} `
  const looked = [
    ['stderr', sweep.leaksIn(err)] as const,
    ['stdout', sweep.leaksIn(out).filter(({ secret }) => !secret.includes(meant))] as const,
    ...filesBelow(world.root)
      .filter((file) => !world.meansToHold(file) && lstatSync(file).size < 20_000_000)
      .map((file) => [file, sweep.leaksIn(readFileSync(file))] as const),
  ]
  return looked.flatMap(([where, found]) => found.map(({ secret, form }) => `a leak: ${secret} in ${where} (${form})`))
}

/** The next run works, the keys are there, the config is whole, nothing half-written lies about. */
async function judgeAfter(
  world: SweepWorld,
  { verb }: PlannedRun,
  ended: Ended,
  applied: readonly Applied[],
  before: AwsTexts,
): Promise<string[]> {
  const problems: string[] = []
  const wasKilled = ended.signal !== null || applied.some((each) => each.signals !== undefined)
  if (verb === 'lock') await world.reopen()
  const next = await processOf(world, 'two')
  try {
    problems.push(...wrongIn(world, documentOf(next)).map((each) => `the next run: ${each}`))
  } catch {
    problems.push(`the next run does not work (${next.code ?? next.signal}): ${JSON.stringify(next.err.slice(0, 400))}`)
  }
  const wasPutBack = applied.some((each) => each.undo !== undefined)
  problems.push(...(await lostKeys(world, verb, ended.code === 0 && !wasPutBack)))
  if (!applied.some((each) => each.editsConfig)) {
    const { config, credentials } = awsFiles(world)
    const mayGrow = verb === 'setup' || verb === 'import'
    const isWhole = config === before.config || (mayGrow && config.startsWith(before.config) && config.endsWith('\n'))
    if (!isWhole) problems.push('the config is neither what it was nor what was to be written')
    const taken = before.credentials.replace(/aws_\w+ = \S+\n/g, '')
    if (credentials !== before.credentials && !(verb === 'import' && credentials === taken)) {
      problems.push('the credentials file is neither what it was nor without its keys')
    }
  }
  if (!wasKilled) {
    const left = filesBelow(world.root).filter((file) => /^\.(tmp|new)-[0-9a-f]{16}$/.test(basename(file)))
    if (left.length > 0) problems.push(`left behind: ${left.join(', ')}`)
  }
  return problems
}

interface AwsTexts {
  readonly config: string
  readonly credentials: string
}

/** Empty where one is gone, which it must not be. */
function awsFiles({ home }: SweepWorld): AwsTexts {
  const text = (name: string) => {
    const path = join(home, '.aws', name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  return { config: text('config'), credentials: text('credentials') }
}

/** A key is there when the store gives it back whole, or the credentials file still has it. */
async function lostKeys(world: SweepWorld, verb: string, isDone: boolean): Promise<string[]> {
  const stored = await storedSecrets(world)
  const inFile = awsFiles(world).credentials
  return Object.entries(world.keys).flatMap(([name, { secret }]) => {
    const isThere = stored.get(name)?.includes(secret) === true || inFile.includes(secret)
    if (name === 'spare' && verb === 'remove') {
      return isThere && isDone ? ['the key "spare" is said to be removed, and there'] : []
    }
    return isThere ? [] : [`the key "${name}" is lost`]
  })
}

/** What the store holds under each name, past our own reading for the keychain. */
async function storedSecrets(world: SweepWorld): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const items = world.kind === 'keychain' ? keychainItems(world) : null
  const dir = join(stateDir(world), 'vault')
  const store = items === null ? openVault(dir, await unwrapVaultKey(dir, PASSPHRASE), readVaultHeader(dir)) : null
  for (const name of Object.keys(world.keys)) {
    if (items !== null) found.set(name, readOrNone(items, `key:${name}`))
    const key = await store?.get(`key:${name}`).catch((error: unknown) => {
      if (error instanceof CredError) return null
      throw error
    })
    if (key) found.set(name, key)
  }
  return found
}

/** What is run, by the seed alone: each fault in turn, sometimes with a second, at a moment and under a verb of chance. */
export function plannedRuns(faults: readonly Fault[], seed: number, count: number): PlannedRun[] {
  const random = randomFrom(seed)
  const verbs = [
    ...VERB_WEIGHTS.flatMap(([verb, weight]) => Array.from({ length: weight }, () => verb)),
    ...Object.keys(VERB_RUNS),
  ]
  const order = shuffled(random, faults)
  return Array.from({ length: count }, (_, number) => {
    const first = order[number % order.length] as Fault
    const second = random() < 0.25 ? oneOf(random, faults) : first
    const both = [first, second].sort((a, b) => roomOf(a) - roomOf(b))
    return {
      number,
      faults: roomOf(first) === roomOf(second) || second.slow ? [first] : both,
      moment: oneOf(random, Object.keys(MOMENTS) as Moment[]),
      verb: oneOf(random, verbs),
      seed: between(random, 1, 2 ** 31),
    }
  })
}

/** Those that answer are what faults are about. */
const VERB_WEIGHTS: readonly (readonly [verb: string, weight: number])[] = [
  ['process', 9],
  ['export', 3],
  ['exec', 3],
  ['add', 2],
  ['setup', 1],
]
