import { FORMATS } from './shell/export-formats.ts'
import type { Verb } from './verb.ts'

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

export type Shell = (typeof SHELLS)[number]

/** How files for a shell end. */
export const ENDINGS: Readonly<Record<Shell, string>> = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'ps1' }

/** What can stand at the cursor: fixed words, or the name of a profile or key. */
export interface Candidates {
  readonly words: readonly string[]
  readonly profiles: boolean
}

/**
 * What can follow `before` in a verb's words, `word` being typed. The shells take what begins with `word`; here it only
 * tells options from names.
 */
export function candidatesOf(verb: Verb, before: string, word: string): Candidates {
  const option = before.startsWith('--') && Object.hasOwn(verb.options, before.slice(2)) ? before.slice(2) : null
  if (option !== null && verb.options[option]?.type === 'string') return values(verb.options[option].value ?? '')
  const given = /^--([a-z-]+)=/.exec(word)?.[1]
  if (given !== undefined) return values((Object.hasOwn(verb.options, given) && verb.options[given]?.value) || '')
  const flags = [...Object.keys(verb.options), 'help'].map((name) => `--${name}`)
  if (word.startsWith('-')) return { words: flags, profiles: false }
  const found = verb.positionals.map((name) => values(name.replace(/[?.\u2026]+$/, '')))
  return { words: found.flatMap(({ words }) => words), profiles: found.some(({ profiles }) => profiles) }
}

/** By the placeholder that usage and help show. */
function values(placeholder: string): Candidates {
  if (placeholder === 'SHELL') return { words: SHELLS, profiles: false }
  if (placeholder === 'FORMAT') return { words: FORMATS, profiles: false }
  return { words: [], profiles: ['NAME', 'PROFILE', 'P'].includes(placeholder) }
}
