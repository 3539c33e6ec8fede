import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type CommandFiles, writeCommandFiles } from '../../src/io/command-files.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'aws-cred-command-files-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function modes({ configPath, credentialsPath }: CommandFiles): string[] {
  return [dirname(configPath), configPath, credentialsPath].map((path) => (statSync(path).mode & 0o777).toString(8))
}

test('writeCommandFiles() writes both files for us alone, and takes all of the folder away', (t) => {
  const memory = join(folder(t), 'made')
  const [one, two] = [writeCommandFiles(memory, '[default]\n'), writeCommandFiles(memory, '')]
  assert.equal(dirname(dirname(one.configPath)), memory)
  assert.notEqual(one.configPath, two.configPath)
  for (const files of [one, two]) assert.deepEqual(modes(files), ['700', '600', '600'])
  assert.equal(readFileSync(one.configPath, 'utf8'), '[default]\n')
  assert.equal(readFileSync(one.credentialsPath, 'utf8'), '')
  writeFileSync(`${one.configPath}.lock`, 'what the command has left')
  one.remove()
  assert.equal(existsSync(dirname(one.configPath)), false)
  assert.deepEqual(modes(two), ['700', '600', '600'])
  two.remove()
  two.remove()
})

test('writeCommandFiles() goes where temporary files go when there is no folder in memory', () => {
  const files = writeCommandFiles(null, 'x')
  assert.equal(dirname(dirname(files.configPath)), tmpdir())
  assert.deepEqual(modes(files), ['700', '600', '600'])
  files.remove()
})

test('writeCommandFiles() refuses a folder that others may write to, and a link', (t) => {
  const open = folder(t)
  chmodSync(open, 0o777)
  const link = join(folder(t), 'link')
  symlinkSync(folder(t), link)
  for (const path of [open, link]) assert.throws(() => writeCommandFiles(path, 'x'), /cannot use the folder/)
})
