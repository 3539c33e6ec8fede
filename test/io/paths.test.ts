import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { homeIsOurs, machineId, statePaths } from '../../src/io/paths.ts'
import { need } from '../support/need.ts'

suite('statePaths()', () => {
  test('follows XDG on Linux and ignores relative values', () => {
    const plain = statePaths({
      env: { XDG_STATE_HOME: 'rel', XDG_CACHE_HOME: '', XDG_RUNTIME_DIR: './run' },
      platform: 'linux',
      home: '/h',
    })
    assert.equal(plain.stateDir, '/h/.local/state/aws-cred')
    assert.equal(plain.cacheDir, '/h/.cache/aws-cred')
    assert.equal(plain.locksDir, '/h/.local/state/aws-cred/locks')
    assert.equal(plain.vaultDir, '/h/.local/state/aws-cred/vault')
    assert.equal(plain.runtimeDir, null)
    const env = { XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c', XDG_RUNTIME_DIR: '/run/user/7' }
    const set = statePaths({ env, platform: 'linux', home: null })
    assert.deepEqual([set.stateDir, set.cacheDir, set.runtimeDir], ['/s/aws-cred', '/c/aws-cred', '/run/user/7'])
  })

  test('gives each machine and store an index of its own', () => {
    const { indexDir } = statePaths({ env: {}, platform: 'linux', home: '/h' })
    assert.match(indexDir('m1', 'keychain'), /^\/h\/\.local\/state\/aws-cred\/index\/m1-keychain-[0-9a-f]{16}$/)
    const all = [
      indexDir('m1', 'a'),
      indexDir('m2', 'a'),
      indexDir('m1', 'A'),
      indexDir('m1', '../a'),
      indexDir('m1', ''),
    ]
    assert.equal(new Set(all.map((path) => path.toLowerCase())).size, all.length)
    for (const path of all) assert.equal(path.split('/').length, 7)
  })

  test('uses the places of macOS and Windows', () => {
    const mac = statePaths({ env: { XDG_STATE_HOME: '/s' }, platform: 'darwin', home: '/Users/a' })
    assert.equal(mac.stateDir, '/Users/a/Library/Application Support/aws-cred')
    const win = statePaths({ env: { LOCALAPPDATA: 'C:\\Users\\a\\L' }, platform: 'win32', home: null })
    assert.deepEqual([win.stateDir, win.cacheDir], ['C:\\Users\\a\\L\\aws-cred', 'C:\\Users\\a\\L\\aws-cred\\cache'])
    const bare = statePaths({ env: {}, platform: 'win32', home: 'C:\\Users\\a' })
    assert.equal(bare.stateDir, 'C:\\Users\\a\\AppData\\Local\\aws-cred')
  })

  test('names HOME where it is missing', () => {
    const message = 'cannot find your home folder from HOME: it is not set'
    assert.throws(() => statePaths({ env: {}, platform: 'linux', home: null }), { name: 'CredError', message })
    assert.throws(() => statePaths({ env: {}, platform: 'linux', home: 'rel' }), /not an absolute path/)
    assert.throws(() => statePaths({ env: {}, platform: 'win32', home: null }), /USERPROFILE/)
  })
})

suite('machineId() and homeIsOurs()', () => {
  test('the id depends on the machine, not on what the file says when it says nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'aws-cred-paths-'))
    try {
      const file = join(folder, 'machine-id')
      const byHostname = machineId('linux', file)
      const idOf = (text: string) => {
        writeFileSync(file, text)
        return machineId('linux', file)
      }
      assert.match(byHostname, /^[0-9a-f]{12}$/)
      assert.equal(idOf('uninitialized\n'), byHostname)
      assert.equal(idOf(''), byHostname)
      assert.notEqual(idOf('b08dfa6083e7567a1921a715000001fb\n'), byHostname)
      assert.notEqual(idOf('1\n'), idOf('2\n'))
      assert.equal(machineId('darwin', file), 'local')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test("tells another user's home from ours", (t) => {
    assert.equal(homeIsOurs('/nonexistent-home', 7), true)
    assert.equal(homeIsOurs('/', null), true)
    if (!need(t, 'root', process.getuid?.() === 0)) return
    const folder = mkdtempSync(join(tmpdir(), 'aws-cred-paths-'))
    try {
      assert.equal(homeIsOurs(folder, 0), true)
      chownSync(folder, 12345, 12345)
      assert.equal(homeIsOurs(folder, 0), false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
