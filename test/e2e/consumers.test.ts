import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { CONSUMERS, type Consumer } from '../support/consumers.ts'
import {
  type ConsumerWorld,
  checkNoSecretShown,
  consume,
  consumerWorld,
  helperRuns,
  listed,
  resetCounts,
} from '../support/e2e-world.ts'
import { type Keyring, keyringInstalled, startKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { exampleWorld } from '../support/sts.ts'

const { arns } = exampleWorld()
const PROFILES = {
  prod: [arns.prod, 'alice'],
  link: [arns.middle, 'alice'],
  chain: [arns.chained, 'link'],
  brief: [arns.long, 'alice'],
  refused: [arns.nobody, 'alice'],
} as const
const REASON = /aws-cred: error: cannot assume arn:aws:iam::123456789012:role\/Nobody for profile "refused": [^\n]+/

/** The sessions of `brief`, and a wait that outlives them. The client must use one within two thirds of its life. */
const BRIEF_SECONDS = 9
const PAUSE_SECONDS = 10

let keyring: Keyring | null = null

describe('a consumer of the built binary', { concurrency: 4 }, () => {
  before(async () => {
    if (keyringInstalled()) keyring = await startKeyring()
  })
  after(() => keyring?.close())

  for (const consumer of CONSUMERS) test(consumer.name, (t) => useConsumer(t, consumer))
})

async function useConsumer(t: TestContext, consumer: Consumer): Promise<void> {
  const missing = consumer.missing()
  if (!need(t, missing ?? consumer.name, missing === null)) return
  const world = await consumerWorld(t, { keyring, profiles: PROFILES })
  const { fresh, renewing, failing } = consumer.runs
  const good = async (profile: string, session: string) => {
    resetCounts(world)
    const { code, arns, text, err } = await consume(world, consumer, profile)
    assert.deepEqual({ code, arns, err }, { code: 0, arns: [session], err: '' }, text)
  }

  await t.test('gets a session where none is stored', async () => {
    await good('prod', assumed('Prod-Role'))
    assert.deepEqual(helperRuns(world), Array(fresh).fill('prod'))
    assert.deepEqual(world.sts.counts(), { AssumeRole: 1, GetCallerIdentity: 1 })
  })

  await t.test('gets the stored session without a call of STS', async () => {
    await good('prod', assumed('Prod-Role'))
    assert.deepEqual(helperRuns(world), Array(fresh).fill('prod'))
    assert.deepEqual(world.sts.counts(), { GetCallerIdentity: 1 })
  })

  await t.test('gets a chain of two roles, each assumed once', async () => {
    await good('chain', assumed('Chained'))
    assert.deepEqual(helperRuns(world), Array(fresh).fill('chain'))
    assert.deepEqual(rolesAssumed(world), [arns.middle, arns.chained])
    assert.deepEqual(world.sts.counts(), { AssumeRole: 2, GetCallerIdentity: 1 })
  })

  await t.test('outlives its session and gets the next', async () => {
    resetCounts(world)
    world.sts.setIssueSeconds(BRIEF_SECONDS)
    const { code, arns: got, text } = await consume(world, consumer, 'brief', { calls: 2, pauseSeconds: PAUSE_SECONDS })
    world.sts.setIssueSeconds(null)
    assert.deepEqual({ code, got }, { code: 0, got: [assumed('Long'), assumed('Long')] }, text)
    assert.deepEqual(helperRuns(world), Array(renewing).fill('brief'))
    assert.deepEqual(world.sts.counts(), { AssumeRole: 2, GetCallerIdentity: 2 })
    const callers = world.sts.requests.filter(({ operation }) => operation === 'GetCallerIdentity')
    assert.equal(new Set(callers.map(({ accessKeyId }) => accessKeyId)).size, 2)
  })

  await t.test('tells its user why the helper failed, or list does', async () => {
    resetCounts(world)
    const { code, arns: got, text } = await consume(world, consumer, 'refused')
    assert.deepEqual({ code, got }, { code: consumer.exitOnFailure, got: [] }, text)
    assert.equal(REASON.test(text), consumer.tellsReason, text)
    assert.deepEqual(helperRuns(world), Array(failing).fill('refused'))
    assert.deepEqual(world.sts.counts(), { AssumeRole: failing })
    const list = await listed(world)
    assert.match(list, /^refused .* failed .*: AccessDenied$/m)
    assert.match(list, /cannot assume arn:aws:iam::123456789012:role\/Nobody for profile "refused": STS refused/)
  })

  await t.test('never shows a secret', () => checkNoSecretShown(world, ['prod', 'link', 'chain', 'brief']))
}

function assumed(role: string): string {
  return `arn:aws:sts::123456789012:assumed-role/${role}/alice`
}

function rolesAssumed({ sts }: ConsumerWorld): (string | undefined)[] {
  return sts.requests.filter(({ operation }) => operation === 'AssumeRole').map(({ params }) => params.RoleArn)
}
