import { interrupted } from './terminal-input.ts'

const EVERY_MS = 1_000
/** The terminal's other screen, without a cursor; lines that are too long end at its edge (xterm's control sequences). */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[2K'
const CLEAR_BELOW = '\u001b[J'
/** What ends this process by itself, with the terminal to be put back first. */
const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Shows what `frame` gives for so many columns on the terminal at stdout, anew each second, and leaves the terminal as it was. Throws
 * `CredError('interrupted')` on Ctrl-C, else what `frame` throws. Ctrl-Z gives the terminal back until `fg`.
 */
export async function redrawn(out: (text: string) => void, frame: (columns: number) => string): Promise<never> {
  const handlers: (() => void)[] = []
  const on = (signal: NodeJS.Signals, handler: () => void) => {
    process.on(signal, handler)
    handlers.push(() => process.removeListener(signal, handler))
  }
  let isOpen = false
  const leave = () => {
    if (isOpen) out(LEAVE)
    isOpen = false
  }
  const draw = () => {
    // Node keeps both as they are now (SIGWINCH); a serial line has none.
    const { columns, rows } = process.stdout
    const text = framed(frame(columns || 80), rows || 24)
    out(isOpen ? text : ENTER + text)
    isOpen = true
  }
  try {
    return await new Promise<never>((_, reject) => {
      const attempt = () => {
        try {
          draw()
        } catch (error) {
          reject(error)
        }
      }
      on('SIGINT', () => reject(interrupted()))
      for (const signal of ENDING_SIGNALS) {
        on(signal, () => {
          for (const remove of handlers) remove()
          leave()
          process.kill(process.pid, signal)
        })
      }
      if (process.platform !== 'win32') {
        on('SIGTSTP', () => {
          leave()
          process.kill(process.pid, 'SIGSTOP')
        })
        on('SIGCONT', attempt)
      }
      const timer = setInterval(attempt, EVERY_MS)
      handlers.push(() => clearInterval(timer))
      attempt()
    })
  } finally {
    for (const remove of handlers) remove()
    leave()
  }
}

/** As many lines as the screen has, each in its place; what does not fit is counted in the last. */
function framed(text: string, rows: number): string {
  const lines = text.trimEnd().split('\n')
  const fitting = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more`]
  // Cleared before it is written: a full line leaves the cursor on its last cell.
  return `${HOME}${fitting.map((line) => CLEAR_LINE + line).join('\r\n')}${fitting.length < rows ? `\r\n${CLEAR_BELOW}` : ''}`
}
