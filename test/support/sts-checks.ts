import { StsError } from './sts-answers.ts'

export type Params = ReadonlyMap<string, string>

/** The values STS's model allows: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and siblings. */
interface Rule {
  min: number
  max: number
  pattern?: RegExp
}

const rules: Record<string, Rule> = {
  RoleArn: { min: 20, max: 2048 },
  RoleSessionName: { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ },
  ExternalId: { min: 2, max: 1224, pattern: /^[\w+=,.@:/-]*$/ },
  SerialNumber: { min: 9, max: 256, pattern: /^[\w+=/:,.@-]*$/ },
  TokenCode: { min: 6, max: 6, pattern: /^\d*$/ },
  SourceIdentity: { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ },
  WebIdentityToken: { min: 4, max: 20_000 },
  Policy: { min: 1, max: 2048 },
}

/** Throws the ValidationError that STS gives for the first parameter that breaks its rule, or for a missing one. */
export function checkParams(params: Params, required: readonly string[]): void {
  for (const name of required) if (!params.has(name)) throw invalid(name, 'null', 'Member must not be null')
  for (const [name, rule] of Object.entries(rules)) {
    const value = params.get(name)
    if (value !== undefined) checkText(name, value, rule)
  }
  checkTags(params)
  checkPolicy(params.get('Policy'))
}

function checkText(name: string, value: string, { min, max, pattern }: Rule): void {
  if (value.length < min) throw invalid(name, value, `Member must have length greater than or equal to ${min}`)
  if (value.length > max) throw invalid(name, value, `Member must have length less than or equal to ${max}`)
  if (pattern && !pattern.test(value))
    throw invalid(name, value, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`)
}

/** DurationSeconds, or `fallback` where it is not given; ValidationError outside 900 to `max`. */
export function durationSeconds(params: Params, max: number, fallback: number): number {
  const text = params.get('DurationSeconds')
  if (text === undefined) return fallback
  if (!/^-?\d+$/.test(text)) throw new StsError('MalformedInput', 400, `'${text}' is not a valid integer`)
  const seconds = Number(text)
  if (seconds < 900) throw invalid('DurationSeconds', text, 'Member must have value greater than or equal to 900')
  if (seconds > max) throw invalid('DurationSeconds', text, `Member must have value less than or equal to ${max}`)
  return seconds
}

/** True where session tags, a policy or policy ARNs came along: STS then says how full their packed form is. */
export function hasPackedParts(params: Params): boolean {
  return [...params.keys()].some((name) => /^(Policy$|PolicyArns\.|Tags\.)/.test(name))
}

function checkTags(params: Params): void {
  const keys = [...params].filter(([name]) => /^Tags\.member\.\d+\.Key$/.test(name))
  if (keys.length > 50) throw invalid('Tags', '[…]', 'Member must have length less than or equal to 50')
  for (const [name, key] of keys) {
    checkText(name, key, { min: 1, max: 128 })
    checkText(name, params.get(name.replace(/Key$/, 'Value')) ?? '', { min: 0, max: 256 })
  }
  const names = new Set(keys.map(([, key]) => key.toLowerCase()))
  if (names.size < keys.length) throw new StsError('InvalidParameterValue', 400, 'Duplicate tag keys found.')
}

function checkPolicy(policy: string | undefined): void {
  if (policy === undefined) return
  try {
    if (typeof JSON.parse(policy) === 'object') return
  } catch {
    // Not JSON: refused below.
  }
  throw new StsError('MalformedPolicyDocument', 400, 'This policy contains invalid Json')
}

export function validationError(message: string): StsError {
  return new StsError('ValidationError', 400, message)
}

function invalid(name: string, value: string, constraint: string): StsError {
  const member = name[0]?.toLowerCase() + name.slice(1)
  // A code or token is not said back.
  const said = name === 'TokenCode' || name === 'WebIdentityToken' ? 'null' : value === 'null' ? value : `'${value}'`
  return validationError(
    `1 validation error detected: Value ${said} at '${member}' failed to satisfy constraint: ${constraint}`,
  )
}
