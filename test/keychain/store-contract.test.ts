import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { memoryStore } from '../../src/keychain/memory-store.ts'
import { inPieces } from '../../src/keychain/pieces.ts'
import type { Store } from '../../src/keychain/store.ts'
import { createVault } from '../../src/keychain/vault-header.ts'
import { openVault } from '../../src/keychain/vault-store.ts'
import { keyringInstalled, startKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { runKeytarSteps } from '../support/run-keytar-steps.ts'

/** One call on a store, as `['set', name, value]`. */
type Step = readonly ['get' | 'set' | 'delete' | 'list', ...string[]]
/** Runs steps in order and gives what each returned (`undefined` as null). */
type Runner = (steps: readonly Step[]) => Promise<unknown[]>

const SMALL_LIMIT_BYTES = 100
const STORES: readonly (readonly [string, (t: TestContext) => Promise<Runner | null>])[] = [
  ['memory', async () => onStore(memoryStore())],
  ['memory in pieces', async () => onStore(inPieces(memoryStore(), SMALL_LIMIT_BYTES))],
  ['vault', async (t) => onStore(await vaultFor(t))],
  ['vault in pieces', async (t) => onStore(inPieces(await vaultFor(t), SMALL_LIMIT_BYTES))],
  ['keytar', async (t) => onKeyring(t, null)],
  ['keytar in pieces', async (t) => onKeyring(t, 1_000)],
]

const NAMES = [
  'key:alice',
  'KEY:alice',
  'key:Alice',
  'a',
  '../../etc/passwd',
  'con',
  'session:prod:9f',
  'nul\u0000inside',
  '\u0001pieces:=:x',
  '\u0001pieces:0123456789abcdef.0:key:alice',
  'lone \ud800',
  'lone \ud801',
  '😀 é 日本',
  '__proto__',
  'x'.repeat(5_000),
]
const VALUES = [
  'v',
  '\u0000',
  'before\u0000after',
  '\ud800',
  'emoji 😀 and \udc00 alone',
  '\u0001pieces:0123456789abcdef.2.9',
  '{"v":1,"n":"a","h":"","d":"x"}',
  'line\nline\r\n\u2028"\\',
  'é'.repeat(700),
  randomBytes(32_768).toString('hex'),
]

for (const [kind, open] of STORES) {
  test(`${kind} store gives back every name and value as it was`, async (t) => {
    const run = await open(t)
    if (run === null) return
    const pairs = NAMES.map((name, index) => [name, VALUES[index % VALUES.length] ?? ''] as const)
    await run(pairs.map(([name, value]) => ['set', name, value]))
    assert.deepEqual(
      await run(pairs.map(([name]) => ['get', name])),
      pairs.map(([, value]) => value),
    )
    const [listed] = await run([['list']])
    assert.deepEqual((listed as string[]).sort(), [...NAMES].sort())
  })

  test(`${kind} store follows a map whatever the order of calls`, async (t) => {
    const run = await open(t)
    if (run === null) return
    const slow = kind.startsWith('keytar')
    const text = fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    })
    const name = fc.oneof(fc.constantFrom('a', 'A', 'b'), text)
    const value = fc.oneof(text, fc.constantFrom(...VALUES.slice(0, -1)))
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.tuple(fc.constant('set' as const), name, value),
      fc.tuple(fc.constant('get' as const), name),
      fc.tuple(fc.constant('delete' as const), name),
      fc.constant(['list'] as const),
    )
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: slow ? 25 : 12 }), async (steps) => {
      const [before] = await run([['list']])
      await run((before as string[]).map((left) => ['delete', left]))
      const model = memoryStore()
      const got = await run(steps)
      const expected = await onStore(model)(steps)
      const sorted = (result: unknown) => (Array.isArray(result) ? [...result].sort() : result)
      assert.deepEqual(got.map(sorted), expected.map(sorted))
    })
    await fc.assert(property, { numRuns: slow ? 6 : 40 })
  })

  test(`${kind} store takes values from 1 byte to 64 kB, each over the other`, async (t) => {
    const run = await open(t)
    if (run === null) return
    for (const bytes of [65_536, 1, 99, 100, 101, 2_400, 2_561, 65_536]) {
      const value = 'k'.repeat(bytes)
      const [, got] = await run([
        ['set', 'sized', value],
        ['get', 'sized'],
      ])
      assert.equal(got === value, true, `${bytes} bytes`)
    }
    assert.deepEqual(await run([['delete', 'sized'], ['get', 'sized'], ['delete', 'sized'], ['list']]), [
      true,
      null,
      false,
      [],
    ])
  })
}

function onStore(store: Store): Runner {
  return async (steps) => {
    const results: unknown[] = []
    for (const [method, ...args] of steps) {
      results.push((await (store[method] as (...values: string[]) => Promise<unknown>)(...args)) ?? null)
    }
    return results
  }
}

async function vaultFor(t: TestContext): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'vault-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const vault = join(dir, 'vault')
  return openVault(vault, await createVault(vault, 'passphrase of the test', { n: 16, r: 1, p: 1 }))
}

async function onKeyring(t: TestContext, limitBytes: number | null): Promise<Runner | null> {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return null
  const keyring = await startKeyring()
  t.after(() => keyring.close())
  const service = `aws-cred-test-${randomBytes(6).toString('hex')}`
  return async (steps) => {
    const options = { deadlineMs: 30_000, ...(limitBytes === null ? {} : { limitBytes }) }
    const results = await runKeytarSteps(keyring, service, steps, options)
    assert.equal(results.length, steps.length)
    for (const { error } of results) assert.equal(error, undefined)
    return results.map(({ ok }) => ok)
  }
}
