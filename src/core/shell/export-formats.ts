import { CredError } from '../errors.ts'
import { UNSET_VARIABLES, type VariableChange } from './aws-variables.ts'
import {
  cmdAssignment,
  dotenvAssignment,
  fishQuoted,
  githubAssignment,
  powershellQuoted,
  shAssignment,
} from './quote.ts'

/** The formats of `export`; the first seven under the names of `aws configure export-credentials`, `dotenv` apart. */
export const FORMATS = [
  'env',
  'env-no-export',
  'fish',
  'powershell',
  'windows-cmd',
  'process',
  'dotenv',
  'github-actions',
  'json',
] as const

export type Format = (typeof FORMATS)[number]

/** Those that are lists of variables: all but `process`. */
export type VariablesFormat = Exclude<Format, 'process'>

interface Writing {
  /** The command that takes the output of `aws-cred WORDS` into the shell. */
  take?(words: string): string
  readonly first?: string
  set(name: string, value: string): string
  /** Absent where a variable cannot be taken away. */
  unset?(name: string): string
  /** The line that takes away what the system or shell keeps for new shells. */
  unsetPersisted?(name: string): string
}

const WRITINGS: Readonly<Record<Exclude<VariablesFormat, 'json'>, Writing>> = {
  env: sh(true),
  'env-no-export': sh(false),
  fish: {
    take: (words) => `aws-cred ${words} --format fish | source`,
    set: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
    // `set -e` of what is not there fails, and `source` hands on its last status.
    unset: (name) => `set -eg ${name}; true`,
    unsetPersisted: (name) => `set -eU ${name}; true`,
  },
  powershell: {
    take: (words) => `aws-cred ${words} --format powershell | Out-String | Invoke-Expression`,
    set: (name, value) => `$env:${name} = ${powershellQuoted(value)}`,
    unset: (name) => `$env:${name} = $null`,
    // PowerShell makes an empty text of `$null`, which .NET from 9 on keeps as a value.
    unsetPersisted: (name) => `[Environment]::SetEnvironmentVariable('${name}', [NullString]::Value, 'User')`,
  },
  'windows-cmd': {
    set: cmdAssignment,
    unset: (name) => `set "${name}="`,
    unsetPersisted: (name) => `reg delete HKCU\\Environment /v ${name} /f >nul 2>nul`,
  },
  dotenv: { set: dotenvAssignment },
  'github-actions': { set: githubAssignment },
}

/**
 * A traced shell would print what follows. The line ends make no difference: a `;` behind each keeps even an unquoted
 * `eval $(…)` right.
 */
function sh(exported: boolean): Writing {
  return {
    take: (words) => `eval "$(aws-cred ${words}${exported ? '' : ' --format env-no-export'})"`,
    first: '{ set +x; } 2>/dev/null;',
    set: (name, value) => shAssignment(name, value, exported),
    unset: (name) => `unset ${name};`,
  }
}

/**
 * The text that makes the changes in a shell, a line each; what a format cannot take away is left out.
 * Throws `CredError('failed')` for a value that the format cannot carry, with the variable's name.
 */
export function formatChanges(format: VariablesFormat, changes: readonly VariableChange[]): string {
  if (format === 'json') {
    const values = changes.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]))
    return `${JSON.stringify(Object.fromEntries(values))}\n`
  }
  const { first, set, unset } = WRITINGS[format]
  const lines = changes.map(({ name, value }) => (value === null ? unset?.(name) : set(name, value)))
  return text([first, ...lines])
}

/** What to type for a profile's credentials in this format; null for one that no shell takes, or a name that needs quoting. */
export function takingCommand(format: Format, profile: string): string | null {
  if (format === 'process' || format === 'json' || !/^[A-Za-z0-9_.@:/+-]+$/.test(profile)) return null
  return WRITINGS[format].take?.(`export --profile ${profile}`) ?? null
}

/** The text of `--unset`. Throws `CredError('usage')` where the format has no way to say it. */
export function formatUnset(format: Format, changes: readonly VariableChange[], persisted: boolean): string {
  const writing = format === 'process' || format === 'json' ? null : WRITINGS[format]
  if (!writing?.unset) {
    throw new CredError('usage', `cannot run export: ${format} has no way to take variables away`)
  }
  const { unsetPersisted } = writing
  if (persisted && unsetPersisted === undefined) {
    throw new CredError(
      'usage',
      `cannot run export: --persisted is for fish, powershell and windows-cmd, not ${format}`,
    )
  }
  const kept = persisted && unsetPersisted ? UNSET_VARIABLES.map((name) => unsetPersisted(name)) : []
  return formatChanges(format as VariablesFormat, changes) + text(kept)
}

function text(lines: readonly (string | undefined)[]): string {
  return lines.map((line) => (line === undefined ? '' : `${line}\n`)).join('')
}
