import { checksum } from '../core/checksum.ts'
import { DamagedItemError } from './item-errors.ts'

/**
 * Wraps a value for a store that keeps C strings and checks nothing (keytar cuts at NUL): one line of ASCII JSON with
 * the full name, the value and its checksum, so that a cut, swapped or foreign item is known when it is read.
 */
export function sealed(name: string, value: string): string {
  const data = asciiJson(value)
  return `{"v":1,"n":${asciiJson(name)},"h":"${checksum(data)}","d":${data}}`
}

/** The value within. Throws `DamagedItemError` unless `text` is exactly what `sealed` makes of `name` and some value. */
export function unsealed(name: string, text: string, label: string): string {
  const value = dataOf(text)
  if (value === null || sealed(name, value) !== text) throw new DamagedItemError(name, label)
  return value
}

function dataOf(text: string): string | null {
  try {
    const envelope: unknown = JSON.parse(text)
    const data = envelope instanceof Object && 'd' in envelope ? envelope.d : null
    return typeof data === 'string' ? data : null
  } catch {
    // Cut or foreign. Node's own message quotes the text, which is secret.
    return null
  }
}

function asciiJson(text: string): string {
  const json = JSON.stringify(text)
  // A byte a letter and no DEL: it is ASCII as it stands, as nearly all are.
  if (Buffer.byteLength(json) === json.length && !json.includes('\u007f')) return json
  return json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
