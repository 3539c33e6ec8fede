import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { findShell, openShell, type ShellName } from '../support/shell-session.ts'

const valid = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
  AWS_SECRET_ACCESS_KEY: 'wJalrSECRETVALUE',
  AWS_SESSION_TOKEN: 'IQoJTOKENVALUE',
  AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z',
  AWS_CRED_PROFILE: 'prod',
}
const args: Record<ShellName, (home: string) => string[]> = {
  bash: (home) => ['bash', '--noprofile', '--rcfile', join(home, '.bashrc'), '-i'],
  zsh: () => ['zsh', '-d', '-i'],
  fish: () => ['fish', '-i'],
  powershell: () => [findShell('powershell') ?? 'pwsh'],
}

/** Processes made in a trace of strace: threads (CLONE_THREAD) are none. */
const processes = (trace: string) =>
  trace.split('\n').filter((line) => /\b(clone3?|v?fork|execve)\(/.test(line) && !line.includes('CLONE_THREAD'))

for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const)
  test(`300 prompts of ${name}: no process`, { timeout: 120_000 }, async (t) => {
    const strace = existsSync('/usr/bin/strace')
    if (!need(t, `${name}, strace and a pty`, strace && hasPty() && findShell(name) !== null)) return
    // The shell starts itself under strace; HOME is known only then, so /bin/sh expands it.
    const inner = args[name]('$HOME')
      .map((word) => (word.includes('$') ? `"${word}"` : `'${word}'`))
      .join(' ')
    const line = `exec strace -f --seccomp-bpf -qq -e trace=clone,clone3,fork,vfork,execve -o "$HOME/trace" ${inner}`
    const shell = await openShell(t, name, { env: valid, program: '/bin/sh', args: ['-c', line] })
    const trace = () => readFileSync(join(shell.home, 'trace'), 'utf8')
    assert.ok(processes(trace()).length > 0, 'strace saw the shell start')
    // The first lines may load what the shell itself autoloads.
    for (let n = 0; n < 3; n += 1) await shell.run('')
    const before = processes(trace()).length
    for (let n = 0; n < 300; n += 1) await shell.run('')
    assert.deepEqual(processes(trace()).slice(before), [])
    await shell.run('/bin/true')
    assert.ok(processes(trace()).length > before, 'strace sees a process')
  })
