import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseIni } from '../../../src/core/ini.ts'
import { diffLines, diffScreen, oldLineNumbers } from '../../../src/core/setup/config-diff.ts'

const doc = (text: string) => parseIni(text, { kind: 'config', path: '/home/me/.aws/config' })
const screen = (before: string, after: string) => diffScreen('~/.aws/config', doc(before), doc(after))
const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })

suite('diffLines()', () => {
  test('gives both sides back, whatever changed, and keeps as much as can be kept', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after)
        assert.deepEqual(
          diff.filter(({ mark }) => mark !== '+').map(({ text }) => text),
          before,
        )
        assert.deepEqual(
          diff.filter(({ mark }) => mark !== '-').map(({ text }) => text),
          after,
        )
        for (const line of diff) {
          if (line.before !== null) assert.equal(before[line.before - 1], line.text)
          if (line.after !== null) assert.equal(after[line.after - 1], line.text)
        }
        assert.equal(diff.filter(({ mark }) => mark === ' ').length, common(before, after))
      }),
    )
  })

  test('still gives both sides back where a comparison would cost too much', () => {
    const before = Array.from({ length: 3000 }, (_, index) => `a${index}`)
    const after = Array.from({ length: 3000 }, (_, index) => `b${index}`)
    const diff = diffLines(['x', ...before, 'y'], ['x', ...after, 'y'])
    assert.deepEqual(
      diff.filter(({ mark }) => mark !== '+').map(({ text }) => text),
      ['x', ...before, 'y'],
    )
    assert.deepEqual(
      diff.filter(({ mark }) => mark !== '-').map(({ text }) => text),
      ['x', ...after, 'y'],
    )
  })

  test('sees no change in a line end', () => {
    assert.deepEqual(
      diffLines(['a\r', 'b'], ['a', 'b\r']).map(({ mark }) => mark),
      [' ', ' '],
    )
  })
})

suite('oldLineNumbers()', () => {
  test('names lines as the file has them now, and new ones not at all', () => {
    const oldLine = oldLineNumbers(doc('[default]\nregion = a\n'), doc('[default]\noutput = x\nregion = a\n'))
    assert.deepEqual([oldLine(1), oldLine(2), oldLine(3)], [1, null, 2])
  })
})

suite('diffScreen()', () => {
  test('is empty where nothing changes', () => {
    assert.equal(screen('[default]\nregion = a\n', '[default]\nregion = a\n'), '')
  })

  test('shows a new section without the blank line before it or the section above', () => {
    assert.equal(
      screen('[default]\nregion = a\n', '[default]\nregion = a\n\n[profile p]\noutput = json\n'),
      '~/.aws/config\n+ [profile p]\n+ output = json\n',
    )
  })

  test('shows what is taken out before what takes its place, under the header', () => {
    assert.equal(
      screen(
        '[a]\nx = 1\n[profile p]\nk1 = v\nk2 = v\nk3 = v\nk4 = v\nrole_arn = r\n# c\n[b]\n',
        '[a]\nx = 1\n[profile p]\nk1 = v\nk2 = v\nk3 = v\nk4 = v\naws_cred_role_arn = r\n# c\n[b]\n',
      ),
      '~/.aws/config\n  [profile p]\n  …\n  k2 = v\n  k3 = v\n  k4 = v\n- role_arn = r\n+ aws_cred_role_arn = r\n  # c\n',
    )
  })

  test('escapes what would move the cursor or reorder the text', () => {
    const text = screen('[default]\n', '[default]\n# \u001b[2J\u202e\n')
    assert.equal(text, '~/.aws/config\n  [default]\n+ # \\x1b[2J\\u{202e}\n')
  })

  test('leaves out what is a secret by its looks, also where nothing changes', () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    const before = `[default]\n# ${secret}\nx = --y=${secret}\n`
    assert.equal(
      screen(before, `${before}z = "${secret}"\n`),
      '~/.aws/config\n  [default]\n  # …\n  x = --y=…\n+ z = "…"\n',
    )
  })

  test('shows line ends of Windows as none', () => {
    assert.equal(screen('[default]\r\n', '[default]\r\nregion = a\r\n'), '~/.aws/config\n  [default]\n+ region = a\n')
  })
})

/** The length of a longest common subsequence, the plain way. */
function common(a: readonly string[], b: readonly string[]): number {
  let last = new Array<number>(b.length + 1).fill(0)
  for (const x of a) {
    const row = [0]
    for (const [j, y] of b.entries()) row.push(x === y ? (last[j] ?? 0) + 1 : Math.max(last[j + 1] ?? 0, row[j] ?? 0))
    last = row
  }
  return last[b.length] ?? 0
}
