import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cached, NOW_MS, SECRET, TEMPORARY, TOKEN } from '../../support/broken-worlds.ts'
import { fakeTerminal } from '../../support/fake-context.ts'
import { place, run, writeAwsFile } from '../../support/vault-place.ts'

const PASTED = `[profile app]\n# kept\nregion = eu-west-1\naws_access_key_id = ${TEMPORARY}\naws_secret_access_key = ${SECRET}\naws_session_token = ${TOKEN}\nx_security_token_expires = 2026-11-20T00:00:00Z\n`

test('--fix takes out a pasted session and expired cache entries, leaves live ones, and looks again', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'config', PASTED)
  const cache = join(here.home, '.aws/cli/cache')
  mkdirSync(cache, { recursive: true })
  const [old, live] = ['a', 'b'].map((letter) => join(cache, `${letter.repeat(40)}.json`))
  assert.ok(old && live)
  writeFileSync(old, cached(-5))
  writeFileSync(live, cached(5))
  const terminal = fakeTerminal(['y'])
  const given = { terminal, env: { PATH: '/nowhere', AWS_PROFILE: 'app' }, nowMs: () => NOW_MS }
  const { out, err } = await run(here, ['doctor', '--offline', '--fix'], given)
  assert.match(
    terminal.text,
    /--fix does:\n {2}remove the expired entries .*\n {2}take the pasted session of "app" out/,
  )
  assert.match(err, /^removed 1 expired session of the AWS CLI$/m)
  assert.deepEqual([existsSync(old), existsSync(live)], [false, true])
  const config = readFileSync(join(here.home, '.aws/config'), 'utf8')
  assert.equal(config, '[profile app]\n# kept\nregion = eu-west-1\nx_security_token_expires = 2026-11-20T00:00:00Z\n')
  assert.equal(out.split('who wins').length, 3, 'it looked twice')
  const last = out.slice(out.lastIndexOf('who wins'))
  assert.ok(!/token-in-config|cli-cache/.test(last), last)
})

test('--fix does nothing where the answer is no, and nothing without a terminal', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'config', PASTED)
  const env = { PATH: '/nowhere', AWS_PROFILE: 'app' }
  const refused = await run(here, ['doctor', '--offline', '--fix'], { terminal: fakeTerminal(['']), env })
  assert.equal(refused.code, 1)
  const alone = await run(here, ['doctor', '--offline', '--fix'], { env })
  assert.equal(alone.code, 3)
  assert.match(alone.err, /cannot mend anything: there is no terminal to ask at/)
  assert.equal(readFileSync(join(here.home, '.aws/config'), 'utf8'), PASTED)
})

test('--fix names this binary where a line named one that is gone, in every profile', async (t) => {
  const here = await place(t)
  const lines = ['one', 'two'].map(
    (name) =>
      `[profile ${name}]\ncredential_process = "/nowhere/aws-cred" process --profile ${name}\naws_cred_role_arn = ${here.world.arns.prod}\naws_cred_source_profile = user1\n`,
  )
  writeAwsFile(here, 'config', lines.join(''))
  const given = { terminal: fakeTerminal(['yes']), env: { PATH: '/nowhere' } }
  const { err } = await run(here, ['doctor', '--offline', '--fix'], given)
  assert.ok(!err.includes('not done'), err)
  const config = readFileSync(join(here.home, '.aws/config'), 'utf8')
  assert.equal(config, lines.join('').replaceAll('/nowhere/', '/opt/aws-cred/'))
})

test('--fix changes the program of a line alone: a line that serves another profile goes on to serve it', async (t) => {
  const here = await place(t)
  const prod = `[profile prod]\naws_cred_role_arn = ${here.world.arns.prod}\naws_cred_source_profile = user1\n`
  const lines = (program: string) =>
    `[profile hand2]\n  credential_process = ${program}  process --no-prompt  --profile prod # mine\n[profile bare]\ncredential_process=${program} process\n`
  writeAwsFile(here, 'config', prod + lines('aws-cred'))
  const env = { PATH: '/nowhere' }
  const { out: told } = await run(here, ['doctor', 'hand2', '--offline'], { env })
  assert.match(told, /hand2 .*is not on PATH\n +aws-cred doctor hand2 --fix\n/)
  const given = { terminal: fakeTerminal(['yes']), env }
  const { err } = await run(here, ['doctor', '--offline', '--fix'], given)
  assert.ok(!err.includes('not done'), err)
  const config = () => readFileSync(join(here.home, '.aws/config'), 'utf8')
  assert.equal(config(), prod + lines('"/opt/aws-cred/aws-cred"'))
  await run(here, ['setup', 'bare', '--undo'], { env })
  await run(here, ['setup', 'hand2', '--undo'], { env })
  assert.equal(config(), prod + lines('aws-cred'))
})

test('a line of ours in the credentials file is told of, and neither --fix nor setup is promised', async (t) => {
  const here = await place(t)
  writeAwsFile(here, 'credentials', '[app]\ncredential_process = aws-cred process --profile app\n')
  const { out } = await run(here, ['doctor', '--offline', '--json'], { env: { PATH: '/nowhere', AWS_PROFILE: 'app' } })
  const { findings } = JSON.parse(out) as { findings: { code: string; cure: string | null; fix: string | null }[] }
  const told = findings.find(({ code }) => code === 'helper-missing')
  assert.deepEqual([told?.cure, told?.fix], [null, null])
})

test('what only the shell can do is printed as the line to evaluate', async (t) => {
  const here = await place(t)
  const env = { PATH: '/nowhere', AWS_ACCESS_KEY_ID: TEMPORARY, AWS_SECRET_ACCESS_KEY: SECRET }
  const { out, code } = await run(here, ['doctor', '--offline', '--fix'], { env })
  assert.equal(code, 1)
  assert.match(out, /\nonly this shell can do the rest:\n {2}eval "\$\(aws-cred export --unset\)"\n$/)
})

test('--redact masks account ids everywhere, the same ones alike', async (t) => {
  const here = await place(t)
  const { accessKeyId, secret, accountId } = here.world.alice
  const env = { PATH: '/nowhere', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret }
  for (const words of [
    ['doctor', '--redact'],
    ['doctor', '--redact', '--json'],
  ]) {
    const { out } = await run(here, words, { env })
    assert.ok(!out.includes(accountId), out)
    assert.match(out, /arn:aws:iam::account-1:user\/alice/)
  }
})

test('used wrongly', async (t) => {
  const here = await place(t)
  for (const [words, says] of [
    [['--tool', 'perl'], /--tool "perl" is none of cli, js, python/],
    [['--fix', '--json'], /--fix and --json do not go together/],
    [['one', 'two'], /too many arguments/],
  ] as const) {
    const { code, err, out } = await run(here, ['doctor', ...words])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, says)
  }
})

test('text from files cannot move the cursor', async (t) => {
  const here = await place(t)
  const bin = join(here.home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'aws'), "#!/bin/sh\nprintf 'aws-cli/2.1.1\\033[2J'\n")
  chmodSync(join(bin, 'aws'), 0o755)
  const text =
    '[profile app]\ncredential_process = "/no\u001b[2Jwhere/aws-cred" process --profile app\nsso_session = \u001b]0;x\u0007\n'
  writeAwsFile(here, 'config', text)
  for (const words of [
    ['doctor', 'app', '--offline'],
    ['doctor', '--offline', '--json'],
  ]) {
    const { out } = await run(here, words, { env: { PATH: bin } })
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(out), JSON.stringify(out))
  }
})
