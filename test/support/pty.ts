import { spawn, spawnSync } from 'node:child_process'

/** Whose end ends what it opened: a test's context, or a bench. */
export interface Owner {
  after(end: () => unknown): void
}

/** A program on a pseudo-terminal of its own, which is its controlling terminal, with the program in the foreground. */
export interface Pty {
  /** All that the terminal has shown so far. */
  output(): string
  /** Resolves when the output after the last match holds `text`; rejects when the program ends without it. */
  waitFor(text: string): Promise<void>
  /** Types: `\r` is Enter, `\x03` Ctrl-C. */
  type(text: string): void
  /** Closes the terminal, as a window is closed. */
  hangUp(): void
  /** The exit status; 128 + n for signal n. */
  readonly exited: Promise<number>
}

/** The request for a cursor position report. */
const WHERE = '\x1b[6n'

/** True where util-linux's `script` is there (the BSD one takes other options). */
export function hasPty(): boolean {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' })
  return typeof stdout === 'string' && stdout.includes('util-linux')
}

/** Starts `command` with only the variables of `env` and ends it with the test. */
export function openPty(t: Owner, command: readonly string[], env: Record<string, string>): Pty {
  const line = `exec ${command.map(shellQuoted).join(' ')}`
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm', LANG: 'C.UTF-8', ...env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  let matchedTo = 0
  let askedTo = 0
  let ended = false
  const waiting = new Set<() => void>()
  const look = () => {
    for (const check of [...waiting]) check()
  }
  const add = (chunk: string) => {
    shown += chunk
    // A terminal that is asked where its cursor is says so: PowerShell's console waits for that.
    for (let at = shown.indexOf(WHERE, askedTo); at >= 0; at = shown.indexOf(WHERE, askedTo)) {
      askedTo = at + WHERE.length
      child.stdin.write('\x1b[1;1R')
    }
    // The end of what is shown may be the begin of one.
    askedTo = Math.max(askedTo, shown.length - WHERE.length + 1)
    look()
  }
  child.stdout.setEncoding('utf8').on('data', add)
  child.stderr.setEncoding('utf8').on('data', add)
  // The program may end before it has read all that was typed.
  child.stdin.on('error', () => {})
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      ended = true
      look()
      resolve(code ?? -1)
    })
  })
  t.after(() => child.kill('SIGKILL'))
  return {
    output: () => shown,
    type: (text) => child.stdin.write(text),
    hangUp: () => child.kill('SIGKILL'),
    exited,
    waitFor: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const at = shown.indexOf(text, matchedTo)
          if (at < 0 && !ended) return
          waiting.delete(check)
          if (at >= 0) matchedTo = at + text.length
          if (at >= 0) resolve()
          else reject(new Error(`the terminal never showed ${JSON.stringify(text)}, only ${JSON.stringify(shown)}`))
        }
        waiting.add(check)
        check()
      }),
  }
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
