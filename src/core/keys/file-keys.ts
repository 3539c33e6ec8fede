import { CredError } from '../errors.ts'
import { type IniDocument, parseIni, serializeIni } from '../ini.ts'
import { pasteable, withCommand } from '../paste.ts'
import { halfKeysError } from '../plan/plan-errors.ts'
import { at, type Origin } from '../plan/sts-limits.ts'
import { removeProperties } from '../setup/ini-edit.ts'
import { secretLines } from '../setup/setup-secrets.ts'
import { maskedKeyId, quoted } from '../text.ts'
import { checkedPair, type KeyPair } from './key-input.ts'

const ID = 'aws_access_key_id'
const SECRET = 'aws_secret_access_key'
/** In botocore's order. */
const TOKENS = ['aws_security_token', 'aws_session_token'] as const

/** All by which a profile's section gives static keys. */
export const KEYS: readonly string[] = [ID, SECRET, ...TOKENS]

/** One such line. */
export interface KeyLine extends Origin {
  readonly key: string
  readonly value: string
  /** Number of its last continuation line. */
  readonly lastLine: number
}

/** What the two files give a profile, in whichever of its sections, also one that is put out by another. */
export interface FileKeys {
  readonly profile: string
  /** The config's first. */
  readonly lines: readonly KeyLine[]
}

/** The profiles that have such lines, in the order of the credentials file, then of the config. */
export function findFileKeys(config: IniDocument | null, credentials: IniDocument | null): Map<string, FileKeys> {
  const found = new Map<string, KeyLine[]>()
  for (const document of [credentials, config]) {
    for (const { kind, name, properties } of document?.sections ?? []) {
      if (kind !== 'profile') continue
      const lines = properties.filter(({ key }) => KEYS.includes(key))
      if (lines.length === 0) continue
      const { path } = (document as IniDocument).source
      const own = lines.map(({ key, value, line, lastLine }) => ({ key, value, line, lastLine, path }))
      // The later line wins, and the credentials file over the config.
      found.set(
        name,
        document === credentials ? [...(found.get(name) ?? []), ...own] : [...own, ...(found.get(name) ?? [])],
      )
    }
  }
  return new Map([...found].map(([profile, lines]) => [profile, { profile, lines }]))
}

/** The line that counts for a key; null where none gives it a value. */
function lineOf({ lines }: FileKeys, key: string): KeyLine | null {
  const line = lines.findLast((each) => each.key === key)
  return line === undefined || line.value === '' ? null : line
}

function tokenOf(keys: FileKeys): KeyLine | null {
  return lineOf(keys, TOKENS[0]) ?? lineOf(keys, TOKENS[1])
}

/** A session, which cannot renew itself: a token, or the id of a temporary key. */
export function isSession(keys: FileKeys): boolean {
  return tokenOf(keys) !== null || lineOf(keys, ID)?.value.startsWith('ASIA') === true
}

/** Whether it is that very session: what AWS says of it in one place holds in every other. Its token may be missing here. */
export function isThatSession(
  keys: FileKeys,
  { accessKeyId, sessionToken }: { readonly accessKeyId: string; readonly sessionToken: string | null },
): boolean {
  const token = tokenOf(keys)?.value ?? null
  return isSession(keys) && lineOf(keys, ID)?.value === accessKeyId && (token === null || token === sessionToken)
}

/** Whether anything stands there but keys without a value. */
export function holdsKeys(keys: FileKeys): boolean {
  return keys.lines.some(({ value }) => value !== '')
}

/** The command that takes a profile's keys, or its session, out of the files; null where no shell can be told it. */
export function importCommand(keys: FileKeys): string | null {
  return withCommand('', pasteable`aws-cred import ${keys.profile}`, isSession(keys) ? ' --drop-session' : '')
}

/**
 * The keys of `--drop-session`: all, but beside a long-lived id (`AKIA…`) the token alone, since that key is not the
 * session's. Empty where there is no session.
 */
