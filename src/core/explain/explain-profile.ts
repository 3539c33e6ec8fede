import { flattened } from './explain.ts'

/** Bounded, so that none of them looks at the same place of the text again and again. */
const NAMES = [
  /the config profile \(([^()]{1,200})\) could not be found/i,
  /failed to get shared config profile, ([^\s,]{1,200})/i,
  /unable to find the "([^"]{1,200})" profile/i,
  /credentials using profile: \[([^[\]]{1,200})\]/i,
  /profile (\S{1,200}) could not be found/i,
  /cannot read profile "([^"]{1,200})"/i,
] as const

/** The profile that a tool says it has not found; null where the text names none. Not escaped: it is the text's own. */
export function missingProfile(text: string): string | null {
  const flat = flattened(text)
  for (const pattern of NAMES) {
    const name = pattern.exec(flat)?.[1]
    if (name !== undefined) return name
  }
  return null
}
