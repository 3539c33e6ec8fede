import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { CredError } from '../../src/core/errors.ts'
import { errnoState, fileError } from '../../src/io/file-errors.ts'
import {
  checkPrivateFolder,
  ensurePrivateFolder,
  readPrivateFile,
  writePrivateFile,
} from '../../src/io/private-files.ts'
import { replaceFile } from '../../src/io/replace-file.ts'
import { DEAD_PID, leaveTemporary } from '../support/left-temporary.ts'
import { need } from '../support/need.ts'

const root = process.getuid?.() === 0
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
let home = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aws-cred-files-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const says = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CredError)
  assert.match(error.message, pattern)
  assert.doesNotMatch(error.message, /ENO|EACC|EISDIR|syscall|errno/)
  return true
}

suite('ensurePrivateFolder()', () => {
  test('makes the folder and its parents 0700 whatever the umask', () => {
    const old = process.umask(0)
    try {
      ensurePrivateFolder(join(home, 'a', 'b'))
    } finally {
      process.umask(old)
    }
    assert.deepEqual([modeOf(join(home, 'a')), modeOf(join(home, 'a', 'b'))], ['700', '700'])
    ensurePrivateFolder(join(home, 'a', 'b'))
  })

  // What Node's own `recursive` never comes back from: in a process of its own, that it can be ended.
  test('says so where the system makes no folder below one that is there', (t) => {
    if (!need(t, '/proc', process.platform === 'linux')) return
    const module = (name: string) => JSON.stringify(new URL(`../../src/io/${name}.ts`, import.meta.url))
    const attempts = `
      const { ensurePrivateFolder } = await import(${module('private-files')})
      const { replaceFile } = await import(${module('replace-file')})
      const says = (work) => { try { work() } catch (error) { console.log(error.message) } }
      says(() => ensurePrivateFolder('/proc/nope/a/b'))
      says(() => ensurePrivateFolder('/proc/nope'))
      says(() => replaceFile('/proc/nope/a/config', 'x', { expected: null }))`
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', attempts], { timeout: 10_000 })
    assert.deepEqual(run.stdout.toString().split('\n'), [
      'cannot use the folder "/proc/nope/a/b": no such file or folder',
      'cannot use the folder "/proc/nope": no such file or folder',
      'cannot write "/proc/nope/a/config": no such file or folder',
      '',
    ])
  })

  test('tightens a folder of ours that others can read', () => {
    mkdirSync(join(home, 'a'))
    chmodSync(join(home, 'a'), 0o755)
    ensurePrivateFolder(join(home, 'a'))
    assert.equal(modeOf(join(home, 'a')), '700')
  })

  test('refuses links, files and folders that others may write to', () => {
    mkdirSync(join(home, 'real'), { mode: 0o700 })
    symlinkSync('real', join(home, 'link'))
    symlinkSync('nowhere', join(home, 'dangling'))
    writeFileSync(join(home, 'file'), '')
    mkdirSync(join(home, 'open'))
    chmodSync(join(home, 'open'), 0o770)
    assert.throws(
      () => ensurePrivateFolder(join(home, 'link')),
      says(/^cannot use the folder ".*link": it is a symbolic link$/),
    )
    assert.throws(() => ensurePrivateFolder(join(home, 'dangling')), says(/symbolic link/))
    assert.throws(() => ensurePrivateFolder(join(home, 'file')), says(/it is not a folder/))
    assert.throws(() => ensurePrivateFolder(join(home, 'file', 'sub')), says(/part of its path is not a folder/))
    assert.throws(() => ensurePrivateFolder(join(home, 'open')), says(/other users may write to it/))
    assert.equal(modeOf(join(home, 'open')), '770')
  })

  test('refuses them for reading too, and makes, tightens and misses nothing there', () => {
    const folder = join(home, 'folder')
    checkPrivateFolder(folder)
    assert.deepEqual(readdirSync(home), [])
    mkdirSync(folder, { mode: 0o755 })
    checkPrivateFolder(folder)
    assert.equal(modeOf(folder), '755')
    chmodSync(folder, 0o777)
    assert.throws(() => checkPrivateFolder(folder), says(/other users may write to it/))
    symlinkSync('folder', join(home, 'link'))
    assert.throws(() => checkPrivateFolder(join(home, 'link')), says(/it is a symbolic link/))
    writeFileSync(join(home, 'file'), '')
    assert.throws(() => checkPrivateFolder(join(home, 'file')), says(/it is not a folder/))
    assert.throws(() => checkPrivateFolder(join(home, 'file', 'below')), says(/part of its path is not a folder/))
  })

  test('names the command that mends it, as one a shell can be given', () => {
    const folder = join(home, 'a $(id) folder')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    assert.throws(() => ensurePrivateFolder(folder), { hint: `chmod 700 '${folder}'` })
    const untellable = join(home, "it's")
    mkdirSync(untellable)
    chmodSync(untellable, 0o777)
    assert.throws(() => ensurePrivateFolder(untellable), { hint: null })
  })

  test("refuses another user's folder", (t) => {
    if (!need(t, 'root', root)) return
    mkdirSync(join(home, 'a'), { mode: 0o700 })
    chownSync(join(home, 'a'), 12345, 12345)
    assert.throws(() => ensurePrivateFolder(join(home, 'a')), says(/it belongs to another user/))
  })
})

