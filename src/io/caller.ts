const STARTED_BY = process.ppid

/** Whether the program that started us has ended since: then nobody reads our answer. Windows does not tell. */
export function callerIsGone(): boolean {
  return process.ppid !== STARTED_BY
}
