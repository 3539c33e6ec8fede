/**
 * What a hit asks of names and ARNs, letter by letter: a regular expression costs V8 0.03 ms at its first use and 0.1 ms
 * with its second, more than all the letters that a hit looks at.
 */

/** Whether a text is letters, digits, `_` and the `others` alone. True for an empty one. */
export function isMadeOf(text: string, others: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!isWordCode(text.charCodeAt(i)) && !others.includes(text[i] as string)) return false
  }
  return true
}

/** Whether all letters of a text lie from `first` to `last`. False for an empty one. */
export function isWithin(text: string, first: string, last: string): boolean {
  for (const letter of text) if (letter < first || letter > last) return false
  return text !== ''
}

/** A text in which each run of anything but letters, digits, `_` and `.` is one `-`. */
export function dashed(text: string): string {
  let name = ''
  let isGap = false
  for (let i = 0; i < text.length; i++) {
    const isKept = isWordCode(text.charCodeAt(i)) || text[i] === '.'
    if (isKept) name += text[i]
    else if (!isGap) name += '-'
    isGap = !isKept
  }
  return name
}

function isWordCode(code: number): boolean {
  if (code < 58) return code >= 48
  if (code < 91) return code >= 65
  return code === 95 || (code >= 97 && code < 123)
}
