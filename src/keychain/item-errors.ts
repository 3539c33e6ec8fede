import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'

/**
 * `Store.get` throws this where an item is there but is cut, changed or somebody else's, or something that cannot be read
 * stands in its place (`because`). The reader of a session goes on as after a miss; the reader of keys lets it rise;
 * to put a new one there mends it.
 */
export class DamagedItemError extends CredError {
  constructor(name: string, label: string, because: CredError | null = null) {
    const state = because?.message ?? 'the item is damaged or not ours'
    super('failed', `cannot read ${itemText(name)} from the ${label}: ${state}`, {
      hint: because?.hint ?? null,
      cause: because,
    })
    this.name = 'DamagedItemError'
  }
}

/**
 * `Store.get` and `delete` throw this where the keychain says "nothing there" of an item that was stored: it says the
 * same of a locked item and of one that was removed. Who reads a session may go on as after a miss once the keys
 * it is made from can be read, since then it was not locked.
 */
export class HiddenItemError extends CredError {
  constructor(name: string) {
    super('person', `cannot read ${itemText(name)}: the keychain is locked, or the item was removed`, {
      hint: 'aws-cred unlock',
    })
    this.name = 'HiddenItemError'
  }
}

/** `key:user1`, the name within the store, as people know it: the key "user1". */
function itemText(name: string): string {
  const [, kind, rest] = /^(key|session):(.*)$/s.exec(name) ?? []
  return kind === undefined ? quoted(name) : `the ${kind} ${quoted(rest ?? '')}`
}
