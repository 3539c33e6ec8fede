import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type BrokenWorld, doctorThere, inWorld, LASTING, SECRET } from '../../support/broken-worlds.ts'
import { OFFLINE_WORLDS, SETUP_WORLDS } from '../../support/broken-worlds-offline.ts'
import { ownBinary } from '../../support/e2e-place.ts'
import { mendedWorld } from '../../support/mended-world.ts'
import { allPairs } from '../../support/paired-worlds.ts'
import { randomFrom, seedOfRun, shuffled } from '../../support/random.ts'
import { exampleWorld, type Sts, startSts } from '../../support/sts.ts'

/** All pairs: some minutes. */
const SOAK = process.env.AWS_CRED_SOAK === '1'

let sts: Sts

before(async () => {
  sts = await startSts(exampleWorld({ accessKeyId: LASTING, secret: SECRET }))
})
after(() => sts.close())

/** `null` where something was to be fixed; then nothing of it is left. */
async function check(world: BrokenWorld): Promise<'nothing to fix' | null> {
  return inWorld(world, async (home) => {
    const { json } = await doctorThere({ ...world, words: [...(world.words ?? []), '--offline'] }, home)
    const wrong = json.findings.filter(({ severity }) => severity !== 'good')
    // PowerShell is not on every machine that runs this.
    const isOther = world.env?.AWS_CRED_HOOKED?.startsWith('powershell') === true
    if (isOther || wrong.every(({ fix }) => fix === null)) return 'nothing to fix'
    const { left, leftToFix, said } = await mendedWorld(world, { home, stsUrl: sts.url, binary: ownBinary() })
    // Without the keys of the one, nobody names the profile of the other: that comes to light only now.
    const isNew = (each: string) => isPair(world) && each === 'bad no-credentials'
    assert.deepEqual(
      leftToFix.filter((each) => !isNew(each)),
      [],
      said,
    )
    if (isPair(world)) return null
    const unfixable = wrong.filter(({ fix }) => fix === null).map(({ severity, code }) => `${severity} ${code}`)
    assert.deepEqual(left, [...(world.leaves ?? unfixable)].sort(), said)
    return null
  })
}

const isPair = ({ name }: BrokenWorld) => name.includes(' + ')

/** Who wins is of both together; the rest of what is wrong in each is found beside the other. */
async function checkPair(world: BrokenWorld): Promise<void> {
  await inWorld(world, async (home) => {
    const { json, text } = await doctorThere({ ...world, words: ['--offline'] }, home)
    const wrong = json.findings.filter(({ severity, group }) => severity !== 'good' && group !== 'wins')
    const told = wrong.map(({ severity, code }) => `${severity} ${code}`).sort()
    assert.deepEqual(told, world.finds.filter((each) => !OF_WINS.test(each)).sort(), text)
  })
  await check(world)
}

const OF_WINS = / (tools-disagree|profile-shadowed|no-credentials|tool-refuses)$/

const WORLDS = [...OFFLINE_WORLDS, ...SETUP_WORLDS]

test('two broken worlds in one: what is wrong in each is found, and mended', async (t) => {
  const pairs = allPairs(WORLDS)
  assert.ok(pairs.length > 200, `${pairs.length} pairs`)
  const asked = SOAK ? pairs : shuffled(randomFrom(seedOfRun()), pairs).slice(0, 10)
  for (const world of asked) await t.test(world.name, () => checkPair(world))
})

test('what --fix and its lines for the shell say that they mend is mended in every broken world', async (t) => {
  let mended = 0
  for (const world of WORLDS) {
    await t.test(world.name, async () => {
      if ((await check(world)) === null) mended++
    })
  }
  assert.ok(mended > 25, `${mended} worlds`)
})
