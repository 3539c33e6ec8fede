/** Also what is commented out, or pasted as a shell line; the value may stand on an indented line of its own. */
const SECRET = /aws_(?:secret_access_key|session_token|security_token)["']?[ \t]*[=:][ \t]*(?:[^\s]|\r?\n[ \t]+\S)/gi

/** Numbers of the lines that give a secret key or session token, from 1, in order. */
export function secretLines(text: string): number[] {
  const found: number[] = []
  let at = 0
  let line = 1
  for (const { index } of text.matchAll(SECRET)) {
    line += text.slice(at, index).split('\n').length - 1
    at = index
    if (found.at(-1) !== line) found.push(line)
  }
  return found
}

/** Number of the first such line; null where the text holds none. */
export function secretLine(text: string): number | null {
  return secretLines(text)[0] ?? null
}
