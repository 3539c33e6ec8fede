/**
 * Splits a `credential_process` value into words. On POSIX as Python's `shlex.split` does, which botocore uses
 * (botocore compat.py `compat_shell_split`); on Windows by the rules of MSVC's runtime, likewise.
 * Null where a quote is not closed.
 */
export function splitCommand(line: string, platform: string): string[] | null {
  return platform === 'win32' ? splitWindows(line) : splitPosix(line)
}

/** What parts words for `shlex`. */
const SPACES = ' \t\r\n'

function splitPosix(line: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string
    if (character === "'") {
      const end = line.indexOf("'", i + 1)
      if (end === -1) return null
      word = (word ?? '') + line.slice(i + 1, end)
      i = end
    } else if (character === '"') {
      word ??= ''
      for (i++; line[i] !== '"'; i++) {
        if (i >= line.length) return null
        if (line[i] === '\\' && (line[i + 1] === '"' || line[i + 1] === '\\')) i++
        word += line[i]
      }
    } else if (character === '\\') {
      if (i + 1 >= line.length) return null
      word = (word ?? '') + line[++i]
    } else if (SPACES.includes(character)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (word !== null) words.push(word)
  return words
}

function splitWindows(line: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    let backslashes = 0
    while (line[i] === '\\') {
      backslashes++
      i++
    }
    if (line[i] === '"') {
      word = (word ?? '') + '\\'.repeat(Math.floor(backslashes / 2))
      if (backslashes % 2 === 1) word += '"'
      else quoted = !quoted
      continue
    }
    if (backslashes > 0) word = (word ?? '') + '\\'.repeat(backslashes)
    if (i >= line.length) break
    const character = line[i] as string
    if (!quoted && (character === ' ' || character === '\t')) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (quoted) return null
  if (word !== null) words.push(word)
  return words
}

/** The profile that a `credential_process` line of this program serves. */
export interface OwnLine {
  /** Null where the line names none. */
  readonly profile: string | null
}

/**
 * Whether a line starts this program, whatever folder it names: then it is no source of credentials and is
 * never started from here.
 */
export function parseOwnLine(line: string, platform: string): OwnLine | null {
  const words = splitCommand(line, platform)
  const program = words?.[0]
  if (words === null || program === undefined || words[1] !== 'process') return null
  const base = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1)
  if (base !== 'aws-cred' && base !== 'aws-cred.exe') return null
  for (let i = 2; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--profile') return { profile: words[i + 1] ?? null }
    if (word.startsWith('--profile=')) return { profile: word.slice('--profile='.length) }
  }
  return { profile: null }
}

const PROFILE_NAME = /^[A-Za-z0-9_./%@:+][A-Za-z0-9_./%@:+-]*$/
const PLAIN_PATH = /^[A-Za-z0-9_.@/+: -]+$/
const PLAIN_WINDOWS_PATH = /^[A-Za-z0-9_.@/+: \\-]+$/

/** Whether every SDK's parser, sh and cmd.exe read this profile name as it is written; and no longer than anybody means. */
export function isPortableProfileName(name: string, platform: string): boolean {
  return name.length <= 200 && PROFILE_NAME.test(name) && !(platform === 'win32' && name.includes('%'))
}

/**
 * The value of a `credential_process` line that starts `executablePath` for `profile`, in a form that botocore's
 * splitter, `sh -c` and `cmd.exe` all read alike (contract §1.6). Null where no such form exists.
 */
export function ownLine(executablePath: string, profile: string, platform: string): string | null {
  const program = programWord(executablePath, platform)
  return program === null ? null : `${program} process --profile ${profile}`
}

function programWord(executablePath: string, platform: string): string | null {
  if (/[\u0000-\u001f\u007f']| [#;]/.test(executablePath)) return null
  if ((platform === 'win32' ? PLAIN_WINDOWS_PATH : PLAIN_PATH).test(executablePath)) return `"${executablePath}"`
  return platform === 'win32' ? null : `'${executablePath}'`
}

/** The same line with `executablePath` as its program; all behind the first word stays as it is written. Null as above. */
export function withProgram(line: string, executablePath: string, platform: string): string | null {
  const program = programWord(executablePath, platform)
  if (program === null) return null
  // The first blank behind which a whole word stands is that word's end: within quotes nothing is whole.
  for (const { index } of line.matchAll(/[ \t]/g)) {
    if (splitCommand(line.slice(0, index), platform)?.length === 1) return program + line.slice(index)
  }
  return program
}
