import { CredError } from '../errors.ts'

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Prefixes of IAM's ids that name something else than an access key (IAM User Guide, "Unique identifiers"). */
const OTHER_IDS = /^A(BIA|CCA|GPA|IDA|IPA|NPA|NVA|PKA|ROA|SCA|NRK)[A-Z0-9]{12,}$/
/** The API says 16 to 128; letters and digits are what AWS and the emulators give. */
const KEY_ID = /^[A-Z0-9]{16,128}$/
const SECRET_LENGTH = 40
const SECRET = /^[\x21-\x7e]{16,128}$/
const ID_HEAD = 'access key id'
/** Of a secret as AWS makes them; an id has no small letters, `/` or `+`. */
const WHOLE_SECRET = /^[A-Za-z0-9/+]{40}$/
const SECRET_HEAD = 'secret access key'

/**
 * A key pair out of text: two lines (id, secret), or the CSV that the IAM console downloads, found by the names in
 * its first row. Throws `CredError('failed')`; nothing of the text is ever quoted.
 */
export function parseKeyInput(text: string): KeyPair {
  const rows = csvRows(text.replace(/^\ufeff/, '')).filter((row) => row.some((cell) => cell !== ''))
  const heads = (rows[0] ?? []).map((cell) => cell.toLowerCase())
  if (heads.includes(ID_HEAD) || heads.includes(SECRET_HEAD)) return fromCsv(heads, rows.slice(1))
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const [accessKeyId, secretAccessKey] = lines
  if (accessKeyId === undefined || secretAccessKey === undefined || lines.length > 2) {
    throw unreadable(lines.length === 0 ? 'there is nothing on stdin' : 'it is not two lines (id, secret)')
  }
  return checkedPair(accessKeyId, secretAccessKey)
}

/**
 * The pair, if both halves look like what they should be. Throws `CredError('failed')` with the reason, without them;
 * `whose` stands behind what is wrong, as ` of "user1"`.
 */
export function checkedPair(accessKeyId: string, secretAccessKey: string, whose = ''): KeyPair {
  checkKeyId(accessKeyId, whose)
  if (!SECRET.test(secretAccessKey)) {
    const state = secretLengthFault(secretAccessKey) ?? 'it holds characters that no secret has'
    throw new CredError('failed', `cannot use the secret access key${whose}: ${state}`)
  }
  if (looksLikeKey(secretAccessKey) && secretAccessKey.length < 40) {
    throw new CredError('failed', `cannot use the secret access key${whose}: it is an access key id`)
  }
  return { accessKeyId, secretAccessKey }
}

/**
 * What is wrong with the length of a secret, for a message that does not tell it; null where it is as AWS makes them. Other
 * makers' may differ.
 */
export function secretLengthFault(secretAccessKey: string): string | null {
  const { length } = secretAccessKey
  if (length === SECRET_LENGTH) return null
  return length === 0 ? 'it is empty' : `it is ${length < SECRET_LENGTH ? 'shorter' : 'longer'} than AWS's`
}

/** Throws `CredError('failed')` unless it looks like the id of a long-lived access key. */
export function checkKeyId(accessKeyId: string, whose = ''): void {
  const refused = (state: string, hint?: string) =>
    new CredError('failed', `cannot use the access key id${whose}: ${state}`, hint === undefined ? {} : { hint })
  if (accessKeyId.startsWith('ASIA')) {
    throw refused(
      'ASIA… is a temporary key, which ends within hours and cannot be renewed',
      "take a user's own access key (AKIA…), or name a role: aws-cred setup --help",
    )
  }
  if (OTHER_IDS.test(accessKeyId)) throw refused('it names something else in IAM; an access key begins with AKIA')
  if (isSecretForId(accessKeyId)) throw refused('that looks like a secret access key')
  if (!KEY_ID.test(accessKeyId)) throw refused('it does not look like one (AKIA and 16 letters and digits)')
}

/** Whether what came as an id looks like the secret instead. */
export function isSecretForId(word: string): boolean {
  return WHOLE_SECRET.test(word) && !KEY_ID.test(word)
}

/** Whether a word typed where a name belongs is rather a key: it is in the shell's history then. */
export function looksLikeKey(word: string): boolean {
  return (
    /^A[A-Z]{2}A[A-Z0-9]{12,}$/.test(word) ||
    (/^[A-Za-z0-9/+=]{40}$/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word))
  )
}

function fromCsv(heads: readonly string[], rows: readonly (readonly string[])[]): KeyPair {
  const [row] = rows
  if (row === undefined) throw unreadable('the CSV has no row under its heads')
  if (rows.length > 1) throw unreadable('the CSV has more than one key')
  const cell = (head: string): string => {
    const value = heads.includes(head) ? (row[heads.indexOf(head)] ?? '') : ''
    if (value === '') throw unreadable(`the CSV has no ${head}`)
    return value
  }
  return checkedPair(cell(ID_HEAD), cell(SECRET_HEAD))
}

/** RFC 4180, with any end of line; cells are trimmed. */
function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))[ \t]*(,|\r\n|\r|\n|$)/gy
  for (let match = cells.exec(text); match !== null; match = cells.exec(text)) {
    row.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
    if (match[3] === ',') continue
    rows.push(row)
    row = []
    if (match[3] === '') break
  }
  return rows
}

function unreadable(state: string): CredError {
  return new CredError('failed', `cannot read the key: ${state}`, {
    hint: "stdin takes two lines (access key id, secret access key) or the CSV of IAM's console",
  })
}
