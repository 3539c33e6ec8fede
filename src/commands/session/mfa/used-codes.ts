import { CredError } from '../../../core/errors.ts'
import { CODE_MEMORY_MS } from '../../../core/mfa-code.ts'
import type { Workspace } from '../workspace.ts'

interface UsedCode {
  /** Salted: six digits are soon guessed, and by then the code is worth nothing. */
  readonly hash: string
  readonly atMs: number
}

/** Whether this machine has sent that code for that device within two minutes. Times are the server's. */
export function wasUsed(workspace: Workspace, serial: string, code: string, serverMs: number): boolean {
  const entry = workspace.index.known('codes', serial)
  return entry !== null && recent(entry.used, serverMs).some(({ hash }) => hash === hashOf(entry.salt, code))
}

/** To be called before a code is sent: whatever happens to the answer, STS may have taken it. */
export function rememberCode(workspace: Workspace, serial: string, code: string, serverMs: number): void {
  const before = workspace.index.known('codes', serial)
  const salt = before?.salt ?? process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex')
  const used = [...(before === null ? [] : recent(before.used, serverMs)), { hash: hashOf(salt, code), atMs: serverMs }]
  try {
    workspace.index.write('codes', serial, { serial, salt, used: JSON.stringify(used) })
  } catch (error) {
    // A full or read-only disk: the code is sent all the same, and STS itself refuses it a second time.
    if (!(error instanceof CredError)) throw error
  }
}

function recent(text: string, serverMs: number): UsedCode[] {
  let all: unknown
  try {
    all = JSON.parse(text)
  } catch {
    // Damaged: nothing is remembered.
    return []
  }
  return (Array.isArray(all) ? all : []).filter(
    (each): each is UsedCode =>
      typeof each?.hash === 'string' &&
      typeof each.atMs === 'number' &&
      Math.abs(serverMs - each.atMs) < CODE_MEMORY_MS,
  )
}

function hashOf(salt: string, code: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', `${salt} ${code}`, 'hex')
}
