import { writeSync } from 'node:fs'
import { errnoOf } from './file-errors.ts'

const FULL_PIPE_WAIT_MS = 5

/**
 * Writes all of `text` before it returns, whatever happens to the process afterwards. `gone` where nobody reads the
 * pipe any more, `full` where the disk behind it (or what a limit allows of it) is full or the descriptor closed.
 * One that was closed at start is /dev/null by now, which Node opens in its place, and takes everything.
 */
export function writeAll(fd: 1 | 2, text: string): 'written' | 'gone' | 'full' {
  const bytes = Buffer.from(text)
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EAGAIN') {
        // A pipe that its reader has set to non-blocking: wait for room without burning the processor.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS)
      } else if (code === 'EPIPE') return 'gone'
      else if (code === 'EBADF' || code === 'EIO' || code === 'ENOSPC' || code === 'EFBIG') return 'full'
      else throw error
    }
  }
  return 'written'
}
