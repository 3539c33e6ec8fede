import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { findShell, hookFile, openShell, type SessionOptions, type ShellSession } from '../support/shell-session.ts'

const secret = 'wJalrSECRETVALUE'
const token = 'IQoJTOKENVALUE'
const expired = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: token,
  AWS_CREDENTIAL_EXPIRATION: '2026-01-01T00:00:00Z',
  AWS_CRED_PROFILE: 'prod',
}
const line =
  /^aws-cred: this shell's credentials of prod expired \d+ d ago; renew: aws-cred export --profile prod --format fish \| source$/
const open = (t: TestContext, options: SessionOptions = {}) =>
  openShell(t, 'fish', { ...options, env: { ...expired, ...options.env } })
const count =
  'functions -c __aws_cred_check real_check; function __aws_cred_check; set -g runs (math "0$runs" + 1); real_check $argv; end'

async function ask(shell: ShellSession, expression: string): Promise<string> {
  const { text } = await shell.run(`echo "=${expression}="`)
  return /\n=([^=]*)=\n/.exec(`\n${text}`)?.[1] ?? `no answer in ${JSON.stringify(text)}`
}

test('fish', { timeout: 120_000 }, async (t) => {
  if (!need(t, 'fish and a pty', hasPty() && findShell('fish') !== null)) return
  await t.test('runs once a prompt; status and pipestatus through two handlers', async (t) => {
    const after = `${count}\nfunction mine --on-event fish_prompt; set -g mine "$status,$pipestatus"; end`
    const shell = await open(t, { after })
    assert.equal(shell.first.hooks.length, 1, shell.first.text)
    assert.match(shell.first.hooks[0] ?? '', line)
    const before = Number(await ask(shell, '$runs'))
    assert.equal(Number(await ask(shell, '$runs')), before + 1)
    assert.equal((await shell.run('sh -c "exit 7"')).status, '7')
    await shell.run('false | true | sh -c "exit 3"')
    assert.equal(await ask(shell, '$mine'), '3,1 0 3')
    await shell.run('false | true | sh -c "exit 3"')
    assert.equal(await ask(shell, '$status,$pipestatus'), '3,1 0 3')
  })
  await t.test('sourced again: no duplicate message', async (t) => {
    const shell = await open(t, { after: `. '${hookFile.fish}'` })
    assert.equal(shell.first.hooks.length, 1, shell.first.text)
    assert.deepEqual((await shell.run(`. '${hookFile.fish}'`)).hooks, [])
    assert.deepEqual((await shell.run('true')).hooks, [])
  })
  await t.test('universal variables are told as persisted, with their cure', async (t) => {
    const shell = await open(t, { env: { AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' } })
    assert.deepEqual(shell.first.hooks, [])
    const { hooks } = await shell.run('set -U AWS_ACCESS_KEY_ID ASIAOTHERKEYOFDISK00')
    assert.deepEqual(hooks, [
      'aws-cred: AWS keys are kept on disk as universal variables of fish; clear: aws-cred export --unset --persisted --format fish | source',
    ])
    assert.deepEqual((await shell.run('true')).hooks, [])
    await shell.run('set -eU AWS_ACCESS_KEY_ID')
    assert.match((await shell.run('aws_cred_status')).text, /ok, \d+ min left\nhook registered/)
  })
  await t.test('an empty variable is as none', async (t) => {
    const empty = Object.fromEntries(Object.keys(expired).map((name) => [name, '']))
    const shell = await open(t, { env: empty })
    assert.deepEqual(shell.first.hooks, [])
    assert.equal(await ask(shell, '$AWS_CRED_STATE'), 'none')
  })
  await t.test('a syntax error or Ctrl-C skips the event: the change is told at the next prompt, once', async (t) => {
    const shell = await open(t, { env: { AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' } })
    const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
    shell.type('set -gx AWS_CREDENTIAL_EXPIRATION 2026-01-01T00:00:00Z; echo )\r')
    await pause()
    shell.type('\x03')
    await pause()
    for (const typed of [
      'set -gx AWS_CREDENTIAL_EXPIRATION 2026-01-01T00:00:00Z',
      'echo )',
      '\x15',
      'true',
      'echo en"d"',
    ]) {
      shell.type(typed === '\x15' ? typed : `${typed}\r`)
      await pause()
    }
    assert.match(shell.raw(), /end\r\n/)
    assert.equal(shell.raw().split('credentials of prod expired').length - 1, 1)
  })
  await t.test('read does not tell it again', async (t) => {
    const shell = await open(t)
    shell.type('read -P "ask> " answer\r')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { hooks } = await shell.run('yes')
    assert.deepEqual(hooks, [])
    assert.equal(await ask(shell, '$answer'), 'yes')
  })
  await t.test('fish without path: date is the clock', async (t) => {
    const shell = await open(t, { after: 'set -g __aws_cred_path 0' })
    assert.match(shell.first.hooks[0] ?? '', line)
  })
  await t.test('the built-in clock is now', async (t) => {
    const shell = await open(t)
    const [clock, now] = (
      await ask(
        shell,
        '(math $__aws_cred_now[1] + $__aws_cred_now[2]),(date +%s)'.replaceAll('(', '"(').replaceAll(')', ')"'),
      )
    ).split(',')
    assert.ok(Math.abs(Number(clock) - Number(now)) < 60, `${clock} ${now}`)
  })
  await t.test('fish -c: silent, no variable exported', () => {
    const done = spawnSync(
      findShell('fish') ?? 'fish',
      ['--no-config', '-c', `. '${hookFile.fish}'; echo "$AWS_CRED_HOOKED"`],
      {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...expired },
      },
    )
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, '\n', ''])
  })
  await t.test('a function-local variable of the same name shadows nothing', async (t) => {
    const shell = await open(t)
    await shell.run('function f; set -l AWS_ACCESS_KEY_ID x; set -l AWS_SESSION_TOKEN; true; end')
    assert.deepEqual((await shell.run('f')).hooks, [])
    assert.equal(await ask(shell, '$AWS_CRED_STATE'), 'expired')
  })
  await t.test('fish_trace: no secret in the trace', async (t) => {
    const shell = await open(t, { env: { AWS_SECURITY_TOKEN: 'IQoJTOKENVALUF' } })
    for (const typed of [
      'set -g fish_trace 1',
      'set -e AWS_CREDENTIAL_EXPIRATION',
      'true',
      'aws_cred_status',
      'set -e fish_trace',
    ])
      await shell.run(typed)
    assert.match(shell.raw(), /emit aws_cred_look/)
    for (const value of [secret, token, 'IQoJTOKENVALUF', expired.AWS_ACCESS_KEY_ID])
      assert.equal(shell.raw().includes(value), false, value)
  })
  await t.test('the hook function erased: status says so', async (t) => {
    const shell = await open(t)
    await shell.run('functions -e __aws_cred_prompt')
    assert.match((await shell.run('aws_cred_status')).text, /hook overwritten/)
  })
  for (const [name, load] of [
    ['direnv', 'direnv hook fish | source'],
    ['zoxide', 'zoxide init fish --hook prompt | source'],
  ] as const)
    for (const part of ['before', 'after'] as const)
      await t.test(`${name} loaded ${part} ours: once a prompt`, async (t) => {
        if (!need(t, name, existsSync(`/usr/bin/${name}`))) return
        const shell = await open(t, part === 'before' ? { before: load, after: count } : { after: `${load}\n${count}` })
        assert.equal(shell.first.hooks.length, 1, shell.first.text)
        const ran = Number(await ask(shell, '$runs'))
        assert.equal(Number(await ask(shell, '$runs')), ran + 1)
      })
})
