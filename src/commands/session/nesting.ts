import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { pasteable, withCommand } from '../../core/paste.ts'
import { quoted } from '../../core/text.ts'

/**
 * Credentials within credentials are far more often a mistake than meant: throws `CredError('failed')` where the
 * variables hold a profile's keys already, or an endpoint of ours. `rest` is what the hint's command ends in.
 */
export function checkNotNested({ env }: Context, verbName: string, profile: string, rest: string): void {
  const { AWS_CRED_PROFILE: held, AWS_ACCESS_KEY_ID: keyId, AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint } = env
  if (!held || !(keyId || endpoint)) return
  throw new CredError(
    'failed',
    `cannot run a command as profile ${quoted(profile)}: these variables hold the credentials of ${quoted(held)} already`,
    { hint: withCommand('run it all the same: ', pasteable`aws-cred ${verbName} --force --profile ${profile}`, rest) },
  )
}
