import { CredError } from './errors.ts'
import { isPlainWord } from './paste.ts'
import { nearest, quoted, shown } from './text.ts'
import type { Arguments, Verb } from './verb.ts'

/**
 * Checks what was typed against a verb's options: `--name value`, `--name=value`, `--flag`, `--` ends options. Written
 * here because it runs at every hit: `yargs` costs more than everything else there together (CHANGELOG).
 * Throws `CredError('usage')` with the nearest match; values are never shown, they could be secrets.
 */
export function parseArguments(verb: Verb, words: readonly string[]): Arguments {
  const texts = new Map<string, string>()
  const positionals: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      // For verbs whose command may be left out: `serve -- $UNSET` means to run one.
      texts.set('--', '')
      positionals.push(...words.slice(i + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      // Else an option of the command would be taken for one of ours.
      if (takesRest(verb)) throw misplacedWord(verb, word, texts.has('profile') ? [] : words.slice(i + 1))
      positionals.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const flag = equals === -1 ? word : word.slice(0, equals)
    const name = flag.slice(2)
    const option = flag.startsWith('--') && Object.hasOwn(verb.options, name) ? verb.options[name] : undefined
    if (option === undefined) throw unknownFlag(verb, flag, positionals)
    if (texts.has(name)) throw usageError(verb, `${flag} is given twice`)
    if (option.type === 'boolean') {
      if (equals !== -1) throw usageError(verb, `${flag} takes no value`)
      texts.set(name, '')
      continue
    }
    const value = equals === -1 ? words[++i] : word.slice(equals + 1)
    if (value === undefined || (equals === -1 && value.startsWith('--'))) {
      throw usageError(verb, `${flag} needs a value (${option.value ?? 'TEXT'})`)
    }
    texts.set(name, value)
  }
  checkCount(verb, positionals, texts)
  return { positionals, text: (name) => texts.get(name), flag: (name) => texts.has(name) }
}

function checkCount(verb: Verb, positionals: readonly string[], texts: ReadonlyMap<string, string>): void {
  const needed = verb.positionals.filter((name) => !/\?|\u2026$/.test(name))
  if (positionals.length < needed.length)
    throw usageError(verb, `${needed[positionals.length]?.replace('...', '')} is missing`)
  if (positionals.length > verb.positionals.length && !takesRest(verb) && !takesMany(verb)) {
    if (verb.unwanted !== undefined) throw verb.unwanted(positionals)
    const [name] = positionals
    if (verb.positionals.length === 0 && positionals.length === 1 && verb.options.profile && !texts.has('profile')) {
      if (name !== undefined && isPlain(name)) {
        throw new CredError('usage', `cannot run ${verb.name}: it takes no arguments`, {
          hint: `name the profile: aws-cred ${verb.name} --profile ${name}`,
        })
      }
    }
    throw usageError(verb, verb.positionals.length === 0 ? 'it takes no arguments' : 'there are too many arguments')
  }
}

/** A command without `--` before it, or the profile as other programs take it. */
function misplacedWord(verb: Verb, word: string, rest: readonly string[]): CredError {
  const state = 'the command must stand behind --, and a profile behind --profile'
  if (rest[0] !== '--' || !isPlain(word)) return usageError(verb, state)
  return new CredError('usage', `cannot run ${verb.name}: ${state}`, {
    hint: `name the profile: aws-cred ${verb.name} --profile ${word} -- CMD`,
  })
}

function takesRest(verb: Verb): boolean {
  return verb.positionals.at(-1)?.endsWith('...') === true
}

function takesMany(verb: Verb): boolean {
  return verb.positionals.at(-1)?.endsWith('…') === true
}

function unknownFlag(verb: Verb, flag: string, positionals: readonly string[]): CredError {
  if (verb.unwanted !== undefined && /key|secret|token|pass/i.test(flag)) return verb.unwanted(positionals)
  const near = nearest(
    flag,
    [...Object.keys(verb.options), 'help'].map((name) => `--${name}`),
  )
  return new CredError('usage', `cannot run ${verb.name}: it has no option ${quoted(flag, 40)}`, {
    hint: near === null ? `see what it takes: aws-cred ${verb.name} --help` : `the nearest is ${shown(near)}`,
  })
}

/** What other programs call our verbs, and our version. */
const ALIASES: Readonly<Record<string, string>> = {
  '-v': '--version',
  '-V': '--version',
  ls: 'list',
  rm: 'remove',
  delete: 'remove',
  configure: 'setup',
  'export-credentials': 'export',
}

/** What may have been meant by a verb (or an option in its place) that is not there, as a line to paste where the rest of what was typed is short. */
export function verbHint(typed: string, rest: readonly string[], verbs: readonly string[]): string {
  const alias = Object.hasOwn(ALIASES, typed) ? ALIASES[typed] : undefined
  const near = alias !== undefined && verbs.includes(alias) ? alias : nearest(typed, verbs)
  if (near === null) return 'see them all: aws-cred --help'
  const words = rest.length <= 3 && rest.every(isPlain) ? rest : []
  return `the nearest is: ${['aws-cred', near, ...words].join(' ')}`
}

/** Whether a word may stand in a hint: a shell reads it as it is, and it is no secret key (40 of the same letters). */
function isPlain(word: string): boolean {
  return isPlainWord(word.replace(/^--?/, '')) && (word.length < 32 || word.startsWith('arn:'))
}

export function usageError(verb: Pick<Verb, 'name'>, state: string): CredError {
  return new CredError('usage', `cannot run ${verb.name}: ${state}`, { hint: `see how: aws-cred ${verb.name} --help` })
}
