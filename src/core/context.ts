export type Environment = Readonly<Record<string, string | undefined>>

/** A terminal that a person sits at, opened apart from stdin and stdout. */
export interface Terminal {
  readonly columns: number
  /** Shows text as it is; the caller has escaped what came from outside. */
  show(text: string): void
  /**
   * Asks and reads one line with echo. Throws `CredError('interrupted')` on Ctrl-C or end of file, and
   * `CredError('person')` at the deadline.
   */
  ask(question: string, limits?: AskLimits): Promise<string>
  /** Shows a line that counts the seconds down, and drops what is typed meanwhile. Throws what `ask` throws. */
  countDown(ms: number, text: (seconds: number) => string): Promise<void>
  /** Asks and reads one line without echo; the terminal's settings are put back whatever happens. */
  askHidden(question: string): Promise<string>
}

/** For a question under a program that may give up on us: lines typed before it are dropped, and its end ends the question. */
export interface AskLimits {
  /** From now on. */
  readonly deadlineMs: number
}

/**
 * Everything a verb may know of the world around it. `main.ts` makes the real one, tests make their own,
 * so that nothing below reads `process` by itself.
 */
export interface Context {
  readonly env: Environment
  readonly platform: string
  /** Absolute path of this executable, as `credential_process` lines name it. */
  readonly executablePath: string
  /** The name of the OS user, for role session names. */
  readonly userName: string
  /** Our user id; null on Windows, where files belong to no number. */
  readonly userId: number | null
  /** The one clock: milliseconds of wall time since 1970. */
  nowMs(): number
  /** Seconds since this machine started, sleep included. */
  uptimeS(): number
  /** Whether what goes to stdout is shown on a screen. */
  outIsTerminal(): boolean
  /** Data for stdout, in one write. */
  out(text: string): void
  /** One message for stderr. */
  err(text: string): void
  readStdin(): Promise<string>
  /** Null where there is no terminal to ask at. */
  openTerminal(): Terminal | null
}
