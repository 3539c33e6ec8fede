import type { Context, Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import {
  checkedPair,
  checkKeyId,
  isSecretForId,
  type KeyPair,
  parseKeyInput,
  secretLengthFault,
} from '../../../core/keys/key-input.ts'
import { pasteable, withCommand } from '../../../core/paste.ts'
import { quoted } from '../../../core/text.ts'

/** Where the keys come from: stdin where `--stdin` says so, else the terminal, which must be there. */
export type KeyOrigin =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'terminal'; readonly terminal: Terminal; readonly name: string }

export function keyOrigin(name: string, stdin: boolean, terminal: Terminal | null): KeyOrigin {
  if (stdin) return { kind: 'stdin' }
  if (terminal !== null) return { kind: 'terminal', terminal, name }
  throw new CredError('person', `cannot add ${quoted(name)}: nobody is there to type its key`, {
    hint: pasteable`aws-cred add ${name} --stdin`,
  })
}

const TRIES = 3

/**
 * The pair, the secret typed without echo; at a terminal each half is asked for again where it cannot be one. Throws
 * `CredError('failed')` where it is no long-lived key.
 */
export async function readKeys(context: Context, origin: KeyOrigin): Promise<KeyPair> {
  if (origin.kind === 'stdin') return parseKeyInput(await context.readStdin())
  const { terminal, name } = origin
  const accessKeyId = await askedAgain(
    terminal,
    async () => {
      const typed = await terminal.ask('access key id: ')
      if (isSecretForId(typed.trim())) throw shownSecretError(name)
      return typed
    },
    (typed) => {
      checkKeyId(typed)
      return typed
    },
  )
  return askedAgain(
    terminal,
    () => terminal.askHidden('secret access key: '),
    (typed) => {
      const pair = checkedPair(accessKeyId, typed)
      const fault = secretLengthFault(typed)
      if (fault !== null) throw new CredError('failed', `cannot use the secret access key: ${fault}`)
      return pair
    },
  )
}

/** Not asked again: whoever sees the screen reads the secret on it. */
function shownSecretError(name: string): CredError {
  return new CredError(
    'failed',
    'cannot use the access key id: that looks like a secret access key; it was shown on this screen',
    { hint: withCommand('clear the screen, then begin with the id (AKIA…): ', pasteable`aws-cred add ${name}`) },
  )
}

async function askedAgain<T>(
  terminal: Terminal,
  question: () => Promise<string>,
  checked: (typed: string) => T,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const typed = (await question()).trim()
    try {
      return checked(typed)
    } catch (error) {
      if (!(error instanceof CredError) || tries === TRIES) throw error
      terminal.show(`${error.message}\n`)
    }
  }
}
