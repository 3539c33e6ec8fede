import { CredError } from '../../core/errors.ts'
import type { Workspace } from './workspace.ts'

/**
 * Keeps what an answer's `Date` says of a service's clock, under its host's name. A root without a clock of its own
 * (another program) goes by this machine's: its offset is nothing, until somebody sets the clock or starts anew.
 */
export function noteClock(
  workspace: Workspace,
  clockName: string,
  seen: { readonly dateMs: number; readonly receivedMs: number },
): void {
  const { context, index, clocks } = workspace
  const offset = seen.dateMs - seen.receivedMs
  // Whole seconds and the way back make it up to 2 s late: below that the clocks agree.
  const reading = {
    offsetMs: Math.abs(offset) < 2000 ? 0 : offset,
    wallMs: context.nowMs(),
    uptimeS: context.uptimeS(),
  }
  clocks.set(clockName, reading)
  try {
    index.write('clock', clockName, { name: clockName, ...reading })
  } catch (error) {
    // Without it the session counts as a miss next time: a call more, never a wrong answer.
    if (!(error instanceof CredError)) throw error
  }
}