suite('writePrivateFile() and readPrivateFile()', () => {
  test('write 0600, replace whole, leave no other file', () => {
    const path = join(home, 'x')
    assert.equal(readPrivateFile(path), null)
    const old = process.umask(0)
    try {
      writePrivateFile(path, 'one')
    } finally {
      process.umask(old)
    }
    writePrivateFile(path, new Uint8Array([0, 255]))
    assert.deepEqual(readPrivateFile(path), Buffer.from([0, 255]))
    assert.equal(modeOf(path), '600')
    assert.deepEqual(readdirSync(home), ['x'])
  })

  test('leave nothing behind when the rename fails', () => {
    mkdirSync(join(home, 'x'))
    assert.throws(() => writePrivateFile(join(home, 'x'), 'one'), says(/^cannot write ".*x": it is a folder$/))
    assert.deepEqual(readdirSync(home), ['x'])
    assert.throws(() => writePrivateFile(join(home, 'no', 'x'), 'one'), says(/no such file or folder/))
  })

  test('remove what a killed process has left, and nothing that anybody may still be writing', () => {
    const minuteMs = 60_000
    const cases = [
      [DEAD_PID, 2 * minuteMs, false],
      // It may run in a container or on another machine that has the same HOME.
      [DEAD_PID, 0, true],
      [process.ppid, 59 * minuteMs, true],
      // Another process has that number by now.
      [process.ppid, 61 * minuteMs, false],
      [DEAD_PID, -2 * minuteMs, false],
    ] as const
    for (const [pid, agedMs, stays] of cases) {
      const left = leaveTemporary(home, pid, agedMs)
      writePrivateFile(join(home, 'x'), 'one')
      assert.deepEqual(readdirSync(home).includes(basename(left)), stays, `${pid} ${agedMs}`)
      rmSync(left, { force: true })
    }
  })

  test('never follow a link', () => {
    writeFileSync(join(home, 'victim'), 'v', { mode: 0o600 })
    symlinkSync('victim', join(home, 'link'))
    assert.throws(() => readPrivateFile(join(home, 'link')), says(/it is a symbolic link/))
    writePrivateFile(join(home, 'link'), 'new')
    assert.equal(readFileSync(join(home, 'victim'), 'utf8'), 'v')
    assert.ok(lstatSync(join(home, 'link')).isFile())
  })

  test('refuse what others may read and what is no file', () => {
    writeFileSync(join(home, 'open'), 'v')
    chmodSync(join(home, 'open'), 0o640)
    assert.throws(() => readPrivateFile(join(home, 'open')), says(/other users may read or write it/))
    assert.throws(() => readPrivateFile(home), says(/it is not a file/))
  })

  test('refuse what is larger than anything of ours', () => {
    const path = join(home, 'x')
    writeFileSync(path, '', { mode: 0o600 })
    truncateSync(path, 33 * 1024 * 1024)
    assert.throws(() => readPrivateFile(path), says(/it is too large/))
  })

  test("refuse another user's file", (t) => {
    if (!need(t, 'root', root)) return
    writeFileSync(join(home, 'x'), 'v', { mode: 0o600 })
    chownSync(join(home, 'x'), 12345, 12345)
    assert.throws(() => readPrivateFile(join(home, 'x')), says(/it belongs to another user/))
  })

  test('name a full disk', (t) => {
    if (!need(t, '/dev/full', statSync('/dev/full', { throwIfNoEntry: false }) !== undefined)) return
    try {
      writeFileSync('/dev/full', 'x')
      assert.fail('/dev/full took it')
    } catch (error) {
      assert.equal(fileError('write', '/a\nb', error).message, 'cannot write "/a\\x0ab": the disk is full')
    }
    assert.equal(errnoState(Object.assign(new Error('secret'), { code: 'EROFS' })), 'the file system is read-only')
    assert.equal(errnoState(Object.assign(new Error('secret'), { code: 'EWHAT' })), 'error EWHAT')
    assert.equal(errnoState(new Error('secret')), 'an unknown error')
  })
})

