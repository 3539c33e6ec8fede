import { isSecretByLooks } from '../text.ts'

/** Also what is commented out, or pasted as a shell line; the value may stand on an indented line of its own. */
const SECRET = /aws_(?:secret_access_key|session_token|security_token)["']?[ \t]*[=:][ \t]*(?:[^\s]|\r?\n[ \t]+\S)/gi
const SECRET_LENGTH = 40
/** No word that a person means has as many `=`; each may cost a look at all of the rest. */
const TRIES_MAX = 100
/** May look like a secret, and is none to AWS: a line that gives one is as good as any other. */
const EXTERNAL_ID = /external[-_]id["' \t=:]+[\w+=,.@:/-]+/gi
/** What stands between blanks, quotes, brackets and the marks of comments and lists; no letter beyond ASCII is part of a secret. */
const WORD = /[^\s"'`#;,|&()<>{}[\]\u0080-\uffff]{40,}/g

/** Numbers of the lines that give a secret key or session token, by the name of a key or by their looks, from 1, in order. */
export function secretLines(text: string): number[] {
  const found = new Set<number>()
  let at = 0
  let line = 1
  for (const { index } of text.matchAll(SECRET)) {
    line += text.slice(at, index).split('\n').length - 1
    at = index
    found.add(line)
  }
  for (const [index, each] of text.split('\n').entries()) {
    if (secretSpans(each).length > 0) found.add(index + 1)
  }
  return [...found].sort((a, b) => a - b)
}

/** Number of the first such line; null where the text holds none. */
export function secretLine(text: string): number | null {
  return secretLines(text)[0] ?? null
}

/** The line with `…` in the place of each word that is a secret by its looks. */
export function withoutSecretWords(line: string): string {
  let text = ''
  let last = 0
  for (const [start, end] of secretSpans(line)) {
    text += `${line.slice(last, start)}…`
    last = end
  }
  return text + line.slice(last)
}

type Span = readonly [start: number, end: number]

/** Where in a line such words stand. */
function secretSpans(line: string): Span[] {
  if (line.length < SECRET_LENGTH) return []
  const rest = line.replace(EXTERNAL_ID, (given) => ' '.repeat(given.length))
  return [...rest.matchAll(WORD)].flatMap(({ 0: word, index }) => {
    // No part of an ARN or an address is a secret by itself, but what such an address is given may be one.
    const parts = /(^|=)arn:|:\/\//.test(word) ? /(?<==).+/g : /[^:]+/g
    return [...word.matchAll(parts)].flatMap((part) =>
      spansIn(part[0]).map(([start, end]): Span => [index + part.index + start, index + part.index + end]),
    )
  })
}

/** `=` parts a name from its value, and may also stand within a secret or at its end: each place behind one is tried. */
function spansIn(part: string): Span[] {
  let end = part.length
  while (end > 0 && '.!?\\'.includes(part[end - 1] as string)) end--
  const word = part.slice(0, end)
  const spans: Span[] = []
  for (let start = 0, tries = 0; start < word.length && tries < TRIES_MAX; tries++) {
    const length = [word.length - start, SECRET_LENGTH].find((each) => isSecretAt(word, start, each))
    if (length !== undefined) spans.push([start, start + length])
    const next = word.indexOf('=', start + (length ?? 0))
    if (next === -1) break
    start = next + 1
  }
  return spans
}

/** Whether there is one of that length, up to the end of the word or a `=`. */
function isSecretAt(word: string, start: number, length: number): boolean {
  const end = start + length
  return (end === word.length || word[end] === '=') && isSecretByLooks(word.slice(start, end))
}
