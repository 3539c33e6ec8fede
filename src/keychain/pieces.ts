import { DamagedItemError } from './item-errors.ts'
import type { Store } from './store.ts'

/** Marks the names and the heads that this file makes; a name or value that begins so by itself is told apart. */
const MARK = '\u0001pieces:'
const READS_MAX = 5

type Items = Pick<Store, 'label' | 'get' | 'set' | 'delete'>

interface Head {
  /** Names this writing of the value: no two have the same. */
  readonly generation: string
  readonly count: number
  /** UTF-16 code units of the whole value. */
  readonly length: number
}

/**
 * A store over one that holds at most `limitBytes` UTF-8 bytes an item (Windows: 2,560). Larger values lie in numbered
 * pieces named after a generation; the head that names the generation is written after them and the old pieces go
 * last, so that a crash at any point leaves the old or the new value (and at worst pieces that nothing names, which
 * `delete` takes along). Writers of one name must hold its lock.
 */
export function inPieces(store: Store, limitBytes: number): Store {
  return {
    ...itemsInPieces(store, limitBytes, () => store.list()),
    list: async () => (await store.list()).flatMap((name) => outerName(name) ?? []),
  }
}

/** The same for a store that cannot list by itself; `innerNames` gives what is known of it, for `delete` to clean up. */
export function itemsInPieces(store: Items, limitBytes: number, innerNames: () => Promise<string[]>): Items {
  const { label } = store

  async function get(name: string): Promise<string | null> {
    let last: string | null = null
    for (let reads = 0; reads < READS_MAX; reads++) {
      const text = await store.get(innerName(name))
      if (text === null) return null
      const head = headOf(text)
      if (head === null) return text
      const value = await joined(store, name, head)
      if (value !== null) return value
      // Another process may have put a new value between our reads; the same head twice means that a piece is lost.
      if (text === last) break
      last = text
    }
    throw new DamagedItemError(name, label)
  }

  async function set(name: string, value: string): Promise<void> {
    const old = await oldHead(store, name)
    if (!value.startsWith(MARK) && Buffer.byteLength(value) <= limitBytes) {
      await store.set(innerName(name), value)
    } else {
      const parts = split(value, limitBytes)
      const head = { generation: newGeneration(), count: parts.length, length: value.length }
      try {
        for (const [index, part] of parts.entries()) await store.set(pieceName(name, head, index), part)
        await store.set(innerName(name), `${MARK}${head.generation}.${head.count}.${head.length}`)
      } catch (error) {
        await removePieces(store, name, head).catch(() => {
          // The store is failing already: its first error is the one to tell.
        })
        throw error
      }
    }
    if (old !== null) await removePieces(store, name, old)
  }

  async function remove(name: string): Promise<boolean> {
    const head = await oldHead(store, name)
    const was = await store.delete(innerName(name))
    if (head !== null) await removePieces(store, name, head)
    const end = `:${name}`
    for (const inner of await innerNames()) {
      if (inner.startsWith(MARK) && outerName(inner) === null && inner.slice(inner.indexOf(':', MARK.length)) === end) {
        await store.delete(inner)
      }
    }
    return was
  }

  return { label, get, set, delete: remove }
}

async function joined(store: Items, name: string, head: Head): Promise<string | null> {
  let value = ''
  for (let index = 0; index < head.count; index++) {
    const part = await store.get(pieceName(name, head, index))
    if (part === null) return null
    value += part
  }
  return value.length === head.length ? value : null
}

async function oldHead(store: Items, name: string): Promise<Head | null> {
  try {
    return headOf((await store.get(innerName(name))) ?? '')
  } catch (error) {
    // A damaged item names no pieces; it is about to be replaced or deleted.
    if (error instanceof DamagedItemError) return null
    throw error
  }
}

async function removePieces(store: Items, name: string, head: Head): Promise<void> {
  for (let index = 0; index < head.count; index++) await store.delete(pieceName(name, head, index))
}

function headOf(text: string): Head | null {
  if (!text.startsWith(MARK)) return null
  const fields = /^([0-9a-f]{16})\.(\d{1,5})\.(\d{1,7})$/.exec(text.slice(MARK.length))
  return fields === null ? null : { generation: fields[1] ?? '', count: Number(fields[2]), length: Number(fields[3]) }
}

/** Pieces of whole characters, each of at most `limitBytes` UTF-8 bytes (a lone surrogate counts as three). */
function split(value: string, limitBytes: number): string[] {
  const parts: string[] = []
  let part = ''
  let bytes = 0
  for (const character of value) {
    const more = Buffer.byteLength(character)
    if (bytes + more > limitBytes && part !== '') {
      parts.push(part)
      part = ''
      bytes = 0
    }
    part += character
    bytes += more
  }
  return [...parts, part]
}

function newGeneration(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex')
}

function pieceName(name: string, head: Head, index: number): string {
  return `${MARK}${head.generation}.${index}:${name}`
}

function innerName(name: string): string {
  return name.startsWith(MARK) ? `${MARK}=:${name}` : name
}

/** The item's own name, or null for a piece. */
function outerName(inner: string): string | null {
  if (!inner.startsWith(MARK)) return inner
  return inner.startsWith(`${MARK}=:`) ? inner.slice(MARK.length + 2) : null
}
