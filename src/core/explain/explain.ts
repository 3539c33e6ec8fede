import { ANSWERS } from './explain-answers.ts'
import { CAUSES, type CauseCode } from './explain-causes.ts'
import { NOTHING_TOLD, SETUP_WORDS } from './explain-setup-words.ts'
import type { Sign } from './explain-sign.ts'
import { SOURCE_WORDS } from './explain-source-words.ts'

export interface Cause {
  readonly code: CauseCode
  /** One sentence, lower case, without a full stop. */
  readonly why: string
}

/** What an error text tells. Nothing in it is the text's own but two words made of letters and digits alone. */
export interface Explanation {
  /** The likeliest first; empty where the text says nothing that is known. */
  readonly causes: readonly Cause[]
  /** AWS's name for the error, as `ExpiredToken`. */
  readonly awsCode: string | null
  /** The call that failed, as `AssumeRole`: of several, each for the sake of the one before, the last. */
  readonly operation: string | null
  /** How far this machine's clock was behind AWS's, as far as AWS's own words say; negative where it was ahead. */
  readonly behindMs: number | null
}

/** Of a longer text its beginning and its end count: what failed stands in one of them. */
const MAX_LENGTH = 64 * 1024

/**
 * Reads an error text of an AWS tool (AWS CLI, boto3, the SDKs, Terraform, this program) and says what may be behind it.
 * Total, and in time that grows with the text's length alone.
 */
export function explain(text: string): Explanation {
  const flat = flattened(text)
  const lower = flat.toLowerCase()
  const operation = lastMatch(flat, OPERATIONS)
  const codes = new Set<CauseCode>()
  // What AWS answered is nearer to the cause than what the tool makes of it.
  for (const topic of [...ANSWERS, ...SOURCE_WORDS, ...SETUP_WORDS]) {
    for (const code of topic.find((sign) => fits(sign, lower, operation))?.causes ?? []) codes.add(code)
  }
  // Looking for an instance's metadata is how most chains end, whatever was missing before.
  if (codes.size === 0 || (codes.size === 1 && codes.has('metadata-unreachable'))) {
    for (const code of NOTHING_TOLD.find((sign) => fits(sign, lower, operation))?.causes ?? []) codes.add(code)
  }
  return {
    causes: [...codes].map((code) => ({ code, why: CAUSES[code] })),
    awsCode: lastMatch(flat, AWS_CODES),
    operation,
    behindMs: clockBehindMs(flat),
  }
}

function fits({ says, and, call }: Sign, lower: string, operation: string | null): boolean {
  const any = (words: readonly string[]) => words.some((word) => lower.includes(word))
  return (
    any(says) && (and === undefined || any(and)) && (call === undefined || call.test(operation?.toLowerCase() ?? ''))
  )
}

/**
 * One line with single blanks: without colours, without Terraform's frame, which breaks sentences in two, and with the
 * escapes resolved that JSON puts into a text.
 */
export function flattened(text: string): string {
  const half = MAX_LENGTH / 2
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, half)} ${text.slice(-half)}` : text
  return cut
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\(["'])/g, '$1')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\s\u2500-\u257f]+/g, ' ')
}

/** Bounded, so that none of them looks at the same place of the text again and again. */
const OPERATIONS = [
  /when calling the ([A-Za-z]\w{1,60}) operation/g,
  /operation error [\w ]{1,40}: ([A-Za-z]\w{1,60})/g,
  /calling (?:sts|iam|sso):([A-Za-z]\w{1,60})/g,
]
const AWS_CODES = [
  /error (?:occurred )?\(([A-Za-z]{3,60})\)/g,
  /api error ([A-Za-z]{3,60}):/g,
  /<Code>([A-Za-z]{3,60})<\/Code>/g,
  /Error Code: ([A-Za-z]{3,60})/g,
  /\b(ExpiredToken(?:Exception)?|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|AccessDenied(?:Exception)?|RegionDisabledException|RequestExpired|RequestTimeTooSkewed|ValidationError|InvalidIdentityToken|InvalidGrantException|IDPCommunicationError|Throttling)\b/g,
]

/** Of the first pattern that matches at all, the last match. */
function lastMatch(text: string, patterns: readonly RegExp[]): string | null {
  for (const pattern of patterns) {
    let found: string | null = null
    for (const match of text.matchAll(pattern)) found = match[1] ?? null
    if (found !== null) return found
  }
  return null
}

/** STS: `Signature expired: SIGNED is now earlier than … (NOW - 15 min.)`; S3: `RequestTime` and `ServerTime`. */
const SIGNED_AND_NOW = [
  /Signature (?:expired|not yet current): (\d{8}T\d{6}Z) is (?:now earlier|still later) than \d{8}T\d{6}Z \((\d{8}T\d{6}Z) [-+]/,
  /<RequestTime>(\d{8}T\d{6}Z)<\/RequestTime> ?<ServerTime>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)</,
]

function clockBehindMs(flat: string): number | null {
  for (const pattern of SIGNED_AND_NOW) {
    const [, signed, now] = pattern.exec(flat) ?? []
    const behindMs = timeMs(now ?? '') - timeMs(signed ?? '')
    if (Number.isFinite(behindMs)) return behindMs
  }
  return null
}

/** `20221005T132736Z`, or the same with separators; NaN for anything else. */
function timeMs(text: string): number {
  const digits = text.replace(/[-:TZ]/g, '')
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
