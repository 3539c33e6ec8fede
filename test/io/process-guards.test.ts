import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { leave, nameLookupPending, restartWithoutDebugging } from '../../src/io/process-guards.ts'
import { need } from '../support/need.ts'

const SOURCE = new URL('../../src/io/process-guards.ts', import.meta.url)
const posix = process.platform !== 'win32'
let home = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-guards-'))
})
afterEach(() => rmSync(home, { recursive: true }))

/** A program whose first statement is the guard. */
function program(code: string): string {
  const path = join(home, 'main.mjs')
  const names = 'restartWithoutDebugging, forbidCoreFiles, coreFilterForChildren, leave'
  writeFileSync(
    path,
    `import { ${names} } from ${JSON.stringify(SOURCE.href)}\nrestartWithoutDebugging(process)\n${code}`,
  )
  return path
}

async function run(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    err += chunk
  })
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (code, sig) => resolve([code, sig]))
  })
  return { pid: child.pid, status, signal, out, err }
}

class Ended extends Error {}

/** A made-up `process` that notes what it is told to do. */
function fake(more: Record<string, unknown>) {
  const did: unknown[] = []
  const note =
    (what: string) =>
    (...args: unknown[]) => {
      did.push([what, ...args])
      if (what !== 'write') throw new Ended()
    }
  const self = {
    argv: ['/bin/aws-cred', 'aws-cred', 'process', '--profile', 'p'],
    argv0: 'aws-cred',
    execPath: '/bin/aws-cred',
    execArgv: ['--disable-sigusr1'],
    platform: 'linux',
    pid: 42,
    env: { NODE_DEBUG: 'net', A: 'b' },
    execve: note('execve'),
    exit: note('exit'),
    kill: note('kill'),
    getBuiltinModule: () => ({ writeSync: note('write') }),
    ...more,
  }
  return { self: self as unknown as NodeJS.Process, did }
}

