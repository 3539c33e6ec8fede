import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place, run } from '../support/vault-place.ts'

const HELD = { AWS_CRED_PROFILE: 'prod', AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01' }

test('exec refuses to nest, and names both profiles and --force', async (t) => {
  const here = await place(t)
  const { code, out, err } = await run(here, ['exec', '--profile', 'audit', '--', 'true'], { env: HELD })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /"audit".*"prod" already\naws-cred: hint: .*aws-cred exec --force --profile audit -- true\n$/)
  assert.match((await run(here, ['exec', '--force', '--', 'true'], { env: HELD })).err, /"prod"/)
})

test('the hint of a refused nesting repeats the command only where it can be pasted and holds no secret', async (t) => {
  const here = await place(t)
  for (const [command, shown] of [
    [['terraform', 'plan', '-out', 'x.plan'], 'terraform plan -out x.plan'],
    [['sh', '-c', 'aws s3 ls | head'], 'CMD'],
    [['tool', '--token', 'abc'], 'CMD'],
    [['tool', 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd'], 'CMD'],
    [['tool', '-x.y'], 'CMD'],
    [['tool', '$(id)'], 'CMD'],
  ] as const) {
    const { err } = await run(here, ['exec', '--profile', 'audit', '--', ...command], { env: HELD })
    assert.ok(err.endsWith(`aws-cred exec --force --profile audit -- ${shown}\n`), err)
  }
})

test('variables whose credentials have ended are no nesting', async (t) => {
  const here = await place(t)
  const nested = async (env: Record<string, string>) => {
    const { err } = await run(here, ['exec', '--profile', 'audit', '--', 'true'], { env: { ...HELD, ...env } })
    return err.includes('already')
  }
  const past = new Date(Date.now() - 300_000).toISOString()
  const future = new Date(Date.now() + 300_000).toISOString()
  assert.equal(await nested({ AWS_CREDENTIAL_EXPIRATION: past }), false)
  assert.equal(await nested({ AWS_CREDENTIAL_EXPIRATION: future }), true)
  assert.equal(await nested({ AWS_CREDENTIAL_EXPIRATION: 'soon' }), true)
  const endpoint = { AWS_CREDENTIAL_EXPIRATION: past, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/' }
  assert.equal(await nested(endpoint), true)
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
