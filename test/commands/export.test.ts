import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { githubVariables } from '../../src/core/shell/github-variables.ts'
import { changeIndex } from '../support/e2e-stored.ts'
import { fakeTerminal } from '../support/fake-context.ts'
import { PASSPHRASE, type Place, pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const SAID = /^aws-cred: error: [^\n]+\n(aws-cred: hint: [^\n]+\n)?$/

/** user1's key in the vault; `one` is a role by it with a region, `two` one without. */
async function ready(t: TestContext): Promise<Place> {
  const here = await place(t)
  const role = (name: string) =>
    `[profile ${name}]\naws_cred_role_arn = ${here.world.arns.middle}\naws_cred_source_profile = user1\n`
  writeAwsFile(here, 'config', `${role('one')}region = eu-west-1\n${role('two')}[default]\nregion = us-east-1\n`)
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(code, 0, err)
  here.sts.reset()
  return here
}

async function exported(here: Place, words: readonly string[], env: Record<string, string> = {}) {
  const { code, out, err } = await run(here, ['export', '--format', 'json', ...words], { env })
  assert.deepEqual([code, err], [0, ''])
  return JSON.parse(out) as Record<string, string>
}

test('export serves a hit without a call, with profile and region', async (t) => {
  const here = await ready(t)
  const first = await exported(here, ['--profile', 'one'])
  assert.match(first.AWS_ACCESS_KEY_ID ?? '', /^ASIA/)
  assert.deepEqual(
    [first.AWS_CRED_PROFILE, first.AWS_REGION, first.AWS_DEFAULT_REGION],
    ['one', 'eu-west-1', 'eu-west-1'],
  )
  assert.deepEqual(await exported(here, ['--profile', 'one']), first)
  const bare = await exported(here, ['--profile', 'one', '--no-region'])
  assert.deepEqual([bare.AWS_REGION, bare.AWS_SECRET_ACCESS_KEY], [undefined, first.AWS_SECRET_ACCESS_KEY])
  assert.deepEqual(here.sts.counts(), { AssumeRole: 1 })
  const document = await run(here, ['export', '--profile', 'one', '--format', 'process'])
  assert.equal(document.out, (await run(here, ['process', '--profile', 'one'])).out)
})

test('export takes the profile from AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_CRED_PROFILE, in this order', async (t) => {
  const here = await ready(t)
  const of = async (env: Record<string, string>) => (await exported(here, [], env)).AWS_CRED_PROFILE
  assert.equal(await of({ AWS_PROFILE: 'one', AWS_DEFAULT_PROFILE: 'two', AWS_CRED_PROFILE: 'two' }), 'one')
  assert.equal(await of({ AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'two', AWS_CRED_PROFILE: 'one' }), 'two')
  assert.equal(await of({ AWS_CRED_PROFILE: 'one' }), 'one')
  const { code, out, err } = await run(here, ['export'])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /"default"/)
})

test('export sets long-lived keys with --no-session, and unsets token and expiration', async (t) => {
  const here = await ready(t)
  const { out } = await run(here, ['export', '--profile', 'user1', '--no-session'])
  assert.ok(out.includes(`export AWS_SECRET_ACCESS_KEY='${here.world.alice.secret}';`))
  assert.match(out, /^unset AWS_SESSION_TOKEN;$/m)
  assert.match(out, /^unset AWS_CREDENTIAL_EXPIRATION;$/m)
})

test("export clears a region only where an earlier export's profile has it", async (t) => {
  const here = await ready(t)
  const unset = async (env: Record<string, string>, words: readonly string[]) =>
    [...(await run(here, ['export', ...words], { env })).out.matchAll(/^unset (AWS_\w*REGION);$/gm)].map(
      ([, name]) => name,
    )
  const own = { AWS_CRED_PROFILE: 'one', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'sa-east-1' }
  assert.deepEqual(await unset(own, ['--profile', 'two']), ['AWS_REGION'])
  assert.deepEqual(await unset(own, ['--unset']), ['AWS_REGION'])
  assert.deepEqual(await unset(own, ['--unset', '--no-region']), [])
  assert.deepEqual(await unset({ ...own, AWS_CRED_PROFILE: '' }, ['--unset']), [])
  assert.deepEqual(await unset({ ...own, AWS_CRED_PROFILE: 'nobody' }, ['--unset']), [])
})

