import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
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
import { dirname, join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bundleInto } from '../../src/build/bundle.ts'
import {
  documentOf,
  type E2ePlace,
  keychainPlace,
  processOf,
  readyPlace,
  runIn,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { canTrace, fileWrites, traced } from '../support/e2e-strace.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const EMBEDDED = join(ROOT, `node_modules/@github/keytar/prebuilds/${process.platform}-${process.arch}/keytar.node`)

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'aws-cred-e2e-build-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('the executable runs alone in its folder, with an empty HOME and an empty PATH', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  assert.deepEqual(readdirSync(dirname(place.binary)), ['aws-cred'])
  const home = scratch(t)
  const bare = { ...place, home, env: { HOME: home, PATH: '' } }
  const version = await verb(bare, ['--version'])
  assert.match(version.out, /^aws-cred \d+\.\d+\.\d+\n$/)
  assert.deepEqual([version.code, version.err], [0, ''])
  const help = await verb(bare, ['--help'])
  assert.deepEqual([help.code, help.err], [0, ''])
  assert.deepEqual(readdirSync(home), [], 'nothing written')
  documentOf(await processOf(place, 'two', { env: { PATH: '' } }))
})

test('the executable carries the keychain addon and the SDK: a role by the keychain, with an empty PATH', async (t) => {
  await withAddon(t, async (place) => {
    documentOf(await processOf(place, 'two', { env: { PATH: '' } }))
  })
})

test('the addon is unpacked once for us alone, under its hash, and not touched by the next run', async (t) => {
  await withAddon(t, async (place, addon) => {
    assert.match(addon, /\/aws-cred\/[0-9a-f]{64}\/keytar\.node$/)
    for (const folder of [dirname(addon), dirname(dirname(addon))]) assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(addon).mode & 0o777, 0o600)
    assert.deepEqual(readFileSync(addon), readFileSync(EMBEDDED))
    const before = statSync(addon, { bigint: true })
    documentOf(await processOf(place, 'two'))
    const after = statSync(addon, { bigint: true })
    assert.deepEqual([after.ino, after.mtimeNs, after.ctimeNs], [before.ino, before.mtimeNs, before.ctimeNs])
  })
})

test('an addon that was tampered with is written anew before anything is loaded', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  await withAddon(t, async (place, addon) => {
    const bytes = readFileSync(addon)
    for (const evil of [bytes.subarray(0, -1), Buffer.from(bytes).fill(0x90, 5_000, 5_001), Buffer.alloc(0)]) {
      writeFileSync(addon, evil)
      const run = await traced(place, ['process', '--profile', 'two'], 'mmap,%file')
      documentOf(run)
      assert.deepEqual(readFileSync(addon), bytes)
      const renamed = run.calls.findIndex((call) => /^rename/.test(call) && call.includes('keytar.node'))
      const mapped = run.calls.findIndex((call) => /^mmap\(.*PROT_EXEC.*keytar\.node/.test(call))
      assert.ok(renamed >= 0 && mapped > renamed, `renamed at ${renamed}, mapped at ${mapped}`)
    }
    const hit = await traced(place, ['process', '--profile', 'two'], '%file')
    assert.deepEqual(
      fileWrites(hit.calls).filter((call) => !call.includes('coredump_filter')),
      [],
    )
  })
})

const UNSAFE: readonly (readonly [string, (cache: string, aside: string) => void])[] = [
  ['a link', (cache, aside) => symlinkSync(aside, cache)],
  ["another user's folder", (cache) => chownSync(newFolder(cache), 65_534, 65_534)],
  ['a folder that others may write to', (cache) => chmodSync(newFolder(cache), 0o777)],
  ['a file', (cache) => writeFileSync(cache, '')],
]

function newFolder(path: string): string {
  mkdirSync(path)
  return path
}

