import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type HelperLimits, runHelper } from '../../src/io/run-helper.ts'

const LIMITS: HelperLimits = {
  env: { PATH: '/usr/bin:/bin', HOME: '/nowhere' },
  maxBytes: 65_536,
  deadlineMs: 10_000,
  signal: new AbortController().signal,
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'aws-cred-helper-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

async function pidIn(file: string): Promise<number> {
  for (;;) {
    try {
      const text = readFileSync(file, 'utf8')
      if (text.endsWith('\n')) return Number(text)
    } catch {
      // Not written yet.
    }
    await wait(10)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}

async function isGone(pid: number): Promise<void> {
  for (let i = 0; i < 200 && isAlive(pid); i++) await wait(10)
  assert.ok(!isAlive(pid), `${pid} has ended`)
}

test('runHelper() gives status and output apart, through a shell', async () => {
  const end = await runHelper({ line: `printf '%s' "$HOME"; printf oops >&2; exit 3` }, LIMITS)
  assert.deepEqual(end, { kind: 'ended', status: 3, out: '/nowhere', err: 'oops' })
  assert.deepEqual(await runHelper({ line: 'kill -9 $$' }, LIMITS), { kind: 'killed', signal: 'SIGKILL', err: '' })
  const none = await runHelper({ line: '/no/such/program' }, LIMITS)
  assert.ok(none.kind === 'ended' && none.status === 127)
})

test('runHelper() gives it an empty stdin and no terminal', async () => {
  const end = await runHelper({ line: 'cat; (: </dev/tty) 2>/dev/null && echo terminal; echo end' }, LIMITS)
  assert.deepEqual(end, { kind: 'ended', status: 0, out: 'end\n', err: '' })
})

test('runHelper() leaves nothing of it in core files', { skip: process.platform !== 'linux' }, async () => {
  const ours = readFileSync('/proc/self/coredump_filter', 'latin1')
  assert.equal(((await runHelper({ line: 'cat /proc/self/coredump_filter' }, LIMITS)) as { out: string }).out, ours)
})

test('runHelper() ends what prints too much, with its children', async (t) => {
  const place = folder(t)
  const started = performance.now()
  const end = await runHelper({ line: `sleep 300 & echo $! >${place}/pid; yes` }, LIMITS)
  assert.equal(end.kind, 'too-much')
  assert.ok(performance.now() - started < 5_000)
  await isGone(await pidIn(`${place}/pid`))
})

test('runHelper() keeps 8 kB of a long stderr, and lets it be written', async () => {
  const end = await runHelper({ line: 'head -c 3000000 /dev/zero | tr "\\0" x >&2; echo done' }, LIMITS)
  assert.ok(end.kind === 'ended' && end.status === 0)
  assert.deepEqual([end.out, end.err.length], ['done\n', 8_192])
})

test('runHelper() ends what hangs at its deadline or ours, with its children', async (t) => {
  const place = folder(t)
  const line = `sleep 300 & echo $! >${place}/pid; trap "" TERM; echo busy >&2; sleep 300`
  const end = await runHelper({ line: line }, { ...LIMITS, deadlineMs: 500 })
  assert.deepEqual(end, { kind: 'too-long', err: 'busy\n' })
  await isGone(await pidIn(`${place}/pid`))
  const aborted = await runHelper({ line: 'sleep 300' }, { ...LIMITS, signal: AbortSignal.timeout(100) })
  assert.equal(aborted.kind, 'too-long')
})

test('runHelper() does not wait for children that stay, and leaves them alone', async (t) => {
  const place = folder(t)
  const end = await runHelper({ line: `sleep 20 & echo $! >${place}/pid; printf '{}'` }, LIMITS)
  assert.deepEqual(end, { kind: 'ended', status: 0, out: '{}', err: '' })
  const pid = await pidIn(`${place}/pid`)
  assert.ok(isAlive(pid))
  process.kill(pid)
})

test('runHelper() takes its helper along when it is interrupted', async (t) => {
  const place = folder(t)
  const script = `import { runHelper } from '${join(import.meta.dirname, '../../src/io/run-helper.ts')}'
await runHelper({ line: 'echo $$ >${place}/pid; sleep 300' }, { env: { PATH: '/usr/bin:/bin' }, maxBytes: 100, deadlineMs: 60000, signal: new AbortController().signal })`
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    rmSync(`${place}/pid`, { force: true })
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    const pid = await pidIn(`${place}/pid`)
    const ended = new Promise((resolve) => child.on('exit', (_, died) => resolve(died)))
    child.kill(signal)
    assert.equal(await ended, signal)
    await isGone(pid)
  }
})
