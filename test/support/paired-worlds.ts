import type { BrokenWorld } from './broken-worlds.ts'

/** What is only told of the profiles that are asked about. */
const BOUND =
  /token-in-|static-keys|key-old|sso-cache|login-cache|helper-|session-|mfa-often|last-failure|cli-old|files-unreadable/

/**
 * Two worlds in one: null where they cannot be in one, since both set a variable, write a file or a section, or since
 * what one asks about would hide what is wrong in the other.
 */
export function pairedWorld(one: BrokenWorld, other: BrokenWorld): BrokenWorld | null {
  const both = [one, other]
  if (both.some(({ words, platform, agedHours, mode }) => words ?? platform ?? agedHours ?? mode)) return null
  const keysOf = ({ env = {}, files = {}, config = '', credentials = '' }: BrokenWorld) => [
    ...Object.keys(env),
    ...Object.keys(files),
    ...sections('config', config),
    ...sections('credentials', credentials),
  ]
  // Keys of the one and a token of the other are neither's world.
  if (both.every(({ env = {} }) => Object.keys(env).some((name) => /^AWS_(ACCESS|SECRET|SESSION)_/.test(name))))
    return null
  const taken = new Set(keysOf(one))
  if (keysOf(other).some((key) => taken.has(key))) return null
  if (both.some(({ finds }) => finds.includes('bad files-unreadable'))) return null
  const names = both.filter(({ env = {} }) => env.AWS_PROFILE ?? env.AWS_DEFAULT_PROFILE)
  const isBound = ({ finds }: BrokenWorld) => finds.some((each) => BOUND.test(each))
  if (names.length === 2 || (names.length === 1 && both.some((each) => !names.includes(each) && isBound(each)))) {
    return null
  }
  const joined = (key: 'config' | 'credentials') => both.map((world) => world[key] ?? '').join('')
  return {
    name: `${one.name} + ${other.name}`,
    env: { ...one.env, ...other.env },
    files: { ...one.files, ...other.files },
    ...(joined('config') === '' ? {} : { config: joined('config') }),
    ...(joined('credentials') === '' ? {} : { credentials: joined('credentials') }),
    finds: [...one.finds, ...other.finds],
  }
}

/** Each with every one after it. */
export function allPairs(worlds: readonly BrokenWorld[]): BrokenWorld[] {
  return worlds.flatMap((one, i) => worlds.slice(i + 1).flatMap((other) => pairedWorld(one, other) ?? []))
}

function sections(file: string, text: string): string[] {
  return [...text.matchAll(/^\[.*$/gm)].map(([header]) => `${file} ${header}`)
}
