import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getAsset, getRawAsset, isSea } from 'node:sea'
import { CredError } from '../core/errors.ts'
import { codeOf, folderState, madePrivate, parentIsSafe, writeSynced, writeWhole } from './private-folder.ts'

/** What keytar's native part offers (`lib/keytar.js` of @github/keytar only adds checks for empty arguments). */
export interface KeytarAddon {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
}

export interface AddonPlaces {
  /** `${XDG_CACHE_HOME:-~/.cache}/aws-cred`; null where HOME is another user's: no code is loaded from there. */
  readonly cacheDir: string | null
  /** `$XDG_RUNTIME_DIR/aws-cred`, or null. */
  readonly runtimeDir: string | null
  /** Our user id; null on Windows. */
  readonly userId: number | null
}

/**
 * Loads keytar: in a single executable from its assets `keytar.node` and `keytar.sha256` (hex; reckoned where missing),
 * else from node_modules. Throws `CredError('failed')` where it cannot be loaded, above all without libsecret.
 */
export function loadKeytarAddon(places: AddonPlaces): KeytarAddon {
  if (!isSea()) return loadFirst(prebuiltFiles())
  const bytes = new Uint8Array(getRawAsset('keytar.node') as ArrayBuffer)
  return loadUnpacked(bytes, embeddedHash(bytes), places)
}

/**
 * Loads the addon from the first place that is ours alone, writing it there if it is not there yet with exactly these
 * bytes; last from a fresh folder that is gone afterwards. A place that is mounted noexec is passed over.
 */
export function loadUnpacked(bytes: Uint8Array, sha256: string, places: AddonPlaces): KeytarAddon {
  for (const dir of [places.cacheDir, places.runtimeDir]) {
    if (dir === null) continue
    const file = unpackedFile(dir, bytes, sha256, places.userId)
    const addon = file === null ? null : tryLoad(file)
    if (addon !== null && !(addon instanceof Error)) return addon
  }
  const fresh = freshFolder(places.userId)
  try {
    const file = join(fresh, 'keytar.node')
    try {
      writeSynced(file, bytes)
    } catch (error) {
      throw noPlace(error)
    }
    return loadFirst([file])
  } finally {
    // Windows keeps a loaded library's file: it stays in the temporary folder.
    if (process.platform !== 'win32') rmSync(fresh, { recursive: true, force: true })
  }
}

/** The addon's file below `dir`, compared byte by byte just now; null where it cannot be kept safely. A hit writes nothing. */
export function unpackedFile(dir: string, bytes: Uint8Array, sha256: string, userId: number | null): string | null {
  const folder = `${dir}/${sha256}`
  const file = `${folder}/keytar.node`
  if (!madePrivate(dir, userId) || !madePrivate(folder, userId)) return null
  try {
    if (sameBytes(file, bytes)) return file
    writeWhole(file, bytes)
    return folderState(folder, userId) === 'private' && sameBytes(file, bytes) ? file : null
  } catch {
    // Full, read-only or no right: this place is no use, the caller has others.
    return null
  }
}

/** A folder that is removed after loading; only where nobody else could put another in its place meanwhile. */
function freshFolder(userId: number | null): string {
  const parent = [process.getBuiltinModule('node:os').tmpdir(), '/tmp'].find((folder) => parentIsSafe(folder, userId))
  if (parent === undefined) throw noPlace(null)
  try {
    return mkdtempSync(join(parent, 'aws-cred-'))
  } catch (error) {
    throw noPlace(error)
  }
}

function noPlace(cause: unknown): CredError {
  return new CredError('failed', 'cannot load the keychain addon: no folder can take it (cache, runtime, temporary)', {
    hint: 'set XDG_CACHE_HOME to a folder that can be written to',
    cause,
  })
}

function sameBytes(file: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(file).equals(bytes)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function embeddedHash(bytes: Uint8Array): string {
  try {
    return getAsset('keytar.sha256', 'utf8').trim()
  } catch {
    // Built without that asset. node:crypto costs 10 ms to load, which is why the build stores the hash.
    return process.getBuiltinModule('node:crypto').hash('sha256', bytes, 'hex')
  }
}

function prebuiltFiles(): string[] {
  const prebuilds = join(import.meta.dirname, '../../node_modules/@github/keytar/prebuilds')
  const kinds = process.platform === 'linux' ? ['linux', 'linuxmusl'] : [process.platform]
  return kinds.map((kind) => join(prebuilds, `${kind}-${process.arch}`, 'keytar.node'))
}

function loadFirst(files: readonly string[]): KeytarAddon {
  let failure: unknown = null
  for (const file of files) {
    const addon = tryLoad(file)
    if (!(addon instanceof Error)) return addon
    failure ??= addon
  }
  const text = failure instanceof Error ? failure.message : ''
  if (/libsecret[^:]*: cannot open shared object/.test(text) || /Error loading shared library libsecret/.test(text)) {
    throw new CredError('failed', 'cannot use the keychain: libsecret is not installed', {
      hint: 'install libsecret (Debian: libsecret-1-0), or use the encrypted vault: export AWS_CRED_STORE=vault',
    })
  }
  throw new CredError('failed', 'cannot load the keychain addon: the system refuses it', {
    hint: 'use the encrypted vault: export AWS_CRED_STORE=vault',
    cause: failure,
  })
}

/** Variables by which glib and libsecret print to stdout, load modules or keep secrets in a file of anybody's choice. */
const LIBRARY_VARIABLES: readonly string[] = [
  'G_MESSAGES_DEBUG',
  'G_DEBUG',
  'G_DBUS_DEBUG',
  'GIO_EXTRA_MODULES',
  'GIO_MODULE_DIR',
  'SECRET_BACKEND',
  'SECRET_FILE_TEST_PATH',
  'SECRET_FILE_TEST_PASSWORD',
  'SECRET_SERVICE_BUS_NAME',
]

function tryLoad(file: string): KeytarAddon | Error {
  for (const name of LIBRARY_VARIABLES) delete process.env[name]
  const module: { exports: unknown } = { exports: {} }
  try {
    process.dlopen(module, file)
  } catch (error) {
    return error instanceof Error ? error : new Error('not loaded')
  }
  return module.exports as KeytarAddon
}

/** A text file of shell/ (`hook.bash`): in a single executable from its assets, else as it lies in the checkout. */
export function shellFile(name: string): string {
  if (isSea()) return getAsset(name, 'utf8')
  return readFileSync(join(import.meta.dirname, '../../shell', name), 'utf8')
}
