import type { Environment } from './context.ts'
import type { Profile } from './profiles.ts'

/** AWS's own variable, then those of granted and aws-vault, awsume, aws-sso-cli, which count only where the first is absent. */
export const EXPIRY_VARIABLES = [
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_SESSION_EXPIRATION',
  'AWSUME_EXPIRATION',
  'AWS_SSO_SESSION_EXPIRATION',
] as const

/** Under which keys other programs note it beside a session they leave in a file: saml2aws, aws-mfa, and various scripts. */
const EXPIRY_KEYS = ['x_security_token_expires', 'expiration', 'aws_session_expiration'] as const

const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?$/
const ZONE = /(?:Z|UTC| ?[+-]\d\d:?\d\d)$/

export interface ExpiryText {
  /** Null where the text is no time. */
  readonly ms: number | null
  /** Without a zone a time counts as local, as awsume writes it; botocore cannot use it. */
  readonly zoned: boolean
}

/** A time as those programs write it: `Z`, `UTC`, an offset with or without colon, or no zone; `T` or a space between. */
export function readExpiry(text: string): ExpiryText {
  const whole = text.slice(0, 64).trim()
  const zone = ZONE.exec(whole)?.[0] ?? ''
  const day = whole.slice(0, 10)
  const time = whole.slice(11, whole.length - zone.length)
  const zoned = zone !== ''
  if (!DAY.test(day) || !/^[T ]$/.test(whole[10] ?? '') || !TIME.test(time)) return { ms: null, zoned }
  const offset = zone.trim()
  const iso = `${day}T${time.replace(',', '.')}${offset === 'UTC' ? 'Z' : offset.replace(/^([+-]\d\d):?/, '$1:')}`
  const ms = Date.parse(iso)
  return { ms: Number.isFinite(ms) ? ms : null, zoned }
}

/** When the keys in the environment end, as far as a variable tells. */
export function environmentExpiryMs(env: Environment): number | null {
  const name = EXPIRY_VARIABLES.find((variable) => env[variable])
  return name === undefined ? null : readExpiry(env[name] ?? '').ms
}

/** When the session in a profile ends, as far as a program has noted it there. */
export function profileExpiryMs(profile: Profile | undefined): number | null {
  for (const key of EXPIRY_KEYS) {
    const noted = profile?.properties.get(key)?.value
    if (noted) return readExpiry(noted).ms
  }
  return null
}
