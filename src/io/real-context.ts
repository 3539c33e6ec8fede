import { uptime, userInfo } from 'node:os'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { isTerminal } from './file-descriptors.ts'
import { writeAll } from './output.ts'
import { openTerminal } from './terminal.ts'

const STDIN_MAX_BYTES = 1024 * 1024

/** The context of the running process. */
export function realContext(): Context {
  return {
    env: process.env,
    platform: process.platform,
    executablePath: process.execPath,
    get userName() {
      return osUserName()
    },
    userId: process.geteuid?.() ?? null,
    nowMs: () => Date.now(),
    uptimeS: () => uptime(),
    outIsTerminal: () => isTerminal(1),
    out(text) {
      const end = writeAll(1, text)
      if (end === 'written') return
      const gone = end === 'gone'
      throw new CredError(
        gone ? 'reader-gone' : 'failed',
        `cannot write to stdout: ${gone ? 'nobody reads it any more' : 'it is closed or full'}`,
      )
    },
    err(text) {
      writeAll(2, text)
    },
    readStdin,
    openTerminal,
  }
}

function osUserName(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an entry, as containers have.
    return `uid-${process.geteuid?.() ?? 0}`
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length
    if (size > STDIN_MAX_BYTES) throw new CredError('failed', 'cannot read stdin: it is over 1 MiB')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
