import { usageError } from '../arguments.ts'
import { isPortableProfileName } from '../command-line.ts'
import { CredError } from '../errors.ts'
import { pasteable, withCommand } from '../paste.ts'
import type { Verb } from '../verb.ts'
import { looksLikeKey } from './key-input.ts'

/**
 * The name of a key as it was typed. It is that of a profile too, so that it must be one that `setup` would write.
 * Throws `CredError('usage')`, without the word where it may be a key.
 */
export function checkedKeyName(verb: Pick<Verb, 'name'>, name: string, platform: string): string {
  if (name === '') throw usageError(verb, 'NAME is empty')
  if (name.length > 200 || /\p{Cc}/u.test(name)) throw usageError(verb, 'NAME is too long or holds control characters')
  if (!looksLikeKey(name)) {
    if (isPortableProfileName(name, platform)) return name
    // Not quoted: it may be a key with something around it.
    throw new CredError('usage', `cannot run ${verb.name}: NAME is not a name that every AWS tool reads`, {
      hint: `a name is made of letters, digits and _./${platform === 'win32' ? '' : '%'}@:+ and of - after the first`,
    })
  }
  throw keyTypedError(verb, null)
}

/** For keys that were typed as words, which are shown nowhere. `name` is what they may be given under; null: not known. */
export function keyTypedError(verb: Pick<Verb, 'name'>, name: string | null): CredError {
  const what = name === null ? 'NAME looks like a key: keys' : 'keys'
  return new CredError(
    'usage',
    `cannot run ${verb.name}: ${what} are not taken from the command line, which stays in the shell's history and shows in ps`,
    {
      hint: withCommand(
        'take it out of the history; the key is asked for hidden: ',
        pasteable`aws-cred add ${name ?? 'NAME'}`,
      ),
    },
  )
}
