import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { test } from 'node:test'
import { bundleInto } from '../../src/build/bundle.ts'

const ENTRY = resolve(import.meta.dirname, '../../src/main.ts')

/** What a Node started as users start it says of each cache. */
const TAKE = `
  const { readFileSync } = require('node:fs'), { Script } = require('node:vm')
  for (const file of process.argv.slice(1)) {
    const cachedData = readFileSync(file + '.cache')
    console.log(new Script(readFileSync(file, 'latin1'), { cachedData }).cachedDataRejected)
  }`

test('bundleInto() writes the same bytes twice, with code caches that V8 takes', async (t) => {
  const bundles = []
  for (const _ of ['once', 'again']) {
    const folder = mkdtempSync(join(tmpdir(), 'aws-cred-test-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    bundles.push(await bundleInto(folder, ENTRY, true))
  }
  const [first, second] = bundles.map(({ main, assets }) => [main, ...Object.values(assets)])
  assert.deepEqual(
    first?.map((file) => basename(file)),
    second?.map((file) => basename(file)),
  )
  first?.forEach((file, i) => {
    assert.ok(readFileSync(file).equals(readFileSync(second?.[i] ?? '')), `${basename(file)} is the same twice`)
  })
  const parts = first?.filter((file) => first.includes(`${file}.cache`)) ?? []
  assert.ok(parts.some((file) => basename(file) === 'hit.cjs'))
  const said = execFileSync(process.execPath, ['-e', TAKE, ...parts], { encoding: 'utf8', env: {} })
  assert.deepEqual(
    said.trim().split('\n'),
    parts.map(() => 'false'),
  )
})
