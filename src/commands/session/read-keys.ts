import type { Context, Terminal } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { checkedPair, checkKeyId, type KeyPair, parseKeyInput } from '../../core/key-input.ts'
import { quoted, shown } from '../../core/text.ts'

/** Where the keys come from: stdin where `--stdin` says so, else the terminal, which must be there. */
export type KeyOrigin = { readonly kind: 'stdin' } | { readonly kind: 'terminal'; readonly terminal: Terminal }

export function keyOrigin(name: string, stdin: boolean, terminal: Terminal | null): KeyOrigin {
  if (stdin) return { kind: 'stdin' }
  if (terminal !== null) return { kind: 'terminal', terminal }
  throw new CredError('person', `cannot add ${quoted(name)}: there is no terminal to type its key at`, {
    hint: `aws-cred add ${shown(name)} --stdin`,
  })
}

/** The pair, the secret typed without echo. Throws `CredError('failed')` where it is no long-lived key. */
export async function readKeys(context: Context, origin: KeyOrigin): Promise<KeyPair> {
  if (origin.kind === 'stdin') return parseKeyInput(await context.readStdin())
  const { terminal } = origin
  const accessKeyId = (await terminal.ask('access key id: ')).trim()
  checkKeyId(accessKeyId)
  return checkedPair(accessKeyId, (await terminal.askHidden('secret access key: ')).trim())
}
