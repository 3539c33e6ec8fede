/** The name of the program that started us on Windows, in small letters (`powershell.exe`); null where it is not to be had. */
export function parentProgram(env: Readonly<Record<string, string | undefined>>, ppid = process.ppid): string | null {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const tasklist = `${env.SystemRoot ?? 'C:\\Windows'}\\System32\\tasklist.exe`
  const words = ['/fi', `PID eq ${ppid}`, '/fo', 'csv', '/nh']
  const { status, stdout } = spawnSync(tasklist, words, {
    env: { ...env },
    encoding: 'utf8',
    windowsHide: true,
    timeout: 5_000,
  })
  if (status !== 0) return null
  return /^"([^"]+)"/.exec(stdout.trim())?.[1]?.toLowerCase() ?? null
}