test('export --unset works without a readable config, and at a terminal without a question', async (t) => {
  const here = await ready(t)
  writeAwsFile(here, 'config', '[profile one\n')
  const env = { AWS_CRED_PROFILE: 'one', AWS_REGION: 'eu-west-1', AWS_CONFIG_FILE: here.home }
  const { code, out, err } = await run(here, ['export', '--unset'], { env, outIsTerminal: true })
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^unset AWS_CRED_PROFILE;$/m)
  assert.doesNotMatch(out, /AWS_PROFILE|AWS_DEFAULT_PROFILE|REGION/)
})

test('export prints nothing on any failure', async (t) => {
  const here = await ready(t)
  const config = readFileSync(join(here.home, '.aws/config'), 'utf8')
  const odd = `[profile a%b]\naws_cred_role_arn = ${here.world.arns.middle}\naws_cred_source_profile = user1\n`
  writeAwsFile(here, 'config', `${config}${odd}`)
  const refused: [words: string[], code: number, env?: Record<string, string | undefined>][] = [
    [['--profile', 'nobody'], 1],
    [['--profile', 'one', '--format', 'en'], 2],
    [['--profile', 'one'], 2, { AWS_CRED_FORMAT: 'bash' }],
    [['--profile', 'one', '--persisted'], 2],
    [['--unset', '--profile', 'one'], 2],
    [['--unset', '--format', 'json'], 2],
    [['--unset', '--persisted', '--format', 'env'], 2],
    [['--profile', 'one', '--duration', '1s'], 2],
    [['extra'], 2],
    [['--profile', 'one'], 1, { AWS_CRED_PROFILE_CHAIN: 'one' }],
    [['--profile', 'one'], 3, { AWS_CRED_PASSPHRASE: undefined }],
    [['--profile', 'a%b', '--format', 'windows-cmd'], 1],
    [['--profile', 'one', '--format', 'github-actions'], 1],
  ]
  for (const [words, code, env = {}] of refused) {
    const answer = await run(here, ['export', ...words], { env })
    assert.deepEqual([answer.code, answer.out], [code, ''], `${words.join(' ')}: ${answer.err}`)
    assert.match(answer.err, SAID)
  }
  const { err } = await run(here, ['export', '--profile', 'a%b', '--format', 'windows-cmd'])
  assert.match(err, /cannot write AWS_CRED_PROFILE as windows-cmd/)
  assert.ok(!err.includes('a%b'))
})

test('export goes by AWS_CRED_FORMAT, which --format overrides', async (t) => {
  const here = await ready(t)
  const env = { AWS_CRED_FORMAT: 'fish' }
  assert.match((await run(here, ['export', '--unset'], { env })).out, /^set -eg AWS_ACCESS_KEY_ID/)
  assert.match((await run(here, ['export', '--unset', '--format', 'powershell'], { env })).out, /^\$env:/)
  assert.match((await run(here, ['export', '--unset', '--format=auto'], { env })).out, /^\{ set \+x; \}/)
})

test('export renews what is due, and serves it instead only with --no-prompt', async (t) => {
  const here = await ready(t)
  const first = await exported(here, ['--profile', 'one'])
  const due = async (words: readonly string[]) =>
    run(here, ['export', '--profile', 'one', '--format', 'json', ...words])
  const ms = 50 * 60_000
  here.sts.setClockOffsetMs(ms)
  changeIndex(here, 'clock', (entry) => ({ ...entry, offsetMs: ms }))
  here.sts.faults.next({ kind: 'error', times: 100 })
  const refused = await due([])
  assert.deepEqual([refused.code, refused.out], [1, ''])
  const lasting = await due(['--no-prompt'])
  assert.equal(lasting.code, 0, lasting.err)
  assert.equal(JSON.parse(lasting.out).AWS_ACCESS_KEY_ID, first.AWS_ACCESS_KEY_ID)
  here.sts.faults.clear()
  const renewed = await due([])
  assert.notEqual(JSON.parse(renewed.out).AWS_ACCESS_KEY_ID, first.AWS_ACCESS_KEY_ID)
})

