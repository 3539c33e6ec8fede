/** Characters that move the cursor, colour, ring or reorder text: C0, DEL, C1, line separators and bidi controls. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Whether a text is a secret access key or a session token, typed or pasted where it does not belong, also as a flag. */
export function isSecretByLooks(text: string): boolean {
  const word = text.startsWith('-') ? text.replace(/^--?/, '') : text
  if (word.length !== 40) return word.length > 100 && /^(IQoJ|Fwo[DG]|FQoG|AQo)[A-Za-z0-9/+=]+$/.test(word)
  const isPath = /^\/[A-Z]?[a-z]+\d*\//.test(word)
  const signs = [/^[A-Za-z0-9/+=]+$/, /[A-Z]/, /[a-z]/, /\d/]
  return !isPath && signs.every((sign) => sign.test(word)) && kindChanges(word) >= KIND_CHANGES_LEAST
}

/** Of 40 random letters some 25 are of another kind than the one before them (16 in AWS's own example); in names and paths fewer are. */
const KIND_CHANGES_LEAST = 15

function kindChanges(word: string): number {
  return (word.match(/[A-Z]+|[a-z]+|\d+|[^A-Za-z\d]+/g)?.length ?? 1) - 1
}

/**
 * Text from outside (profile names, config values, other programs' output) made fit to show: controls become
 * `\xNN` or `\u{NNNN}`, and what is over `maxLength` characters is cut and ends in `…`. What is a secret by its looks is
 * not shown at all.
 */
export function shown(text: string, maxLength = 100): string {
  if (isSecretByLooks(text)) return '…'
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…` : text
  return cut.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** `shown` within double quotes, as messages name things. */
export function quoted(text: string, maxLength = 100): string {
  return `"${shown(text, maxLength)}"`
}

const LISTED_MAX = 8

/** Names in a sentence: `"a"`, `"a" and "b"`, `"a", "b" and "c"`; of more than eight the rest is counted. */
export function listed(names: readonly string[]): string {
  const all = names.map((name) => quoted(name))
  const more = all.length - LISTED_MAX
  const shownNames = more > 0 ? [...all.slice(0, LISTED_MAX), `${more} more`] : all
  return shownNames.length < 2 ? shownNames.join('') : `${shownNames.slice(0, -1).join(', ')} and ${shownNames.at(-1)}`
}

/** Long runs of mixed letters and digits, as secret keys and session tokens are; no path or word looks like that. */
const KEY_LIKE = /[A-Za-z0-9+/=_-]{32,}/g

/**
 * What another program complained of on stderr, fit for one line: cut, escaped, and without what looks like a secret,
 * since nobody promised that it holds none.
 */
export function complaint(text: string, maxLength = 300): string {
  const masked = text.replace(KEY_LIKE, (run) => (/[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) ? '…' : run))
  const lines = masked.split(/[\r\n]+/).map((line) => line.trim())
  return shown(lines.filter((line) => line !== '').join('; '), maxLength)
}

/** An access key id as messages show it: prefix and last four, `AKIA…MPLE`. */
export function maskedKeyId(accessKeyId: string): string {
  return accessKeyId.length < 12 ? '…' : `${shown(accessKeyId.slice(0, 4))}…${shown(accessKeyId.slice(-4))}`
}

/**
 * The candidate closest to what was typed, or null where none is near: at most a third of its letters differ
 * (two neighbouring letters swapped count as one).
 */
export function nearest(typed: string, candidates: Iterable<string>): string | null {
  const wanted = typed.slice(0, 100).toLowerCase()
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const name = candidate.slice(0, 100).toLowerCase()
    const distance = editDistance(wanted, name)
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(least)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
