/** Also what is commented out, or pasted as a shell line; the value may stand on an indented line of its own. */
const SECRET = /aws_(?:secret_access_key|session_token|security_token)["']?[ \t]*[=:][ \t]*(?:[^\s]|\r?\n[ \t]+\S)/i

/** Number of the first line that gives a secret key or session token, from 1; null where the text holds none. */
export function secretLine(text: string): number | null {
  const match = SECRET.exec(text)
  return match === null ? null : text.slice(0, match.index).split('\n').length
}
