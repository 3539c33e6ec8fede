/** A text that may be nowhere but where it belongs. */
export interface Secret {
  /** What it is, for the report: the secret itself is never shown. */
  readonly about: string
  readonly text: string
}

export interface Leak {
  readonly secret: string
  /** How it was written down there. */
  readonly form: string
}

interface Needle extends Leak {
  readonly bytes: Buffer
}

/** So much of a secret found anywhere is a leak: errors of `JSON.parse` quote ten characters of what they choke on. */
const PIECE = 10
/** Of what is encoded: enough for 16 characters that do not depend on what stands around it. */
const ENCODED_PIECE = 15

/**
 * Looks for secrets in any of the ways in which text gets written down: as it is, base64 (plain and URL-safe, at all three
 * alignments), hex, URL-encoded, JSON-escaped, UTF-16. A beginning, middle or end is enough.
 */
export class SecretSweep {
  readonly #needles: readonly Needle[]

  constructor(secrets: readonly Secret[]) {
    const seen = new Set<string>()
    this.#needles = secrets.flatMap(needlesOf).filter(({ bytes }) => {
      const key = bytes.toString('latin1')
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
  }

  /** One entry for each secret and form found. */
  leaksIn(content: string | Uint8Array): Leak[] {
    const bytes =
      typeof content === 'string'
        ? Buffer.from(content)
        : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    const found = this.#needles.filter((needle) => bytes.includes(needle.bytes))
    const names = new Set(found.map(({ secret, form }) => `${secret}\n${form}`))
    return [...names].map((name) => {
      const [secret = '', form = ''] = name.split('\n')
      return { secret, form }
    })
  }
}

function needlesOf({ about, text }: Secret): Needle[] {
  if (text.length < PIECE) throw new RangeError(`cannot look for ${about}: it is too short to be told from other text`)
  const needles: Needle[] = []
  const add = (form: string, bytes: Buffer | string) => {
    needles.push({ secret: about, form, bytes: Buffer.from(bytes) })
  }
  for (const piece of piecesOf(text, PIECE)) {
    add('plain', piece)
    add('UTF-16', Buffer.from(piece, 'utf16le'))
  }
  for (const piece of piecesOf(text, ENCODED_PIECE)) {
    const hex = Buffer.from(piece).toString('hex')
    add('hex', hex)
    add('hex', hex.toUpperCase())
    for (const base64 of base64Forms(piece)) {
      add('base64', base64)
      add('base64', base64.replaceAll('+', '-').replaceAll('/', '_'))
    }
  }
  const url = encodeURIComponent(text)
  if (url !== text) {
    for (const piece of piecesAround(url, '%')) {
      add('URL-encoded', piece)
      add(
        'URL-encoded',
        piece.replace(/%../g, (octet) => octet.toLowerCase()),
      )
    }
  }
  const json = JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')
  if (json !== text) for (const piece of piecesAround(json, '\\')) add('JSON-escaped', piece)
  return needles
}

/** Beginning, middle and end. */
function piecesOf(text: string, length: number): string[] {
  const middle = Math.max(0, Math.floor((text.length - length) / 2))
  return [...new Set([text.slice(0, length), text.slice(middle, middle + length), text.slice(-length)])]
}

/** Pieces that hold one of the marks: the others are found as they are. */
function piecesAround(text: string, mark: string): string[] {
  const first = text.indexOf(mark)
  const last = text.lastIndexOf(mark)
  return [...new Set([first, last])].map((at) => text.slice(Math.max(0, at - PIECE), at + PIECE))
}

/** What of the base64 of a text that holds `piece` does not depend on what stands before and after it: by its place modulo 3. */
function base64Forms(piece: string): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.from('\0'.repeat(before) + piece).toString('base64')
    const settled = Math.floor(((before + Buffer.byteLength(piece)) * 8) / 6)
    return whole.slice([0, 2, 3][before], settled)
  })
}
