import { type Cause, type Explanation, explain } from '../../core/explain/explain.ts'
import type { CauseCode } from '../../core/explain/explain-causes.ts'
import { missingProfile } from '../../core/explain/explain-profile.ts'
import { type Finding, finding } from '../../core/finding.ts'
import type { FindingCode } from '../../core/finding-codes.ts'
import { pasteable } from '../../core/paste.ts'
import { wrapped } from '../../core/table.ts'
import { nearest, quoted, shown } from '../../core/text.ts'
import type { Screen } from '../../io/screen.ts'
import type { Look } from './look.ts'

/** By which findings a cause is seen here; with a pattern only where what was found says that. */
type Evidence = FindingCode | readonly [FindingCode, RegExp]

const REFUSED = (awsCode: RegExp): readonly Evidence[] => [
  ['identity', awsCode],
  ['last-failure', awsCode],
]
const PASTED = ['token-in-config', 'token-in-credentials'] as const
const EMPTY = ['no-credentials', 'tool-refuses'] as const

const SEEN_BY: Partial<Readonly<Record<CauseCode, readonly Evidence[]>>> = {
  'expired-session': ['env-expired', ...PASTED, ...REFUSED(/ExpiredToken/)],
  'source-expired': ['env-expired', ...PASTED, 'sso-cache-expired', 'login-cache-expired', ...REFUSED(/ExpiredToken/)],
  'helper-gave-expired': ['clock', 'helper-other-version', 'last-failure'],
  'stale-expiration-variable': ['env-expired', 'env-expiry-left'],
  'expiration-unreadable': ['env-expiry-unread'],
  'clock-skew': ['clock'],
  'unknown-key': REFUSED(/InvalidClientTokenId|UnrecognizedClient/),
  'token-mismatch': ['env-token-left', 'env-token-missing', 'env-two-tokens', 'env-half-set'],
  'wrong-secret': REFUSED(/SignatureDoesNotMatch/),
  'role-refused': REFUSED(/AccessDenied/),
  'access-denied': REFUSED(/AccessDenied/),
  'mfa-code-missing': REFUSED(/MFA/),
  'mfa-not-asked': [
    ['tool-refuses', /MFA/],
    ['no-credentials', /MFA/],
  ],
  'mfa-session-ended': [['identity', /MFA/], 'mfa-often'],
  'duration-chained': ['session-chained'],
  'duration-too-long': ['session-too-long'],
  'region-disabled': REFUSED(/RegionDisabled/),
  'no-region': [['endpoint', /region/]],
  'sso-expired': ['sso-cache-expired'],
  'sso-not-logged-in': ['sso-cache-expired'],
  'sso-misconfigured': [
    ['tool-refuses', /SSO|sso/],
    ['no-credentials', /SSO|sso/],
  ],
  'login-expired': ['login-cache-expired'],
  'part-missing': ['cli-old'],
  'helper-failed': ['helper-line', 'helper-missing', 'last-failure'],
  'helper-missing': ['helper-missing', 'helper-line', 'helper-relative'],
  'needs-person': [['identity', /code|locked|sign/], 'sso-cache-expired', 'login-cache-expired'],
  'store-locked': ['store'],
  'profile-missing': [
    ['no-credentials', /neither file/],
    ['tool-refuses', /neither file/],
  ],
  'half-keys': ['env-half-set', ['no-credentials', /half/], ['tool-refuses', /half/]],
  'config-unreadable': ['files-unreadable', ['no-credentials', /twice/], ['tool-refuses', /twice/]],
  'role-config': [
    ['no-credentials', /role|source/],
    ['tool-refuses', /role|source/],
  ],
  'cli-cache-broken': ['cli-cache-broken'],
  'nothing-found': EMPTY,
  'metadata-unreachable': EMPTY,
  unreachable: ['endpoint'],
  'proxy-failed': [['endpoint', /proxy/]],
  'tls-untrusted': [['endpoint', /certificate|TLS/]],
}

/** A cause that the text names, and what of it is seen here. */
export interface CauseHere extends Cause {
  readonly seen: readonly Finding[]
}

