import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { logIn, signInToSso, ssoConfig, startRootServices } from './root-services.ts'
import { exampleWorld, startSts } from './sts.ts'

/** The JS SDK's own providers, each in a process whose environment is its own. */
const SCRIPT = `
const providers = await import('@aws-sdk/credential-providers')
const [name, ...given] = process.argv.slice(1)
const { accessKeyId, expiration } = await providers[name](...given.map((each) => JSON.parse(each)))()
console.log(JSON.stringify({ accessKeyId, expiration }))
`

test('the services answer as the providers of the JS SDK expect of AWS', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-services-'))
  t.after(() => rmSync(home, { recursive: true }))
  const world = exampleWorld()
  const sts = await startSts(world)
  t.after(() => sts.close())
  const roleArn = world.arns.middle
  const services = await startRootServices(sts, roleArn)
  t.after(() => services.close())
  const session = 'arn:aws:iam::123456789012:user/alice'
  const [sso, login] = [
    signInToSso({ home, services, id: 'corp', leftMs: 60_000 }),
    logIn({ home, services, sts, roleArn, session, leftMs: 60_000 }),
  ]
  const config = join(home, 'config')
  writeFileSync(
    config,
    `${ssoConfig('dev')}[profile me]
login_session = ${session}
region = eu-west-1
`,
  )
  services.containerToken = 'Bearer x'
  const env = {
    HOME: home,
    PATH: '/usr/bin:/bin',
    AWS_CONFIG_FILE: config,
    AWS_ENDPOINT_URL: services.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${services.url}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer x',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: services.url,
    AWS_EC2_METADATA_V1_DISABLED: 'true',
  }
  const ask = async (provider: string, ...given: readonly object[]) => {
    const words = ['--input-type=module', '-e', SCRIPT, provider, ...given.map((each) => JSON.stringify(each))]
    const cwd = join(import.meta.dirname, '../..')
    const { stdout } = await promisify(execFile)(process.execPath, words, { env, cwd })
    const { accessKeyId, expiration } = JSON.parse(stdout) as { accessKeyId: string; expiration: string }
    assert.match(accessKeyId, /^ASIA/, provider)
    assert.ok(Date.parse(expiration) > Date.now(), provider)
    return accessKeyId
  }
  const before = [sso, login].map((path) => readFileSync(path, 'utf8'))
  const [, fromLogin] = await Promise.all([
    ask('fromSSO', { profile: 'dev' }),
    ask('fromLoginCredentials', { profile: 'me' }),
    ask('fromHttp'),
    ask('fromInstanceMetadata'),
  ])
  // Both tokens were due, and renewed by the SDK in its own way, the proof of the sign-in's key included.
  const wanted = { token: 1, role: 1, signin: 1, container: 1, 'imds-token': 1, 'imds-role': 1, 'imds-credentials': 1 }
  assert.deepEqual(
    Object.fromEntries(Object.entries(services.counts).sort()),
    Object.fromEntries(Object.entries(wanted).sort()),
  )
  assert.ok([sso, login].every((path, i) => readFileSync(path, 'utf8') !== before[i]))
  assert.ok(readFileSync(login, 'utf8').includes(fromLogin))
})
