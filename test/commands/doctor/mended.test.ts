import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type BrokenWorld, doctorThere, inWorld, LASTING, SECRET } from '../../support/broken-worlds.ts'
import { OFFLINE_WORLDS, SETUP_WORLDS } from '../../support/broken-worlds-offline.ts'
import { ownBinary } from '../../support/e2e-place.ts'
import { mendedWorld } from '../../support/mended-world.ts'
import { exampleWorld, type Sts, startSts } from '../../support/sts.ts'

let sts: Sts

before(async () => {
  sts = await startSts(exampleWorld({ accessKeyId: LASTING, secret: SECRET }))
})
after(() => sts.close())

async function check(world: BrokenWorld): Promise<'nothing to fix' | null> {
  return inWorld(world, async (home) => {
    const { json } = await doctorThere({ ...world, words: [...(world.words ?? []), '--offline'] }, home)
    const wrong = json.findings.filter(({ severity }) => severity !== 'good')
    // PowerShell is not on every machine that runs this.
    const isOther = world.env?.AWS_CRED_HOOKED?.startsWith('powershell') === true
    if (isOther || wrong.every(({ fix }) => fix === null)) return 'nothing to fix'
    const { left, leftToFix, said } = await mendedWorld(world, { home, stsUrl: sts.url, binary: ownBinary() })
    assert.deepEqual(leftToFix, [], said)
    const unfixable = wrong.filter(({ fix }) => fix === null).map(({ severity, code }) => `${severity} ${code}`)
    assert.deepEqual(left, [...(world.leaves ?? unfixable)].sort(), said)
    return null
  })
}

test('what --fix and its lines for the shell say that they mend is mended in every broken world', async (t) => {
  let mended = 0
  for (const world of [...OFFLINE_WORLDS, ...SETUP_WORLDS]) {
    await t.test(world.name, async () => {
      if ((await check(world)) === null) mended++
    })
  }
  assert.ok(mended > 25, `${mended} worlds`)
})
