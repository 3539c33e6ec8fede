import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { checkReplaceable, replaceFile } from '../../src/io/replace-file.ts'
import { need } from '../support/need.ts'

let home = ''
let file = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-replace-'))
  file = join(home, 'file')
})
afterEach(() => rmSync(home, { recursive: true }))

const read = () => readFileSync(file, 'utf8')

test('replaceFile() writes whole, keeps the mode, and leaves nothing beside it', () => {
  for (const mode of [0o600, 0o640, 0o644]) {
    writeFileSync(file, 'old')
    chmodSync(file, mode)
    replaceFile(file, 'new', { expected: 'old' })
    assert.equal(read(), 'new')
    assert.equal(statSync(file).mode & 0o777, mode)
    assert.deepEqual(readdirSync(home), ['file'])
  }
  replaceFile(join(home, 'a', 'b', 'fresh'), 'new', { expected: null, newMode: 0o600 })
  assert.equal(statSync(join(home, 'a', 'b', 'fresh')).mode & 0o777, 0o600)
})

test('replaceFile() follows links, relative and in a row, to their end, and keeps them', () => {
  mkdirSync(join(home, 'dot', 'deep'), { recursive: true })
  symlinkSync('dot/one', file)
  symlinkSync('deep/two', join(home, 'dot', 'one'))
  const target = join(home, 'dot', 'deep', 'two')
  replaceFile(file, 'made', { expected: null })
  assert.equal(readFileSync(target, 'utf8'), 'made', 'also where a link leads to nothing yet')
  replaceFile(file, 'new', { expected: 'made' })
  assert.equal(readFileSync(target, 'utf8'), 'new')
  assert.deepEqual([readlinkSync(file), readlinkSync(join(home, 'dot', 'one'))], ['dot/one', 'deep/two'])
  assert.equal(lstatSync(target).isFile(), true)
  rmSync(target)
  symlinkSync(file, target)
  assert.throws(() => replaceFile(file, 'x', { expected: 'new' }), /: (too many symbolic links|it is a symbolic link)$/)
})

test('replaceFile() changes nothing where the file is not the one that was read', () => {
  for (const [there, expected] of [
    ['another', 'old'],
    [null, 'old'],
    ['made meanwhile', null],
  ] as const) {
    rmSync(file, { force: true })
    if (there !== null) writeFileSync(file, there)
    assert.throws(() => replaceFile(file, 'new', { expected }), {
      message: `cannot write "${file}": another program has changed it meanwhile`,
      hint: 'run the command again',
    })
    assert.equal(existsSync(file) ? read() : null, there)
    assert.deepEqual(readdirSync(home), there === null ? [] : ['file'])
  }
})

test('checkReplaceable() and replaceFile() leave alone what is marked read-only, for root too, and what is no file', () => {
  writeFileSync(file, 'old')
  chmodSync(file, 0o400)
  const readOnly = { message: `cannot write "${file}": it is marked read-only`, hint: `chmod u+w ${file}` }
  assert.throws(() => checkReplaceable(file), readOnly)
  assert.throws(() => replaceFile(file, 'new', { expected: 'old' }), readOnly)
  assert.equal(read(), 'old')
  rmSync(file)
  checkReplaceable(file)
  mkdirSync(file)
  assert.throws(() => checkReplaceable(file), /it is not a file$/)
  assert.throws(() => replaceFile(file, 'new', { expected: null }), /it is not a file$/)
})

test('replaceFile() removes what a killed process left beside the file, and nobody else’s', () => {
  writeFileSync(file, 'old')
  const { pid: dead } = spawnSync('true')
  const named = (pid: number) => join(home, `.aws-cred-${pid}-0123456789abcdef.tmp`)
  const others = [named(process.ppid), join(home, '.aws-cred-notes.tmp'), join(home, `.aws-cred-${dead}-0123.tmp`)]
  for (const each of [named(dead), ...others]) writeFileSync(each, 'a secret')
  const folder = join(home, `.aws-cred-${dead}-fedcba9876543210.tmp`)
  mkdirSync(folder)
  replaceFile(file, 'new', { expected: 'old' })
  assert.equal(existsSync(named(dead)), false)
  for (const each of [...others, folder]) assert.equal(existsSync(each), true, each)
})

test('replaceFile() writes in a folder that may be written and not listed, and says nothing else', (t) => {
  if (!need(t, 'root, to act as somebody else', process.getuid?.() === 0 && process.seteuid !== undefined)) return
  writeFileSync(file, 'old')
  chownSync(file, 65_534, 65_534)
  chmodSync(home, 0o733)
  process.seteuid?.(65_534)
  try {
    replaceFile(file, 'new', { expected: 'old' })
  } finally {
    process.seteuid?.(0)
  }
  assert.equal(read(), 'new')
})

test('replaceFile() leaves a file whose owner would change, which only root can keep', (t) => {
  if (!need(t, 'root, to act as somebody else', process.getuid?.() === 0 && process.seteuid !== undefined)) return
  writeFileSync(file, 'old')
  chmodSync(file, 0o666)
  chmodSync(home, 0o777)
  process.seteuid?.(65_534)
  try {
    for (const write of [() => checkReplaceable(file), () => replaceFile(file, 'new', { expected: 'old' })]) {
      assert.throws(write, {
        message: `cannot write "${file}": it belongs to root, and would become yours`,
        hint: `where it should be yours: sudo chown "$(id -un)" ${file}`,
      })
    }
  } finally {
    process.seteuid?.(0)
  }
  chownSync(file, 65_534, 65_534)
  replaceFile(file, 'new', { expected: 'old' })
  assert.deepEqual([read(), statSync(file).uid], ['new', 65_534])
})
