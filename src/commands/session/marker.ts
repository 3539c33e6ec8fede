import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { quoted, shown } from '../../core/text.ts'

/**
 * The profiles whose credentials are being resolved by this program above us, given only to children that resolve
 * credentials, codes or passphrases (the AWS CLI's own guard is `_AWS_CLI_PROFILE_CHAIN`: exportcreds.py).
 */
const MARKER = 'AWS_CRED_PROFILE_CHAIN'

function chainOf(context: Context): string[] {
  const names = (context.env[MARKER] ?? '').split(',').filter((name) => name !== '')
  return names.map((name) => {
    try {
      return decodeURIComponent(name)
    } catch {
      // Not written by us: compared and shown as it is.
      return name
    }
  })
}

/** Throws, with the cycle, where a helper that resolves `profile` was started to resolve it already. */
export function checkNotUnderOwnMarker(context: Context, profile: string): void {
  const chain = chainOf(context)
  if (!chain.includes(profile)) return
  const way = [...chain, profile].map((name) => shown(name, 40)).join(' > ')
  throw new CredError(
    'failed',
    `cannot resolve profile ${quoted(profile)}: a program that it starts asks for it again: ${way}`,
  )
}
