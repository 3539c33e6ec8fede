import { isSecretByLooks } from './text.ts'

/**
 * Read as it is written by sh, zsh, fish, PowerShell and cmd.exe alike. No `-` in front (an option) and no `@`
 * (PowerShell takes a variable for it); no `%` or comma, which cmd.exe and PowerShell read otherwise.
 */
const PLAIN = /^[A-Za-z0-9_./:+][A-Za-z0-9_./:+@=-]{0,599}$/

/**
 * What no shell's single quotes carry alike: quotes (PowerShell knows four curly ones too), `\\` and what cannot be seen.
 * Made when it is asked: for `\p{C}` V8 goes through all of Unicode, 0.17 ms of a hit.
 */
function isUnquotable(word: string): boolean {
  return /['\\\u2018-\u201b\p{C}\u2028\u2029]/u.test(word)
}

/** No command that is to be pasted holds a secret either. */
export function isPlainWord(word: string): boolean {
  return PLAIN.test(word) && !isSecretByLooks(word)
}

/**
 * A hint that ends in a command, as a template whose values come from outside (profile names, ARNs; a list is so many
 * words): null, which is no hint, where a shell would read one of them as anything but itself. Names like that are ones
 * that no verb takes either.
 */
export function pasteable(
  texts: TemplateStringsArray,
  ...words: readonly (string | number | readonly string[])[]
): string | null {
  const written = words.map((word) => (typeof word === 'object' ? word : [String(word)]))
  if (!written.flat().every(isPlainWord)) return null
  return texts.map((text, at) => text + (written[at]?.join(' ') ?? '')).join('')
}

/** A command with words in front of it or behind it; null where it is. */
export function withCommand(lead: string, command: string | null, more = ''): string | null {
  return command === null ? null : `${lead}${command}${more}`
}

/** A path as one word of a POSIX shell's command, quoted where it must be; null where that cannot be done safely. */
export function pathWord(path: string): string | null {
  if (isPlainWord(path)) return path
  return isUnquotable(path) || isSecretByLooks(path) || path.length > 1000 || path.startsWith('-') ? null : `'${path}'`
}