suite('replaceFile()', () => {
  test('makes a new file 0600 and its folder 0700', () => {
    const path = join(home, '.aws', 'config')
    replaceFile(path, 'text', { expected: null })
    assert.deepEqual([modeOf(path), modeOf(join(home, '.aws')), readFileSync(path, 'utf8')], ['600', '700', 'text'])
  })

  test('keeps the mode, and links up to their end', () => {
    mkdirSync(join(home, 'dotfiles', 'aws'), { recursive: true })
    const target = join(home, 'dotfiles', 'aws', 'config')
    writeFileSync(target, 'old')
    chmodSync(target, 0o644)
    symlinkSync('dotfiles/aws', join(home, 'folder'))
    symlinkSync('../aws/config', join(home, 'dotfiles', 'aws', 'second'))
    symlinkSync('folder/second', join(home, 'first'))
    replaceFile(join(home, 'first'), 'new', { expected: 'old' })
    assert.equal(readFileSync(target, 'utf8'), 'new')
    assert.equal(modeOf(target), '644')
    assert.ok(lstatSync(join(home, 'first')).isSymbolicLink())
    assert.deepEqual(readdirSync(join(home, 'dotfiles', 'aws')), ['config', 'second'])
  })

  test('makes the target of a dangling link and refuses a circle', () => {
    symlinkSync('later', join(home, 'link'))
    replaceFile(join(home, 'link'), 'new', { expected: null })
    assert.equal(readFileSync(join(home, 'later'), 'utf8'), 'new')
    symlinkSync('round', join(home, 'round'))
    assert.throws(() => replaceFile(join(home, 'round'), 'new', { expected: null }), says(/too many symbolic links/))
  })

  test('changes nothing when the file is not what was read', () => {
    const path = join(home, 'config')
    writeFileSync(path, 'theirs')
    assert.throws(() => replaceFile(path, 'x', { expected: 'ours' }), says(/another program has changed it/))
    assert.throws(() => replaceFile(path, 'x', { expected: null }), says(/another program has changed it/))
    assert.throws(() => replaceFile(join(home, 'gone'), 'x', { expected: 'ours' }), says(/another program/))
    writeFileSync(path, Buffer.from([0x61, 0xe9]))
    assert.throws(() => replaceFile(path, 'x', { expected: 'a\ufffd' }), says(/not valid UTF-8/))
    assert.deepEqual(readFileSync(path), Buffer.from([0x61, 0xe9]))
    assert.deepEqual(readdirSync(home), ['config'])
  })

  test('keeps the owner where the system lets us', (t) => {
    if (!need(t, 'root', root)) return
    const path = join(home, 'config')
    writeFileSync(path, 'old')
    chownSync(path, 12345, 54321)
    chmodSync(path, 0o640)
    replaceFile(path, 'new', { expected: 'old' })
    const stat = statSync(path)
    assert.deepEqual([stat.uid, stat.gid, modeOf(path)], [12345, 54321, '640'])
  })
})
