import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin'
const SERVICE = 'org.freedesktop.secrets'
const SERVICE_PATH = '/org/freedesktop/secrets'
const COLLECTION_PATH = `${SERVICE_PATH}/collection/login`
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const BUS_CONFIG = (socket: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

/** A private bus (nothing on it is started on demand) and, unless told otherwise, an unlocked gnome-keyring on it. */
export interface Keyring {
  /** The whole environment for a child that is to use it: PATH, HOME, XDG folders and the bus address. */
  readonly env: Readonly<Record<string, string>>
  /** Empty folder for the test's own files; removed at the end. */
  readonly dir: string
  lock(): Promise<void>
  /** Starts the daemon anew with the password. */
  unlock(): Promise<void>
  /** SIGSTOP: calls hang. */
  stop(): void
  resume(): void
  /** Deletes the default collection with all its items. */
  removeCollection(): Promise<void>
  /** Attributes `account` of all items of a service, read past keytar. Only while unlocked. */
  accounts(service: string): Promise<string[]>
  /** Ends the daemon; the bus stays. */
  endDaemon(): Promise<void>
  close(): Promise<void>
}

/** True where all programs that `startKeyring` needs are installed. */
export function keyringInstalled(): boolean {
  const has = (program: string) => SYSTEM_PATH.split(':').some((dir) => existsSync(join(dir, program)))
  return ['dbus-daemon', 'gnome-keyring-daemon', 'gdbus', 'secret-tool'].every(has)
}

export async function withKeyring(
  run: (keyring: Keyring) => Promise<void>,
  options: { daemon?: boolean } = {},
): Promise<void> {
  const keyring = await startKeyring(options)
  try {
    await run(keyring)
  } finally {
    await keyring.close()
  }
}

export async function startKeyring({ daemon: withDaemon = true }: { daemon?: boolean } = {}): Promise<Keyring> {
  const root = mkdtempSync(join(tmpdir(), 'keyring-'))
  const env = makeEnvironment(root)
  const children: ChildProcess[] = []
  // The last word where a test is ended before its `finally`: nothing of ours outlives this process.
  const lastWord = () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(root, { recursive: true, force: true })
  }
  const onSignal = () => process.exit(1)
  process.on('exit', lastWord)
  for (const signal of SIGNALS) process.on(signal, onSignal)

  const run = async (program: string, args: readonly string[]) =>
    (await promisify(execFile)(program, args, { env, timeout: 10_000 })).stdout
  const call = (path: string, method: string, ...args: string[]) =>
    run('gdbus', ['call', '--session', '--dest', SERVICE, '--object-path', path, '--method', method, ...args])

  let daemon: ChildProcess | null = null
  async function startDaemon(): Promise<void> {
    daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    children.push(daemon)
    daemon.stdin?.end('password of the test')
    await run('gdbus', ['wait', '--session', '--timeout', '10', SERVICE])
  }
  async function endDaemon(): Promise<void> {
    if (daemon !== null) await ended(daemon)
    daemon = null
  }
  async function close(): Promise<void> {
    process.off('exit', lastWord)
    for (const signal of SIGNALS) process.off(signal, onSignal)
    for (const child of children.reverse()) await ended(child)
    rmSync(root, { recursive: true, force: true })
  }

  try {
    const bus = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${join(root, 'bus.conf')}`], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    children.push(bus)
    // It prints its address once it listens.
    await new Promise((resolve, reject) => {
      bus.stdout.once('data', resolve)
      bus.once('error', reject)
      bus.once('exit', () => reject(new Error('dbus-daemon ended at once')))
    })
    if (withDaemon) await startDaemon()
  } catch (error) {
    await close()
    throw error
  }

  return {
    env,
    dir: join(root, 'files'),
    lock: async () => {
      await call(SERVICE_PATH, 'org.freedesktop.Secret.Service.Lock', `['${COLLECTION_PATH}']`)
    },
    unlock: async () => {
      await endDaemon()
      await startDaemon()
    },
    stop: () => void daemon?.kill('SIGSTOP'),
    resume: () => void daemon?.kill('SIGCONT'),
    removeCollection: async () => {
      await call(COLLECTION_PATH, 'org.freedesktop.Secret.Collection.Delete')
    },
    accounts: async (service) => {
      // secret-tool writes the attributes to stderr and the secrets to stdout, which is dropped here.
      const { stderr } = await promisify(execFile)('secret-tool', ['search', '--all', 'service', service], { env })
      return Array.from(stderr.matchAll(/^attribute\.account = (.*)$/gm), (match) => match[1] ?? '')
    },
    endDaemon,
    close,
  }
}

function makeEnvironment(root: string): Readonly<Record<string, string>> {
  const folders = {
    HOME: 'home',
    XDG_RUNTIME_DIR: 'run',
    XDG_DATA_HOME: 'data',
    XDG_CACHE_HOME: 'cache',
    XDG_CONFIG_HOME: 'config',
  }
  const env: Record<string, string> = { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8' }
  for (const [variable, folder] of Object.entries(folders)) {
    const path = join(root, folder)
    mkdirSync(path, { mode: 0o700 })
    env[variable] = path
  }
  mkdirSync(join(root, 'files'), { mode: 0o700 })
  writeFileSync(join(root, 'bus.conf'), BUS_CONFIG(join(root, 'bus')))
  env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${join(root, 'bus')}`
  return env
}

/** SIGKILL reaches a stopped process too. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}
