import type { Store } from './store.ts'

/** A store that ends with the process, for tests. `items` may be shared to stand for two processes. */
export function memoryStore(items = new Map<string, string>()): Store {
  return {
    label: 'memory',
    get: async (name) => items.get(name) ?? null,
    set: async (name, value) => {
      items.set(name, value)
    },
    delete: async (name) => items.delete(name),
    list: async () => [...items.keys()],
  }
}
