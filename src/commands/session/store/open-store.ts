import type { Context, Terminal } from '../../../core/context.ts'
import type { Store } from '../../../keychain/store.ts'
import type { Workspace } from '../workspace.ts'

/** How long a keychain call may take: where nobody can be asked, under `process`, and under a verb typed at a terminal. */
export const NOBODY_MS = 5_000
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
  const { openKeychain } = await import('./open-keychain.ts')
  return openKeychain(workspace, patience)
}

/** For verbs that only delete: a vault's items go without its key. */
export async function openForDeleting(workspace: Workspace): Promise<Pick<Store, 'delete'>> {
  if (workspace.storeKind !== 'vault') return openStore(workspace, typedPatience(workspace))
  const { deleteFromVault } = await import('../../../keychain/vault-store.ts')
  return { delete: async (name) => deleteFromVault(workspace.context, workspace.paths.vaultDir, name) }
}
