import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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
  'eval "real$(declare -f __aws_cred_check)"; __aws_cred_check() { runs=$((${runs:-0} + 1)); real__aws_cred_check "$@"; }'
const neighbour = 'seen() { n=$((${n:-0} + 1)); }'

/** What every registration owes: one run a prompt, one line, and `$?`, PIPESTATUS and `$_` as they were. */
async function owes(shell: ShellSession): Promise<void> {
  const said = shell.first.hooks
  assert.equal(said.length, 1, shell.first.text)
  assert.match(said[0] ?? '', line)
  const before = Number(await ask(shell, '$runs'))
  assert.equal(Number(await ask(shell, '$runs')), before + 1, 'runs a prompt')
  assert.equal((await shell.run('(exit 7)')).status, '7')
  assert.equal(await ask(shell, '$?'), '7')
  await shell.run('false | true | (exit 3)')
  assert.equal(await ask(shell, '${PIPESTATUS[*]}'), '1 0 3')
  await shell.run(': hello')
  assert.equal(await ask(shell, '$_'), 'hello')
  assert.deepEqual((await shell.run(':')).hooks, [])
}

async function ask(shell: ShellSession, expression: string): Promise<string> {
  const { text } = await shell.run(`echo "=${expression}="`)
  return /=([^=]*)=\n/.exec(text)?.[1] ?? `no answer in ${JSON.stringify(text)}`
}

const bashes = [findShell('bash'), ...(process.env.AWS_CRED_TEST_BASHES ?? '').split(':')].filter(
  (path) => !!path,
) as string[]
const versionOf = (program: string) =>
  Number(spawnSync(program, ['-c', 'echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))'], { encoding: 'utf8' }).stdout)

for (const [name, from, to] of [
  ['bash 3.2', 302, 303],
  ['bash 4.2', 402, 403],
  ['bash 4.4', 404, 405],
  ['bash 5.0', 500, 501],
  ['bash 5.3', 503, 504],
] as const)
  test(`hook of ${name}`, (t) => {
    const there = bashes.some((program) => versionOf(program) >= from && versionOf(program) < to)
    if (!there) elsewhere(t, `${name} (AWS_CRED_TEST_BASHES names none)`)
  })

