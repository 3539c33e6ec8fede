import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { elsewhere, need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import {
  findShell,
  hookFile,
  openShell,
  root,
  type SessionOptions,
  type ShellSession,
} from '../support/shell-session.ts'

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
  /^aws-cred: this shell's credentials of prod expired \d+ d ago; renew: eval "\$\(aws-cred export --profile prod\)"$/
const fixture = (name: string) => `. '${join(root, 'test/shell/fixtures', name)}'`
const count =
  'functions[real_check]=$functions[__aws_cred_check]; __aws_cred_check() { runs=$((${runs:-0} + 1)); real_check "$@" }'
const here = () => hasPty() && findShell('zsh') !== null
const open = (t: TestContext, options: SessionOptions = {}) =>
  openShell(t, 'zsh', { ...options, env: { ...expired, ...options.env } })

async function ask(shell: ShellSession, expression: string): Promise<string> {
  const { text } = await shell.run(`print -r -- "=${expression}="`)
  return /\n=([^=]*)=\n/.exec(`\n${text}`)?.[1] ?? `no answer in ${JSON.stringify(text)}`
}

async function owes(shell: ShellSession): Promise<void> {
  assert.equal(shell.first.hooks.length, 1, shell.first.text)
  assert.match(shell.first.hooks[0] ?? '', line)
  const before = Number(await ask(shell, '$runs'))
  assert.equal(Number(await ask(shell, '$runs')), before + 1, 'runs a prompt')
  assert.equal((await shell.run('(exit 7)')).status, '7')
  assert.equal(await ask(shell, '$?'), '7')
  await shell.run('false | true | (exit 3)')
  assert.equal(await ask(shell, '$pipestatus'), '1 0 3')
  assert.deepEqual((await shell.run(':')).hooks, [])
}

test('options of zsh', { timeout: 60_000 }, async (t) => {
  if (!need(t, 'zsh and a pty', here())) return
  for (const [name, options] of [
    ['nounset', 'setopt nounset'],
    ['ZERR trap', 'TRAPZERR() { errs=1 }'],
    ['ksh_arrays', 'setopt ksh_arrays'],
    ['sh_word_split and IFS', 'setopt sh_word_split; IFS=0123456789_a'],
    ['noglob', 'setopt noglob'],
    ['extended_glob', 'setopt extended_glob'],
    ['warn_create_global', 'setopt warn_create_global'],
    ['warn_nested_var', '[[ -n $options[warnnestedvar] ]] && setopt warn_nested_var; true'],
    ['octal_zeroes', 'setopt octal_zeroes'],
    ['c_bases', 'setopt c_bases'],
    ['force_float', 'setopt force_float'],
    ['posix_builtins', 'setopt posix_builtins'],
    ['nomultibyte', 'setopt nomultibyte'],
    ['null_glob', 'setopt null_glob'],
    ['rc_quotes', 'setopt rc_quotes'],
    ['no interactive comments', 'unsetopt interactive_comments'],
  ] as const)
    await t.test(`${name}: one line, nothing else, before and after loading`, async (t) => {
      for (const part of ['before', 'after'] as const) {
        const shell = await open(t, { [part]: options })
        assert.match(shell.first.text.trimEnd(), line)
        assert.equal((await shell.run('(exit 7)')).status, '7')
        const after = await shell.run('AWS_CREDENTIAL_EXPIRATION=2099-01-01T00:00:00Z')
        assert.match(
          after.hooks.join('|'),
          /^aws-cred: this shell's credentials of prod are renewed, \d+ d left$/,
          after.text,
        )
        assert.doesNotMatch(after.text, /__aws_cred/)
      }
    })
  for (const option of ['err_exit', 'err_return'])
    await t.test(`${option}: the shell lives after (exit 3) && true`, async (t) => {
      const shell = await open(t)
      await shell.run(`setopt ${option}`)
      assert.equal((await shell.run('(exit 3) && true')).status, '3')
      assert.equal((await shell.run(':')).status, '0')
    })
  for (const mode of ['sh', 'ksh'])
    await t.test(`emulate ${mode} before sourcing`, async (t) => {
      const shell = await open(t, { before: `emulate ${mode}; setopt prompt_percent` })
      assert.match(shell.first.hooks[0] ?? '', line, shell.first.text)
      assert.doesNotMatch(shell.first.text, /error|bad|not found/)
    })
  await t.test('aliases, global ones too, before sourcing', async (t) => {
    const before =
      "alias local='echo no' builtin='echo no' return='echo no' print='echo no'; alias -g fi='oops' then='oops' text='oops'"
    const shell = await open(t, { before })
    assert.match(shell.first.hooks[0] ?? '', line, shell.first.text)
    assert.doesNotMatch(shell.first.text, /oops|\bno\b/)
  })
  await t.test('functions of the names used', async (t) => {
    const shell = await open(t, { before: 'print() { echo no }; printf() { echo no }' })
    assert.match(shell.first.hooks[0] ?? '', line, shell.first.text)
  })
  await t.test('xtrace: no secret in the trace', async (t) => {
    const other = 'IQoJTOKENVALUF'
    const shell = await open(t, { env: { AWS_SECURITY_TOKEN: other } })
    for (const typed of ['setopt xtrace', 'unset AWS_CREDENTIAL_EXPIRATION', ':', 'aws_cred_status', 'unsetopt xtrace'])
      await shell.run(typed)
    assert.match(shell.raw(), /aws_cred_status/)
    for (const value of [secret, token, other, expired.AWS_ACCESS_KEY_ID])
      assert.equal(shell.raw().includes(value), false, value)
  })
  await t.test('no zsh/datetime', async (t) => {
    const before = 'zmodload() { return 1 }; disable zmodload 2>/dev/null; module_path=(/nonexistent)'
    const shell = await open(t, { before, env: { AWS_CREDENTIAL_EXPIRATION: '2026-01-01 00:00:00' } })
    assert.equal(await ask(shell, '${EPOCHSECONDS-none}'), 'none')
    assert.match(shell.first.hooks[0] ?? '', line, shell.first.text)
  })
  await t.test('zsh -c: silent, no variable exported', () => {
    const done = spawnSync(
      findShell('zsh') ?? 'zsh',
      ['-f', '-c', `. '${hookFile.zsh}'; print -r -- "$AWS_CRED_HOOKED$precmd_functions"`],
      {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', ...expired },
      },
    )
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, '\n', ''])
  })
})

