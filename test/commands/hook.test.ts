import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCli } from '../../src/cli.ts'
import { fakeContext } from '../support/fake-context.ts'

const ENDINGS = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'ps1' }
const text = (ending: string) => readFileSync(join(import.meta.dirname, `../../shell/hook.${ending}`), 'utf8')

/** A prefix with the hooks of the given shells in it, and what the verb answers there. */
function installed(t: TestContext, endings: readonly string[]) {
  const prefix = mkdtempSync(join(tmpdir(), 'aws-cred-hook-'))
  t.after(() => rmSync(prefix, { recursive: true, force: true }))
  mkdirSync(join(prefix, 'share/aws-cred'), { recursive: true })
  for (const ending of endings) writeFileSync(join(prefix, 'share/aws-cred', `hook.${ending}`), text(ending))
  const run = async (words: readonly string[], env: Record<string, string> = {}) => {
    const context = fakeContext({ home: prefix, executablePath: join(prefix, 'bin/aws-cred'), env })
    const code = await runCli(['hook', ...words], context)
    return { code, out: context.outText, err: context.errText }
  }
  return { prefix, run }
}

test('hook prints the text of each shell’s hook', async (t) => {
  const { run } = installed(t, [])
  for (const [shell, ending] of Object.entries(ENDINGS)) {
    assert.deepEqual(await run([shell]), { code: 0, out: text(ending), err: '' })
  }
  for (const words of [[], ['tcsh'], ['tcsh', '--check'], ['--check', '--path']]) {
    assert.equal((await run(words)).code, 2, words.join(' '))
  }
})

test('hook --path prints where the installed file lies, beside the executable', async (t) => {
  const { prefix, run } = installed(t, ['zsh'])
  assert.equal((await run(['zsh', '--path'])).out, `${join(prefix, 'share/aws-cred/hook.zsh')}\n`)
  const { code, out, err } = await run(['bash', '--path'])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /cannot find the bash hook: it is not installed .*\n.*install\.sh/)
})

test('hook --check says installed and loaded, and names aws_cred_status', async (t) => {
  const { run } = installed(t, ['bash', 'fish'])
  const ours = await run(['--check'], { AWS_CRED_HOOKED: `bash:${process.ppid}` })
  assert.equal(ours.code, 0, ours.err)
  assert.match(ours.out, /^installed: bash, fish\nloaded: yes, bash:\d+ \(overwritten since\? ask aws_cred_status\)\n$/)
  const windows = await run(['--check'], { AWS_CRED_HOOKED: `powershell:${process.ppid}` })
  assert.match(windows.out, /Get-AwsCredStatus/)
})

test('hook --check fails where the hook is of another shell, not loaded, or not installed', async (t) => {
  const { run } = installed(t, ['bash'])
  // Our own process is no ancestor of itself.
  const other = await run(['--check'], { AWS_CRED_HOOKED: `bash:${process.pid}` })
  assert.equal(other.code, 1)
  assert.match(other.out, /loaded: no \(bash:\d+ is another shell/)
  for (const value of ['', 'bash', 'bash:1;x', 'sh:1']) {
    const { code, out } = await run(['--check'], { AWS_CRED_HOOKED: value })
    assert.deepEqual([code, out], [1, 'installed: bash\nloaded: no (AWS_CRED_HOOKED is not set by a hook)\n'])
  }
  const nothing = installed(t, [])
  const { code, out, err } = await nothing.run(['--check'], { AWS_CRED_HOOKED: `bash:${process.ppid}` })
  assert.equal(code, 1)
  assert.match(out, /^installed: no\n/)
  assert.match(err, /not installed/)
})

test('doctor names what loads a hook that is installed and not loaded', async (t) => {
  const { prefix } = installed(t, ['bash'])
  const env = { SHELL: '/bin/bash', PATH: '/nowhere', AWS_CRED_STORE: 'vault' }
  const context = fakeContext({ home: prefix, executablePath: join(prefix, 'bin/aws-cred'), env })
  await runCli(['doctor', '--offline', '--json'], context)
  const { findings } = JSON.parse(context.outText) as { findings: { code: string; cure: string | null }[] }
  assert.equal(findings.find(({ code }) => code === 'hook')?.cure, 'open a new terminal, or run the installer again')
})

test('hook SHELL --check asks for that shell alone', async (t) => {
  const { run } = installed(t, ['bash', 'fish'])
  const env = { AWS_CRED_HOOKED: `bash:${process.ppid}` }
  const bash = await run(['bash', '--check'], env)
  assert.match(`${bash.code} ${bash.out}`, /^0 installed: bash\nloaded: yes, bash:\d+ /)
  const fish = await run(['--check', 'fish'], env)
  assert.match(
    `${fish.code} ${fish.out}`,
    /^1 installed: fish\nloaded: no \(the hook that asks is of bash:\d+, not of fish\)\n$/,
  )
  const zsh = await run(['zsh', '--check'], env)
  assert.match(
    `${zsh.code} ${zsh.out}${zsh.err}`,
    /^1 installed: no\n[\s\S]*cannot find the zsh hook: it is not installed/,
  )
})

test('hook --check says which installed files are of another version', async (t) => {
  const { prefix, run } = installed(t, ['bash', 'zsh'])
  writeFileSync(join(prefix, 'share/aws-cred/hook.zsh'), '# old\n')
  const { out } = await run(['--check'], { AWS_CRED_HOOKED: `bash:${process.ppid}` })
  assert.match(out, /^installed: bash, zsh\nof another version: zsh; run the installer again\n/)
})
