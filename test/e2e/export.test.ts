import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { callerOf } from '../support/e2e-caller.ts'
import {
  documentOf,
  type E2ePlace,
  processOf,
  readyPlace,
  runIn,
  startIn,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'
import { findShell, hookFile } from '../support/shell-session.ts'

const SHOW = `echo "$AWS_ACCESS_KEY_ID,$AWS_CRED_PROFILE,\${AWS_PROFILE-gone},\${AWS_SECURITY_TOKEN-gone}"`
const STALE = { AWS_PROFILE: 'one', AWS_SECURITY_TOKEN: 'old', AWS_ACCESS_KEY_ID: 'old' }

async function asProcess(place: E2ePlace, profile: string) {
  return documentOf(await processOf(place, profile))
}

const SHELLS = [
  { shell: 'sh', args: (words: string) => ['-c', `eval "$(${words})"; ${SHOW}`] },
  { shell: 'bash', args: (words: string) => ['-c', `eval "$(${words})"; ${SHOW}`] },
  { shell: 'bash', args: (words: string) => ['-c', `set -e; . <(${words}); ${SHOW}`] },
  { shell: 'zsh', args: (words: string) => ['-f', '-c', `eval "$(${words})"; ${SHOW}`] },
  {
    shell: 'fish',
    args: (words: string) => [
      '--no-config',
      '-c',
      `${words} --format fish | source; set -q AWS_PROFILE; or set AWS_PROFILE gone; set -q AWS_SECURITY_TOKEN; or set AWS_SECURITY_TOKEN gone; echo "$AWS_ACCESS_KEY_ID,$AWS_CRED_PROFILE,$AWS_PROFILE,$AWS_SECURITY_TOKEN"`,
    ],
  },
] as const

test('export sets and clears the variables of every shell', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const { AccessKeyId: keyId } = await asProcess(place, 'two')
  const own = `${place.binary} export --profile two`
  for (const { shell, args } of SHELLS) {
    await t.test(`${shell} ${args('').join(' ').slice(0, 30)}`, async (t) => {
      if (!need(t, shell, existsSync(`/usr/bin/${shell}`))) return
      assert.deepEqual(await runIn(place, [shell, ...args(own)], { env: STALE }), {
        code: 0,
        signal: null,
        out: `${keyId},two,gone,gone\n`,
        err: '',
      })
      const cleared = await runIn(place, [shell, ...args(`${place.binary} export --unset`)], { env: STALE })
      assert.deepEqual([cleared.out, cleared.err], [',,one,gone\n', ''])
      const failed = await runIn(place, [shell, ...args(`${place.binary} export --profile nobody`)], { env: STALE })
      assert.equal(failed.out.trim(), failed.code === 0 ? 'old,,one,old' : '')
      assert.match(failed.err, /^aws-cred: error: /)
    })
  }
})

test('export for PowerShell goes through Out-String and Invoke-Expression', async (t) => {
  const program = findShell('powershell')
  if (!need(t, 'PowerShell', program !== null)) return
  const place = await readyPlace(await vaultPlace(t))
  const { AccessKeyId: keyId, SessionToken: token } = await asProcess(place, 'two')
  const own = `& '${place.binary}' export --format powershell`
  const show = `[Console]::Out.WriteLine("$env:AWS_ACCESS_KEY_ID,$env:AWS_SESSION_TOKEN,$($null -eq [Environment]::GetEnvironmentVariable('AWS_PROFILE')),$($null -eq [Environment]::GetEnvironmentVariable('AWS_SESSION_TOKEN'))")`
  const code = `${own} --profile two | Out-String | Invoke-Expression; ${show}; ${own} --unset --persisted | Out-String | Invoke-Expression; ${show}`
  const { out, err } = await runIn(place, [program ?? '', '-NoProfile', '-Command', code], { env: STALE })
  assert.equal(err, '')
  assert.equal(out, `${keyId},${token},True,False\n,,True,True\n`)
})

