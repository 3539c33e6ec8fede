/** What `JSON.stringify` leaves as it is, and a terminal would obey: DEL, C1, line separators and bidi controls. */
const CONTROL = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/** A document for programs that people look at too: indented, and harmless on a terminal. Ends with a newline. */
export function jsonText(value: object): string {
  const text = JSON.stringify(value, null, 2)
  return `${text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}
