import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { suite, type TestContext, test } from 'node:test'
import { HiddenLine } from '../../src/io/terminal-input.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'

const MODULE = new URL('../../src/io/terminal.ts', import.meta.url).href
const PROGRAM = `
const { openTerminal } = await import(${JSON.stringify(MODULE)})
const terminal = openTerminal()
if (terminal === null) { console.log('no terminal'); process.exit(9) }
process.on('exit', () => console.log('left'))
`

function node(code: string): string[] {
  return [process.execPath, '--input-type=module', '--eval', `${PROGRAM}${code}`]
}

/** Runs `code` in a shell that afterwards shows whether the terminal still echoes. */
function thenSettings(code: string): string[] {
  const words = node(code).map((word) => `'${word.replaceAll("'", "'\\''")}'`)
  return ['/bin/sh', '-c', `trap : INT; ${words.join(' ')}; echo "status $?"; stty -a`]
}

const bytes = (text: string) => new TextEncoder().encode(text)

function typed(...pieces: (string | Uint8Array)[]): string | null {
  const line = new HiddenLine()
  for (const piece of pieces) {
    const state = line.feed(typeof piece === 'string' ? bytes(piece) : piece)
    if (state.done) return state.line
  }
  return null
}

suite('HiddenLine', () => {
  test('edits as a terminal does', () => {
    assert.equal(typed('abc\r'), 'abc')
    assert.equal(typed('abx\x7fc\n'), 'abc')
    assert.equal(typed('\x7f\x7fa\b\x7fb\r'), 'b')
    assert.equal(typed('wrong\x15right\r'), 'right')
    assert.equal(typed('a', 'b', '\r'), 'ab')
    assert.equal(typed('a\x00\x04\tb\r'), 'ab')
    assert.equal(typed('one\rtwo\r'), 'one')
    assert.equal(typed('unfinished'), null)
  })

  test('deletes whole characters and joins split ones', () => {
    assert.equal(typed('ä😀\x7fb\r'), 'äb')
    const [head, tail] = [bytes('é').slice(0, 1), bytes('é').slice(1)]
    assert.equal(typed('x', head, tail, '\r'), 'xé')
  })

  test('drops arrow keys and the marks of a paste', () => {
    assert.equal(typed('\x1b[200~se\x1b[Dcr\x1bOPet\x1b[201~\r'), 'secret')
    assert.equal(typed('se\x1b', '[', 'D', 'cret\r'), 'secret')
    assert.equal(typed('secret\x1b\r'), 'secret')
  })

  test('ends on Ctrl-C, and on Ctrl-D where nothing was typed', () => {
    const isInterrupt = { name: 'CredError', code: 'interrupted' }
    assert.throws(() => typed('abc\x03'), isInterrupt)
    assert.throws(() => typed('\x1b\x03'), isInterrupt)
    assert.throws(() => typed('a\x7f\x04'), isInterrupt)
  })
})

suite('openTerminal', { timeout: 60_000 }, () => {
  const ready = (t: TestContext) => need(t, 'script (util-linux)', hasPty())

  test('asks hidden: what is typed reaches the program and is never shown', async (t) => {
    if (!ready(t)) return
    const code = `const s = await terminal.askHidden('Secret: '); terminal.show('length ' + s.length + ' ' + (s === 'hunter2é') + '\\n')`
    const pty = openPty(t, node(code), {})
    await pty.waitFor('Secret: ')
    pty.type('huntex\x7fr2é\r')
    await pty.waitFor('length 8 true')
    await pty.waitFor('left')
    assert.equal(await pty.exited, 0)
    assert.doesNotMatch(pty.output(), /hunt|r2/)
  })

  test('asks several questions one after the other, hidden and not', async (t) => {
    if (!ready(t)) return
    const code = `const a = await terminal.ask('Id: '); const b = await terminal.askHidden('Key: '); const c = await terminal.ask('Sure? ')
      terminal.show(['got', a, b.length, c, terminal.columns > 0].join('|') + '\\n')`
    const pty = openPty(t, node(code), {})
    await pty.waitFor('Id: ')
    pty.type('AKIA\r')
    await pty.waitFor('Key: ')
    pty.type('zzz\r')
    await pty.waitFor('Sure? ')
    pty.type('yes\r')
    await pty.waitFor('got|AKIA|3|yes|true')
    assert.equal(await pty.exited, 0)
    assert.match(pty.output(), /Id: AKIA/)
    assert.match(pty.output(), /Sure\? yes/)
    assert.doesNotMatch(pty.output(), /zzz/)
  })

  test('reads the terminal when stdin and stdout are something else', async (t) => {
    if (!ready(t)) return
    const words = node(`const s = await terminal.askHidden('Code: '); console.error('n' + s.length)`)
    const pty = openPty(t, ['/bin/sh', '-c', '"$@" </dev/null >/dev/null', 'sh', ...words], {})
    await pty.waitFor('Code: ')
    pty.type('12345\r')
    await pty.waitFor('n5')
    assert.equal(await pty.exited, 0)
  })

  for (const [what, key, question] of [
    ['a hidden question', '\x03', 'askHidden'],
    ['an open question', '\x03', 'ask'],
    ['a hidden question by Ctrl-D', '\x04', 'askHidden'],
    ['an open question by Ctrl-D', '\x04', 'ask'],
  ] as const) {
    test(`leaves the terminal as it was after Ctrl-C at ${what}`, async (t) => {
      if (!ready(t)) return
      const code = `try { await terminal.${question}('Q: ') } catch (e) { process.exitCode = e.code === 'interrupted' ? 130 : 7 }`
      const pty = openPty(t, thenSettings(code), {})
      await pty.waitFor('Q: ')
      pty.type(key)
      await pty.waitFor('status 130')
      await pty.exited
      assert.match(pty.output(), / icanon /)
      assert.match(pty.output(), / echo /)
      assert.match(pty.output(), /\bisig/)
    })
  }

  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`leaves the terminal as it was when ${signal} ends a hidden question`, async (t) => {
      if (!ready(t)) return
      const code = `console.log('pid ' + process.pid + '.'); await terminal.askHidden('Q: ')`
      const pty = openPty(t, thenSettings(code), {})
      await pty.waitFor('Q: ')
      process.kill(Number(/pid (\d+)\./.exec(pty.output())?.[1]), signal)
      await pty.waitFor(`status ${status}`)
      await pty.exited
      assert.match(pty.output(), / icanon /)
      assert.match(pty.output(), / echo /)
    })
  }

  test('leaves the terminal as it was when the program exits during a hidden question', async (t) => {
    if (!ready(t)) return
    const pty = openPty(t, thenSettings(`setTimeout(() => process.exit(4), 100); await terminal.askHidden('Q: ')`), {})
    await pty.waitFor('status 4')
    await pty.exited
    assert.match(pty.output(), / echo /)
  })

  test('is null in the background', async (t) => {
    if (!ready(t)) return
    const pty = openPty(t, ['/bin/sh', '-mc', '"$@" & wait $!; echo "status $?"', 'sh', ...node('')], {})
    await pty.waitFor('no terminal')
    await pty.waitFor('status 9')
  })

  test('is null without a controlling terminal', async () => {
    const [file = '', ...args] = node('')
    const child = spawn(file, args, { detached: true, env: {}, stdio: ['ignore', 'pipe', 'ignore'] })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk
    })
    const status = await new Promise((resolve) => child.on('close', resolve))
    assert.deepEqual([status, out], [9, 'no terminal\n'])
  })
})
