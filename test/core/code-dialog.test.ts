import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeDialogs } from '../../src/core/code-dialog.ts'

const HOSTILE = `--help" & do shell script "id" <b>$(id)</b> \`id\`; 'x'`

test('codeDialogs() shows nothing where there is no screen', () => {
  assert.deepEqual(codeDialogs('text', 40, 'linux', {}), [])
})

test('codeDialogs() hands the text on as a word of its own or a variable, never as script text', () => {
  const screens = [
    ['linux', { DISPLAY: ':0' }],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0', XDG_CURRENT_DESKTOP: 'KDE' }],
    ['darwin', {}],
    ['win32', { SystemRoot: 'D:\\Win' }],
  ] as const
  for (const [platform, env] of screens) {
    const plain = codeDialogs('PLAIN', 40, platform, env)
    const hostile = codeDialogs(HOSTILE, 40, platform, env)
    assert.ok(plain.length > 0)
    for (const [i, dialog] of plain.entries()) {
      const other = hostile[i] as (typeof plain)[number]
      assert.equal(dialog.argv.length, other.argv.length)
      const changed = dialog.argv.filter((word, at) => word !== other.argv[at])
      const held = Object.keys(dialog.env).filter((name) => dialog.env[name] !== other.env[name])
      assert.equal(changed.length + held.length, 1, `${platform}: one place for the text`)
      for (const word of changed) assert.match(word, /^(--text=)?PLAIN$/)
    }
  }
})

test('codeDialogs() begins with what the desktop has', () => {
  const first = (desktop: string) =>
    codeDialogs('t', 40, 'linux', { DISPLAY: ':0', XDG_CURRENT_DESKTOP: desktop })[0]?.argv[0]
  assert.equal(first('GNOME'), 'zenity')
  assert.equal(first('KDE'), 'kdialog')
})
