import { CredError } from '../core/errors.ts'

/** What came of one piece of input: still typing, a whole line, or Ctrl-C / Ctrl-D. */
export type LineState = { readonly done: false } | { readonly done: true; readonly line: string }

/**
 * The line editor of a hidden question, fed with bytes of a terminal in raw mode. Backspace, Ctrl-U and Ctrl-W
 * delete; arrow keys, paste marks and other escape sequences and controls are dropped. What follows the line's end
 * is dropped too. Throws `CredError('interrupted')` on Ctrl-C, and on Ctrl-D where nothing has been typed.
 */
export class HiddenLine {
  readonly #decoder = new TextDecoder()
  #typed: string[] = []
  #escape: 'none' | 'started' | 'single' | 'sequence' = 'none'

  feed(bytes: Uint8Array): LineState {
    for (const character of this.#decoder.decode(bytes, { stream: true })) {
      if (this.#isEscaped(character)) continue
      if (character === '\r' || character === '\n') return { done: true, line: this.#typed.join('') }
      if (character === '\u0003' || (character === '\u0004' && this.#typed.length === 0)) throw interrupted()
      if (character === '\u007f' || character === '\b') this.#typed.pop()
      else if (character === '\u0015' || character === '\u0017') this.#typed = []
      else if (character >= ' ') this.#typed.push(character)
    }
    return { done: false }
  }

  /** ESC [ … letter, ESC O x, ESC x (ECMA-48). */
  #isEscaped(character: string): boolean {
    switch (this.#escape) {
      case 'none':
        if (character !== '\u001b') return false
        this.#escape = 'started'
        return true
      case 'started':
        // The end of the line and Ctrl-C count even after a lone Escape key.
        this.#escape = character === '[' ? 'sequence' : character === 'O' ? 'single' : 'none'
        return character >= ' '
      case 'single':
        this.#escape = 'none'
        return true
      case 'sequence':
        if (character < ' ') {
          this.#escape = 'none'
          return false
        }
        if (character >= '@' && character <= '~') this.#escape = 'none'
        return true
    }
  }
}

export function interrupted(): CredError {
  return new CredError('interrupted', 'interrupted')
}
