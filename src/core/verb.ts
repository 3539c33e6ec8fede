import type { Context } from './context.ts'
import type { CredError, CredErrorCode } from './errors.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in usage and help: `NAME`. */
  readonly value?: string
  readonly about: string
}

/** What was typed after the verb, checked against its options. */
export interface Arguments {
  readonly positionals: readonly string[]
  /** A string option's value; undefined where it was not given. */
  text(name: string): string | undefined
  /** Whether the option was given; `--`: whether options were ended by it. */
  flag(name: string): boolean
}

/** One verb: how it is typed, what its help says, and what it does. */
export interface Verb {
  readonly name: string
  /** One sentence, for the verb's help; `aws-cred` alone shows `short`. */
  readonly about: string
  readonly usage: string
  /** Names of the positional arguments; those with a `?` may be left out, one in `…` is any number, one in `...` all after `--`. */
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** At most four, most used first. */
  readonly examples: readonly string[]
  readonly exitCodes: string
  /** The error for words or an option too many, where these may be secrets: it shows none of them. */
  unwanted?(positionals: readonly string[]): CredError
  /** Gives the exit status where it is another program's; or, where its data say what is wrong, the kind of failure. */
  run(given: Arguments, context: Context): Promise<void> | Promise<number> | Promise<CredErrorCode | null>
}
