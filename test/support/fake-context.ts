import type { Context, Environment, Terminal } from '../../src/core/context.ts'
import { CredError } from '../../src/core/errors.ts'

export interface FakeContextOptions {
  /** HOME of the verb; nothing else of this machine's environment reaches it. */
  readonly home: string
  readonly env?: Environment
  /** None (null) unless one is given, as under CI. */
  readonly terminal?: Terminal | null
  readonly platform?: string
  readonly executablePath?: string
  readonly userName?: string
  readonly outIsTerminal?: boolean
  readonly stdin?: string
  readonly nowMs?: () => number
}

/** A context whose output is kept as text. */
export interface FakeContext extends Context {
  readonly outText: string
  readonly errText: string
}

export function fakeContext(options: FakeContextOptions): FakeContext {
  const out: string[] = []
  const err: string[] = []
  return {
    env: { HOME: options.home, ...options.env },
    platform: options.platform ?? 'linux',
    executablePath: options.executablePath ?? '/opt/aws-cred/aws-cred',
    userName: options.userName ?? 'alice',
    userId: process.geteuid?.() ?? null,
    nowMs: options.nowMs ?? (() => Date.now()),
    uptimeS: () => 1000,
    outIsTerminal: () => options.outIsTerminal ?? false,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    readStdin: async () => options.stdin ?? '',
    openTerminal: () => options.terminal ?? null,
    get outText() {
      return out.join('')
    },
    get errText() {
      return err.join('')
    },
  }
}

/** A terminal that answers from a list and keeps what it showed. Fails when it is asked once too often. */
export interface FakeTerminal extends Terminal {
  readonly text: string
}

export function fakeTerminal(answers: readonly string[], onAsk: (question: string) => void = () => {}): FakeTerminal {
  const shown: string[] = []
  const left = [...answers]
  const answer = async (question: string): Promise<string> => {
    shown.push(question)
    onAsk(question)
    const line = left.shift()
    if (line === undefined) throw new CredError('interrupted', 'the test has no more answers')
    return line
  }
  return {
    columns: 80,
    show: (text) => shown.push(text),
    ask: answer,
    countDown: async (_ms, text) => void shown.push(text(1)),
    askHidden: answer,
    get text() {
      return shown.join('')
    },
  }
}
