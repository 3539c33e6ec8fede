import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { CredError } from '../../src/core/errors.ts'
import { type LockOptions, LockUnavailable, withLock } from '../../src/io/lock.ts'
import { need } from '../support/need.ts'

const MODULE = JSON.stringify(new URL('../../src/io/lock.ts', import.meta.url).href)
let home = ''
let folder = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-lock-'))
  folder = join(home, 'locks')
})
afterEach(() => rmSync(home, { recursive: true }))

function options<T>(more: Partial<LockOptions<T>> = {}): LockOptions<T> {
  const nowMs = () => performance.now()
  return {
    folder,
    name: 'k',
    deadlineMs: nowMs() + 60_000,
    nowMs,
    holder: { pid: process.pid, program: 'test' },
    ...more,
  }
}

/** Runs `code` in a process of its own, where `options(more)` and `withLock` are at hand. */
function child(code: string): {
  process: ChildProcess
  ended: Promise<{ status: number | null; out: string; err: string }>
} {
  const program = `
    const fs = await import('node:fs')
    const { withLock, LockUnavailable } = await import(${MODULE})
    const home = ${JSON.stringify(home)}
    const nowMs = () => performance.now()
    const options = (more) => ({ folder: ${JSON.stringify(folder)}, name: 'k', deadlineMs: nowMs() + 120000, nowMs,
      holder: { pid: process.pid, program: 'process --profile prod' }, ...more })
    ${code}`
  const started = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  started.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk
  })
  started.stderr.setEncoding('utf8').on('data', (chunk) => {
    err += chunk
  })
  return { process: started, ended: once(started, 'close').then(([status]) => ({ status, out, err })) }
}

/** A process that holds the lock until it is killed. */
async function holder(): Promise<ReturnType<typeof child>> {
  const held = child(
    `await withLock(options(), () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1e6)) })`,
  )
  assert.ok(held.process.stdout)
  await once(held.process.stdout, 'data')
  return held
}

async function killed(held: ReturnType<typeof child>): Promise<void> {
  held.process.kill('SIGKILL')
  await held.ended
}

