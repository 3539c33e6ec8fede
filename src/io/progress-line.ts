import type { Terminal } from '../core/context.ts'

/** One line that says what is awaited, shown once that lasts over half a second, and gone when it is over. */
export interface ProgressLine {
  start(text: string): void
  stop(): void
}

const SHOWN_AFTER_MS = 500

/** Where there is no terminal nothing is shown. */
export function progressLine(terminal: Terminal | null): ProgressLine {
  let timer: NodeJS.Timeout | null = null
  let isShown = false
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (isShown) terminal?.show('\r\u001b[K')
    isShown = false
  }
  return {
    start(text) {
      stop()
      timer = setTimeout(() => {
        isShown = true
        terminal?.show(text)
      }, SHOWN_AFTER_MS)
    },
    stop,
  }
}
