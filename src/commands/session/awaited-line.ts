import type { Step } from '../../core/plan/plan.ts'
import { shown } from '../../core/text.ts'
import { holderOf } from '../../io/lock.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import { sharesTerminal } from '../../io/shared-terminal.ts'
import { typedTerminal } from './store/open-store.ts'
import type { Workspace } from './workspace.ts'

/** What a verb typed at a terminal shows while it waits for another aws-cred. */
export interface AwaitedLine {
  /** To be called at each look for the other's result. */
  look(): void
  /** Takes the line away. */
  end(): void
}

const SHOWN_AFTER_MS = 500
const CLEAR = '\r\u001b[K'

/**
 * One line that names whom the lock of that name is waited for, or who asks for a code of `steps`, once that lasts. Nothing
 * where the other one sits at the same terminal: its question may stand on that line.
 */
export function awaitedLine(workspace: Workspace, lockName: string, steps: readonly Step[]): AwaitedLine {
  const { context, paths } = workspace
  const terminal = typedTerminal(context)
  const sinceMs = monotonicMs()
  const questions = new Set(steps.flatMap(({ mfaSerial }) => (mfaSerial === null ? [] : [`mfa ${mfaSerial}`])))
  let now = ''
  const awaited = (): string => {
    const asker = [...questions].map((name) => holderOf(paths.locksDir, name)).find((holder) => holder !== null)
    const holder = asker ?? holderOf(paths.locksDir, lockName)
    const sharing = holder === null ? null : sharesTerminal(holder.pid)
    // Between two holders what stands there stays, for the end to take away.
    if (holder === null || sharing === null) return now
    // A question of the same terminal stands there now: nothing of it may be taken away.
    if (sharing) return ''
    // What is awaited first: the line's end may be cut.
    const whom = asker ? `the MFA code that pid ${holder.pid} asks for` : `pid ${holder.pid}`
    return `waiting for ${whom} (${shown(holder.program, 60)})`
  }
  return {
    look() {
      if (terminal === null || monotonicMs() - sinceMs < SHOWN_AFTER_MS) return
      const text = awaited()
      if (text !== '' && text !== now) terminal.show(`${CLEAR}${text.slice(0, terminal.columns - 1)}`)
      now = text
    },
    end() {
      if (now !== '') terminal?.show(CLEAR)
      now = ''
    },
  }
}
