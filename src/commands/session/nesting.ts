import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { quoted, shown } from '../../core/text.ts'

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
    { hint: `run it all the same: aws-cred ${verbName} --force --profile ${shown(profile)}${rest}` },
  )
}
