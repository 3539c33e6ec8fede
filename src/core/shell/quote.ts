import { CredError } from '../errors.ts'

const SH_NEWLINE = /\n/

/**
 * The line that gives a POSIX shell's variable its value: sh, dash, bash, zsh. Text in single quotes has no special
 * characters but the quote. A newline would make two lines of it, so such a value goes through printf, octet by octet,
 * with a full stop behind it: `$(…)` cuts newlines off the end.
 */
export function shAssignment(name: string, value: string, exported: boolean): string {
  const command = exported ? 'export ' : ''
  if (!SH_NEWLINE.test(value)) return `${command}${name}='${value.replaceAll("'", `'\\''`)}';`
  const octets = [...new TextEncoder().encode(`${value}.`)].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`)
  return `${command}${name}="$(printf '${octets.join('')}')"; ${name}="\${${name}%.}";`
}

/** fish: within single quotes only `\\` and `\'` are special; outside of them `\n` is a newline. */
export function fishQuoted(value: string): string {
  const quoted = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return `'${quoted.replaceAll('\n', `'\\n'`)}'`
}

/**
 * PowerShell, by UTF-16 units: what is no printable ASCII becomes `[char]N`. A newline would not survive `Out-String`, a
 * letter with an accent not the console's code page, and four curly quotes count as single quotes (about_Quoting_Rules).
 */
export function powershellQuoted(value: string): string {
  const parts = value.match(/[\x20-\x7e]+|[^\x20-\x7e]/g) ?? []
  const terms = parts.map((part) =>
    /^[\x20-\x7e]/.test(part) ? `'${part.replaceAll("'", "''")}'` : `[char]${part.charCodeAt(0)}`,
  )
  // The empty text in front makes it text, not a sum of characters.
  return terms.length === 1 && terms[0]?.startsWith("'") ? terms[0] : ["''", ...terms].join(' + ')
}

/** How much of a line cmd.exe reads. */
const CMD_LINE_MAX = 8191

/**
 * cmd.exe: within `set "N=…"` the characters `& | < > ^ ( )` and spaces are plain. There is no way to write a quote, a
 * `%` or `!` (expanded also there) or a control character, and other than ASCII arrives by the console's code page:
 * throws `CredError('failed')` that names the variable.
 */
export function cmdAssignment(name: string, value: string): string {
  const line = `set "${name}=${value}"`
  if (/[^\x20-\x7e]|["%!]/.test(value)) throw cannotCarry(name, 'windows-cmd', 'a character that cmd.exe cannot take')
  if (line.length > CMD_LINE_MAX) throw cannotCarry(name, 'windows-cmd', 'more characters than a line of cmd.exe')
  return line
}

/**
 * A `.env` file: what every reader takes as it is stays bare, the rest stands in single quotes. Those readers disagree on
 * escapes, so quotes, backslashes and control characters throw `CredError('failed')`.
 */
export function dotenvAssignment(name: string, value: string): string {
  if (/^[\w+=/:.,@-]*$/.test(value)) return `${name}=${value}`
  if (/['\\\x00-\x1f\x7f]/.test(value)) throw cannotCarry(name, 'dotenv', 'a character that its readers disagree on')
  return `${name}='${value}'`
}

/** A line of `$GITHUB_ENV`, taken as it is up to its end. Throws `CredError('failed')` where the value has line ends. */
export function githubAssignment(name: string, value: string): string {
  if (/[\r\n]/.test(value)) throw cannotCarry(name, 'github-actions', 'a line end')
  return `${name}=${value}`
}

/** The value of a workflow command, by the escapes of the runner's ActionCommand. */
export function githubCommandValue(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function cannotCarry(name: string, format: string, what: string): CredError {
  return new CredError('failed', `cannot write ${name} as ${format}: its value has ${what}`)
}
