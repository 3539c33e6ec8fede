import { parseArguments, verbHint } from './core/arguments.ts'
import type { Context } from './core/context.ts'
import { CredError, type CredErrorCode, errorName } from './core/errors.ts'
import { quoted, shown } from './core/text.ts'
import type { Verb } from './core/verb.ts'

/** Every verb, loaded when it is typed. A new verb is one file and one line here. */
export const VERBS: Readonly<Record<string, () => Promise<{ readonly verb: Verb }>>> = {
  add: () => import('./commands/add.ts'),
  import: () => import('./commands/import.ts'),
  remove: () => import('./commands/remove.ts'),
  unlock: () => import('./commands/unlock.ts'),
  lock: () => import('./commands/lock.ts'),
  setup: () => import('./commands/setup.ts'),
  login: () => import('./commands/login.ts'),
  logout: () => import('./commands/logout.ts'),
  process: () => import('./commands/process.ts'),
  export: () => import('./commands/export.ts'),
  exec: () => import('./commands/exec.ts'),
  serve: () => import('./commands/serve.ts'),
  list: () => import('./commands/list.ts'),
  status: () => import('./commands/status.ts'),
  doctor: () => import('./commands/doctor.ts'),
  whoami: () => import('./commands/whoami.ts'),
  hook: () => import('./commands/hook.ts'),
  completion: () => import('./commands/completion.ts'),
}

/** A message is one line; what came from outside is escaped here once more, whoever forgot it. */
const LINE_MAX = 4000

const EXIT_CODES: Readonly<Record<CredErrorCode, number>> = {
  failed: 1,
  usage: 2,
  person: 3,
  'not-executable': 126,
  'no-command': 127,
  interrupted: 130,
  'reader-gone': 141,
}

/** What these print is used whole or not at all: for them a reader that has gone is an error, as ever. */
const WHOLE = new Set(['process', 'export', 'serve'])

/** Runs what was typed and gives the exit code. The one place that words errors and knows exit codes. */
export async function runCli(words: readonly string[], context: Context): Promise<number> {
  try {
    const status = await dispatch(words, context)
    return typeof status === 'number' ? status : 0
  } catch (error) {
    const worded =
      error instanceof CredError
        ? error
        : new CredError('failed', `cannot go on: an error of this program (${errorName(error)})`, {
            hint: 'report it with what was typed: aws-cred --version',
          })
    const isWhole = WHOLE.has(words[0] ?? '')
    // The reader of a list or report has seen enough, as of any tool that SIGPIPE ends (`| head`).
    if (worded.code === 'reader-gone' && !isWhole) return EXIT_CODES[worded.code]
    const hint = worded.hint === null ? '' : `aws-cred: hint: ${shown(worded.hint, LINE_MAX)}\n`
    if (worded.code !== 'interrupted') context.err(`aws-cred: error: ${shown(worded.message, LINE_MAX)}\n${hint}`)
    return EXIT_CODES[worded.code === 'reader-gone' ? 'failed' : worded.code]
  }
}

/** Gives an exit status where a verb has one of its own. */
async function dispatch(words: readonly string[], context: Context): Promise<unknown> {
  const [name, ...rest] = words
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const { overview, verbHelp } = await import('./commands/help.ts')
    const asked = name === 'help' ? rest[0] : undefined
    context.out(asked === undefined ? overview() : verbHelp((await loadVerb(asked)).verb))
    return
  }
  if (name === '--version') {
    const { VERSION } = await import('./version.ts')
    context.out(`aws-cred ${VERSION}\n`)
    return
  }
  // Hidden: for the completion scripts and for the installers.
  if (name === '__complete') {
    const { complete } = await import('./commands/completion.ts')
    return complete(rest, context, VERBS)
  }
  if (name === '__purge') {
    const { purge } = await import('./commands/session/store/purge.ts')
    return purge(rest, context)
  }
  const { verb } = await loadVerb(name, rest)
  const end = rest.indexOf('--')
  if ((end === -1 ? rest : rest.slice(0, end)).some((word) => word === '--help' || word === '-h')) {
    const { verbHelp } = await import('./commands/help.ts')
    context.out(verbHelp(verb))
    return
  }
  const ending = await verb.run(parseArguments(verb, rest), context)
  return typeof ending === 'string' ? EXIT_CODES[ending] : ending
}

async function loadVerb(name: string, rest: readonly string[] = []): Promise<{ readonly verb: Verb }> {
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (load !== undefined) return load()
  if (name.startsWith('-')) {
    // What stands behind `=` may be a secret.
    const flag = name.replace(/=.*/s, '')
    const isKnown = flag === '--help' || flag === '--version'
    throw new CredError(
      'usage',
      `cannot run ${quoted(flag, 40)}: ${isKnown ? 'it takes no value' : 'there is no such option'}`,
      {
        hint: verbHint(flag, [], ['--help', '--version']),
      },
    )
  }
  throw new CredError('usage', `cannot run ${quoted(name, 40)}: there is no such verb`, {
    hint: verbHint(name, rest, Object.keys(VERBS)),
  })
}