for (const program of bashes) {
  const version = versionOf(program)
  const open = (t: Parameters<typeof openShell>[0], options: SessionOptions) =>
    openShell(t, 'bash', { program, ...options, env: { ...expired, ...options.env } })

  test(`PROMPT_COMMAND in bash ${version}`, { timeout: 60_000 }, async (t) => {
    if (!need(t, 'a pty', hasPty())) return
    for (const [name, before, type, neighbours] of [
      ['unset', 'unset PROMPT_COMMAND', '--', 0],
      ['empty', "PROMPT_COMMAND=''", '--', 0],
      ['scalar', 'PROMPT_COMMAND=seen', '--', 1],
      ['scalar that ends in a semicolon', "PROMPT_COMMAND='seen;'", '--', 1],
      ['scalar that ends in a comment', "PROMPT_COMMAND='seen # c'", '--', 1],
      ['scalar with a trailing newline', "PROMPT_COMMAND=$'seen\\n'", '--', 1],
      ['array', 'PROMPT_COMMAND=(seen seen)', '-a', 2],
      ['array with an empty first element', "PROMPT_COMMAND=('' seen)", '-a', 1],
      ['sparse array', 'PROMPT_COMMAND=([3]=seen)', '-a', 1],
      ['empty array', 'PROMPT_COMMAND=()', '-a', 0],
    ] as const) {
      if (type === '-a' && version < 501) continue
      await t.test(`${name}: keeps its type and runs once`, async (t) => {
        const shell = await open(t, { before: `${neighbour}\n${before}`, after: count })
        await owes(shell)
        assert.match(await ask(shell, '$(declare -p PROMPT_COMMAND | cut -c1-10)'), new RegExp(`declare ${type}`))
        const ran = Number(await ask(shell, '${n:-0}'))
        assert.equal(Number(await ask(shell, '${n:-0}')) - ran, neighbours)
        assert.match((await shell.run('aws_cred_status')).text, /hook registered, bash:\d+/)
      })
    }
    for (const [name, before] of [
      ['scalar', 'PROMPT_COMMAND=seen'],
      ['array', 'PROMPT_COMMAND=(seen :)'],
    ] as const)
      await t.test(`sourced twice with a ${name}: no duplicate`, async (t) => {
        const shell = await open(t, { before: `${neighbour}\n${before}`, after: `. '${hookFile.bash}'\n${count}` })
        await owes(shell)
        assert.deepEqual((await shell.run(`. '${hookFile.bash}'`)).hooks, [])
      })
    await t.test('ours, then starship, then ours again: no duplicate message', async (t) => {
      const after = `${fixture('starship.bash')}\n. '${hookFile.bash}'`
      const shell = await open(t, { after })
      assert.equal(shell.first.hooks.length, 1)
      assert.deepEqual((await shell.run(':')).hooks, [])
      assert.deepEqual((await shell.run(`. '${hookFile.bash}'`)).hooks, [])
    })
    await t.test('readonly: the rc file goes on, the hook stays out', async (t) => {
      for (const before of [
        "readonly PROMPT_COMMAND='seen'",
        'readonly PROMPT_COMMAND',
        'readonly -a PROMPT_COMMAND=(seen)',
      ]) {
        const shell = await open(t, { before: `${neighbour}\n${before}`, after: 'went=on' })
        assert.doesNotMatch(shell.first.text, /readonly|aws-cred/, before)
        assert.equal(await ask(shell, '$went'), 'on')
        assert.match((await shell.run('aws_cred_status')).text, /hook overwritten/)
      }
    })
    await t.test('exported: a child without the hook is silent and keeps $?', async (t) => {
      const shell = await open(t, { before: `${neighbour}\nexport PROMPT_COMMAND=:`, after: `${count}\nexport PS1` })
      await owes(shell)
      const { text } = await shell.run('bash --norc')
      assert.doesNotMatch(text, /not found|aws/)
      assert.equal((await shell.run('(exit 7)')).status, '7')
      assert.doesNotMatch(shell.raw(), /not found/)
    })
    await t.test('overwritten by a later script: status says so', async (t) => {
      const shell = await open(t, { after: 'PROMPT_COMMAND=:' })
      assert.deepEqual(shell.first.hooks, [])
      assert.match(
        (await shell.run('aws_cred_status')).text,
        /expired, 0 min left: .*\nhook overwritten: PROMPT_COMMAND/,
      )
    })
  })

  test(`options of bash ${version}`, { timeout: 60_000 }, async (t) => {
    if (!need(t, 'a pty', hasPty())) return
    for (const [name, options] of [
      ['set -u', 'set -u'],
      ['trap ERR', "trap 'errs=$((${errs:-0} + 1))' ERR"],
      ['set -E with trap ERR', "set -E; trap 'e=1' ERR"],
      ['set -f', 'set -f'],
      ['failglob', 'shopt -s failglob'],
      ['nullglob', 'shopt -s nullglob'],
      ['nocasematch', 'shopt -s nocasematch'],
      ['noclobber', 'set -C'],
      ['posix mode', 'set -o posix'],
      ['set -T with DEBUG', "set -T; trap ': debug' DEBUG"],
      ['IFS of digits', 'IFS=0123456789'],
      ['IFS of letters', 'IFS=_acdempr'],
      ['LC_ALL odd', 'LC_ALL=tr_TR.UTF-8'],
      ['LC_ALL=C', 'LC_ALL=C'],
      ['SECONDS=0', 'SECONDS=0'],
      ['SECONDS=100000', 'SECONDS=100000'],
      ['unset SECONDS', 'set -u; unset SECONDS'],
      ['unset EPOCHSECONDS', 'unset EPOCHSECONDS'],
      ['alias local, printf, return', "alias local='echo no' printf='echo no' return='echo no' builtin='echo no'"],
      ['function printf', 'printf() { echo no; }; export() { echo no; }; local() { echo no; }'],
    ] as const)
      await t.test(`${name}: one line, nothing else, before and after loading`, async (t) => {
        for (const part of ['before', 'after'] as const) {
          const shell = await open(t, { [part]: options })
          assert.equal(shell.first.hooks.length, 1, shell.first.text)
          assert.match(shell.first.hooks[0] ?? '', line)
          assert.doesNotMatch(shell.first.text, /\bno\b|error|unbound|numeric/)
          assert.equal((await shell.run('(exit 7)')).status, '7')
          const after = await shell.run('AWS_CREDENTIAL_EXPIRATION=2099-01-01T00:00:00Z')
          assert.match(
            after.hooks.join('|'),
            /^aws-cred: this shell's credentials of prod are renewed, \d+ d left$/,
            after.text,
          )
        }
      })
    await t.test('EPOCHSECONDS in the environment is not believed', async (t) => {
      const shell = await open(t, { env: { EPOCHSECONDS: '5' } })
      assert.match(shell.first.hooks[0] ?? '', line)
    })
    await t.test('set -e: the shell lives after (exit 3) && true', async (t) => {
      for (const before of ['PROMPT_COMMAND=:', 'PROMPT_COMMAND=(:)']) {
        const shell = await open(t, { before })
        await shell.run('set -e')
        assert.equal((await shell.run('(exit 3) && true')).status, '3')
        assert.equal((await shell.run(':')).status, '0')
      }
    })
    await t.test('set -x: no secret in the trace, BASH_XTRACEFD too', async (t) => {
      const other = { AWS_SECURITY_TOKEN: 'IQoJTOKENVALUF' }
      const shell = await open(t, { env: other })
      for (const typed of [
        'set -x',
        'unset AWS_CREDENTIAL_EXPIRATION',
        ':',
        'aws_cred_status',
        'unset AWS_SESSION_TOKEN',
        'set +x',
      ])
        await shell.run(typed)
      assert.match(shell.raw(), /\+ __aws_cred_check/)
      const file = await open(t, { env: other, before: 'exec 9>"$HOME/trace"; BASH_XTRACEFD=9; set -x' })
      for (const typed of [':', 'unset AWS_CREDENTIAL_EXPIRATION', 'aws_cred_status']) await file.run(typed)
      const traced = readFileSync(join(file.home, 'trace'), 'utf8')
      assert.match(traced, /__aws_cred_judge/)
      for (const value of [secret, token, 'IQoJTOKENVALUF', expired.AWS_ACCESS_KEY_ID])
        assert.equal(shell.raw().includes(value) || file.raw().includes(value) || traced.includes(value), false, value)
    })
    await t.test('NO_COLOR, TERM=dumb and a pipe switch the colour off', async (t) => {
      const coloured = await open(t, { env: { TERM: 'xterm' } })
      assert.match(coloured.raw(), /\x1b\[31maws-cred:\x1b\[0m this/)
      const plain = await open(t, { env: { TERM: 'xterm', NO_COLOR: '1' } })
      assert.doesNotMatch(plain.raw(), /\x1b\[31m/)
    })
    await t.test('AWS_CRED_HOOKED names the shell, the state is not exported', async (t) => {
      const shell = await open(t, { env: { AWS_CRED_STATE: 'ok' } })
      assert.equal(await ask(shell, '${AWS_CRED_HOOKED/$$/pid}'), 'bash:pid')
      assert.equal(await ask(shell, '$(env | grep -c "^AWS_CRED_STATE")'), '0')
    })
  })

  test(`neighbours in bash ${version}`, { timeout: 60_000 }, async (t) => {
    if (!need(t, 'a pty', hasPty())) return
    const has = (name: string) =>
      ['/usr/bin', '/usr/local/bin', '/bin'].some((folder) => existsSync(join(folder, name)))
    for (const [name, load] of [
      ['direnv', 'eval "$(direnv hook bash)"'],
      ['zoxide', 'eval "$(zoxide init bash --hook prompt)"'],
      ['starship (fixture)', fixture('starship.bash')],
      ['bash-preexec (fixture)', fixture('preexec.bash')],
    ] as const)
      for (const part of ['before', 'after'] as const)
        await t.test(`${name} loaded ${part} ours: once a prompt, status kept`, async (t) => {
          const tool = name.split(' ')[0] ?? ''
          if (!name.includes('fixture') && !need(t, tool, has(tool))) return
          const shell = await open(
            t,
            part === 'before' ? { before: load, after: count } : { after: `${load}\n${count}` },
          )
          if (name.startsWith('zoxide') || name.startsWith('direnv')) await shell.run(':')
          else await owes(shell)
          const ran = Number(await ask(shell, '$runs'))
          assert.equal(Number(await ask(shell, '$runs')), ran + 1)
          await shell.run('false | (exit 3)')
          if (name.startsWith('starship')) assert.equal(await ask(shell, '$SHIP_STATUS,$SHIP_PIPE'), '3,1 3')
          if (name.startsWith('bash-pre')) assert.equal(await ask(shell, '$BP_STATUS,${BP_PIPE#* }'), '3,3')
          assert.equal((await shell.run('(exit 7)')).status, '7')
        })
    for (const part of ['before', 'after'] as const)
      await t.test(`VS Code (fixture) loaded ${part} ours: E, C, D as without it`, async (t) => {
        const shells = [
          await open(t, { [part]: fixture('vscode.bash') }),
          await open(t, { before: fixture('vscode.bash'), hook: false }),
        ]
        const logs: string[] = []
        for (const shell of shells) {
          for (const typed of [':', "sh -c 'exit 5'", 'true']) await shell.run(typed)
          await shell.run(`printf '%s' "$__vsc_log" >"$HOME/log"`)
          logs.push(readFileSync(join(shell.home, 'log'), 'utf8').replaceAll('"', ''))
        }
        assert.equal(logs[0]?.trim(), logs[1]?.trim())
        assert.match(logs[0] ?? '', /E;: C D;0 E;sh -c 'exit 5' C D;5 E;true C D;0/)
      })
    await t.test('mise', (t) => elsewhere(t, 'mise'))
  })

  test(`shells that no one types into, bash ${version}`, async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'aws-cred-'))
    t.after(() => rmSync(home, { recursive: true, force: true }))
    const run = (args: string[], env: Record<string, string> = {}) =>
      spawnSync(program, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', HOME: home, ...expired, ...env },
      })
    await t.test('bash -c and BASH_ENV: silent, no variable exported', () => {
      for (const done of [
        run(['-c', `. '${hookFile.bash}'; echo "$AWS_CRED_HOOKED$PROMPT_COMMAND"`]),
        run(['-c', 'echo "$AWS_CRED_HOOKED$PROMPT_COMMAND"'], { BASH_ENV: hookFile.bash }),
        run(['-euo', 'pipefail', '-c', `. '${hookFile.bash}'; echo`]),
      ])
        assert.deepEqual([done.status, done.stdout, done.stderr], [0, '\n', ''])
    })
    await t.test('rbash: loaded before the restriction, it speaks', async (t) => {
      if (!need(t, 'a pty', hasPty())) return
      const shell = await open(t, { after: 'set -r' })
      assert.match(shell.first.hooks[0] ?? '', line)
      assert.equal((await shell.run('(exit 7)')).status, '7')
    })
  })
}
