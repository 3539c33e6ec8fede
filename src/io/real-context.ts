import { readFileSync } from 'node:fs'
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
    uptimeS,
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

/**
 * Seconds since boot, sleep included. From where `os.uptime()` has it on Linux: `node:os` costs 0.15 ms to load, and a hit
 * needs nothing else of it.
 */
function uptimeS(): number {
  if (process.platform === 'linux') {
    try {
      const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))
      if (seconds > 0) return seconds
    } catch {
      // No /proc here: there is another way.
    }
  }
  return process.getBuiltinModule('node:os').uptime()
}

function osUserName(): string {
  try {
    return process.getBuiltinModule('node:os').userInfo().username
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
