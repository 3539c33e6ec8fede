/** What the index knows, none of it secret. Times are milliseconds of wall time since 1970. */
export interface IndexEntries {
  /** Long-lived keys that the store holds; named by profile. */
  key: {
    readonly name: string
    /** The random id inside the key's item; null while it is being replaced. */
    readonly generation: string | null
    readonly accessKeyIdMasked: string
    readonly arn: string | null
    readonly accountId: string | null
    readonly userName: string | null
    readonly partition: string
    readonly addedMs: number
  }
  /** One stored session; named by cache key. */
  session: {
    readonly cacheKey: string
    readonly profile: string
    readonly givesArn: string | null
    readonly expiresMs: number
    readonly issuedMs: number
    /** Name of the `clock` entry by which `expiresMs` is judged. */
    readonly clockName: string
    /** Who signed the first call: what `remove` goes by. */
    readonly rootId: string
    readonly savedMs: number
  }
  /** Why the last attempt failed; named by profile. */
  failure: {
    readonly profile: string
    readonly atMs: number
    readonly code: string
    readonly message: string
    readonly hint: string | null
  }
  /** How far an endpoint's clock is ahead of ours, and the two clocks when that was seen; named by host. */
  clock: {
    readonly name: string
    readonly offsetMs: number
    readonly wallMs: number
    readonly uptimeS: number
  }
  /** Until when what failed is not tried again by itself; named by what it is. */
  backoff: {
    readonly name: string
    readonly untilMs: number
    readonly spanMs: number
  }
  /** The MFA codes of one device that were sent a moment ago, as salted hashes; named by serial. */
  codes: {
    readonly serial: string
    readonly salt: string
    /** JSON. */
    readonly used: string
  }
  /** A role that takes an MFA code itself and no session made with it; named by role and serial. */
  direct: { readonly name: string }
  /** A name that the store has an item under. */
  item: { readonly name: string }
  /** A command line that gave keys without an end when it ran last; named by its root's id. */
  endless: { readonly rootId: string; readonly seenMs: number }
}

export type IndexKind = keyof IndexEntries

type FieldType = 'text' | 'text or null' | 'number'

const FIELDS: { readonly [K in IndexKind]: { readonly [F in keyof IndexEntries[K]]: FieldType } } = {
  key: {
    name: 'text',
    generation: 'text or null',
    accessKeyIdMasked: 'text',
    arn: 'text or null',
    accountId: 'text or null',
    userName: 'text or null',
    partition: 'text',
    addedMs: 'number',
  },
  session: {
    cacheKey: 'text',
    profile: 'text',
    givesArn: 'text or null',
    expiresMs: 'number',
    issuedMs: 'number',
    clockName: 'text',
    rootId: 'text',
    savedMs: 'number',
  },
  failure: { profile: 'text', atMs: 'number', code: 'text', message: 'text', hint: 'text or null' },
  clock: { name: 'text', offsetMs: 'number', wallMs: 'number', uptimeS: 'number' },
  backoff: { name: 'text', untilMs: 'number', spanMs: 'number' },
  codes: { serial: 'text', salt: 'text', used: 'text' },
  direct: { name: 'text' },
  item: { name: 'text' },
  endless: { rootId: 'text', seenMs: 'number' },
}

const VERSION = 1

export function entryText<K extends IndexKind>(kind: K, name: string, entry: IndexEntries[K]): string {
  return `${JSON.stringify({ version: VERSION, kind, name, entry })}\n`
}

/** A checked entry with its name, or null for what is damaged, of another version or kind, or not ours at all. */
export function parsedEntry<K extends IndexKind>(
  kind: K,
  text: string,
): { name: string; entry: IndexEntries[K] } | null {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    // Damaged: to be written anew, like one that is not there.
    return null
  }
  if (!isRecord(file) || file.version !== VERSION || file.kind !== kind) return null
  const { name, entry } = file
  if (typeof name !== 'string' || !isRecord(entry)) return null
  for (const [field, type] of Object.entries<FieldType>(FIELDS[kind])) {
    if (!fits(entry[field], type)) return null
  }
  return { name, entry: entry as IndexEntries[K] }
}

function fits(value: unknown, type: FieldType): boolean {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value)
  return typeof value === 'string' || (type === 'text or null' && value === null)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
