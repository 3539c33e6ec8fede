import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { elsewhere, need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { findShell, hookFile, openShell, type SessionOptions, type ShellSession } from '../support/shell-session.ts'

const expired = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
  AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE',
  AWS_SESSION_TOKEN: 'IQoJTOKENVALUE',
  AWS_CREDENTIAL_EXPIRATION: '2026-01-01T00:00:00Z',
  AWS_CRED_PROFILE: 'prod',
}
const line =
  /^aws-cred: this shell's credentials of prod expired \d+ d ago; renew: aws-cred export --profile prod --format powershell \| Out-String \| Invoke-Expression$/
const open = (t: TestContext, options: SessionOptions = {}) =>
  openShell(t, 'powershell', { ...options, env: { ...expired, ...options.env } })

async function ask(shell: ShellSession, expression: string): Promise<string> {
  const { text } = await shell.run(`"=$(${expression})="`)
  return /=([^=]*)=\n/.exec(text)?.[1] ?? `no answer in ${JSON.stringify(text)}`
}

test('hook.ps1 is ASCII without the syntax that 5.1 lacks', () => {
  const text = readFileSync(hookFile.powershell, 'utf8')
  assert.match(text, /^[\x00-\x7f]*$/)
  assert.doesNotMatch(text.replace(/^\s*#.*$/gm, ''), /`e|\?\.|\?\?|&&|\|\|| \? .* : /)
})

test('powershell', { timeout: 120_000, concurrency: 3 }, async (t) => {
  const program = findShell('powershell')
  if (!need(t, 'PowerShell and a pty', hasPty() && program !== null)) return
  void t.test('in one session', async (t) => {
    const shell = await open(t)
    await t.test('$LASTEXITCODE stays undefined', async () => {
      assert.equal(
        await ask(shell, "$null -eq $ExecutionContext.SessionState.PSVariable.Get('global:LASTEXITCODE')"),
        'True',
      )
    })
    await t.test('AWS_CRED_HOOKED names the shell', async () => {
      assert.equal(await ask(shell, '$env:AWS_CRED_HOOKED -eq "powershell:$PID"'), 'True')
    })
    await t.test(
      '$? false from a cmdlet and from a native command reaches the wrapped prompt; $Error is as it was',
      async () => {
        assert.equal(shell.first.hooks.length, 1, shell.first.text)
        assert.match(shell.first.hooks[0] ?? '', line)
        assert.equal(shell.first.status, 'True')
        assert.equal((await shell.run('Get-Command no-such-thing-here')).status, 'False')
        assert.equal((await shell.run('1')).status, 'True')
        const errors = await ask(shell, '$Error.Count')
        assert.equal((await shell.run("/bin/sh -c 'exit 7'")).status, 'False')
        assert.equal(await ask(shell, '$LASTEXITCODE'), '7')
        assert.equal(await ask(shell, '$Error.Count'), errors)
        assert.equal((await shell.run("/bin/sh -c 'exit 3'")).status, 'False')
        assert.equal(await ask(shell, '$LASTEXITCODE'), '3')
      },
    )
    await t.test('an empty variable, as $env:X = "" leaves it, is as none', async () => {
      await shell.run('$env:AWS_ACCESS_KEY_ID = ""; $env:AWS_SECRET_ACCESS_KEY = ""; $env:AWS_SESSION_TOKEN = ""')
      assert.equal(await ask(shell, '$AWS_CRED_STATE'), 'none')
    })
  })
  for (const [name, options] of [
    ['StrictMode', 'Set-StrictMode -Version Latest'],
    ['ErrorActionPreference Stop', "$ErrorActionPreference = 'Stop'"],
  ] as const)
    void t.test(`${name} before and after loading: one line, nothing else`, async (t) => {
      {
        const shell = await open(t, { before: options, after: options })
        assert.match(shell.first.text.trimEnd(), line)
        assert.match(
          (await shell.run("$env:AWS_CREDENTIAL_EXPIRATION = '2099-01-01T00:00:00Z'")).hooks.join(),
          /are renewed/,
        )
        await shell.run('$env:AWS_SESSION_TOKEN = $null; $env:AWS_PROFILE = "a"; $env:AWS_DEFAULT_PROFILE = "b"')
        assert.match((await shell.run('Get-AwsCredStatus')).text, /broken: .*\nhook registered/)
        assert.equal(await ask(shell, '$Error.Count'), '0')
      }
    })
  void t.test('dot-sourced twice: wrapped once, no duplicate message', async (t) => {
    const shell = await open(t, { after: `. '${hookFile.powershell}'` })
    assert.equal(shell.first.hooks.length, 1, shell.first.text)
    const second = "$null -eq $ExecutionContext.SessionState.PSVariable.Get('global:__AwsCredPrompt1')"
    assert.equal(await ask(shell, second), 'True')
    assert.deepEqual((await shell.run(`. '${hookFile.powershell}'`)).hooks, [])
  })
  void t.test('a wrapped prompt that returns null, an array, throws or writes to the host is passed on', async (t) => {
    for (const [body, expected] of [
      ["$null = 1; Write-Host 'host' -NoNewline; return '<#h#>'", /host<#h#>/],
      ["return '<#a#>', 'second'", /<#a#>$/],
    ] as const) {
      const shell = await open(t, { before: `function prompt { ${body} }` })
      assert.equal(shell.first.hooks.length, 1)
      assert.match(shell.raw(), expected)
      // Before the prompt itself writes.
      assert.ok(shell.raw().indexOf('aws-cred: ') < shell.raw().search(expected))
    }
    const odd =
      "function prompt { if ($global:odd -eq 1) { return $null }; if ($global:odd) { throw 'oops' }; '<#o#>' }"
    const shell = await open(t, { before: odd })
    assert.equal(
      await ask(shell, '$global:odd = 1; $all = @(prompt); $global:odd = 0; "$($all.Count) $($null -eq $all[0])"'),
      '1 True',
    )
    const caught = '$global:odd = 2; try { prompt } catch { $_.Exception.Message } finally { $global:odd = 0 }'
    assert.equal(await ask(shell, caught), 'oops')
  })
  void t.test('the culture th-TH and ar-SA have no say', async (t) => {
    for (const culture of ['th-TH', 'ar-SA']) {
      const before = `[Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::new('${culture}')\n[Globalization.CultureInfo]::DefaultThreadCurrentCulture = [Globalization.CultureInfo]::new('${culture}')`
      assert.match((await open(t, { before })).first.hooks[0] ?? '', line)
    }
  })
  void t.test('prompt replaced later: status says so; sourced again it wraps the new one', async (t) => {
    const shell = await open(t)
    await shell.run("function prompt { '<' + '#new#>' }")
    assert.match((await shell.run('Get-AwsCredStatus')).text, /hook overwritten: prompt/)
    assert.equal((await shell.run(`. '${hookFile.powershell}'`)).status, 'new')
    assert.match((await shell.run('Get-AwsCredStatus')).text, /hook registered/)
  })
  void t.test(
    'a prompt put around ours, in the manner of oh-my-posh, posh-git and VS Code: still registered, no circle',
    async (t) => {
      const after = '$global:around = $function:prompt; function prompt { $global:ran += 1; & $global:around }'
      const shell = await open(t, { after })
      assert.match((await shell.run('Get-AwsCredStatus')).text, /hook registered/)
      await shell.run(`. '${hookFile.powershell}'`)
      assert.equal((await shell.run('1')).status, 'True')
      assert.deepEqual((await shell.run('1')).hooks, [])
    },
  )
  void t.test('prompt called twice (transient prompt): no second message, nothing in the pipeline', async (t) => {
    const shell = await open(t, { env: { AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' } })
    const twice = await shell.run(
      '$env:AWS_CREDENTIAL_EXPIRATION = \'2026-01-01T00:00:00Z\'; $all = @(prompt); $all += @(prompt); "=$($all.Count)="',
    )
    assert.equal(twice.hooks.length, 1, twice.text)
    assert.match(twice.text, /=2=/)
  })
  void t.test('setx values (registry stood in for): told once, with their cure', async (t) => {
    const after = '__AwsCredLoad; function global:__AwsCredPersisted { $true }'
    const shell = await open(t, { after, env: { AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z' } })
    const cure = 'aws-cred export --unset --persisted --format powershell | Out-String | Invoke-Expression'
    assert.deepEqual(shell.first.hooks, [`aws-cred: AWS keys are kept in the registry by setx; clear: ${cure}`])
    assert.deepEqual((await shell.run('1')).hooks, [])
  })
  void t.test('ConstrainedLanguage: quiet, the prompt stays', async (t) => {
    const shell = await open(t, { hook: false })
    await shell.run("$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'")
    const { text, hooks } = await shell.run(`. '${hookFile.powershell}'`)
    assert.deepEqual([text.replace(/^.*hook\.ps1'\n/, ''), hooks], ['', []])
    assert.match((await shell.run('1')).text, /1\n1\n$/)
    // A failed command too is where the rest would be loaded, and so is sourcing it again.
    assert.deepEqual((await shell.run(`. '${hookFile.powershell}'; Get-Command no-such-thing-here`)).hooks, [])
    assert.match((await shell.run('Get-AwsCredStatus')).text, /\noff: the hook needs the language mode FullLanguage\n$/)
    assert.equal(await ask(shell, '$null -eq $env:AWS_CRED_HOOKED'), 'True')
    assert.equal((await shell.run('1')).status, 'True')
  })
  void t.test('Set-PSDebug -Trace 2: no secret in the trace', async (t) => {
    const shell = await open(t, {
      env: { AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z', AWS_SECURITY_TOKEN: 'IQoJLEGACYVALUE' },
    })
    await shell.run('Set-PSDebug -Trace 2')
    await shell.run("$env:AWS_CREDENTIAL_EXPIRATION = '2026-01-01T00:00:00Z'")
    await shell.run('Get-AwsCredStatus')
    assert.match(shell.raw(), /DEBUG: .*__AwsCred/)
    for (const value of ['wJalrSECRETVALUE', 'IQoJTOKENVALUE', 'IQoJLEGACYVALUE'])
      assert.equal(shell.raw().includes(value), false, value)
  })
  void t.test('calls nothing but the language and its own functions', (t) => {
    // By name: what a person or a module may define anew, or what loads a module.
    const script = [
      `$file = [IO.File]::ReadAllText('${hookFile.powershell}')`,
      `$inner = [regex]::Match($file, "(?s)Create\\(@'\n(.*?)\n'@").Groups[1].Value`,
      '$calls = foreach ($text in $file, $inner) { [scriptblock]::Create($text).Ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | & { process { $_.GetCommandName() } } }',
      '[string]::Join(" ", [string[]]$calls)',
    ].join('\n')
    const { stdout } = spawnSync(program as string, ['-NoProfile', '-Command', script], { encoding: 'utf8' })
    const called = stdout.trim().split(/\s+/)
    assert.ok(called.includes('__AwsCredLook') && called.includes('__AwsCredJudge'), stdout)
    assert.deepEqual(
      called.filter((name) => !/^(__AwsCred\w+|Get-AwsCredStatus)$/.test(name)),
      [],
    )
    t.diagnostic(`${called.length} calls`)
  })
  void t.test('NO_COLOR, TERM=dumb and a pipe switch the colour off', async (t) => {
    assert.match((await open(t, { env: { TERM: 'xterm' } })).raw(), /\x1b\[31maws-cred:\x1b\[0m this/)
    assert.doesNotMatch((await open(t, { env: { TERM: 'xterm', NO_COLOR: '1' } })).raw(), /\x1b\[31maws/)
  })
  for (const name of [
    'Windows PowerShell 5.1',
    'setx User and Machine, registry and new terminal',
    'execution policy Restricted',
    "$env:X='' on 7.4",
  ])
    void t.test(name, (t) => elsewhere(t, 'Windows'))
  const real = program?.endsWith('pwsh') === true
  const inReal = (name: string, run: (t: TestContext) => Promise<void>) =>
    t.test(name, (t) => (real ? run(t) : elsewhere(t, 'a real pwsh (the engine alone has no nested prompt)')))
  void inReal('nested prompt: told once, and renewed within it', async (t) => {
    const shell = await open(t)
    assert.deepEqual((await shell.run('$Host.EnterNestedPrompt()')).hooks, [])
    const { hooks } = await shell.run("$env:AWS_CREDENTIAL_EXPIRATION = '2099-01-01T00:00:00Z'")
    assert.match(hooks.join(), /are renewed/)
    assert.deepEqual((await shell.run('exit')).hooks, [])
    assert.equal((await shell.run("/bin/sh -c 'exit 7'")).status, 'False')
  })
  void inReal('debugger: its prompt says nothing anew', async (t) => {
    const shell = await open(t)
    const typed = 'function stopped { 1 }; $null = Set-PSBreakpoint -Command stopped; stopped'
    const { text, hooks } = await shell.run(typed)
    assert.match(text, /Entering debug mode/)
    assert.deepEqual(hooks, [])
    assert.deepEqual((await shell.run('c')).hooks, [])
  })
  void inReal('zoxide, the real one, before and after ours: told once, $? kept', async (t) => {
    if (!need(t, 'zoxide', existsSync('/usr/bin/zoxide'))) return
    const load = 'Invoke-Expression (& { (zoxide init powershell --hook prompt | Out-String) })'
    for (const part of ['before', 'after']) {
      const shell = await open(t, { [part]: load })
      assert.equal(shell.first.hooks.length, 1, shell.first.text)
      assert.deepEqual((await shell.run('1')).hooks, [])
      assert.match((await shell.run('Get-AwsCredStatus')).text, /hook registered/)
    }
  })
  for (const name of ['starship', 'oh-my-posh', 'posh-git', 'mise', 'VS Code'])
    void t.test(`${name}, the real one`, (t) => elsewhere(t, `${name} with a real pwsh`))
  void t.test('remote session', (t) => elsewhere(t, 'a second machine for PowerShell remoting'))
})