test('a cache folder that is not ours alone is not used, and the answer comes all the same', async (t) => {
  if (!need(t, 'root, to give a folder away', process.getuid?.() === 0)) return
  await withAddon(t, async (place) => {
    for (const [about, make] of UNSAFE) {
      const root = scratch(t)
      const aside = join(root, 'aside')
      mkdirSync(aside)
      const cache = join(root, 'aws-cred')
      make(cache, aside)
      const tmp = join(root, 'tmp')
      mkdirSync(tmp)
      const env = { XDG_CACHE_HOME: root, XDG_RUNTIME_DIR: undefined, TMPDIR: tmp }
      documentOf(await processOf(place, 'two', { env }))
      assert.deepEqual([readdirSync(aside), readdirSync(tmp)], [[], []], about)
      if (statSync(cache).isDirectory()) assert.deepEqual(readdirSync(cache), [], about)
    }
  })
})

/** A place with a keychain, and the addon's file as the first run left it. */
async function withAddon(t: TestContext, run: (place: E2ePlace, addon: string) => Promise<void>): Promise<void> {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const place = await readyPlace(await keychainPlace(t, keyring))
    const cache = join(place.env.XDG_CACHE_HOME ?? '', 'aws-cred')
    const [hash = ''] = readdirSync(cache)
    await run(place, join(cache, hash, 'keytar.node'))
  })
}

test('a build whose packaging step failed exits with an error and leaves no executable', (t) => {
  const dir = scratch(t)
  const cut = join(dir, 'node')
  writeFileSync(cut, readFileSync(process.execPath).subarray(0, 1024 * 1024), { mode: 0o755 })
  const noFuse = join(dir, 'no-fuse')
  writeFileSync(noFuse, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  for (const nodePath of [cut, noFuse, join(dir, 'absent')]) {
    const output = join(dir, 'out', 'aws-cred')
    assert.notEqual(build(output, nodePath), 0, nodePath)
    assert.equal(existsSync(output), false)
    assert.deepEqual(existsSync(dirname(output)) ? readdirSync(dirname(output)) : [], [])
  }
  writeFileSync(join(dir, 'file'), '')
  assert.notEqual(build(join(dir, 'file', 'aws-cred'), process.execPath), 0)
})

/** The exit status of a build with that Node to put the program into. */
function build(output: string, nodePath: string): number | null {
  const program = `
    import { buildExecutable, hostTarget } from ${JSON.stringify(join(ROOT, 'src/build/executable.ts'))}
    const [output, nodePath] = process.argv.slice(1)
    await buildExecutable(${JSON.stringify(join(ROOT, 'src/main.ts'))}, output, { ...hostTarget(), nodePath })`
  const env = { PATH: '/usr/bin:/bin', HOME: dirname(nodePath), TMPDIR: dirname(nodePath) }
  return spawnSync(process.execPath, ['--input-type=module', '-e', program, output, nodePath], { env }).status
}

test('the executable says which file it is, wherever it is started from', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const ended = await runIn(place, ['sh', '-c', 'PATH="$1:$PATH" aws-cred process', 'sh', dirname(place.binary)])
  assert.equal(ended.code, 2)
  assert.ok(ended.err.includes(`credential_process = "${place.binary}" process --profile NAME`), ended.err)
})

test('what knows the locks of this process is in one part of the program, beside nothing else of weight', async (t) => {
  const { assets } = await bundleInto(scratch(t), join(ROOT, 'src/main.ts'), false)
  const parts = Object.entries(assets).map(([name, file]) => ({ name, text: readFileSync(file, 'utf8') }))
  assert.deepEqual(
    parts.filter(({ text }) => text.includes('BEGIN EXCLUSIVE')).map(({ name }) => name),
    ['wait.cjs'],
  )
  const wait = parts.find(({ name }) => name === 'wait.cjs')
  // A hundred that wait load it: verbs.cjs alone is 25 times as much.
  assert.ok((wait?.text.length ?? 0) < 15_000, `${wait?.text.length} characters`)
})
