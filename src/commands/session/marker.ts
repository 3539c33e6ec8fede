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

/** Open our own store; no other program has any business with them. */
const OWN_SECRETS: readonly string[] = ['AWS_CRED_PASSPHRASE', 'AWS_CRED_VAULT_KEY_FILE']

/** Our environment for a child that resolves credentials, with these profiles in the marker. */
export function markedEnvironment(
  context: Context,
  profiles: readonly string[],
): Readonly<Record<string, string | undefined>> {
  const chain = [...new Set([...chainOf(context), ...profiles])].map(encodeURIComponent).join(',')
  const kept = Object.entries(context.env).filter(([name]) => !OWN_SECRETS.includes(name.toUpperCase()))
  return { ...Object.fromEntries(kept), [MARKER]: chain }
}
