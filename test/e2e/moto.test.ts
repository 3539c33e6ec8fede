import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { CONSUMERS, type Consumer, motoServer } from '../support/consumers.ts'
import { verb } from '../support/e2e-place.ts'
import { checkNoSecretShown, consume, consumerWorld, helperRuns, resetCounts } from '../support/e2e-world.ts'
import { type Keyring, keyringInstalled, startKeyring } from '../support/keyring.ts'
import { type Door, type Moto, makeIdentities, startMoto } from '../support/moto.ts'
import { need } from '../support/need.ts'
import type { StsUser } from '../support/sts.ts'

const arn = (role: string) => `arn:aws:iam::123456789012:role/${role}`
const PROFILES = {
  prod: [arn('Prod-Role'), 'alice'],
  link: [arn('Middle'), 'alice'],
  chain: [arn('Chained'), 'link'],
} as const

type Pair = Pick<StsUser, 'accessKeyId' | 'secret'>
const ANY_PAIR: Pair = { accessKeyId: 'AKIAABCDEFGHIJKLMNOP', secret: 'abcdefghijklmnopqrstuvwxyz/0123456789+AB' }

let keyring: Keyring | null = null
before(async () => {
  if (keyringInstalled()) keyring = await startKeyring()
})
after(() => keyring?.close())

describe('a consumer of the built binary with moto as STS', { concurrency: 4 }, () => {
  let moto: Moto | null = null
  before(async () => {
    if (motoServer() !== null) moto = await startMoto()
  })
  after(() => moto?.close())

  for (const consumer of CONSUMERS) {
    test(consumer.name, async (t) => {
      if (!need(t, 'moto_server', moto !== null) || moto === null) return
      // It takes any key, and says that all of them are those of a user called moto.
      await useConsumer(t, consumer, await moto.door(t), 'moto', ANY_PAIR)
    })
  }
})

describe('a consumer of the built binary with moto checking signatures, tokens and policies', () => {
  let moto: Moto | null = null
  let alice = ANY_PAIR
  before(async () => {
    if (motoServer() === null) return
    moto = await startMoto()
    alice = await makeIdentities(moto, ['Prod-Role', 'Middle', 'Chained'])
    await moto.demandSignatures()
  })
  after(() => moto?.close())

  for (const consumer of CONSUMERS.filter(({ name }) => ['AWS CLI v1', 'JS SDK, explicit fromIni'].includes(name))) {
    test(consumer.name, async (t) => {
      if (!need(t, 'moto_server', moto !== null) || moto === null) return
      await useConsumer(t, consumer, await moto.door(t), 'alice', alice)
    })
  }

  test('add refuses a key whose secret is wrong', async (t) => {
    if (!need(t, 'moto_server', moto !== null) || moto === null) return
    const { url: endpoint } = await moto.door(t)
    const world = await consumerWorld(t, { keyring, endpoint, user: alice, profiles: PROFILES })
    const stdin = `${alice.accessKeyId}\n${[...alice.secret].reverse().join('')}\n`
    const { code, err } = await verb(world, ['add', 'mistyped', '--stdin'], { stdin })
    assert.equal(code, 1)
    assert.match(err, /^aws-cred: error: cannot verify the key for "mistyped": .*\(SignatureDoesNotMatch\)$/m)
  })
})

async function useConsumer(t: TestContext, consumer: Consumer, door: Door, who: string, user: Pair): Promise<void> {
  const missing = consumer.missing()
  if (!need(t, missing ?? consumer.name, missing === null)) return
  const world = await consumerWorld(t, { keyring, endpoint: door.url, user, profiles: PROFILES })
  const good = async (profile: string, role: string, actions: readonly string[]) => {
    resetCounts(world)
    door.reset()
    const { code, arns, text, err } = await consume(world, consumer, profile)
    const session = `arn:aws:sts::123456789012:assumed-role/${role}/${who}`
    assert.deepEqual({ code, arns, err }, { code: 0, arns: [session], err: '' }, text)
    assert.deepEqual(helperRuns(world), Array(consumer.runs.fresh).fill(profile))
    assert.deepEqual(door.actions, actions)
  }
  await t.test('gets a session where none is stored', () =>
    good('prod', 'Prod-Role', ['AssumeRole', 'GetCallerIdentity']),
  )
  await t.test('gets the stored session without a call of STS', () => good('prod', 'Prod-Role', ['GetCallerIdentity']))
  await t.test('gets a chain of two roles, each assumed once', () =>
    good('chain', 'Chained', ['AssumeRole', 'AssumeRole', 'GetCallerIdentity']),
  )
  await t.test('never shows a secret', () => checkNoSecretShown(world, ['prod', 'link', 'chain']))
}