export function sessionKeys(keys: FileKeys): readonly string[] {
  if (!isSession(keys)) return []
  return lineOf(keys, ID)?.value.startsWith('AKIA') ? TOKENS : KEYS
}

/**
 * The long-lived pair of a profile, as tools read it. Throws `CredError('failed')` with the place and the cure for a
 * session, a half pair, two different keys, and for what cannot be a key. Paths are shown as they are.
 */
export function longLivedPair(keys: FileKeys): KeyPair {
  const [id, secret, token] = [lineOf(keys, ID), lineOf(keys, SECRET), tokenOf(keys)]
  const cannot = (state: string, hint: string | null) =>
    new CredError('failed', `cannot import ${quoted(keys.profile)}: ${state}`, { hint })
  if (isSession(keys)) {
    const state =
      token === null
        ? `${ID} (${at(id as KeyLine)}) is that of a session, which cannot renew itself`
        : id?.value.startsWith('AKIA')
          ? `${token.key} (${at(token)}) stands beside a long-lived key`
          : `its keys are a session (${token.key}, ${at(token)}), which cannot renew itself`
    const lead = `take ${id?.value.startsWith('AKIA') ? 'that line' : 'its lines'} out: `
    throw cannot(state, withCommand(lead, importCommand(keys)))
  }
  if (id === null || secret === null) throw halfKeysError(keys.profile, id, secret)
  for (const line of keys.lines) {
    const counts = line.key === ID ? id : line.key === SECRET ? secret : line
    if (line.value === '' || line.value === counts.value) continue
    throw cannot(
      `two different keys stand there (${at(line)} and ${at(counts)})`,
      'tools disagree on which wins; take the lines of one of them out',
    )
  }
  return checkedPair(id.value, secret.value, ` of ${quoted(keys.profile)} (${at(id)})`)
}

/** Which keys are to go, by profile. */
export type TakenKeys = ReadonlyMap<string, readonly string[]>

/**
 * A document without them, comments and all other lines byte for byte. A header stays: an empty section shadows nothing
 * (run: both AWS CLIs, boto3, JS, Go, Java, .NET), where an id alone or an empty value does. Throws what `ini-edit` throws.
 */
export function withoutKeys(document: IniDocument, taken: TakenKeys): IniDocument {
  return removeProperties(
    document,
    ({ kind, name }, key) => kind === 'profile' && taken.get(name)?.includes(key) === true,
  )
}

/** A document in which their lines are empty: what is left stands where it stood. */
export function withBlankKeys(document: IniDocument, taken: TakenKeys): IniDocument {
  const lines = [...document.lines]
  for (const { kind, name, properties } of document.sections) {
    for (const { key, line, lastLine } of properties) {
      if (kind === 'profile' && taken.get(name)?.includes(key)) lines.fill('', line - 1, lastLine)
    }
  }
  return parseIni((document.bom ? '\ufeff' : '') + lines.join('\n'), document.source)
}

/** Settings that a change shows as they are: what `setup` writes and moves. */
const PLAIN = /^(aws_cred_\w+|role_\w+|source_profile|external_id|mfa_serial|duration_seconds|region|\w+_source)$/

/**
 * How the lines of a file with secrets may be shown, by their numbers; a line that is not named here may be shown as it
 * is. Key ids are cut to both ends. What could be a secret in any other way is left out: values, comments, and lines that
 * continue one.
 */
export function withoutSecrets(document: IniDocument): Map<number, string> {
  const texts = new Map(document.lines.map((line, index) => [index + 1, line.trim() === '' ? line : '…']))
  for (const section of document.sections) {
    texts.delete(section.line)
    for (const { key, value, line } of section.properties) {
      const text = document.lines[line - 1] ?? ''
      const isPlain = PLAIN.test(key) || (key === 'credential_process' && value.includes('aws-cred'))
      if (isPlain) texts.delete(line)
      else texts.set(line, `${text.split('=')[0]?.trimEnd()} = ${key === ID ? maskedKeyId(value) : '…'}`)
    }
  }
  for (const line of secretLines(serializeIni(document))) if (!texts.has(line)) texts.set(line, '…')
  return texts
}