suite('withLock()', { timeout: 180_000 }, () => {
  test('lets one of 50 processes in at a time, and each of them once, with stderr empty', async () => {
    writeFileSync(join(home, 'counter'), '0')
    const code = `
      const done = await withLock(options(), async () => {
        fs.closeSync(fs.openSync(home + '/inside', 'wx'))
        const count = Number(fs.readFileSync(home + '/counter', 'utf8'))
        await new Promise((resolve) => setTimeout(resolve, 1))
        fs.writeFileSync(home + '/counter', String(count + 1))
        fs.unlinkSync(home + '/inside')
        return 'done'
      })
      process.stdout.write(done)`
    const all = await Promise.all(Array.from({ length: 50 }, () => child(code).ended))
    for (const one of all) assert.deepEqual(one, { status: 0, out: 'done', err: '' })
    assert.equal(readFileSync(join(home, 'counter'), 'utf8'), '50')
    assert.deepEqual(readdirSync(folder), ['k.lock'])
    assert.equal(statSync(join(folder, 'k.lock')).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  test('is free after kill -9 of the holder', async () => {
    const held = await holder()
    let gone = false
    let busyAfter = 0
    const onBusy = async () => {
      if (gone) busyAfter++
      else await killed(held)
      gone = true
      return null
    }
    assert.equal(await withLock(options({ onBusy }), async () => 'mine'), 'mine')
    assert.ok(gone)
    // 10 waits of 25 ms at most make 250 ms.
    assert.ok(busyAfter <= 10, `${busyAfter} attempts were busy`)
  })

  test('names itself while it holds and gives the lock back when work throws', async () => {
    const failing = withLock(options(), async () => {
      const { pid, program } = JSON.parse(readFileSync(join(folder, 'k.holder'), 'utf8'))
      assert.deepEqual([pid, program], [process.pid, 'test'])
      assert.equal(statSync(join(folder, 'k.holder')).mode & 0o777, 0o600)
      throw new RangeError('work')
    })
    await assert.rejects(failing, RangeError)
    assert.ok(!existsSync(join(folder, 'k.holder')))
    assert.equal(await withLock(options(), async () => 1), 1)
  })

  test('gives up at the deadline and names pid, program and age of the holder', async () => {
    const held = await holder()
    try {
      let now = 0
      let tries = 0
      const nowMs = () => now
      const onBusy = async () => {
        tries++
        now += 10
        return null
      }
      const waiting = withLock(options({ nowMs, deadlineMs: 30, onBusy }), async () => assert.fail('two holders'))
      await assert.rejects(waiting, (error: unknown) => {
        assert.ok(error instanceof CredError)
        assert.equal(error.code, 'failed')
        assert.match(error.message, new RegExp(`for \\d+ s by pid ${held.process.pid} \\(process --profile prod\\)$`))
        return true
      })
      assert.equal(tries, 3)
    } finally {
      await killed(held)
    }
  })

  test('ends the wait with what onBusy finds', async () => {
    const held = await holder()
    try {
      const answers = [null, null, 'theirs']
      const got = await withLock(options({ onBusy: async () => answers.shift() ?? null }), async () =>
        assert.fail('two holders'),
      )
      assert.equal(got, 'theirs')
      assert.equal(answers.length, 0)
    } finally {
      await killed(held)
    }
  })

  test('ends the wait when the signal aborts', async () => {
    const held = await holder()
    try {
      const abort = new AbortController()
      const onBusy = async () => {
        abort.abort()
        return null
      }
      const waiting = withLock(options({ signal: abort.signal, onBusy }), async () => assert.fail('two holders'))
      await assert.rejects(waiting, { name: 'CredError', code: 'interrupted' })
      const signal = AbortSignal.abort(new CredError('failed', 'cannot wait any longer'))
      await assert.rejects(
        withLock(options({ signal }), async () => 1),
        { code: 'failed', message: 'cannot wait any longer' },
      )
    } finally {
      await killed(held)
    }
  })

  test('parts callers of one process too, and their attempts do not free the lock for others', async () => {
    let inside = 0
    await withLock(options(), async () => {
      await assert.rejects(
        withLock(options({ deadlineMs: 0 }), async () => assert.fail('two holders')),
        CredError,
      )
      const other = await child(`
        await withLock(options({ deadlineMs: 0 }), async () => console.log('two holders')).catch((e) => console.log(e.name))`)
        .ended
      assert.deepEqual(other, { status: 0, out: 'CredError\n', err: '' })
    })
    const work = async () => {
      inside++
      assert.equal(inside, 1)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    await Promise.all(Array.from({ length: 5 }, () => withLock(options(), work)))
  })

  test('is another lock under another name, whatever the name', async () => {
    const nested = withLock(options({ name: 'a' }), () =>
      withLock(options({ name: 'A' }), () =>
        withLock(options({ name: '../a' }), async () => readdirSync(folder).length),
      ),
    )
    assert.equal(await nested, 6)
    assert.deepEqual(readdirSync(home), ['locks'])
  })
})

suite('a lock folder that somebody has been at', () => {
  const planted = (name: string, plant: (path: string) => void) => {
    mkdirSync(folder, { mode: 0o700 })
    plant(join(folder, name))
  }
  const fifo = (path: string) => assert.equal(spawnSync('mkfifo', [path]).status, 0)

  test('a lock file that holds something else is made empty again, and locks', async () => {
    planted('k.lock', (path) => writeFileSync(path, 'x'.repeat(5000), { mode: 0o600 }))
    const held = await holder()
    assert.equal(statSync(join(folder, 'k.lock')).size, 0)
    await assert.rejects(withLock(options({ deadlineMs: 0 }), async () => assert.fail('two holders')))
    held.process.kill('SIGKILL')
    await held.ended
  })

  for (const [about, plant] of [
    ['a pipe', fifo],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to a device that never ends', (path: string) => symlinkSync('/dev/zero', path)],
  ] as const) {
    test(`${about} in place of the holder's name neither hangs the holder nor who waits`, {
      timeout: 20_000,
    }, async () => {
      planted('k.holder', plant)
      const held = await holder()
      await assert.rejects(
        withLock(options({ deadlineMs: 0 }), async () => assert.fail('two holders')),
        /its lock is held by a program that cannot be seen from here/,
      )
      held.process.kill('SIGKILL')
      await held.ended
      assert.equal(await withLock(options(), async () => 'done'), 'done')
    })
  }
})

suite('LockUnavailable', () => {
  const refused = async (reason: RegExp) => {
    await assert.rejects(
      withLock(options(), async () => assert.fail('work has run')),
      (error: unknown) => {
        assert.ok(error instanceof LockUnavailable)
        assert.match(error.reason, reason)
        return true
      },
    )
  }
  const lockFile = () => {
    mkdirSync(folder, { mode: 0o700 })
    writeFileSync(join(folder, 'k.lock'), '', { mode: 0o600 })
    return join(folder, 'k.lock')
  }

  test('a link in place of the lock file', async () => {
    writeFileSync(join(home, 'victim'), '')
    mkdirSync(folder, { mode: 0o700 })
    symlinkSync('../victim', join(folder, 'k.lock'))
    await refused(/symbolic link/)
    assert.equal(readFileSync(join(home, 'victim'), 'utf8'), '')
  })

  test('a lock file that is read-only, or that others may write to', async () => {
    const path = lockFile()
    chmodSync(path, 0o444)
    await refused(/read-only|permission denied/)
    chmodSync(path, 0o666)
    await refused(/other users may write/)
  })

  test('a folder in place of the lock file, and a folder that others may write to', async () => {
    mkdirSync(join(folder, 'k.lock'), { recursive: true, mode: 0o700 })
    await refused(/it is a folder/)
    chmodSync(folder, 0o777)
    await refused(/other users may write to it/)
  })

  test("another user's lock file", async (t) => {
    if (!need(t, 'root', process.getuid?.() === 0)) return
    chownSync(lockFile(), 12345, 12345)
    await refused(/belongs to another user/)
  })

  test('a lock that is always busy and has no holder, as on file systems without locks', async () => {
    const raw = new DatabaseSync(lockFile())
    try {
      raw.exec('BEGIN EXCLUSIVE')
      const waiting = withLock(options({ deadlineMs: 0 }), async () => assert.fail('two holders'))
      await assert.rejects(waiting, LockUnavailable)
      writeFileSync(join(folder, 'k.holder'), JSON.stringify({ pid: 2 ** 30, program: 'gone', startedMs: 0 }))
      const again = withLock(options({ deadlineMs: 0 }), async () => assert.fail('two holders'))
      await assert.rejects(again, { name: 'CredError', message: /held by a program that cannot be seen from here$/ })
    } finally {
      raw.close()
    }
  })
})