test("export --persisted takes away fish's universal variables", async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  if (!need(t, 'fish', findShell('fish') !== null)) return
  const code = `set -Ux AWS_SESSION_TOKEN old; ${place.binary} export --unset --format fish | source; set -q AWS_SESSION_TOKEN; echo $status; ${place.binary} export --unset --persisted --format fish | source; echo $status; set -q AWS_SESSION_TOKEN; echo $status`
  const { out, err } = await runIn(place, ['fish', '-c', code])
  assert.deepEqual([out, err], ['0\n0\n1\n', ''])
})

test('export hands out what STS knows, and one refresh makes it', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const { code, out, err } = await verb(place, ['export', '--profile', 'two', '--format', 'json'])
  assert.deepEqual([code, err], [0, ''])
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = JSON.parse(out)
  const document = {
    Version: 1,
    AccessKeyId: AWS_ACCESS_KEY_ID,
    SecretAccessKey: AWS_SECRET_ACCESS_KEY,
    SessionToken: AWS_SESSION_TOKEN,
  } as const
  assert.match(await callerOf(place, document), /assumed-role\/Chained\//)
  assert.deepEqual(place.sts.count('AssumeRole'), 2)
})

test('no shell traces a secret of `. <(aws-cred export)` or of the hook', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const { SecretAccessKey: secret, SessionToken: token = '' } = await asProcess(place, 'two')
  for (const [shell, program, args] of [
    ['bash', 'bash', ['--norc', '-c']],
    ['zsh', 'zsh', ['-f', '-c']],
  ] as const) {
    if (!need(t, shell, findShell(shell) !== null)) return
    const hook = shell === 'bash' ? `. '${hookFile.bash}'` : `. '${hookFile.zsh}'`
    const code = `set -x; . <(${place.binary} export --profile two); set -x; ${hook}; test -n "\${AWS_SECRET_ACCESS_KEY:+x}" && echo done`
    const { out, err } = await runIn(place, [program, ...args, code])
    assert.equal(out, 'done\n')
    assert.match(err, /^\+.*export --profile two\n/m, 'it was traced')
    assert.ok(!err.includes(secret) && !err.includes(token), `${shell} traced a secret`)
  }
})

test('export asks at a terminal, and not with --force', async (t) => {
  if (!need(t, 'a pty', hasPty())) return
  const place = await readyPlace(await vaultPlace(t))
  const { SecretAccessKey: secret } = await asProcess(place, 'two')
  const asked = openPty(t, [place.binary, 'export', '--profile', 'two'], { ...place.env })
  await asked.waitFor('show them? [y/N] ')
  asked.type('n\r')
  assert.equal(await asked.exited, 1)
  assert.ok(!asked.output().includes(secret))
  const agreed = openPty(t, [place.binary, 'export', '--profile', 'two'], { ...place.env })
  await agreed.waitFor('show them? [y/N] ')
  agreed.type('y\r')
  assert.equal(await agreed.exited, 0)
  const forced = openPty(t, [place.binary, 'export', '--profile', 'two', '--force'], { ...place.env })
  assert.equal(await forced.exited, 0)
  for (const { output } of [agreed, forced]) assert.ok(output().includes(`='${secret}';`), 'shown')
})

test('export says on stderr that its reader is gone', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  await asProcess(place, 'two')
  const { child, ended } = startIn(place, [place.binary, 'export', '--profile', 'two'])
  child.stdout?.destroy()
  const { code, err } = await ended
  assert.equal(code, 1)
  assert.match(err, /^aws-cred: error: cannot write to stdout/)
})

test('export for github-actions leaves a file that a job reads back', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const file = join(place.home, 'github-env')
  writeFileSync(file, '')
  const words = ['export', '--profile', 'two', '--format', 'github-actions']
  const { code, out, err } = await verb(place, words, { env: { GITHUB_ENV: file } })
  assert.deepEqual([code, err], [0, ''])
  const { SecretAccessKey: secret } = await asProcess(place, 'two')
  assert.ok(out.includes(`::add-mask::${secret}\n`))
  const script = `set -a; . ${file}; echo "$AWS_SECRET_ACCESS_KEY"`
  assert.equal(spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: {} }).stdout, `${secret}\n`)
  assert.ok(!readFileSync(file, 'utf8').includes('AWS_PROFILE'))
})
