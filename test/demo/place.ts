import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BINARY } from '../support/built-binary.ts'
import { type ChildOptions, type Ended, runChild } from './children.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const MEMORY = '/dev/shm'
const TMPFS_MAGIC = 0x01021994
const REMOVAL_MS = 10_000
/** What the programs need of this machine: the way to them and to its keychain. No setting of AWS's. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'SystemRoot', 'PATHEXT']

/** A HOME for one run, with a keychain service or a vault of its own. */
export class Place {
  readonly home: string
  readonly service: string
  readonly env: Record<string, string>
  readonly #signal: AbortSignal
  #store: 'unknown' | 'keychain' | 'vault' = 'unknown'
  #memoryDir: string | null = null
  #building = false

  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.service = `aws-cred-demo-${randomBytes(2).toString('hex')}`
    this.home = mkdtempSync(join(tmpdir(), `${this.service}-`))
    process.on('exit', () => this.#removeFiles())
    mkdirSync(join(this.home, 'tmp'))
    const passed = PASSED_ON.flatMap((name): [string, string][] => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    })
    this.env = {
      ...Object.fromEntries(passed),
      HOME: this.home,
      USERPROFILE: this.home,
      TMPDIR: join(this.home, 'tmp'),
      AWS_CRED_KEYCHAIN_SERVICE: this.service,
    }
  }

  /** Builds the executable where need be. */
  async build(): Promise<void> {
    const script = `const { ensureBuilt } = await import(${JSON.stringify(import.meta.resolve('../support/built-binary.ts'))}); ensureBuilt()`
    this.#building = true
    const { code, err } = await this.run(process.execPath, ['--input-type=module', '--eval', script])
    if (code !== 0) throw new Error(`cannot build dist/aws-cred:\n${err}`)
    this.#building = false
  }

  /** The keychain where one answers and can be written to, else a vault; says which, and why. */
  async chooseStore(): Promise<string> {
    this.env.AWS_CRED_STORE = 'keychain'
    const { code } = await this.run(BINARY, ['unlock'])
    if (code === 0) {
      this.#store = 'keychain'
      return `keychain   ${keychainName()}, service "${this.service}" (removed at the end)`
    }
    this.#store = 'vault'
    this.env.AWS_CRED_STORE = 'vault'
    const why = code === 3 ? 'the keychain here is locked or silent' : 'no keychain answers here'
    return `vault      in a temporary HOME, since ${why} (removed at the end)`
  }

  get usesVault(): boolean {
    return this.#store === 'vault'
  }

  /** The folder in memory for an unlocked vault's key, apart from the user's own; false where there is none. */
  makeMemoryDir(): boolean {
    if (!existsSync(MEMORY) || statfsSync(MEMORY).type !== TMPFS_MAGIC) return false
    this.#memoryDir = mkdtempSync(join(MEMORY, `${this.service}-`))
    this.env.XDG_RUNTIME_DIR = this.#memoryDir
    return true
  }

  async run(program: string, args: readonly string[], more: Partial<ChildOptions> = {}): Promise<Ended> {
    return runChild(program, args, { env: this.env, cwd: ROOT, signal: this.#signal, ...more })
  }

  /** Takes away everything that this run has made. Throws where the keychain does not let its items go. */
  async remove(): Promise<void> {
    if (this.#building) rmSync(`${BINARY}.new`, { force: true })
    try {
      if (this.#store !== 'vault' && this.env.AWS_CRED_STORE === 'keychain') await this.#removeItems()
    } finally {
      this.#removeFiles()
    }
  }

  async #removeItems(): Promise<void> {
    const script = resolve(import.meta.dirname, 'remove-items.ts')
    const signal = AbortSignal.timeout(REMOVAL_MS)
    const { code } = await this.run(process.execPath, [script], { signal }).catch(() => ({ code: 1 }))
    // Where the keychain never answered, nothing was put into it.
    if (code !== 0 && this.#store === 'keychain') {
      throw new Error(`cannot remove the items of service "${this.service}" from the keychain: remove them by hand`)
    }
  }

  #removeFiles(): void {
    for (const folder of [this.home, this.#memoryDir]) {
      if (folder !== null) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

function keychainName(): string {
  if (process.platform === 'darwin') return 'macOS Keychain'
  return process.platform === 'win32' ? 'Windows Credential Manager' : 'Secret Service'
}
