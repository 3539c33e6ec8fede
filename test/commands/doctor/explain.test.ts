import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCli } from '../../../src/cli.ts'
import { inWorld, NOW_MS, TEMPORARY, TOKEN, variables } from '../../support/broken-worlds.ts'
import { fakeContext } from '../../support/fake-context.ts'

const EXPIRED =
  'An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired'
const TOO_OLD = {
  ...variables(TEMPORARY, TOKEN),
  AWS_CREDENTIAL_EXPIRATION: new Date(NOW_MS - 3_600_000).toISOString(),
}

async function explain(words: readonly string[], env: Record<string, string>, stdin = '', config = '') {
  return inWorld({ name: 'explain', config, finds: [] }, async (home) => {
    const context = fakeContext({
      home,
      env: { PATH: '/nowhere', AWS_CRED_STORE: 'vault', ...env },
      stdin,
      nowMs: () => NOW_MS,
    })
    const code = await runCli(['doctor', '--offline', ...words], context)
    return { code, out: context.outText, err: context.errText }
  })
}

test('--explain says which cause of a text is found here, with its cure', async () => {
  const { code, out, err } = await explain(['--explain', EXPIRED], TOO_OLD)
  assert.deepEqual([code, err], [1, ''])
  assert.match(out, /^ExpiredToken, calling GetCallerIdentity\n/)
  assert.match(out, /\nx expired-session: .*\n {4}AWS_SESSION_TOKEN of this shell expired 60 min ago/)
  assert.match(out, /\n {6}eval "\$\(aws-cred export --unset\)"\n/)
})

test('--explain - reads stdin; what is not found here is told as such, and exit 0', async () => {
  const { code, out } = await explain(['--explain', '-'], variables(TEMPORARY, TOKEN), `x\n${EXPIRED}\n`)
  assert.equal(code, 0)
  assert.match(out, /expired-session: .* \(not seen here\)/)
})

test('--explain --json, and a text that says nothing', async () => {
  const { out } = await explain(['--json', '--explain', EXPIRED], TOO_OLD)
  const { version, causes } = JSON.parse(out) as {
    version: number
    causes: { code: string; seen: { code: string }[] }[]
  }
  assert.deepEqual([version, causes[0]?.code, causes[0]?.seen[0]?.code], [1, 'expired-session', 'env-expired'])
  const nothing = await explain(['--explain', 'the cat sat on the mat'], {})
  assert.deepEqual(
    [nothing.code, nothing.out],
    [0, 'the text says nothing that is known here\n\nwhat is wrong here:\n  aws-cred doctor\n'],
  )
})

test('--explain names the next step where no cause is seen: a new session of ours, else a look at everything', async () => {
  const end = async (profile: string, config: string, text = EXPIRED) =>
    (await explain([profile, '--explain', text], {}, '', config)).out.split('\n\n').at(-1)
  const own = '[profile app]\ncredential_process = /opt/aws-cred/aws-cred process --profile app\n'
  assert.equal(await end('app', own), 'none of this is seen here; a new session all the same:\n  aws-cred login app\n')
  const other = '[profile app]\ncredential_process = /bin/true\n'
  const all = 'none of this is seen here; all that is looked at:\n  aws-cred doctor app\n'
  assert.equal(await end('app', other), all)
  assert.equal(await end('app', own, 'An error occurred (Throttling): Rate exceeded'), all)
  const { out } = await explain(['app', '--json', '--explain', EXPIRED], {}, '', own)
  assert.equal((JSON.parse(out) as { next: string }).next, 'aws-cred login app')
})

test('--explain looks at the profile that the text names, whatever this shell names', async () => {
  const config = '[profile prod]\ncredential_process = /bin/true\n[profile app]\ncredential_process = /bin/true\n'
  const of = (name: string) => [
    `The config profile (${name}) could not be found`,
    `failed to get shared config profile, ${name}`,
    `{"sdk":"dotnet-v4","error":"Unable to find the \\u0022${name}\\u0022 profile."}`,
    `Could not resolve credentials using profile: [${name}] in configuration/credentials file(s).`,
    `Profile ${name} could not be found in shared credentials file.`,
    `aws-cred: error: cannot read profile "${name}": not in ~/.aws/config`,
  ]
  for (const text of of('porod')) {
    const { code, out } = await explain(['--explain', text], { AWS_PROFILE: 'app' }, '', config)
    assert.equal(code, 1, text)
    assert.match(
      out,
      /^x profile-missing: .*\n {4}profile "porod" is in neither file\n {6}the nearest name is "prod"$/m,
    )
  }
  for (const text of of('prod')) {
    const { code, out } = await explain(['--explain', text], { AWS_PROFILE: 'app' }, '', config)
    assert.equal(code, 0, text)
    assert.match(out, /profile-missing: .*\(not seen here\)/)
  }
  const hostile = 'The config profile (\u009b2Jx\u202e) could not be found'
  const { out } = await explain(['--json', '--explain', hostile], {}, '', config)
  assert.ok(!/[\u009b\u202e]/.test(out), out)
})

test('a hostile text cannot move the cursor', async () => {
  const { out } = await explain(['--explain', `\u001b[2J${EXPIRED}\u009b2J`], TOO_OLD)
  assert.ok(!/[\u001b\u009b]/.test(out))
})
