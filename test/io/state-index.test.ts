import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import fc from 'fast-check'
import { type Index, type IndexEntries, nameRegister, openIndex } from '../../src/io/state-index.ts'

let folder = ''
let index: Index

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'aws-cred-index-')), 'index')
  index = openIndex(folder)
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const clock = (name: string): IndexEntries['clock'] => ({ name, offsetMs: -3, wallMs: 5, uptimeS: 1.5 })
const session: IndexEntries['session'] = {
  cacheKey: 'k',
  profile: 'prod',
  givesArn: null,
  expiresMs: 2,
  issuedMs: 1,
  clockName: 'sts',
  rootId: 'r',
  savedMs: 1,
}
const onlyFile = () => join(folder, readdirSync(folder)[0] ?? '')

suite('openIndex()', () => {
  test('gives back what was written, by kind and name, in 0600 files of a 0700 folder', () => {
    assert.equal(index.read('clock', 'sts'), null)
    assert.deepEqual(index.all('clock'), [])
    index.write('clock', 'sts', clock('sts'))
    index.write('session', 'sts', session)
    assert.deepEqual(index.read('clock', 'sts'), clock('sts'))
    assert.deepEqual(openIndex(folder).read('session', 'sts'), session)
    assert.equal(index.read('failure', 'sts'), null)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
    assert.equal(readdirSync(folder).length, 2)
  })

  test('removes one entry and says whether it was there', () => {
    index.write('clock', 'a', clock('a'))
    index.write('clock', 'b', clock('b'))
    assert.equal(index.remove('clock', 'a'), true)
    assert.equal(index.remove('clock', 'a'), false)
    assert.deepEqual(index.all('clock'), [clock('b')])
  })

  test('keeps apart names that differ in case or in characters no file name can have', () => {
    const names = [
      'prod',
      'Prod',
      'PROD',
      'a/b',
      'a\\b',
      'a:b',
      '..',
      '.',
      'ä',
      `${'x'.repeat(300)}1`,
      `${'x'.repeat(300)}2`,
    ]
    for (const name of names) index.write('item', name, { name })
    const files = readdirSync(folder)
    assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length)
    for (const file of files) assert.match(file, /^item-[a-z0-9._-]{17,57}\.json$/)
    assert.deepEqual(
      index.all('item').map((entry) => entry.name),
      [...names].sort(),
    )
  })

  test('gives back any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        index.write('item', name, { name })
        assert.deepEqual(index.read('item', name), { name })
        assert.equal(index.remove('item', name), true)
      }),
      { numRuns: 50 },
    )
  })

  test('reads damaged and foreign entries as not there', () => {
    index.write('session', 'k', session)
    const path = onlyFile()
    const whole = readFileSync(path, 'utf8')
    const damaged = [
      '',
      'null',
      '[]',
      whole.slice(0, -5),
      whole.replace('"version":1', '"version":2'),
      whole.replace('"kind":"session"', '"kind":"key"'),
      whole.replace('"name":"k"', '"name":"l"'),
      whole.replace('"expiresMs":2', '"expiresMs":"2"'),
      whole.replace('"expiresMs":2', '"expiresMs":1e999'),
      whole.replace('"expiresMs":2,', ''),
      whole.replace('"profile":"prod"', '"profile":null'),
    ]
    for (const text of damaged) {
      assert.notEqual(text, whole)
      writeFileSync(path, text)
      assert.equal(index.read('session', 'k'), null, text)
      assert.deepEqual(index.all('session'), [], text)
    }
    index.write('session', 'k', session)
    assert.deepEqual(index.read('session', 'k'), session)
  })

  test("lists no copy of an entry under another's file name", () => {
    index.write('item', 'a', { name: 'a' })
    copyFileSync(onlyFile(), join(folder, 'item-copy.json'))
    assert.deepEqual(index.all('item'), [{ name: 'a' }])
  })

  test('takes what no entry could be for none, and does not wait for it', () => {
    index.write('item', 'a', { name: 'a' })
    const path = onlyFile()
    for (const plant of [
      () => assert.equal(spawnSync('mkfifo', [path]).status, 0),
      () => mkdirSync(path),
      () => symlinkSync('/dev/zero', path),
      () => {
        writeFileSync(path, '')
        truncateSync(path, 2 * 1024 ** 3)
      },
    ]) {
      rmSync(path, { recursive: true })
      plant()
      assert.deepEqual([index.read('item', 'a'), index.known('item', 'a'), index.all('item')], [null, null, []])
    }
    index.write('item', 'a', { name: 'a' })
    assert.deepEqual(index.known('item', 'a'), { name: 'a' })
  })

  test('throws where it cannot tell', () => {
    writeFileSync(folder, 'no folder')
    assert.throws(() => index.read('item', 'a'), { name: 'CredError', message: /part of its path is not a folder/ })
    assert.throws(() => index.all('item'), { name: 'CredError' })
    assert.equal(index.known('item', 'a'), null, 'to who only wants a hint that is none')
    assert.throws(() => index.write('item', 'a', { name: 'a' }), { name: 'CredError' })
  })
})

test('nameRegister() holds a set of names', async () => {
  const register = nameRegister(index)
  assert.equal(await register.has('x'), false)
  await register.add('x')
  await register.add('x')
  await register.add('y')
  assert.equal(await register.has('x'), true)
  assert.deepEqual(await register.all(), ['x', 'y'])
  await register.remove('x')
  await register.remove('x')
  assert.deepEqual(await register.all(), ['y'])
})

test('changes() tells of every writing and removal, also of those that follow each other at once', () => {
  const hasChanged = index.changes()
  assert.equal(hasChanged(), true, 'at the first look')
  for (let i = 0; i < 50; i++) {
    index.write('clock', 'sts', { ...clock('sts'), offsetMs: i })
    assert.equal(hasChanged(), true, 'written')
  }
  index.remove('clock', 'sts')
  assert.equal(hasChanged(), true, 'removed')
})

test('changes() spares looks at a folder that has settled, and lets no more than three go by', () => {
  index.write('clock', 'sts', clock('sts'))
  utimesSync(folder, 1, 1)
  const hasChanged = index.changes()
  const looks = Array.from({ length: 9 }, () => hasChanged())
  assert.deepEqual(looks, [true, false, false, false, true, false, false, false, true])
})
