import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { CONSUMERS, type Consumer } from '../support/consumers.ts'
import { addKey, type E2ePlace, type Ended, startIn, vaultPlace, writeConfig } from '../support/e2e-place.ts'
import { need } from '../support/need.ts'

/** The sessions that a client sees, and a wait that outlives them. It must use one within two thirds of its life. */
const LIFE_SECONDS = 9
const PAUSE_SECONDS = 10

/** The one that serve fetches before it starts the command: due when the client asks, however slowly that starts. */
const FIRST_LIFE_SECONDS = 3
const UNTIL_DUE = 'sleep 2.2; exec "$@"'

/** Those with a chain of their own, to which no profile is told. */
const CHAINS = CONSUMERS.filter(({ name }) => !name.includes('fromIni'))
/** AWS CLI v1 and boto3 are one library. */
const LIBRARIES = CHAINS.filter(({ name }) => name !== 'AWS CLI v1' && name !== 'boto3')

describe('a consumer under serve', { concurrency: 10 }, () => {
  for (const consumer of CHAINS) {
    if (!consumer.endsAfterCall)
      test(`${consumer.name} gets the next session in mid-life`, (t) => outlives(t, consumer))
  }
  for (const consumer of LIBRARIES) test(`${consumer.name} hears why there is none`, (t) => isRefused(t, consumer))
})

async function outlives(t: TestContext, consumer: Consumer): Promise<void> {
  const place = await placeFor(t, consumer)
  if (place === null) return
  const { code, out, err } = await serve(place, commandOf(place, consumer, 2), () =>
    place.sts.setIssueSeconds(LIFE_SECONDS),
  )
  assert.deepEqual([code, err], [0, ''], out)
  const lines = out.trimEnd().split('\n')
  assert.equal(lines.length, 2)
  for (const line of lines) assert.equal(JSON.parse(line).arn, 'arn:aws:sts::123456789012:assumed-role/Long/alice')
  assert.deepEqual(place.sts.counts(), { AssumeRole: 3, GetCallerIdentity: 2 })
  const callers = place.sts.requests.filter(({ operation }) => operation === 'GetCallerIdentity')
  assert.equal(new Set(callers.map(({ accessKeyId }) => accessKeyId)).size, 2)
}

/** The role is taken away once the command runs; however often an SDK asks, STS is asked once. */
async function isRefused(t: TestContext, consumer: Consumer): Promise<void> {
  const place = await placeFor(t, consumer)
  if (place === null) return
  const { code, out, err } = await serve(place, commandOf(place, consumer, 1), () => {
    for (const role of place.world.roles) role.trust = []
  })
  assert.equal(code, consumer.exitOnFailure, out)
  // Each has its own quotes.
  const shown = /cannot assume arn:aws:iam::123456789012:role\/Long for profile .{1,8}two/.test(`${out}${err}`)
  assert.equal(shown, consumer.tellsReason, `${out}${err}`)
  assert.deepEqual(place.sts.counts(), { AssumeRole: 2 })
}

async function placeFor(t: TestContext, consumer: Consumer): Promise<E2ePlace | null> {
  const missing = consumer.missing()
  if (!need(t, missing ?? consumer.name, missing === null)) return null
  const place = await vaultPlace(t)
  const { arns } = place.world
  // What each of them would take before the endpoint, were it to see it.
  const rival = `[default]\naws_access_key_id = AKIAEXAMPLEEXAMPLE01\naws_secret_access_key = ${'s'.repeat(40)}\n`
  const role = `aws_cred_role_arn = ${arns.long}\naws_cred_source_profile = user1\nregion = eu-west-1\n`
  writeConfig(place, `${rival}[profile two]\n${role}`)
  await addKey(place)
  place.sts.reset()
  return place
}

/** `change` happens between serve's own first fetch and the client's first question. */
async function serve(place: E2ePlace, command: readonly string[], change: () => void): Promise<Ended> {
  place.sts.setIssueSeconds(FIRST_LIFE_SECONDS)
  const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: 'default' }
  const words = ['serve', '--profile', 'two', '--', 'sh', '-c', UNTIL_DUE, 'sh', ...command]
  const { ended } = startIn(place, [place.binary, ...words], { env })
  while (place.sts.count('AssumeRole') === 0) await wait(10)
  change()
  return ended
}

/** With its default chain: `-`, and for the CLIs no `--profile`. */
function commandOf(place: E2ePlace, consumer: Consumer, calls: number): readonly string[] {
  const words = consumer.command({ profile: '-', calls, pauseSeconds: PAUSE_SECONDS, endpoint: place.sts.url })
  const at = words.indexOf('--profile')
  return at === -1 ? words : [...words.slice(0, at), ...words.slice(at + 2)]
}
