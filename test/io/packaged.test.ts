import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadKeytarAddon, loadUnpacked, unpackedFile } from '../../src/io/packaged.ts'
import { need } from '../support/need.ts'

const USER_ID = process.getuid?.() ?? null
const PREBUILT = join(
  import.meta.dirname,
  `../../node_modules/@github/keytar/prebuilds/${process.platform}-${process.arch}/keytar.node`,
)
const BYTES = Buffer.from('the addon')
const HASH = hash('sha256', BYTES)

test('loadKeytarAddon() finds the prebuilt addon when run from the sources', () => {
  const addon = loadKeytarAddon({ cacheDir: null, runtimeDir: null, userId: USER_ID })
  assert.equal(typeof addon.getPassword, 'function')
})

test('unpackedFile() writes the addon once, for us alone, and nothing the second time', (t) => {
  const cache = join(scratch(t), 'cache', 'aws-cred')
  const file = unpackedFile(cache, BYTES, HASH, USER_ID)
  assert.equal(file, join(cache, HASH, 'keytar.node'))
  assert.equal(statSync(join(cache, HASH)).mode & 0o777, 0o700)
  const before = statSync(file, { bigint: true })
  assert.equal(unpackedFile(cache, BYTES, HASH, USER_ID), file)
  const after = statSync(file, { bigint: true })
  assert.deepEqual([after.ino, after.mtimeNs, after.ctimeNs], [before.ino, before.mtimeNs, before.ctimeNs])
  assert.deepEqual(readdirSync(join(cache, HASH)), ['keytar.node'])
})

test('unpackedFile() replaces bytes that are not the embedded ones', (t) => {
  const cache = join(scratch(t), 'aws-cred')
  const file = unpackedFile(cache, BYTES, HASH, USER_ID) ?? ''
  writeFileSync(file, 'evil addn')
  assert.equal(unpackedFile(cache, BYTES, HASH, USER_ID), file)
  assert.deepEqual(readFileSync(file), BYTES)
})

test("unpackedFile() uses no folder that is a link, another user's, or open to others", (t) => {
  const root = scratch(t)
  const open = join(root, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  assert.equal(unpackedFile(open, BYTES, HASH, USER_ID), null)
  assert.equal(unpackedFile(join(open, 'below'), BYTES, HASH, USER_ID), null)
  assert.deepEqual(readdirSync(open), [])
  const target = join(root, 'target')
  mkdirSync(target, { mode: 0o700 })
  symlinkSync(target, join(root, 'link'))
  assert.equal(unpackedFile(join(root, 'link'), BYTES, HASH, USER_ID), null)
  symlinkSync('/nonexistent', join(target, HASH))
  assert.equal(unpackedFile(target, BYTES, HASH, USER_ID), null)
  writeFileSync(join(root, 'file'), '')
  assert.equal(unpackedFile(join(root, 'file'), BYTES, HASH, USER_ID), null)
  assert.equal(unpackedFile(join(root, 'file', 'below'), BYTES, HASH, USER_ID), null)
})

test('unpackedFile() makes nothing under the folder of another user', (t) => {
  if (!need(t, 'root, to give a folder away', USER_ID === 0)) return
  const theirs = join(scratch(t), 'theirs')
  mkdirSync(join(theirs, 'mine'), { recursive: true, mode: 0o700 })
  chownSync(theirs, 4_242, 4_242)
  assert.equal(unpackedFile(theirs, BYTES, HASH, USER_ID), null)
  assert.equal(unpackedFile(join(theirs, 'mine'), BYTES, HASH, USER_ID), null)
  assert.equal(unpackedFile(join(theirs, 'new', 'er'), BYTES, HASH, USER_ID), null)
  assert.deepEqual(readdirSync(theirs), ['mine'])
  assert.deepEqual(readdirSync(join(theirs, 'mine')), [])
})

test('loadUnpacked() goes on to the next place, at last to a folder that is gone afterwards', (t) => {
  if (!need(t, 'the prebuilt addon', existsSync(PREBUILT))) return
  const root = scratch(t)
  const program = `
    import { readFileSync } from 'node:fs'
    import { loadUnpacked } from ${JSON.stringify(join(import.meta.dirname, '../../src/io/packaged.ts'))}
    const places = JSON.parse(process.argv[1])
    console.log(typeof loadUnpacked(readFileSync(${JSON.stringify(PREBUILT)}), 'abc', places).getPassword)`
  const run = (cacheDir: string | null, runtimeDir: string | null) => {
    const places = JSON.stringify({ cacheDir, runtimeDir, userId: USER_ID })
    const env = { PATH: '/usr/bin:/bin', HOME: root, TMPDIR: join(root, 'tmp') }
    return execFileSync(process.execPath, ['--input-type=module', '-e', program, places], {
      env,
      encoding: 'utf8',
    }).trim()
  }
  mkdirSync(join(root, 'tmp'))
  writeFileSync(join(root, 'file'), '')
  assert.equal(run(join(root, 'file'), join(root, 'run')), 'function')
  assert.equal(existsSync(join(root, 'run', 'abc', 'keytar.node')), true)
  assert.equal(run(null, null), 'function')
  assert.deepEqual(readdirSync(join(root, 'tmp')), [])
})

test('loadUnpacked() says that the system refuses the addon, and leaves nothing', (t) => {
  const root = scratch(t)
  assert.throws(() => loadUnpacked(BYTES, HASH, { cacheDir: null, runtimeDir: join(root, 'run'), userId: USER_ID }), {
    code: 'failed',
    message: 'cannot load the keychain addon: the system refuses it',
  })
})

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'packaged-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
