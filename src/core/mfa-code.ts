import { shown } from './text.ts'

/** In every error that a missing code is the reason of: `status` knows it by that. */
export const CODE_NEEDED = 'it needs an MFA code'

/** STS takes a code once; how long the memory of a code is kept, since devices show one for 30 s and servers take its neighbours. */
export const CODE_MEMORY_MS = 120_000
const STEP_MS = 30_000

/** The code that a person typed, blanks around and within left out (devices show `123 456`); null for anything else. */
export function typedCode(text: string): string | null {
  const code = text.replace(/[ \t]/g, '').trim()
  return /^\d{6}$/.test(code) ? code : null
}

/** The code in what a program printed: six digits at the end of its last line, as `ykman` and `oathtool` have it. */
export function printedCode(text: string): string | null {
  return /(?:^|\s)(\d{6})$/.exec(text.trimEnd())?.[1] ?? null
}

/** How many accounts `ykman oath accounts code NAME` printed: a line for each whose name holds NAME. */
export function printedAccounts(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}

/** Whose device a serial names: `alice (123456789012)`; the whole serial where it is not of that form. */
export function deviceText(serial: string): string {
  const [, account, name] = /^arn:aws[a-z-]*:iam::(\d{12}):mfa\/(?:.*\/)?([^/]+)$/.exec(serial) ?? []
  return name === undefined ? shown(serial, 80) : `${shown(name, 64)} (${account})`
}

/** How long until the device shows its next code, by the clock of the server that checks it. */
export function nextCodeInMs(serverMs: number): number {
  return STEP_MS - (((serverMs % STEP_MS) + STEP_MS) % STEP_MS)
}
