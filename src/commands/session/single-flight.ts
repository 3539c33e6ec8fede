import { CredError } from '../../core/errors.ts'
import type { Session } from '../../core/session.ts'
import { quoted } from '../../core/text.ts'
import { askingProgram } from '../../io/asking-program.ts'
import { LockUnavailable, withLock } from '../../io/lock.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import type { Workspace } from './workspace.ts'

export interface Flight {
  readonly name: string
  readonly profile: string
  /** Until when to wait for whoever holds the lock, on `monotonicMs()`'s clock. */
  readonly deadlineMs: number
  /** Whether it may be asking for a code. */
  readonly isLong: boolean
  /** Looks for the result of whoever holds the lock. */
  whileWaiting(): Promise<Session | null>
  /** Keeps a failure that does not end the refresh. */
  record(error: CredError): void
}

/**
 * Runs a refresh as the only process on this machine that does. Where no lock can be had (NFS, disk full, read-only)
 * it refreshes all the same and records that: an answer late by a call beats none.
 */
export async function refreshExclusively(
  workspace: Workspace,
  flight: Flight,
  work: () => Promise<Session>,
): Promise<Session> {
  try {
    const { isLong } = flight
    const onBusy = () => flight.whileWaiting()
    return await withLock({ ...profileLock(workspace, flight.name, flight), isLong, onBusy }, work)
  } catch (error) {
    if (!(error instanceof LockUnavailable)) throw error
    flight.record(new CredError('failed', `cannot lock the refresh: ${error.reason}`))
    return work()
  }
}

/** Runs `work` as the only one that changes the key of that name. Throws `CredError` where no lock can be had. */
export async function withKeyLock<T>(
  workspace: Workspace,
  name: string,
  { waitMs }: { readonly waitMs: number },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await withLock(lockOf(workspace, `key ${name}`, monotonicMs() + waitMs), work)
  } catch (error) {
    if (!(error instanceof LockUnavailable)) throw error
    throw new CredError('failed', `cannot change the keys of ${quoted(name)}: no lock can be had: ${error.reason}`, {
      hint: error.hint,
      cause: error,
    })
  }
}

/** Held for a profile: whoever waits in vain is told for which, and which program asked. */
export function profileLock(
  workspace: Workspace,
  name: string,
  { profile, deadlineMs }: Pick<Flight, 'profile' | 'deadlineMs'>,
) {
  const holder = {
    pid: process.pid,
    get program() {
      const by = askingProgram(workspace.context.env)
      return `aws-cred for ${profile}${by === null ? '' : `, asked by ${by}`}`
    },
  }
  return { ...lockOf(workspace, name, deadlineMs), holder }
}

function lockOf(workspace: Workspace, name: string, deadlineMs: number) {
  return {
    folder: workspace.paths.locksDir,
    name,
    deadlineMs,
    nowMs: monotonicMs,
    holder: { pid: process.pid, program: 'aws-cred' },
  }
}