test('registration and neighbours in zsh', { timeout: 60_000 }, async (t) => {
  if (!need(t, 'zsh and a pty', here())) return
  await t.test('runs once a prompt; status, pipe status and $_ as they were', async (t) => {
    const shell = await open(t, { after: count })
    await owes(shell)
    await shell.run(': hello')
    assert.equal(await ask(shell, '$_'), 'hello')
  })
  await t.test('sourced twice: registered once, no duplicate message', async (t) => {
    const shell = await open(t, { after: `. '${hookFile.zsh}'\n${count}` })
    await owes(shell)
    assert.equal(await ask(shell, '${(M)#precmd_functions:#__aws_cred_precmd}'), '1')
    assert.deepEqual((await shell.run(`. '${hookFile.zsh}'`)).hooks, [])
  })
  await t.test('the user reassigns precmd_functions: status says so', async (t) => {
    const shell = await open(t)
    assert.match((await shell.run('aws_cred_status')).text, /hook registered, zsh:\d+/)
    await shell.run('precmd_functions=()')
    assert.match((await shell.run('aws_cred_status')).text, /hook overwritten: precmd_functions/)
  })
  await t.test('AWS_CRED_HOOKED names the shell, the state is not exported', async (t) => {
    const shell = await open(t, { env: { AWS_CRED_STATE: 'ok' } })
    assert.equal(await ask(shell, '${AWS_CRED_HOOKED/$$/pid}'), 'zsh:pid')
    assert.equal(await ask(shell, '$(env | grep -c "^AWS_CRED_STATE")'), '0')
    // $parameters and its like would load it from disk.
    assert.match(await ask(shell, '$(zmodload)'), /^(?!.*zsh\/parameter)/s)
  })
  for (const [name, load] of [
    ['direnv', 'eval "$(direnv hook zsh)"'],
    ['zoxide', 'eval "$(zoxide init zsh --hook prompt)"'],
    ['starship (fixture)', fixture('starship.zsh')],
    ['oh-my-zsh (fixture)', fixture('oh-my-zsh.zsh')],
    ['a precmd of the user', 'precmd() { MINE=$? }'],
  ] as const)
    for (const part of ['before', 'after'] as const)
      await t.test(`${name} loaded ${part} ours: once a prompt, status kept`, async (t) => {
        const tool = name.split(' ')[0] ?? ''
        if (
          !name.includes(' ') &&
          !need(
            t,
            tool,
            ['/usr/bin', '/usr/local/bin'].some((f) => existsSync(join(f, tool))),
          )
        )
          return
        const shell = await open(t, part === 'before' ? { before: load, after: count } : { after: `${load}\n${count}` })
        await owes(shell)
        await shell.run('false | (exit 3)')
        if (name.startsWith('starship')) assert.equal(await ask(shell, '$SHIP_STATUS,$SHIP_PIPE'), '3,1 3')
        if (name.startsWith('oh-my')) assert.equal(await ask(shell, '$OMZ_STATUS'), '3')
        if (name.startsWith('a pre')) assert.equal(await ask(shell, '$MINE'), '3')
      })
  await t.test('powerlevel10k (fixture): the first prompt is silent, the second warns', async (t) => {
    const shell = await open(t, { before: fixture('p10k.zsh'), after: 'p10k_last' })
    assert.equal(shell.first.text.includes('WARNING'), false, shell.first.text)
    assert.deepEqual(shell.first.hooks, [])
    assert.match((await shell.run(':')).hooks[0] ?? '', line)
  })
  await t.test('mise', (t) => elsewhere(t, 'mise'))
  await t.test('NO_COLOR, TERM=dumb and a pipe switch the colour off', async (t) => {
    assert.match((await open(t, { env: { TERM: 'xterm' } })).raw(), /\x1b\[31maws-cred:\x1b\[0m this/)
    assert.doesNotMatch((await open(t, { env: { TERM: 'xterm', NO_COLOR: '1' } })).raw(), /\x1b\[31maws/)
  })
})
