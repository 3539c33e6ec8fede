import { usageError } from '../../core/arguments.ts'
import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { FORMATS, type Format } from '../../core/shell/export-formats.ts'
import { askingShell } from '../../core/shell-cures.ts'
import { nearest, quoted } from '../../core/text.ts'
import type { Arguments, Verb } from '../../core/verb.ts'

const BY_PROGRAM: readonly (readonly [program: RegExp, format: Format])[] = [
  [/^(powershell|powershell_ise|pwsh)\.exe$/, 'powershell'],
  [/^cmd\.exe$/, 'windows-cmd'],
  [/^fish\.exe$/, 'fish'],
  [/^(bash|sh|dash|zsh)\.exe$/, 'env'],
]

/**
 * The format in which the shell that asks takes variables, for words to a person: what was named, else by that shell.
 * What a pipe gets under `auto` stays `env` outside Windows: fish cannot be told from what reads behind it.
 */
export function formatForPerson(
  format: Format,
  given: Arguments,
  { env, platform }: Pick<Context, 'env' | 'platform'>,
): Format {
  if (platform === 'win32' || wantedFormat(given, env) !== 'auto') return format
  const shell = askingShell(env, platform)
  return shell === 'fish' || shell === 'powershell' ? shell : format
}

function wantedFormat(given: Arguments, env: Context['env']): string {
  return given.text('format') ?? (env.AWS_CRED_FORMAT || 'auto')
}

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
  const wanted = wantedFormat(given, env)
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
