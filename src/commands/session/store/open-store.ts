import type { Context, Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import { loadKeytarAddon } from '../../../io/packaged.ts'
import { nameRegister } from '../../../io/state-index.ts'
import { openKeytarStore } from '../../../keychain/keytar-store.ts'
import type { Store } from '../../../keychain/store.ts'
import type { Workspace } from '../workspace.ts'

/** How long a keychain call may take: where nobody can be asked, under `process`, and under a verb typed at a terminal. */
const NOBODY_MS = 5_000
const PROCESS_MS = 40_000
const TYPED_MS = 60_000

export interface Patience {
  readonly deadlineMs: number
  /** Shows that the keychain is awaited; what it returns takes the line away again. */
  readonly onWaiting?: () => () => void
}

/** Whether the system could show its unlock dialog to somebody. */
function hasScreen(workspace: Workspace): boolean {
  const { env, platform } = workspace.context
  if (platform === 'darwin' || platform === 'win32') return true
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

export function nobodyCanBeAsked(workspace: Workspace, noPrompt: boolean): boolean {
  return noPrompt || isUnattended(workspace.context)
}

export function processPatience(workspace: Workspace, noPrompt: boolean): Patience {
  const nobody = nobodyCanBeAsked(workspace, noPrompt) || !hasScreen(workspace)
  return { deadlineMs: nobody ? NOBODY_MS : PROCESS_MS }
}

/** Where a verb that a person typed asks; null too where AWS_CRED_NO_PROMPT=1 or CI says that nobody is to be asked. */
export function typedTerminal(context: Context): Terminal | null {
  return isUnattended(context) ? null : context.openTerminal()
}

function isUnattended({ env }: Context): boolean {
  return env.AWS_CRED_NO_PROMPT === '1' || Boolean(env.CI)
}

/** For verbs that a person typed: shows `waiting for the keychain` at a terminal while it lasts. */
export function typedPatience(workspace: Workspace): Patience {
  if (isUnattended(workspace.context)) return { deadlineMs: NOBODY_MS }
  const terminal = workspace.context.openTerminal()
  if (terminal === null) return { deadlineMs: hasScreen(workspace) ? TYPED_MS : NOBODY_MS }
  return {
    deadlineMs: TYPED_MS,
    onWaiting: () => {
      terminal.show('waiting for the keychain')
      return () => terminal.show('\r\u001b[K')
    },
  }
}

/** For `export` and `exec`: typed by a person, or written into a script with `--no-prompt`. */
export function shellPatience(workspace: Workspace, noPrompt: boolean): Patience {
  return nobodyCanBeAsked(workspace, noPrompt) ? { deadlineMs: NOBODY_MS } : typedPatience(workspace)
}

/** Whether those serve a session that is due when it cannot be renewed: only where nobody is to be asked says so. */
export function servesLasting(workspace: Workspace, noPrompt: boolean): boolean {
  return noPrompt || workspace.context.env.AWS_CRED_NO_PROMPT === '1'
}

/** The store of this machine. Throws `CredError('person')` where none was chosen yet or the vault is locked. */
export async function openStore(workspace: Workspace, patience: Patience): Promise<Store> {
  if (workspace.storeKind === 'vault') {
    const { openUnlockedVault } = await import('../../../keychain/vault-store.ts')
    return openUnlockedVault(workspace.context, workspace.paths.vaultDir)
  }
  return openKeychain(workspace, patience)
}

/** For verbs that only delete: a vault's items go without its key. */
export async function openForDeleting(workspace: Workspace): Promise<Pick<Store, 'delete'>> {
  if (workspace.storeKind !== 'vault') return openKeychain(workspace, typedPatience(workspace))
  const { deleteFromVault } = await import('../../../keychain/vault-store.ts')
  return { delete: async (name) => deleteFromVault(workspace.context, workspace.paths.vaultDir, name) }
}

export function openKeychain(workspace: Workspace, patience: Patience): Store {
  const { context, paths, homeIsOurs, service, index } = workspace
  const store = openKeytarStore({
    service,
    addon: () =>
      loadKeytarAddon({
        cacheDir: homeIsOurs ? paths.cacheDir : null,
        runtimeDir: paths.runtimeDir === null ? null : `${paths.runtimeDir}/aws-cred`,
        userId: context.userId,
      }),
    names: nameRegister(index),
    platform: context.platform,
    env: context.env,
    ...patience,
  })
  return { ...store, delete: async (name) => asOnlyDeletion(workspace, () => store.delete(name)) }
}

/** A deletion takes milliseconds; where the other waits for its person, both go on. */
const DELETION_WAIT_MS = 2_000

/**
 * libsecret looks for an item and then deletes it: where another process was faster GLib writes a complaint of its own
 * to stderr, and the error is that of a missing collection (seen). Goes on where no lock can be had.
 */
async function asOnlyDeletion<T>({ paths }: Workspace, work: () => Promise<T>): Promise<T> {
  const { LockUnavailable, withLock } = await import('../../../io/lock.ts')
  const lock = {
    folder: paths.locksDir,
    name: 'keychain deletion',
    nowMs: () => performance.now(),
    deadlineMs: performance.now() + DELETION_WAIT_MS,
    holder: { pid: process.pid, program: 'aws-cred' },
  }
  let hasBegun = false
  try {
    return await withLock(lock, async () => {
      hasBegun = true
      return work()
    })
  } catch (error) {
    if (hasBegun || !(error instanceof CredError || error instanceof LockUnavailable)) throw error
    return work()
  }
}

/**
 * Whether a keychain answers here, without asking anybody: one read of an item that does not exist. False where
 * there is none; throws `CredError('person')` where there is one that is silent.
 */
export async function keychainAnswers(workspace: Workspace): Promise<boolean> {
  try {
    await openKeychain(workspace, { deadlineMs: NOBODY_MS }).get('probe')
    return true
  } catch (error) {
    // `failed` is the keychain's absence, found out in under a second; a locked or silent one is there.
    if (error instanceof CredError && error.code === 'failed') return false
    throw error
  }
}
