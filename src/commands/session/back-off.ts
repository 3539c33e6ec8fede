import { lengthened } from '../../core/backoff.ts'
import { CredError } from '../../core/errors.ts'
import type { Workspace } from './workspace.ts'

/** Puts off the next try of what has failed, longer each time. */
export function backOff(workspace: Workspace, name: string): void {
  const { index, context } = workspace
  try {
    index.write('backoff', name, { name, ...lengthened(index.known('backoff', name), context.nowMs()) })
  } catch (error) {
    // A full or read-only disk: then it is tried again at the next call.
    if (!(error instanceof CredError)) throw error
  }
}

export function endBackoff(workspace: Workspace, name: string): void {
  try {
    workspace.index.remove('backoff', name)
  } catch (error) {
    // It ends by itself.
    if (!(error instanceof CredError)) throw error
  }
}

/**
 * The name of the back-off of questions for codes of one device, by whom it belongs to. A program is asked although a person
 * has just let a question go, and the other way round.
 */
export function questionName(identityId: string, serial: string, byProgram: boolean): string {
  return `question ${byProgram ? 'to a program ' : ''}${identityId} ${serial}`
}
