import { usageError } from '../arguments.ts'
import { isPortableProfileName } from '../command-line.ts'
import { CredError } from '../errors.ts'
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
  throw new CredError(
    'usage',
    `cannot run ${verb.name}: NAME looks like a key, which the command line would leave behind`,
    { hint: 'take it out of the shell history; the key is asked for hidden: aws-cred add NAME' },
  )
}