test('export asks before it shows secrets on a terminal', async (t) => {
  const here = await ready(t)
  const words = ['export', '--profile', 'one']
  const nobody = await run(here, words, { outIsTerminal: true })
  assert.deepEqual([nobody.code, nobody.out], [3, ''])
  assert.match(nobody.err, /hint: .*eval "\$\(aws-cred export --profile one\)"/)
  for (const [answer, code] of [
    ['', 1],
    ['n', 1],
    ['y', 0],
  ] as const) {
    const terminal = fakeTerminal([answer])
    const { code: got, out } = await run(here, words, { outIsTerminal: true, terminal })
    assert.deepEqual([got, out === ''], [code, code !== 0])
    assert.match(terminal.text, /the secrets of "one" are about to be shown/)
  }
  for (const [format, command] of [
    ['fish', 'aws-cred export --profile one --format fish | source'],
    ['powershell', 'aws-cred export --profile one --format powershell | Out-String | Invoke-Expression'],
  ] as const) {
    const other = await run(here, [...words, '--format', format], { outIsTerminal: true })
    assert.ok(other.err.endsWith(`hint: for this shell: ${command}\n`), other.err)
  }
  for (const [env, command] of [
    [{ AWS_CRED_HOOKED: 'fish:1', SHELL: '/bin/bash' }, 'aws-cred export --profile one --format fish | source'],
    [{ SHELL: '/usr/bin/fish' }, 'aws-cred export --profile one --format fish | source'],
    [{ AWS_CRED_HOOKED: 'zsh:1', SHELL: '/usr/bin/fish' }, 'eval "$(aws-cred export --profile one)"'],
    [{ AWS_CRED_HOOKED: 'fish:1', AWS_CRED_FORMAT: 'env' }, 'eval "$(aws-cred export --profile one)"'],
  ] as const) {
    const asked = await run(here, words, { outIsTerminal: true, env })
    assert.ok(asked.err.endsWith(`hint: for this shell: ${command}\n`), asked.err)
    const piped = await run(here, words, { env })
    assert.match(piped.out, /^export AWS_SECRET_ACCESS_KEY='/m, 'a pipe gets env, whoever asks')
  }
  const bare = await run(here, [...words, '--format', 'json'], { outIsTerminal: true })
  assert.deepEqual([bare.code, bare.err.includes('hint')], [3, false])
  const forced = await run(here, [...words, '--force'], { outIsTerminal: true })
  assert.match(forced.out, /^export AWS_SECRET_ACCESS_KEY='/m)
})

test('export of a profile without credentials says so, and announces no secrets', async (t) => {
  const here = await place(t)
  const terminal = fakeTerminal([])
  for (const given of [{ terminal }, {}]) {
    const { code, out, err } = await run(here, ['export'], { outIsTerminal: true, ...given })
    assert.deepEqual([code, out, terminal.text], [1, '', ''])
    assert.match(
      err,
      /cannot read profile "default": not in ~\/\.aws\/config\n.*hint: put a key in: aws-cred add default\n$/,
    )
  }
})

test('export without a profile names the one that is served, or the list of several', async (t) => {
  const here = await place(t)
  const ours = (name: string) => `[profile ${name}]\ncredential_process = aws-cred process --profile ${name}\n`
  const hints = async (config: string, wanted: string) => {
    writeAwsFile(here, 'config', config)
    for (const words of [['export'], ['login'], ['whoami'], ['exec', '--', 'true']]) {
      const { code, err } = await run(here, words, { env: { SHELL: '/bin/bash' } })
      assert.equal(code, 1)
      assert.ok(err.endsWith(`aws-cred: hint: ${wanted}\n`), err)
    }
  }
  const one = 'one other is served here: export AWS_PROFILE=prod'
  await hints(ours('prod'), one)
  await hints(`[default]\nregion = eu-west-1\n${ours('prod')}`, one)
  await hints(`${ours('prod')}${ours('audit')}`, 'others are served here; see which: aws-cred list')
  await hints(`${ours('default')}${ours('prod')}`, 'put its keys in: aws-cred add default')
  await hints('[default]\nregion = eu-west-1\n', 'put its keys in: aws-cred add default')
})

test('export for github-actions masks on stdout and appends to GITHUB_ENV', async (t) => {
  const here = await ready(t)
  const file = join(here.home, 'github-env')
  writeFileSync(file, 'EARLIER=1')
  const env = { GITHUB_ENV: file, AWS_PROFILE: 'old', AWS_SECURITY_TOKEN: 'old', AWS_SESSION_EXPIRATION: '' }
  const words = ['export', '--profile', 'one', '--format', 'github-actions']
  const { code, out, err } = await run(here, words, { env })
  assert.equal(code, 0, err)
  const values = await exported(here, ['--profile', 'one'])
  const secrets = [values.AWS_ACCESS_KEY_ID, values.AWS_SECRET_ACCESS_KEY, values.AWS_SESSION_TOKEN]
  assert.equal(out, secrets.map((secret) => `::add-mask::${secret}\n`).join(''))
  const lines = readFileSync(file, 'utf8').split('\n')
  assert.deepEqual(lines.slice(0, 2), ['EARLIER=1', 'AWS_SECURITY_TOKEN='])
  assert.deepEqual(
    lines.slice(2, -1).sort(),
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  )
  assert.match(err, /^aws-cred: warning: AWS_PROFILE stays set/)
  const absent = join(here.home, 'absent')
  const failed = await run(here, words, { env: { GITHUB_ENV: absent } })
  assert.deepEqual([failed.code, failed.out, existsSync(absent)], [1, '', false])
})

test('a second export of one step empties what the first has written and the new keys contradict', async (t) => {
  const here = await ready(t)
  const file = join(here.home, 'github-env')
  const env = { GITHUB_ENV: file }
  const settled = async (first: string, words: readonly string[]) => {
    writeFileSync(file, first)
    for (const more of [['--profile', 'one'], words]) {
      const { code, err } = await run(here, ['export', ...more, '--format', 'github-actions'], { env })
      assert.equal(code, 0, err)
      // An empty region would hide that of the config.
      const stays = /^aws-cred: warning: AWS_REGION stays set in this job: this profile has no region, /m
      assert.equal(stays.test(err), more === words, err)
    }
    return githubVariables(readFileSync(file, 'utf8'))
  }
  const keys = ['--profile', 'user1', '--no-session']
  const { AWS_ACCESS_KEY_ID: id, ...rest } = await settled(
    'AWS_ACCOUNT_ID<<E\n1\nE\nAWS_X<<AWS_Y=1\nx\nAWS_Y=1\n',
    keys,
  )
  assert.match(id ?? '', /^AKIA/)
  assert.deepEqual(rest, {
    AWS_ACCOUNT_ID: '',
    AWS_SECRET_ACCESS_KEY: here.world.alice.secret,
    AWS_SESSION_TOKEN: '',
    AWS_CREDENTIAL_EXPIRATION: '',
    AWS_CRED_PROFILE: 'user1',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_X: 'x',
  })
  // What was emptied once is not emptied again, and a region that is not of our making stays.
  const own = await settled('', ['--profile', 'two'])
  assert.equal(own.AWS_REGION, 'eu-west-1')
  appendFileSync(file, 'AWS_REGION=sa-east-1\n')
  const before = readFileSync(file, 'utf8')
  assert.equal((await run(here, ['export', ...keys, '--format', 'github-actions'], { env })).code, 0)
  const added = readFileSync(file, 'utf8').slice(before.length)
  assert.doesNotMatch(added, /REGION|ACCOUNT|SECURITY/)
})

test('export shows no passphrase', async (t) => {
  const here = await ready(t)
  const { out } = await run(here, ['export', '--profile', 'one'])
  assert.ok(!out.includes(PASSPHRASE))
})
