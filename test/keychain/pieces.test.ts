import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DamagedItemError } from '../../src/keychain/item-errors.ts'
import { memoryStore } from '../../src/keychain/memory-store.ts'
import { inPieces } from '../../src/keychain/pieces.ts'
import type { Store } from '../../src/keychain/store.ts'

const LIMIT_BYTES = 64
const OLD = 'é😀'.repeat(60)
const NEW = 'ñ'.repeat(300)

test('inPieces() leaves a value at the limit whole and splits the next byte', async () => {
  const items = new Map<string, string>()
  const store = inPieces(memoryStore(items), LIMIT_BYTES)
  await store.set('a', 'x'.repeat(LIMIT_BYTES))
  assert.equal(items.get('a'), 'x'.repeat(LIMIT_BYTES))
  await store.set('a', 'x'.repeat(LIMIT_BYTES + 1))
  assert.equal(items.size, 3)
  for (const text of items.values()) assert.equal(Buffer.byteLength(text) <= LIMIT_BYTES, true)
  assert.deepEqual(await store.list(), ['a'])
  await store.set('a', 'short')
  assert.deepEqual([...items], [['a', 'short']])
})

test('inPieces() leaves the old or the new value when it crashes at any call, and delete takes all', async () => {
  let crashed = true
  for (let calls = 0; crashed; calls++) {
    const items = new Map<string, string>()
    const whole = inPieces(memoryStore(items), LIMIT_BYTES)
    await whole.set('a', OLD)
    await whole.set('other', OLD)
    crashed = await inPieces(crashingStore(items, calls), LIMIT_BYTES)
      .set('a', NEW)
      .then(
        () => false,
        () => true,
      )
    const value = await whole.get('a')
    assert.equal(value === NEW || (crashed && value === OLD), true, `after ${calls} calls`)
    assert.equal(await whole.delete('a'), true)
    assert.deepEqual(await whole.list(), ['other'])
    assert.equal(
      [...items.keys()].every((name) => name.endsWith('other')),
      true,
      `after ${calls} calls`,
    )
    assert.equal(await whole.get('other'), OLD)
  }
})

test('inPieces() reads the new value where another process writes between its reads', async () => {
  const items = new Map<string, string>()
  const inner = memoryStore(items)
  const writer = inPieces(inner, LIMIT_BYTES)
  await writer.set('a', OLD)
  let reads = 0
  const interrupted: Store = {
    ...inner,
    get: async (name) => {
      if (reads++ === 2) await writer.set('a', NEW)
      return inner.get(name)
    },
  }
  assert.equal(await inPieces(interrupted, LIMIT_BYTES).get('a'), NEW)
})

test('inPieces() tells a lost or cut piece', async () => {
  const items = new Map<string, string>()
  const store = inPieces(memoryStore(items), LIMIT_BYTES)
  await store.set('a', OLD)
  const piece = [...items.keys()].find((name) => name !== 'a') ?? ''
  const whole = items.get(piece) ?? ''
  items.set(piece, whole.slice(1))
  await assert.rejects(store.get('a'), DamagedItemError)
  items.delete(piece)
  await assert.rejects(store.get('a'), DamagedItemError)
  await store.set('a', NEW)
  assert.equal(await store.get('a'), NEW)
})

/** Fails for good after so many calls, as a process that is killed there would. */
function crashingStore(items: Map<string, string>, calls: number): Store {
  const inner = memoryStore(items)
  let left = calls
  const alive = () => {
    if (left-- <= 0) throw new Error('killed')
  }
  return {
    ...inner,
    get: async (name) => {
      alive()
      return inner.get(name)
    },
    set: async (name, value) => {
      alive()
      return inner.set(name, value)
    },
    delete: async (name) => {
      alive()
      return inner.delete(name)
    },
  }
}
