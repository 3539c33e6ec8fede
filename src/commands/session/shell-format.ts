import { usageError } from '../../core/arguments.ts'
import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { FORMATS, type Format } from '../../core/shell/export-formats.ts'
import { nearest, quoted } from '../../core/text.ts'
import type { Arguments, Verb } from '../../core/verb.ts'

const BY_PROGRAM: readonly (readonly [program: RegExp, format: Format])[] = [
  [/^(powershell|powershell_ise|pwsh)\.exe$/, 'powershell'],
  [/^cmd\.exe$/, 'windows-cmd'],
  [/^fish\.exe$/, 'fish'],
  [/^(bash|sh|dash|zsh)\.exe$/, 'env'],
]

/**
 * `--format`, else AWS_CRED_FORMAT; `auto` goes by the platform, on Windows by the program that started us.
 * Throws `CredError('usage')`.
 */
export async function formatOf(
  verb: Pick<Verb, 'name'>,
  given: Arguments,
  { env, platform }: Pick<Context, 'env' | 'platform'>,
): Promise<Format> {
  const typed = given.text('format')
  const wanted = typed ?? (env.AWS_CRED_FORMAT || 'auto')
  const known = FORMATS.find((format) => format === wanted)
  if (known !== undefined) return known
  if (wanted !== 'auto') {
    const near = nearest(wanted, FORMATS)
    const name = typed === undefined ? 'AWS_CRED_FORMAT' : '--format'
    throw new CredError('usage', `cannot run ${verb.name}: ${name} ${quoted(wanted, 20)} is no format`, {
      hint: near === null ? `one of: ${FORMATS.join(', ')}` : `the nearest is ${near}`,
    })
  }
  if (platform !== 'win32') return 'env'
  const { parentProgram } = await import('../../io/parent-shell.ts')
  const program = parentProgram(env) ?? ''
  const found = BY_PROGRAM.find(([pattern]) => pattern.test(program))
  if (found === undefined) throw usageError(verb, 'it cannot tell which shell asks: --format must name it')
  return found[1]
}
