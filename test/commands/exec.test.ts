import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place, run } from '../support/vault-place.ts'

const HELD = { AWS_CRED_PROFILE: 'prod', AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01' }

test('exec refuses to nest, and names both profiles and --force', async (t) => {
  const here = await place(t)
  const { code, out, err } = await run(here, ['exec', '--profile', 'audit', '--', 'true'], { env: HELD })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /"audit".*"prod" already\naws-cred: hint: .*aws-cred exec --force --profile audit -- CMD\n$/)
  assert.match((await run(here, ['exec', '--force', '--', 'true'], { env: HELD })).err, /"prod"/)
})

test('exec wants the command behind --', async (t) => {
  const here = await place(t)
  for (const [words, said] of [
    [['exec'], /CMD is missing/],
    [['exec', '--profile', 'x', '--'], /CMD is missing/],
    [['exec', 'aws', 's3', 'ls'], /must stand behind --.*\n.*hint: see how: aws-cred exec --help\n$/],
    [
      ['exec', 'prod', '--', 'ls'],
      /must stand behind --.*\n.*hint: name the profile: aws-cred exec --profile prod -- CMD\n$/,
    ],
    [['exec', '--profile', 'x', 'prod', '--', 'ls'], /hint: see how: aws-cred exec --help\n$/],
    [['exec', 'aws', '--profile', 'x'], /must stand behind --/],
  ] as const) {
    const { code, err } = await run(here, words)
    assert.equal(code, 2)
    assert.match(err, said)
  }
})

test('exec starts nothing for a profile that is not there, or under its own marker', async (t) => {
  const here = await place(t)
  const words = ['exec', '--profile', 'nobody', '--', '/nonexistent']
  const { code, err } = await run(here, words)
  assert.equal(code, 1)
  assert.match(err, /"nobody"/)
  const marked = await run(here, words, { env: { AWS_CRED_PROFILE_CHAIN: 'nobody' } })
  assert.match(marked.err, /nobody > nobody/)
})
