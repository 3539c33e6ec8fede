/**
 * A place for secrets. Names are any text but the empty one; values are any text of 1 byte to 64 kB.
 * `null` means not there; a throw (always a `CredError`) means could not tell.
 */
export interface Store {
  /** What messages call it, as `GNOME Keyring` or `vault`. */
  readonly label: string
  get(name: string): Promise<string | null>
  /** When it returns, `get` of any process gives the new value; when it throws, the old one still stands. */
  set(name: string, value: string): Promise<void>
  /** True when there was something to delete. */
  delete(name: string): Promise<boolean>
  /** The names of all items of this store that are ours. */
  list(): Promise<string[]>
}
