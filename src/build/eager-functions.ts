/**
 * Puts top-level functions in parentheses, which makes V8 compile them with the script and so into its code cache:
 * else each is compiled when it is first called, a fifth of a hit's time (`npm run bench`). For the unminified output
 * of esbuild, where a top-level function begins and ends at the left margin and a module's own closure two
 * spaces in. Functions are no longer hoisted: the entry's own calls must come last.
 */
export function withEagerFunctions(bundle: string): string {
  const lines: string[] = []
  let end: string | null = null
  for (const line of bundle.split('\n')) {
    if (end !== null) {
      const closes = line === end
      lines.push(closes ? `${line})${end === '}' ? ';' : ''}` : line)
      if (closes) end = null
      continue
    }
    const declared = /^(async )?function(\*?) ([\w$]+)(\(.*)$/.exec(line)
    const closure = /^ {2}(async )?"(src\/[^"]+)"\(\) \{$/.exec(line)
    if (declared !== null) {
      const [, async = '', star, name, rest = ''] = declared
      const whole = rest.endsWith('}')
      lines.push(`var ${name} = (${async}function${star}${rest}${whole ? ');' : ''}`)
      if (!whole) end = '}'
    } else if (closure !== null) {
      lines.push(`  "${closure[2]}": (${closure[1] ?? ''}function() {`)
      end = '  }'
    } else lines.push(line)
  }
  return lines.join('\n')
}
