import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pairOf, place, run } from '../support/vault-place.ts'

test('__purge show says where keys lie; now takes the vault with the state and cache folders', async (t) => {
  const here = await place(t)
  assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
  const before = await run(here, ['__purge', 'show'])
  assert.match(before.out, /\nfolders: ~\/\.local\/state\/aws-cred\n$/, 'only what is there')
  mkdirSync(join(here.home, '.cache/aws-cred'), { recursive: true })
  const state = join(here.home, '.local/state/aws-cred')
  const folders = '~/.local/state/aws-cred and ~/.cache/aws-cred'
  const show = await run(here, ['__purge', 'show'])
  assert.equal(show.out, `vault: ~/.local/state/aws-cred/vault\nfolders: ${folders}\n`)
  const setup = ['setup', 'prod', '--source-profile', 'user1', '--role-arn', here.world.arns.prod, '--yes']
  assert.equal((await run(here, setup)).code, 0)
  assert.match((await run(here, ['__purge', 'show'])).out, /\nprofiles that run it, in ~\/\.aws\/config: prod\n$/)
  assert.ok(existsSync(here.vaultDir))
  for (const words of [[], ['now', 'x'], ['lock', 'x'], ['all']])
    assert.equal((await run(here, ['__purge', ...words])).code, 2)
  const now = await run(here, ['__purge', 'now'])
  assert.deepEqual([now.code, now.err], [0, `deleted the vault, ${folders}\n`])
  assert.deepEqual([existsSync(state), existsSync(join(here.home, '.cache/aws-cred'))], [false, false])
  assert.equal((await run(here, ['__purge', 'show'])).out.split('\n')[0], 'no keys are stored')
  assert.deepEqual((await run(here, ['__purge', 'now'])).err, 'nothing was kept\n')
})
