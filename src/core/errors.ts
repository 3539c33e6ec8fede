import { shown } from './text.ts'

/**
 * What kind of failure this is. `src/cli.ts` alone knows which exit code each one gets:
 * `failed` 1, `usage` 2, `person` 3 (a person is needed and none is there), `interrupted` 130, `reader-gone` 141
 * (nobody reads stdout any more); and for a command that
 * cannot be started as shells have it: `not-executable` 126, `no-command` 127.
 */
export type CredErrorCode =
  | 'failed'
  | 'usage'
  | 'person'
  | 'interrupted'
  | 'reader-gone'
  | 'not-executable'
  | 'no-command'

export interface CredErrorOptions {
  /** One line that ends in a command to paste (`pasteable`), or gives one fact. Null or left out where it would be idle. */
  readonly hint?: string | null
  readonly cause?: unknown
}

/**
 * The only error this program words for people. The message reads
 * `cannot <do what> "<which>": <state>`, lower case, without a full stop, and never quotes another
 * program's or Node's own message unescaped: those can hold secrets.
 */
export class CredError extends Error {
  readonly code: CredErrorCode
  readonly hint: string | null

  constructor(code: CredErrorCode, message: string, options: CredErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CredError'
    this.code = code
    this.hint = options.hint ?? null
  }
}

/** What may be said of an error that nobody worded: a class name and a code, never its message, which quotes what it chokes on. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return shown(`${error.name}${code}`, 60)
}
