import type { Environment } from '../context.ts'
import { CredError } from '../errors.ts'
import { quoted } from '../text.ts'

export interface EnvironmentKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** The keys that `credential_source = Environment` stands for. Throws `CredError` where they are not there, or no keys. */
export function environmentKeys(profile: string, env: Environment): EnvironmentKeys {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  // botocore reads the older name first (contract §2.4).
  const sessionToken = env.AWS_SECURITY_TOKEN || env.AWS_SESSION_TOKEN || null
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'
    throw new CredError(
      'failed',
      `cannot resolve profile ${quoted(profile)}: its credential_source is Environment, and ${missing} is not set`,
    )
  }
  for (const [name, value] of [
    ['AWS_ACCESS_KEY_ID', accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
    ['AWS_SESSION_TOKEN', sessionToken ?? 'x'],
  ] as const) {
    if (/^[\x21-\x7e]{1,10000}$/.test(value)) continue
    throw new CredError('failed', `cannot resolve profile ${quoted(profile)}: ${name} holds no key`)
  }
  return { accessKeyId, secretAccessKey, sessionToken }
}
