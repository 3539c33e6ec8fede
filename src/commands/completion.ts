import { type Candidates, candidatesOf, ENDINGS, SHELLS, type Shell } from '../core/completion.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { shellFile } from '../io/packaged.ts'
import { openWorkspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'completion',
  about: 'Prints the completion script of a shell: verbs, options, profile names',
  usage: 'aws-cred completion bash|zsh|fish|powershell',
  positionals: ['SHELL'],
  options: {},
  examples: [
    'aws-cred completion bash > ~/.local/share/bash-completion/completions/aws-cred',
    'aws-cred completion fish > ~/.config/fish/completions/aws-cred.fish',
  ],
  exitCodes: '0 done, 2 used wrongly',
  run: async (given, context) => {
    context.out(shellFile(`completion.${ENDINGS[shellOf(given, 'completion')]}`))
  },
}

/** The shell that a verb was given. Throws `CredError('usage')`. */
export function shellOf(given: Arguments, verbName: string): Shell {
  const name = given.positionals[0] ?? ''
  const shell = SHELLS.find((each) => each === name)
  if (shell !== undefined) return shell
  throw new CredError('usage', `cannot run ${verbName} for ${quoted(name, 40)}: no such shell is known`, {
    hint: `one of: ${SHELLS.join(', ')}`,
  })
}

/**
 * The hidden verb `__complete verb=V before=B word=W` of the scripts: what may stand at the cursor, one a line, for the
 * shell to choose from. Says nothing where something cannot be read: this runs under a person's Tab. Opens no store.
 */
export async function complete(
  words: readonly string[],
  context: Context,
  verbs: Readonly<Record<string, () => Promise<{ readonly verb: Verb }>>>,
): Promise<void> {
  const given = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
  const [name, word] = [given('verb'), given('word')]
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  let candidates: Candidates = { words: [], profiles: false }
  if (load !== undefined) candidates = candidatesOf((await load()).verb, given('before'), word)
  else if (name === '') {
    candidates = { words: word.startsWith('-') ? ['--help', '--version'] : Object.keys(verbs), profiles: false }
  } else if (name === 'help') candidates = { words: Object.keys(verbs), profiles: false }
  const names = candidates.profiles ? profileNames(context) : []
  // `--profile=na` is one word to most shells.
  const head = /^--[a-z-]+=/.exec(word)?.[0] ?? ''
  context.out([...candidates.words, ...names].map((each) => `${head}${each}\n`).join(''))
}

function profileNames(context: Context): string[] {
  try {
    const { files, index } = openWorkspace(context)
    const keys = index.all('key').map((entry) => entry.name)
    // A line break or an escape sequence in a name would reach the terminal.
    return [...new Set([...files.profiles.profiles.keys(), ...keys])].filter((name) => !/[\p{Cc}\p{Cf}]/u.test(name))
  } catch (error) {
    // An unreadable config: the verb itself will say so.
    if (!(error instanceof CredError)) throw error
    return []
  }
}
