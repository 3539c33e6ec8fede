import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  documentOf,
  type E2ePlace,
  type Ended,
  filesBelow,
  filesHolding,
  runIn,
  startIn,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { type ImportFiles, importFiles, secondUser, writeImportFiles } from '../support/import-files.ts'

const SOAK = process.env.AWS_CRED_SOAK === '1'
/** Of the steps that write something; with AWS_CRED_SOAK=1 every one. */
const STEPS_SAMPLED = 10
const RANDOM_KILLS = SOAK ? 150 : 5

const CHILD = resolve(import.meta.dirname, '../support/import-child.ts')
const HOOK = resolve(import.meta.dirname, '../support/kill-at-write.ts')
/** Without the call, which writes nothing. */
const WORDS = ['import', 'user1', 'team/blue', '--yes', '--no-verify']

/** A home that can be put back as it was before `import`. */
interface Ground extends E2ePlace {
  readonly files: ImportFiles
  reset(): void
}

async function ground(t: TestContext): Promise<Ground> {
  const place = await vaultPlace(t)
  const bob = secondUser()
  place.sts.world.users.push(bob)
  const files = importFiles(place.world, bob)
  const [state, saved] = [join(place.home, '.local'), join(place.home, 'saved')]
  cpSync(state, saved, { recursive: true })
  return {
    ...place,
    files,
    reset() {
      rmSync(state, { recursive: true })
      cpSync(saved, state, { recursive: true })
      writeImportFiles(place.home, files)
    },
  }
}

/** The sources, ended at a step; `at` 0 ends nothing. */
async function killedAt(place: Ground, at: number): Promise<Ended> {
  const node = [process.execPath, '--import', HOOK, CHILD, place.binary]
  return runIn(place, [...node, ...WORDS], { env: { KILL_AT: String(at), NODE_NO_WARNINGS: '1' } })
}

test('import killed at a step that writes loses no key and leaves no half file, and goes on when typed again', async (t) => {
  const place = await ground(t)
  place.reset()
  const { code, err } = await killedAt(place, 0)
  assert.equal(code, 0, err)
  const steps = Number(/steps: (\d+)/.exec(err)?.[1])
  assert.ok(steps > 40, `the steps were counted: ${steps}`)
  const all = Array.from({ length: steps }, (_, i) => i + 1)
  // The last ones, in which the files change, each time; of the others some.
  const sampled = all.filter((at) => SOAK || at > steps - 5 || at % Math.ceil(steps / (STEPS_SAMPLED - 5)) === 0)
  t.diagnostic(`${sampled.length} of ${steps} steps`)
  const seen = new Set<string>()
  for (const at of sampled) {
    place.reset()
    const ended = await killedAt(place, at)
    assert.equal(ended.signal, 'SIGKILL', `step ${at}: ${ended.err}`)
    seen.add(await provesWhole(place, `step ${at}`))
  }
  t.diagnostic([...seen].join(', '))
  assert.ok(seen.has('credentials old, config old') && seen.has('credentials old, config of both'), [...seen].join())
})

test('import killed at any moment loses no key and leaves no half file, and goes on when typed again', async (t) => {
  const place = await ground(t)
  const seed = Number(process.env.AWS_CRED_SEED) || Date.now() % 1_000_000
  t.diagnostic(`AWS_CRED_SEED=${seed}`)
  place.reset()
  const startMs = performance.now()
  assert.equal((await verb(place, WORDS)).code, 0)
  const wholeMs = performance.now() - startMs
  const seen = new Map<string, number>()
  for (let round = 0; round < RANDOM_KILLS; round++) {
    place.reset()
    const { child, ended } = startIn(place, [place.binary, ...WORDS])
    await wait(spread(seed + round) * wholeMs * 1.1)
    child.kill('SIGKILL')
    await ended
    const state = await provesWhole(place, `round ${round}`)
    seen.set(state, (seen.get(state) ?? 0) + 1)
  }
  t.diagnostic([...seen].map(([state, count]) => `${count} × ${state}`).join(', '))
})

/** 0 to 1, the same for the same number. */
function spread(number: number): number {
  const mixed = Math.imul(number ^ 0x9e3779b9, 0x85ebca6b) >>> 0
  return mixed / 4_294_967_296
}

/** What a killed import has left, checked; then it is typed again, which must finish it. Gives the state of the files. */
async function provesWhole(place: Ground, what: string): Promise<string> {
  const { files, home, binary } = place
  const aws = join(home, '.aws')
  const text = (name: string) => readFileSync(join(aws, name), 'utf8')
  const [first, both] = files.configWith(binary)
  const configs: Record<string, string> = { [files.config]: 'old', [first]: 'of one', [both]: 'of both' }
  const credentials = { [files.credentials]: 'old', [files.bare]: 'bare' }[text('credentials')]
  const config = configs[text('config')]
  assert.ok(credentials !== undefined, `${what}: a whole credentials file`)
  assert.ok(config !== undefined, `${what}: a whole config`)
  // With the keys in the file tools read them there, with or without a line; without, the lines must be there and work.
  if (credentials === 'bare') assert.equal(config, 'of both', what)
  const served = config === 'of both' ? ['user1', 'team/blue'] : config === 'of one' ? ['user1'] : []
  for (const profile of served) {
    const { SecretAccessKey } = documentOf(await verb(place, ['process', '--profile', profile, '--no-session']))
    assert.equal(SecretAccessKey, files.moved[served.indexOf(profile)], what)
  }
  for (const file of filesHolding(files.moved, filesBelow(home))) {
    assert.equal(file, join(home, 'dotfiles/aws-credentials'), `${what}: no copy is left`)
  }
  const again = await verb(place, WORDS)
  assert.equal(again.code, 0, `${what}: ${again.err}`)
  assert.deepEqual([text('credentials'), text('config')], [files.bare, both], what)
  assert.deepEqual(filesHolding(files.moved, filesBelow(home)), [], what)
  assert.equal(statSync(join(aws, 'credentials')).mode & 0o777, 0o600)
  if (credentials === 'old') assert.deepEqual(readdirSync(join(home, 'dotfiles')), ['aws-credentials'], what)
  return `credentials ${credentials}, config ${config}`
}
