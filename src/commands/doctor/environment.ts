import { type Finding, finding } from '../../core/finding.ts'
import { EXPIRY_VARIABLES, readExpiry } from '../../core/key-expiry.ts'
import { pasteable } from '../../core/paste.ts'
import { evalLine, unsetLine } from '../../core/shell-cures.ts'
import { maskedKeyId, quoted } from '../../core/text.ts'
import { spanLeft } from './left.ts'
import type { Look } from './look.ts'

/** Below this the tools that look at it renew, which a shell cannot. */
const EXPIRING_MS = 15 * 60_000
/** Two programs that note the same end cut it differently. */
const SAME_END_MS = 60_000
const TOKENS = ['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'] as const

/** What is wrong with this shell's variables by themselves: the judgement of the prompt hooks, and what they cannot see. */
export function environmentFindings(look: Look): Finding[] {
  const { env } = look.world
  return [...keyFindings(look), ...profileFindings(look, env.AWS_PROFILE, env.AWS_DEFAULT_PROFILE)]
}

function profileFindings({ shell }: Look, one: string | undefined, other: string | undefined): Finding[] {
  if (!one || !other || one === other) return []
  return [
    finding('stale', 'env-two-profiles', 'warning', {
      what: `AWS_DEFAULT_PROFILE=${quoted(other, 60)} differs from AWS_PROFILE=${quoted(one, 60)}`,
      cure: unsetLine(shell, ['AWS_DEFAULT_PROFILE']),
      fix: 'shell',
    }),
  ]
}

function keyFindings(look: Look): Finding[] {
  const { shell } = look
  const { env, nowMs } = look.world
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env
  const tokens = TOKENS.filter((name) => env[name])
  const clear = { cure: evalLine(shell, '--unset'), fix: 'shell' } as const
  const ofOurs = ownProfile(look)
  const renew = ofOurs === null ? clear : ({ cure: evalLine(shell, ofOurs), fix: 'shell' } as const)
  if (!id && !secret && tokens.length === 0) return []
  if (!id) {
    const what = `AWS_ACCESS_KEY_ID is missing beside ${secret ? 'AWS_SECRET_ACCESS_KEY' : tokens.join(' and ')}`
    return [finding('stale', 'env-half-set', 'bad', { what, ...clear })]
  }
  if (!secret) {
    const what = 'AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID'
    return [finding('stale', 'env-half-set', 'bad', { what, ...clear })]
  }
  const found: Finding[] = []
  const isLasting = id.startsWith('AKIA')
  if (id.startsWith('ASIA') && tokens.length === 0) {
    const what = `AWS_SESSION_TOKEN is missing beside the temporary key ${maskedKeyId(id)}`
    found.push(finding('stale', 'env-token-missing', 'bad', { what, ...renew }))
  }
  if (isLasting && tokens.length > 0) {
    found.push(
      finding('stale', 'env-token-left', 'bad', {
        what: `${tokens.join(' and ')} beside the long-lived key ${maskedKeyId(id)}: left over from older keys`,
        cure: unsetLine(shell, tokens),
        fix: 'shell',
      }),
    )
  } else if (tokens.length === 2 && env.AWS_SESSION_TOKEN !== env.AWS_SECURITY_TOKEN) {
    found.push(
      finding('stale', 'env-two-tokens', 'bad', {
        what: 'AWS_SECURITY_TOKEN differs from AWS_SESSION_TOKEN',
        cure: unsetLine(shell, ['AWS_SECURITY_TOKEN']),
        fix: 'shell',
      }),
    )
  }
  return [...found, ...expiryFindings(look, { isLasting, nowMs, renew, isOurs: ofOurs !== null, tokens })]
}

/** The words that export anew what this shell has from us; null where it is not ours, or its profile is gone. */
function ownProfile({ workspace, world }: Look): string | null {
  const name = world.env.AWS_CRED_PROFILE ?? ''
  const isThere = workspace.files.profiles.profiles.has(name) || workspace.index.read('key', name) !== null
  return isThere ? pasteable`--profile ${name}` : null
}

interface Expiring {
  readonly isLasting: boolean
  readonly nowMs: number
  readonly renew: Pick<Finding, 'cure' | 'fix'>
  readonly isOurs: boolean
  readonly tokens: readonly string[]
}

function expiryFindings({ shell, world }: Look, { isLasting, nowMs, renew, isOurs, tokens }: Expiring): Finding[] {
  const { env } = world
  const [name, ...others] = EXPIRY_VARIABLES.filter((variable) => env[variable])
  if (name === undefined) return []
  const unset = { cure: unsetLine(shell, [name, ...others]), fix: 'shell' } as const
  if (isLasting) {
    const what = `${[name, ...others].join(' and ')} beside a long-lived key: left over from older keys`
    return [finding('stale', 'env-expiry-left', 'bad', { what, ...unset })]
  }
  const { ms, zoned } = readExpiry(env[name] ?? '')
  if (ms === null || (!zoned && name === 'AWS_CREDENTIAL_EXPIRATION')) {
    const what = `${name} is ${ms === null ? 'no time' : 'a time without a zone'}`
    return [finding('stale', 'env-expiry-unread', 'bad', { what, ...unset })]
  }
  const other = others.find((each) => {
    const end = readExpiry(env[each] ?? '').ms
    return end !== null && Math.abs(end - ms) > SAME_END_MS
  })
  const contradiction =
    other === undefined
      ? []
      : [
          finding('stale', 'env-expiry-left', 'warning', {
            what: `${other} names another end than ${name}`,
            cure: unsetLine(shell, [other]),
            fix: 'shell',
          }),
        ]
  if (ms - nowMs > EXPIRING_MS) return contradiction
  const whose = `${tokens[0] ?? 'the keys'} of this shell`
  const state =
    ms > nowMs
      ? finding('stale', 'env-expiring', 'warning', {
          what: `${whose}: ${spanLeft(ms, nowMs)} (${name})`,
          // To clear what still works would mend nothing.
          ...(isOurs ? renew : { cure: 'whoever made it has to make a new one' }),
        })
      : finding('stale', 'env-expired', 'bad', { what: `${whose} ${spanLeft(ms, nowMs)} (${name})`, ...renew })
  return [state, ...contradiction]
}
