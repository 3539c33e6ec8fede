import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import { monotonicMs } from '../io/monotonic-clock.ts'

const WAITING_SHOWN_AFTER_MS = 500
/** A timer counts in another clock's whole milliseconds. */
const TIMER_EARLY_MS = 5
const USE_VAULT = 'use the encrypted vault: export AWS_CRED_STORE=vault'

let pendingCalls = 0
/** When each call began that has passed its deadline and is still out, by `monotonicMs()`. */
const silentCalls = new Set<{ readonly beganMs: number }>()

/**
 * True while a call into the keychain has not come back, also after its deadline. `process.exit` would wait for it (a
 * hung daemon: 50 s), so the exit path must then leave by `execve` or by killing itself.
 */
export function keychainCallPending(): boolean {
  return pendingCalls > 0
}

/** A keychain call that was still out at its deadline: whether it will take effect is not known. */
export class KeychainSilentError extends CredError {
  constructor(action: string, deadlineMs: number) {
    const waited = deadlineMs < 1000 ? `${deadlineMs} ms` : `${Math.round(deadlineMs / 1000)} s`
    super('person', `cannot ${action} the keychain: no answer within ${waited}`, { hint: 'aws-cred unlock' })
    this.name = 'KeychainSilentError'
  }
}

/**
 * Throws where an earlier call has been out for as long as this one would wait: a chain of roles would wait for a silent
 * keychain at every hop.
 */
export function checkNotSilent(action: string, deadlineMs: number): void {
  const nowMs = monotonicMs()
  for (const { beganMs } of silentCalls) {
    if (nowMs - beganMs >= deadlineMs - TIMER_EARLY_MS) throw doesNotAnswer(action)
  }
}

export interface KeychainCallOptions {
  readonly deadlineMs: number
  /** Called once a call lasts over 0.5 s, to show "waiting for the keychain"; what it returns is called at the end. */
  readonly onWaiting?: (() => () => void) | undefined
}

/** Awaits a call of keytar's up to the deadline and words what it rejects with. `action` is `read`, `write to` or `delete from`. */
export async function keychainCall<T>(action: string, call: Promise<T>, options: KeychainCallOptions): Promise<T> {
  pendingCalls++
  const began = { beganMs: monotonicMs() }
  let isOver = false
  const settled = call.finally(() => {
    isOver = true
    pendingCalls--
    silentCalls.delete(began)
  })
  let stopWaiting = () => {}
  const waiting =
    options.onWaiting && setTimeout((show) => (stopWaiting = show()), WAITING_SHOWN_AFTER_MS, options.onWaiting)
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    // An answer that is here already goes first: on a busy machine the timer may be seen before it.
    const giveUp = () => {
      if (!isOver) silentCalls.add(began)
      reject(new KeychainSilentError(action, options.deadlineMs))
    }
    timer = setTimeout(() => setImmediate(giveUp), options.deadlineMs)
  })
  try {
    return await Promise.race([settled, deadline])
  } catch (error) {
    throw error instanceof CredError ? error : worded(action, error)
  } finally {
    clearTimeout(timer)
    clearTimeout(waiting)
    stopWaiting()
  }
}

/** There is no session bus to ask, said without a call: libsecret would start a bus of its own through X11. */
export function noSessionBus(): CredError {
  return new CredError(
    'failed',
    'cannot reach the keychain: there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)',
    {
      hint: `install gnome-keyring and log in to a desktop session, or ${USE_VAULT}`,
    },
  )
}

/** This process may not open what a call takes. */
export function noFilesLeft(action: string, limit: string): CredError {
  return new CredError('failed', `cannot ${action} the keychain: too many open files (the limit is ${limit})`, {
    hint: 'the limit is that of whatever started this: ulimit -Hn in a shell, LimitNOFILE= of a service',
  })
}

/**
 * keytar rejects with the bare text of libsecret, the D-Bus daemon or macOS. These are the ones seen with
 * gnome-keyring 42 (in English whatever the locale: Node sets no LC_MESSAGES) and Apple's for -25308.
 */
function worded(action: string, error: unknown): CredError {
  const text = error instanceof Error ? error.message : ''
  if (/not provided by any \.service|has no owner|ServiceUnknown/i.test(text)) {
    return new CredError('failed', 'cannot reach the keychain: no program provides org.freedesktop.secrets', {
      hint: `install gnome-keyring, or ${USE_VAULT}`,
    })
  }
  if (
    /autolaunch|could not connect|^address element|unknown or unsupported transport|connection is closed/i.test(text)
  ) {
    return new CredError('failed', 'cannot reach the keychain: no D-Bus session answers at DBUS_SESSION_BUS_ADDRESS', {
      hint: `log in again, or ${USE_VAULT}`,
    })
  }
  if (/interaction is not allowed|-25308/i.test(text)) {
    return new CredError('person', `cannot ${action} the keychain: it is locked, and macOS may not ask here`, {
      hint: 'security unlock-keychain',
    })
  }
  if (/locked collection|is locked|prompt/i.test(text)) {
    return new CredError('person', `cannot ${action} the keychain: it is locked`, { hint: 'aws-cred unlock' })
  }
  if (/object does not exist|no such secret|unknown ?object/i.test(text)) {
    return new CredError('failed', `cannot ${action} the keychain: it has no default collection`, {
      hint: `make one in the desktop's password manager (seahorse, kwalletmanager), or ${USE_VAULT}`,
    })
  }
  if (/timeout was reached|did not receive a reply|noreply/i.test(text)) {
    return doesNotAnswer(action)
  }
  return new CredError('failed', `cannot ${action} the keychain: it says ${quoted(text)}`)
}

function doesNotAnswer(action: string): CredError {
  return new CredError('person', `cannot ${action} the keychain: it does not answer`, { hint: 'aws-cred unlock' })
}
