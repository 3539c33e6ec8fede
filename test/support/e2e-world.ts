import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Consumer } from './consumers.ts'
import {
  documentOf,
  type E2ePlace,
  type Ended,
  keychainPlace,
  processOf,
  runIn,
  vaultPlace,
  verb,
} from './e2e-place.ts'
import type { Keyring } from './keyring.ts'
import type { StsUser } from './sts.ts'

/** A place whose profiles start the helper through a script that keeps count. */
export interface ConsumerWorld extends E2ePlace {
  readonly user: Pick<StsUser, 'accessKeyId' | 'secret'>
  readonly log: string
  /** All that consumers and verbs have shown. */
  readonly shown: string[]
}

/** What a consumer did for its user. */
export interface ConsumerRun {
  readonly code: number | null
  /** Of each call that went well. */
  readonly arns: readonly string[]
  /** What its user reads of a failure: its error's text, and stderr. */
  readonly text: string
  readonly err: string
}

export interface WorldOptions {
  /** Null: the store is a vault. */
  readonly keyring: Keyring | null
  /** Another STS than the emulator. */
  readonly endpoint?: string
  /** Whose key is put in; the emulator's alice unless given. */
  readonly user?: Pick<StsUser, 'accessKeyId' | 'secret'>
  /** The role and the source of each profile; `alice` is the key's name. */
  readonly profiles: Readonly<Record<string, readonly [roleArn: string, source: string]>>
}

let worlds = 0

/** A home of its own, in which the binary has put the key in and written the profiles. */
export async function consumerWorld(t: TestContext, options: WorldOptions): Promise<ConsumerWorld> {
  const { keyring, endpoint } = options
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-e2e-consumer-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const base = await (keyring ? keychainPlace(t, { env: { ...keyring.env, HOME: home } }) : vaultPlace(t))
  const env = {
    ...base.env,
    // Several homes share one keyring.
    ...(keyring && { AWS_CRED_KEYCHAIN_SERVICE: `aws-cred-e2e-${process.pid}-${++worlds}` }),
    ...(endpoint && { AWS_ENDPOINT_URL_STS: endpoint }),
    // Default chains end there, with seconds of waiting.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const user = options.user ?? base.world.alice
  const world: ConsumerWorld = { ...base, env, user, log: join(base.home, 'helper.log'), shown: [] }
  const stdin = `${user.accessKeyId}\n${user.secret}\n`
  await done(world, verb(world, ['add', 'alice', '--stdin'], { stdin }))
  for (const [profile, [roleArn, source]] of Object.entries(options.profiles)) {
    const flags = ['--role-arn', roleArn, '--source-profile', source, '--region', 'eu-west-1', '--yes']
    await done(world, verb(world, ['setup', profile, ...flags]))
  }
  countHelperRuns(world)
  resetCounts(world)
  return world
}

async function done(world: ConsumerWorld, ending: Promise<Ended>): Promise<void> {
  const { code, out, err } = await ending
  world.shown.push(out, err)
  assert.equal(code, 0, err)
}

/** Puts a script of the same name in front of the binary: a line of the log for each run. */
function countHelperRuns({ home, binary, log }: ConsumerWorld): void {
  const script = join(home, 'counted', 'aws-cred')
  mkdirSync(join(home, 'counted'))
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${log}'\nexec '${binary}' "$@"\n`, { mode: 0o755 })
  const config = join(home, '.aws', 'config')
  const text = readFileSync(config, 'utf8')
  assert.ok(text.includes(binary), 'setup wrote the path of the binary')
  writeFileSync(config, text.replaceAll(binary, script))
}

/** The profile that each run of the helper was for, since the last `resetCounts`. */
export function helperRuns({ log }: ConsumerWorld): string[] {
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => /^process --profile (\S+)$/.exec(line)?.[1] ?? line)
}

export function resetCounts({ log, sts }: ConsumerWorld): void {
  writeFileSync(log, '')
  sts.reset()
}

/** Makes `calls` calls of GetCallerIdentity with the consumer, in one long-running process where it can. */
export async function consume(
  world: ConsumerWorld,
  consumer: Consumer,
  profile: string,
  { calls = 1, pauseSeconds = 0 } = {},
): Promise<ConsumerRun> {
  const endpoint = world.env.AWS_ENDPOINT_URL_STS ?? ''
  const processes = consumer.endsAfterCall ? calls : 1
  const given = { profile, calls: calls / processes, pauseSeconds, endpoint }
  const runs: ConsumerRun[] = []
  for (let i = 0; i < processes; i++) {
    if (i > 0) await wait(pauseSeconds * 1000)
    const ended = await runIn(world, consumer.command(given), { env: consumer.env?.(profile) ?? {} })
    world.shown.push(ended.out, ended.err)
    runs.push(consumerRun(ended))
  }
  return {
    code: Math.max(...runs.map(({ code }) => code ?? -1)),
    arns: runs.flatMap(({ arns }) => arns),
    text: runs.map(({ text }) => text).join(''),
    err: runs.map(({ err }) => err).join(''),
  }
}

/** The CLIs print the ARN alone, the others a JSON object a call. */
function consumerRun({ code, out, err }: Ended): ConsumerRun {
  const said = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('{') ? (JSON.parse(line) as { arn?: string; error?: string }) : { arn: line }))
  const errors = said.flatMap((each) => ('error' in each ? [each.error] : []))
  return {
    code,
    err,
    arns: said.flatMap(({ arn }) => (arn === undefined ? [] : [arn])),
    text: [...errors, err].join('\n'),
  }
}

/** `list`'s answer. */
export async function listed(world: ConsumerWorld): Promise<string> {
  const ended = await verb(world, ['list'])
  world.shown.push(ended.out, ended.err)
  assert.equal(ended.code, 0, ended.err)
  return ended.out
}

/** Fails where the key's secret, what `profiles` hold now, or any token of the emulator was shown or logged. */
export async function checkNoSecretShown(world: ConsumerWorld, profiles: readonly string[]): Promise<void> {
  const secrets = [world.user.secret, 'IQoJb3JpZ2luX2VjE']
  for (const profile of profiles) {
    const { SecretAccessKey, SessionToken } = documentOf(await processOf(world, profile))
    secrets.push(SecretAccessKey, SessionToken ?? SecretAccessKey)
  }
  const places = [...world.shown, readFileSync(world.log, 'utf8')]
  assert.ok(world.shown.length > 0)
  for (const text of places) for (const secret of secrets) assert.ok(!text.includes(secret), 'a secret was shown')
}
