/**
 * The AWS variables that a `$GITHUB_ENV` file sets so far, read as the runner does (its SetEnvFileCommand): `NAME=value`,
 * or `NAME<<WORD` and lines up to WORD. What stands in it may come from anywhere; a line that is neither is passed over.
 */
export function githubVariables(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/)
  const found: Record<string, string> = {}
  for (let at = 0; at < lines.length; at++) {
    const [, name = '', sign, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(lines[at] as string) ?? []
    let value = rest
    if (sign === '<<') {
      const end = lines.indexOf(rest, at + 1)
      if (end === -1) break
      value = lines.slice(at + 1, end).join('\n')
      at = end
    }
    if (/^AWS\w*$/.test(name)) found[name] = value
  }
  return found
}
