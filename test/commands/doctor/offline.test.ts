import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrokenWorld, doctorThere, inWorld, SECRET, TOKEN } from '../../support/broken-worlds.ts'
import { OFFLINE_WORLDS, SETUP_WORLDS } from '../../support/broken-worlds-offline.ts'

async function check(world: BrokenWorld): Promise<void> {
  await inWorld(world, async (home) => {
    const { code, text, json } = await doctorThere({ ...world, words: [...(world.words ?? []), '--offline'] }, home)
    const told = json.findings.filter(({ severity }) => severity !== 'good')
    const named = told.map((each) => `${each.severity} ${each.code}`)
    assert.deepEqual(named.sort(), [...world.finds].sort(), text)
    assert.equal(code, world.finds.some((each) => each.startsWith('bad')) ? 1 : 0)
    for (const pattern of world.shows ?? []) assert.match(text, pattern)
    for (const [found, cure] of Object.entries(world.cures ?? {})) {
      assert.equal(told.find((each) => each.code === found)?.cure, cure, found)
    }
    const all = text + JSON.stringify(json)
    for (const secret of [SECRET, TOKEN]) assert.ok(!all.includes(secret), 'no secret is shown')
    for (const { why } of json.findings) assert.match(why, /^[\w'A-Z].*[^.]$/)
  })
}

test('doctor finds in each broken world what is wrong there, and nothing else', async (t) => {
  for (const world of [...OFFLINE_WORLDS, ...SETUP_WORLDS]) await t.test(world.name, () => check(world))
})
