import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { belongsToAnother } from '../../src/io/foreign-owner.ts'
import { need } from '../support/need.ts'

test('belongsToAnother() looks at the end of links, at the folder, and at the nearest one of what is not there', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-owner-'))
  t.after(() => rmSync(home, { recursive: true }))
  const ours = join(home, 'ours')
  mkdirSync(ours)
  writeFileSync(join(ours, 'config'), '')
  for (const path of ['config', 'none', 'no/such/folder/config'])
    assert.equal(belongsToAnother(join(ours, path)), false)
  assert.equal(belongsToAnother('/etc/aws-cred-test-none/config'), false, "root's own is nobody's trap")
  if (!need(t, 'root, to give files away', process.getuid?.() === 0)) return
  const theirs = join(home, 'theirs')
  mkdirSync(theirs)
  writeFileSync(join(theirs, 'config'), '')
  chownSync(theirs, 65_534, 65_534)
  symlinkSync('../theirs/config', join(ours, 'link'))
  symlinkSync('../theirs', join(ours, 'folder'))
  for (const path of ['theirs/config', 'theirs/none', 'theirs/no/such/config', 'ours/link', 'ours/folder/new/config']) {
    assert.equal(belongsToAnother(join(home, path)), true, path)
  }
  chownSync(theirs, 0, 0)
  chownSync(join(theirs, 'config'), 65_534, 65_534)
  assert.equal(belongsToAnother(join(ours, 'link')), true)
})
