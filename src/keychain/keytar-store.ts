import { existsSync } from 'node:fs'
import type { Environment } from '../core/context.ts'
import { openFilesLeft } from '../io/file-descriptors.ts'
import type { KeytarAddon } from '../io/packaged.ts'
import { accountName } from './account-name.ts'
import { sealed, unsealed } from './envelope.ts'
import { HiddenItemError } from './item-errors.ts'
import { checkNotSilent, KeychainSilentError, keychainCall, noFilesLeft, noSessionBus } from './keychain-call.ts'
import { itemsInPieces } from './pieces.ts'
import type { Store } from './store.ts'

/** CRED_MAX_CREDENTIAL_BLOB_SIZE is 2,560 bytes. */
const WINDOWS_LIMIT_BYTES = 2_400
const LABELS: Readonly<Record<string, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
}

/** Which items were stored: kept outside the keychain, since asking it for a list loads every secret and can crash. */
export interface NameRegister {
  has(name: string): Promise<boolean>
  add(name: string): Promise<void>
  remove(name: string): Promise<void>
  all(): Promise<string[]>
}

export interface KeytarStoreOptions {
  /** The keychain's service name: `aws-cred`, or one of its own for tests and the demo. */
  readonly service: string
  /** Loads keytar; called at the first use. */
  readonly addon: () => KeytarAddon
  readonly names: NameRegister
  readonly platform: string
  /** DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR are looked at on Linux. */
  readonly env: Environment
  /** For each call: 5 s where nobody can be asked, 40 or 60 s where the system's unlock dialog can show. */
  readonly deadlineMs: number
  /** See `KeychainCallOptions`. */
  readonly onWaiting?: () => () => void
  /** For tests; else the platform's own limit. */
  readonly limitBytes?: number
}

/**
 * The OS keychain. Beside what `Store` says, `get` throws `HiddenItemError` for an item that the register knows and the
 * keychain denies, and `DamagedItemError`; every call may throw `CredError('person')` (locked, silent) or
 * `CredError('failed')` (absent, with what to install or choose).
 */
export function openKeytarStore(options: KeytarStoreOptions): Store {
  const { names } = options
  const label = LABELS[options.platform] ?? 'keychain'
  const limitBytes =
    options.limitBytes ?? (options.platform === 'win32' ? WINDOWS_LIMIT_BYTES : Number.POSITIVE_INFINITY)
  const raw = rawItems(options, label)
  const items = itemsInPieces(raw, limitBytes, async () => [])

  async function get(name: string): Promise<string | null> {
    const text = await items.get(name)
    if (text !== null) return unsealed(name, text, label)
    if (await names.has(name)) throw new HiddenItemError(name)
    return null
  }

  async function set(name: string, value: string): Promise<void> {
    const known = await names.has(name)
    if (!known) await names.add(name)
    try {
      await items.set(name, sealed(name, value))
    } catch (error) {
      // A silent keychain may still write it, so the name stays; after a refusal there is no such item.
      if (!known && !(error instanceof KeychainSilentError)) await names.remove(name)
      throw error
    }
  }

  async function remove(name: string): Promise<boolean> {
    const was = await items.delete(name)
    // A locked keychain denies what it has; one that can be written to tells the truth.
    if (!was && (await names.has(name))) await proveUnlocked(raw)
    await names.remove(name)
    return was
  }

  return { label, get, set, delete: remove, list: () => names.all() }
}

/** Throws where the keychain is locked: one shows nothing of what it holds, and denies no name but by that. */
export async function proveUnlocked(raw: Pick<Store, 'set' | 'delete'>): Promise<void> {
  const probe = '\u0000probe'
  await raw.set(probe, 'probe')
  await raw.delete(probe)
}

function rawItems(options: KeytarStoreOptions, label: string): Pick<Store, 'label' | 'get' | 'set' | 'delete'> {
  const { service } = options
  let loaded: KeytarAddon | null = null
  const keytar = (action: string) => {
    checkBus(options)
    checkNotSilent(action, options.deadlineMs)
    checkFiles(options, action)
    loaded ??= options.addon()
    return loaded
  }
  return {
    label,
    get: async (name) => keychainCall('read', keytar('read').getPassword(service, accountName(name)), options),
    set: async (name, value) =>
      keychainCall('write to', keytar('write to').setPassword(service, accountName(name), value), options),
    delete: async (name) =>
      keychainCall('delete from', keytar('delete from').deletePassword(service, accountName(name)), options),
  }
}

function checkBus(options: KeytarStoreOptions): void {
  if (options.platform === 'darwin' || options.platform === 'win32' || options.env.DBUS_SESSION_BUS_ADDRESS) return
  const runtimeDir = options.env.XDG_RUNTIME_DIR
  if (!runtimeDir || !existsSync(`${runtimeDir}/bus`)) throw noSessionBus()
}

/** GLib, on which libsecret stands, ends the whole program (SIGTRAP) where it cannot open what it needs: 5 were seen. */
const GLIB_FILES = 8

function checkFiles({ platform }: KeytarStoreOptions, action: string): void {
  if (platform !== 'linux') return
  const files = openFilesLeft()
  if (files !== null && files.left < GLIB_FILES) throw noFilesLeft(action, files.limit)
}
