import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  documentOf,
  type E2ePlace,
  keychainPlace,
  processOf,
  readyPlace,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { canTrace, fileWrites, traced } from '../support/e2e-strace.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

const WORDS = ['process', '--profile', 'two']

test('process serves a hit from the vault without network, child, written file or the SDK', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  await provesHit(await readyPlace(await vaultPlace(t)))
})

test('process serves a hit from the keychain without network, child, written file or the SDK', async (t) => {
  if (!ready(t)) return
  await withKeyring(async (keyring) => provesHit(await readyPlace(await keychainPlace(t, keyring))))
})

function ready(t: TestContext): boolean {
  return need(t, 'strace that may trace', canTrace()) && need(t, 'gnome-keyring', keyringInstalled())
}

async function provesHit(place: E2ePlace): Promise<void> {
  const first = documentOf(await processOf(place, 'two'))
  assert.equal(place.sts.count('AssumeRole'), 2)
  place.sts.reset()
  const hit = await traced(place, WORDS, '%network,%process,%file,%desc')
  assert.deepEqual(documentOf(hit), first)
  assert.deepEqual(place.sts.counts(), {})
  assert.deepEqual(
    hit.calls.filter((call) => /^socket\(AF_(?!UNIX)/.test(call) || /sa_family=AF_INET/.test(call)),
    [],
  )
  const births = hit.calls.filter((call) => /^(v?fork|clone3?)\(/.test(call) && !call.includes('CLONE_THREAD'))
  assert.deepEqual(births, [])
  assert.equal(hit.calls.filter((call) => /^execve(at)?\(/.test(call)).length, 1)
  const written = fileWrites(hit.calls).filter((call) => !call.includes('/proc/self/coredump_filter'))
  assert.deepEqual(written, [])
  const toStdout = hit.calls.filter((call) => /^(write|writev|pwrite64|sendto)\(1</.test(call))
  assert.equal(toStdout.length, 1, 'one write')
}

test('process evaluates no byte of the SDK at a hit: it serves from an executable whose SDK is spoiled', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const first = documentOf(await processOf(place, 'two'))
  const spoiled = { ...place, binary: join(place.home, 'spoiled') }
  writeFileSync(spoiled.binary, withoutSdk(readFileSync(place.binary)), { mode: 0o700 })
  assert.deepEqual(documentOf(await processOf(spoiled, 'two')), first)
  // The proof that it is spoiled where it would matter.
  // The control: where the SDK is needed, it is broken (V8's own cache of it too, which may end it by a signal).
  const refresh = await verb(spoiled, ['process', '--profile', 'two', '--refresh'])
  assert.notEqual(refresh.code, 0)
  assert.equal(refresh.out, '')
})

/** The same executable with a hole in the SDK, both in its text and in what V8 has compiled of it. */
function withoutSdk(executable: Buffer): Buffer {
  const holes: number[] = []
  const word = 'X-Amz-Security-Token'
  for (let at = executable.indexOf(word); at >= 0; at = executable.indexOf(word, at + 1)) holes.push(at)
  assert.ok(holes.length > 0, 'the SDK was found')
  for (const at of holes) executable.fill('@', at - 4_000, at + 4_000)
  return executable
}