export interface ExplanationHere extends Omit<Explanation, 'causes'> {
  readonly causes: readonly CauseHere[]
  /** The command to go on with where none of the causes is seen here; null where one is. */
  readonly next: string | null
}

/** What an old session that a program still holds would explain. */
const OLD_SESSION: readonly CauseCode[] = ['expired-session', 'helper-gave-expired', 'unknown-key']

/** What an error text may come from, and which of it was found here: what is found first. */
export function explainHere(text: string, look: Look, findings: readonly Finding[]): ExplanationHere {
  const { causes, ...told } = explain(text)
  const missing = missingFinding(text, look)
  const here = causes.map((cause) => {
    const seen = seenOf(cause.code, findings)
    // What the text names is nearer to it than what this shell names.
    return { ...cause, seen: cause.code === 'profile-missing' && missing !== null ? [missing] : seen }
  })
  return {
    ...told,
    next: here.some(({ seen }) => seen.length > 0) ? null : nextCommand(look, causes),
    causes: [...here.filter(({ seen }) => seen.length > 0), ...here.filter(({ seen }) => seen.length === 0)],
  }
}

/** Of the profile that the text itself names: null where it names none, or one that is there. */
function missingFinding(text: string, { workspace }: Look): Finding | null {
  const name = missingProfile(text)
  const { profiles } = workspace.files.profiles
  if (name === null || profiles.has(name)) return null
  const near = nearest(name, profiles.keys())
  return finding('wins', 'no-credentials', 'bad', {
    what: `profile ${quoted(name, 60)} is in neither file`,
    cure: near === null ? 'aws-cred list' : `the nearest name is ${quoted(near, 60)}`,
    profiles: [shown(name, 60)],
  })
}

/** A new session where ours may be an old one, else a look at everything. */
function nextCommand({ wins, profile, by }: Look, causes: readonly Cause[]): string | null {
  const ours = wins.verdicts.some(({ source }) => source?.kind === 'credential-process' && source.own)
  const isOld = causes.some(({ code }) => OLD_SESSION.includes(code))
  if (ours && isOld) return pasteable`aws-cred login ${profile}`
  return by === 'typed' ? pasteable`aws-cred doctor ${profile}` : 'aws-cred doctor'
}

function seenOf(code: CauseCode, findings: readonly Finding[]): Finding[] {
  const evidence = SEEN_BY[code] ?? []
  return findings.filter(
    (found) =>
      found.severity !== 'good' &&
      evidence.some((each) =>
        typeof each === 'string' ? each === found.code : each[0] === found.code && each[1].test(found.what),
      ),
  )
}

export function explanationText(
  { causes, awsCode, operation, next }: ExplanationHere,
  { columns, mark }: Screen,
): string {
  const goOn = next === null ? '' : `\n${causes.length === 0 ? 'what is wrong here' : nextWords(next)}:\n  ${next}\n`
  if (causes.length === 0) return `the text says nothing that is known here\n${goOn}`
  const names = [awsCode, operation === null ? null : `calling ${operation}`].filter((name) => name !== null)
  const head = names.length === 0 ? '' : `${shown(names.join(', '), 200)}\n\n`
  const hung = (indent: string, text: string) =>
    columns === null
      ? [indent + text]
      : wrapped(text, Math.max(20, columns - indent.length)).map((line) => indent + line)
  const lines = causes.flatMap(({ code, why, seen }) => {
    const [first = '', ...rest] = hung('  ', `${code}: ${why}${seen.length === 0 ? ' (not seen here)' : ''}`)
    const title = seen.length === 0 ? [first, ...rest] : [`${mark('bad')} ${first.slice(2)}`, ...rest]
    const cures = seen.flatMap((each) => [
      ...hung('    ', each.what),
      ...(each.cure === null ? [] : [`      ${each.cure}`]),
    ])
    return [...title, ...cures]
  })
  return `${head}${lines.join('\n')}\n${goOn}`
}

function nextWords(next: string): string {
  const first = 'none of this is seen here'
  return next.startsWith('aws-cred login') ? `${first}; a new session all the same` : `${first}; all that is looked at`
}
