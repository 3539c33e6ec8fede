import assert from 'node:assert/strict'
import { test } from 'node:test'
import { momentText, screenOf, shortPath } from '../../src/io/screen.ts'
import { fakeContext, fakeTerminal } from '../support/fake-context.ts'

const UTF8 = { LANG: 'en_US.UTF-8', TERM: 'xterm' }

function screen(env: Record<string, string>, isTerminal = true) {
  return screenOf(fakeContext({ home: '/home/me', env, terminal: fakeTerminal([]) }), isTerminal)
}

test('screenOf() colours the mark alone, and only where colour is wanted', () => {
  assert.equal(screen(UTF8).mark('good'), '\u001b[32m✓\u001b[0m')
  assert.equal(screen({ ...UTF8, NO_COLOR: '' }).mark('bad'), '\u001b[31m✗\u001b[0m')
  for (const plain of [screen({ ...UTF8, NO_COLOR: '1' }), screen({ ...UTF8, TERM: 'dumb' }), screen(UTF8, false)]) {
    assert.deepEqual([plain.mark('good'), plain.mark('warning'), plain.mark('bad')], ['✓', '!', '✗'])
  }
})

test('screenOf() takes plain marks where the terminal speaks no UTF-8', () => {
  for (const env of [{}, { LANG: 'C' }, { ...UTF8, LC_ALL: 'C' }, { LANG: 'de_DE.ISO-8859-1' }]) {
    const { mark } = screen({ ...env, NO_COLOR: '1' })
    assert.deepEqual([mark('good'), mark('warning'), mark('bad')], ['ok', '!', 'x'])
  }
})

test('screenOf() has a width only at a terminal', () => {
  assert.equal(screen(UTF8).columns, 80)
  assert.equal(screen(UTF8, false).columns, null)
})

test('shortPath() writes the home folder as ~ and nothing else', () => {
  const context = fakeContext({ home: '/home/me' })
  assert.equal(shortPath('/home/me/.aws/config', context), '~/.aws/config')
  for (const path of ['/home/meant/x', '/etc/aws', '/home/me']) assert.equal(shortPath(path, context), path)
})

test('momentText() is local with its zone, and has a date unless that is today’s', () => {
  const now = Date.UTC(2026, 10, 23, 12, 0)
  assert.match(momentText(now, now), /^\d\d:\d\d \S+$/)
  // Half a day on either side of any hour is another date on one of the two.
  const near = [now - 12 * 3_600_000, now + 12 * 3_600_000].map((each) => momentText(each, now))
  assert.ok(
    near.some((text) => /^2026-11-2[234] /.test(text)),
    near.join(),
  )
  assert.match(momentText(now + 48 * 3_600_000, now), /^2026-11-2\d \d\d:\d\d \S+$/)
})
