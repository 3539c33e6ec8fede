import type { Context } from '../core/context.ts'
import { runHelper } from './run-helper.ts'

const DEADLINE_MS = 1_500
const OUT_MAX_BYTES = 10_000

const SERVICE = 'org.freedesktop.secrets'
const COLLECTION = '/org/freedesktop/secrets/aliases/default'
const INTERFACE = 'org.freedesktop.Secret.Collection'

/** The first that is there: systemd's, GLib's, D-Bus's own. */
const PROGRAMS: readonly (readonly [program: string, ...words: string[]])[] = [
  ['busctl', '--user', 'get-property', SERVICE, COLLECTION, INTERFACE, 'Locked'],
  [
    'gdbus',
    'call',
    '--session',
    `--dest=${SERVICE}`,
    `--object-path=${COLLECTION}`,
    '--method=org.freedesktop.DBus.Properties.Get',
    INTERFACE,
    'Locked',
  ],
  [
    'dbus-send',
    '--session',
    '--print-reply',
    `--dest=${SERVICE}`,
    COLLECTION,
    'org.freedesktop.DBus.Properties.Get',
    `string:${INTERFACE}`,
    'string:Locked',
  ],
]

/** `unknown`: there is none, it has no default collection, or none of the programs that would tell is here. */
export type KeyringState = 'open' | 'locked' | 'silent' | 'unknown'

/**
 * Whether the keyring of a Linux desktop is locked, by a property of its default collection: to read an item of a locked
 * one would have the system raise its dialog. `unknown` on other platforms.
 */
export async function keyringState({ env, platform }: Pick<Context, 'env' | 'platform'>): Promise<KeyringState> {
  if (platform === 'darwin' || platform === 'win32') return 'unknown'
  const names = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS']
  const given = Object.fromEntries(names.map((name) => [name, env[name]]))
  const signal = AbortSignal.timeout(DEADLINE_MS)
  for (const argv of PROGRAMS) {
    const end = await runHelper({ argv }, { env: given, maxBytes: OUT_MAX_BYTES, deadlineMs: DEADLINE_MS, signal })
    if (end.kind === 'too-long') return 'silent'
    const word = end.kind === 'ended' && end.status === 0 ? /\b(true|false)\b/.exec(end.out)?.[1] : undefined
    if (word !== undefined) return word === 'true' ? 'locked' : 'open'
  }
  return 'unknown'
}
