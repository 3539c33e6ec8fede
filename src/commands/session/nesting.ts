import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { environmentExpiryMs } from '../../core/key-expiry.ts'
import { pasteable, withCommand } from '../../core/paste.ts'
import { quoted } from '../../core/text.ts'

/** Read alike by every shell, and no place for a secret: a short name, path or option without a value. */
const COMMAND_WORD = /^(?:[A-Za-z./][A-Za-z0-9_./-]{0,29}|--?[A-Za-z][A-Za-z0-9-]{0,29})$/
const SECRET_LIKE = /pass|secret|token|key|auth|cred/i
const COMMAND_WORDS_MAX = 8

/**
 * Credentials within credentials are far more often a mistake than meant: throws `CredError('failed')` where the
 * variables hold a profile's keys already, unless those have ended, or an endpoint of ours. `command` is what was typed
 * behind `--`.
 */
export function checkNotNested(
  { env, nowMs }: Pick<Context, 'env' | 'nowMs'>,
  verbName: string,
  profile: string,
  command: readonly string[],
): void {
  const { AWS_CRED_PROFILE: held, AWS_ACCESS_KEY_ID: keyId, AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint } = env
  if (!held || !(keyId || endpoint)) return
  const endMs = environmentExpiryMs(env)
  if (!endpoint && endMs !== null && endMs <= nowMs()) return
  const line = pasteable`aws-cred ${verbName} --force --profile ${profile}`
  throw new CredError(
    'failed',
    `cannot run a command as profile ${quoted(profile)}: these variables hold the credentials of ${quoted(held)} already`,
    { hint: withCommand('run it all the same: ', line, commandText(command)) },
  )
}

/** The command again where it can be pasted as it stands, and shown: what it was given may be a secret. */
function commandText(command: readonly string[]): string {
  if (command.length === 0) return ''
  const isPlain = (word: string) => COMMAND_WORD.test(word) && !SECRET_LIKE.test(word)
  return ` -- ${command.length <= COMMAND_WORDS_MAX && command.every(isPlain) ? command.join(' ') : 'CMD'}`
}
