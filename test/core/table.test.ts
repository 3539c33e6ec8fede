import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableText, wrapped } from '../../src/core/table.ts'

test('tableText() aligns columns two spaces apart and ends no line in spaces', () => {
  const text = tableText(
    ['PROFILE', 'FROM'],
    [
      ['prod', 'user1'],
      ['a-longer-one', ''],
    ],
    null,
  )
  assert.equal(text, 'PROFILE       FROM\nprod          user1\na-longer-one\n')
})

test('tableText() cuts the widest column, and only where the screen is too narrow', () => {
  const rows = [['prod', 'x'.repeat(60), 'none']]
  assert.equal(tableText(['P', 'GIVES', 'S'], rows, 72), tableText(['P', 'GIVES', 'S'], rows, null))
  const narrow = tableText(['P', 'GIVES', 'S'], rows, 40)
  for (const line of narrow.trimEnd().split('\n')) assert.ok(line.length <= 40, line)
  assert.equal(narrow.split('\n')[1], `prod  ${'x'.repeat(27)}…  none`)
})

test('tableText() stops cutting where names would tell nothing', () => {
  assert.equal(
    tableText(['A', 'B'], [['x'.repeat(20), 'y'.repeat(20)]], 5).split('\n')[1],
    `${'x'.repeat(7)}…  ${'y'.repeat(7)}…`,
  )
})

test('tableText() counts letters that fill two cells', () => {
  assert.equal(
    tableText(
      ['A', 'B'],
      [
        ['日本', 'x'],
        ['abcde', 'y'],
      ],
      null,
    ),
    'A      B\n日本   x\nabcde  y\n',
  )
})

test('wrapped() breaks at spaces alone', () => {
  assert.deepEqual(wrapped('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrapped('unbreakable', 4), ['unbreakable'])
})

test('tableText() without heads, each cell painted as it stands there', () => {
  const paint = (cell: string, row: number, column: number) => (column === 0 ? `<${row}${cell}>` : cell)
  assert.equal(
    tableText(
      null,
      [
        ['a', 'bb'],
        ['ccc', ''],
      ],
      null,
      paint,
    ),
    '<0a>    bb\n<1ccc>\n',
  )
  assert.equal(tableText(null, [['long enough to cut', 'b']], 12, paint), '<0long eno…>  b\n')
  assert.equal(tableText(['H', 'I'], [['a', 'b']], null, paint), 'H  I\n<0a>  b\n')
  assert.equal(tableText(null, [], null), '')
})