suite('restartWithoutDebugging()', () => {
  test('imports nothing', () => {
    assert.doesNotMatch(readFileSync(SOURCE, 'utf8'), /^import\b|require\(/m)
  })

  test('starts again in place without the debugging variables, all else kept', async (t) => {
    if (!need(t, 'execve', posix)) return
    const path = program(
      'console.log(JSON.stringify([process.pid, process.execArgv, process.argv.slice(2), process.env]))',
    )
    mkdirSync(join(home, 'coverage'))
    const debug = {
      NODE_DEBUG: 'net,fs,module',
      NODE_DEBUG_NATIVE: 'PERMISSION_MODEL',
      NODE_V8_COVERAGE: join(home, 'coverage'),
      NODE_COMPILE_CACHE: join(home, 'compiled'),
    }
    for (const [name, value] of Object.entries(debug)) {
      const got = await run(['--no-warnings', path, 'a b', '--x'], { [name]: value, KEEP: 'ü' })
      assert.equal(got.status, 0, name)
      assert.equal(got.out, `${JSON.stringify([got.pid, ['--no-warnings'], ['a b', '--x'], { KEEP: 'ü' }])}\n`)
      if (name !== 'NODE_DEBUG') assert.equal(got.err, '', name)
    }
    assert.deepEqual(readdirSync(join(home, 'coverage')), [])
    const compiled = existsSync(join(home, 'compiled'))
      ? readdirSync(join(home, 'compiled'), { recursive: true, withFileTypes: true })
      : []
    assert.deepEqual(
      compiled.filter((entry) => entry.isFile()),
      [],
    )
  })

  test('does nothing where none is set', () => {
    const { self, did } = fake({ env: { NODE_DEBUG: '', A: 'b' } })
    restartWithoutDebugging(self)
    assert.deepEqual(did, [])
  })

  test('gives a single executable neither a script nor Node options', () => {
    const { self, did } = fake({ execve: (...args: unknown[]) => did.push(args) })
    assert.throws(() => restartWithoutDebugging(self), Ended)
    assert.deepEqual(did[0], ['/bin/aws-cred', ['aws-cred', 'process', '--profile', 'p'], { A: 'b' }])
  })

  test('refuses to go on where the system refuses', () => {
    const { self, did } = fake({})
    assert.throws(() => restartWithoutDebugging(self), Ended)
    assert.deepEqual(did.slice(1), [
      ['write', 2, 'aws-cred: error: cannot start without NODE_DEBUG: the system refuses\nhint: unset NODE_DEBUG\n'],
      ['exit', 1],
    ])
  })

  test('runs a child on Windows and passes its status on, whatever the case of the name', () => {
    const spawned: unknown[] = []
    const spawnSyncFake = (...args: unknown[]) => {
      spawned.push(args)
      return { status: 3 }
    }
    const { self, did } = fake({
      platform: 'win32',
      env: { Node_Debug: 'net', A: 'b' },
      getBuiltinModule: () => ({ spawnSync: spawnSyncFake, writeSync: () => {} }),
      exit: (code: number) => {
        did.push(code)
        throw new Ended()
      },
    })
    assert.throws(() => restartWithoutDebugging(self), Ended)
    assert.equal(did[0], 3)
    assert.deepEqual(spawned, [['/bin/aws-cred', ['process', '--profile', 'p'], { env: { A: 'b' }, stdio: 'inherit' }]])
  })
})

test('forbidCoreFiles() empties the filter and remembers the old one', async (t) => {
  if (!need(t, '/proc/self/coredump_filter', existsSync('/proc/self/coredump_filter'))) return
  const code = `import { readFileSync } from 'node:fs'
    const read = () => Number('0x' + readFileSync('/proc/self/coredump_filter', 'latin1').trim())
    const before = [read(), coreFilterForChildren()]
    forbidCoreFiles(process)
    console.log(JSON.stringify([before, read(), Number(coreFilterForChildren())]))`
  const { out, err } = await run([program(code)], {})
  assert.equal(err, '')
  const [[before, unset], after, remembered] = JSON.parse(out)
  assert.notEqual(before, 0)
  assert.deepEqual([unset, after, remembered], [null, 0, before])
})

suite('leave()', { timeout: 60_000 }, () => {
  const hanging = () => {
    assert.equal(spawnSync('mkfifo', [join(home, 'fifo')]).status, 0)
    // Opening a pipe that nobody writes to hangs in the thread pool, as a silent keychain does.
    return `import { open, writeSync } from 'node:fs'
      open(${JSON.stringify(join(home, 'fifo'))}, 'r', () => {})
      setTimeout(() => { writeSync(1, 'all'); CODE }, 50)`
  }

  test('exits with the status while a native call hangs', async (t) => {
    if (!need(t, 'execve', posix)) return
    const got = await run([program(hanging().replace('CODE', 'leave(process, 3, { pendingNativeCall: true })'))], {
      A: 'b',
    })
    assert.deepEqual([got.status, got.out, got.err], [3, 'all', ''])
  })

  test('kills itself where it cannot start its binary', async (t) => {
    if (!need(t, 'execve', posix)) return
    const code = `process.execPath = '/nonexistent'; leave(process, 3, { pendingNativeCall: true })`
    const got = await run([program(hanging().replace('CODE', code))], {})
    assert.deepEqual([got.signal, got.out, got.err], ['SIGKILL', 'all', ''])
  })

  test('just exits where nothing is pending', () => {
    const { self, did } = fake({})
    assert.throws(() => leave(self, 5, { pendingNativeCall: false }), Ended)
    assert.deepEqual(did, [['exit', 5]])
  })
})

test('nameLookupPending() sees a lookup that the system has not answered yet', async () => {
  assert.equal(nameLookupPending(process), false)
  const answer = lookup('localhost')
  assert.equal(nameLookupPending(process), true)
  await answer
  // What stands for it goes once this turn is over.
  await immediate()
  assert.equal(nameLookupPending(process), false)
})
