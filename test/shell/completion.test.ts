import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { findShell, openShell, root, type ShellName } from '../support/shell-session.ts'

/** Each the only one that begins with its first letter. */
const names = {
  plain: 'prod-1',
  colon: 'team:dev',
  blank: 'my keys',
  substitution: 'x$(touch PWNED)',
  backquotes: 'y`touch PWNED`',
  list: 'z;touch PWNED',
  quote: `q'"touch PWNED`,
}

/** A stand-in for the program: offers the names, else writes its words to the file `words`, one a line. */
function standIn(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'aws-cred-completion-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'names'), `${Object.values(names).join('\n')}\n`)
  const lines = [
    '#!/bin/sh',
    `if [ "$1" != __complete ]; then for word; do printf '%s\\n' "$word"; done > '${dir}/words'; exit; fi`,
    `case $4 in --*=*) sed "s/^/\${4#word=}/; s/^--profile=.*--profile=/--profile=/" '${dir}/names' ;; *) cat '${dir}/names' ;; esac`,
  ]
  writeFileSync(join(dir, 'bin/aws-cred'), `${lines.join('\n')}\n`)
  chmodSync(join(dir, 'bin/aws-cred'), 0o755)
  return dir
}

const setUp: Record<Exclude<ShellName, 'powershell'>, string> = {
  bash: '',
  zsh: 'autoload -Uz compinit; compinit -u -D',
  fish: '',
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`${shell}: Tab inserts a name as one word and runs nothing in it`, { timeout: 60_000 }, async (t) => {
    if (!need(t, `${shell} and a pty`, hasPty() && findShell(shell) !== null)) return
    const dir = standIn(t)
    const file = join(root, `shell/completion.${shell}`)
    const session = await openShell(t, shell, {
      hook: false,
      after: `${setUp[shell]}\n. '${file}'\ncd '${dir}'`,
      env: { PATH: `${dir}/bin:/usr/bin:/bin` },
    })
    for (const [kind, name] of Object.entries(names)) {
      const { text } = await session.run(`aws-cred remove ${name[0]}\t`)
      assert.equal(readFileSync(join(dir, 'words'), 'utf8'), `remove\n${name}\n`, `${kind}: ${text}`)
      assert.ok(!existsSync(join(dir, 'PWNED')), kind)
      rmSync(join(dir, 'words'))
    }
    await session.run('aws-cred remove team:d\t')
    assert.equal(readFileSync(join(dir, 'words'), 'utf8'), 'remove\nteam:dev\n')
  })
}

test('powershell: the completer gives names as one word and runs nothing in them', (t) => {
  const program = findShell('powershell')
  if (!need(t, 'PowerShell', program !== null) || program === null) return
  const dir = standIn(t)
  const script = [
    `. '${join(root, 'shell/completion.ps1')}'`,
    `$null = $ExecutionContext.SessionState.Path.SetLocation('${dir}')`,
    `foreach ($first in '${Object.values(names)
      .map((name) => name[0])
      .join("','")}') {`,
    '  $line = "aws-cred remove $first"',
    '  $found = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)',
    '  foreach ($match in $found.CompletionMatches) {',
    '    Invoke-Expression "aws-cred remove $($match.CompletionText)"',
    `    [Console]::Out.Write([IO.File]::ReadAllText('${dir}/words'))`,
    '  }',
    '}',
  ].join('\n')
  const env = { HOME: dir, PATH: `${dir}/bin:${process.env.PATH}`, DOTNET_ROOT: process.env.DOTNET_ROOT }
  const { stdout, stderr } = spawnSync(program, ['-NoProfile', '-Command', script], { env, encoding: 'utf8' })
  const wanted = Object.values(names).map((name) => `remove\n${name}\n`)
  assert.equal(stdout.replaceAll('\r', ''), wanted.join(''), stderr)
  assert.ok(!existsSync(join(dir, 'PWNED')))
})

test('bash 3.2: no feature of later versions', () => {
  const text = readFileSync(join(root, 'shell/completion.bash'), 'utf8').replace(/^#.*/gm, '')
  assert.doesNotMatch(text, /mapfile|readarray|compgen -W|declare -A|\$\{[^}]*(?:\^\^|,,|@Q)\}|&>>|\[-1\]/)
})

test('completion.ps1 is ASCII', () => {
  assert.match(readFileSync(join(root, 'shell/completion.ps1'), 'utf8'), /^[\x00-\x7f]*$/)
})
