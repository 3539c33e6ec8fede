import { wrapped } from '../core/table.ts'
import type { Verb } from '../core/verb.ts'

const COLUMNS = 80

/** Each verb of `cli.ts` in a line; a test holds the two together. */
const GROUPS: readonly (readonly [group: string, verbs: readonly (readonly [name: string, short: string])[]])[] = [
  [
    'set up',
    [
      ['add NAME', "put an IAM user's access key into the keychain or the vault"],
      ['import PROFILE', 'move a key out of ~/.aws/credentials into the store'],
      ['setup PROFILE', 'write a profile that AWS tools get credentials from'],
      ['remove NAME', 'delete a key and every session made from it'],
    ],
  ],
  [
    'use',
    [
      ['login', 'fetch sessions ahead of need; asks for MFA codes'],
      ['logout', 'forget sessions'],
      ['unlock', 'make the store readable'],
      ['lock', 'lock the vault'],
      ['process', 'print credentials for a credential_process line'],
      ['export', 'set the AWS variables of a shell, by eval, or clear them'],
      ['exec', 'run a command with the credentials of a profile'],
      ['serve', 'run a command that fetches fresh ones while it lives'],
    ],
  ],
  [
    'look',
    [
      ['list', 'profiles, where their keys lie, time left'],
      ['status', 'which profiles are ready, for people and scripts'],
      ['whoami', 'whom AWS takes a profile for'],
    ],
  ],
  ['mend', [['doctor', 'what is wrong here, and the command that mends it']]],
  [
    'shell',
    [
      ['hook SHELL', 'print the prompt hook, or say where it is'],
      ['completion SHELL', 'print the completion script'],
    ],
  ],
]

/** What `aws-cred` alone shows. */
export function overview(): string {
  const width = Math.max(...GROUPS.flatMap(([, verbs]) => verbs.map(([name]) => name.length)))
  const groups = GROUPS.map(([group, verbs]) => {
    const lines = verbs.map(([name, short]) => `  ${name.padEnd(width)}  ${short}\n`)
    return `${group}\n${lines.join('')}\n`
  })
  return [
    'aws-cred keeps AWS keys in the keychain and gives AWS tools fresh sessions.\n\n',
    ...groups,
    'aws-cred VERB --help    options and examples of one\n',
    'aws-cred --version\n',
  ].join('')
}

/** A verb's page: at most 40 lines of 80 columns. */
export function verbHelp(verb: Verb): string {
  const options: [string, string][] = Object.entries(verb.options).map(([name, option]) => [
    option.type === 'string' ? `--${name} ${option.value ?? 'TEXT'}` : `--${name}`,
    option.about,
  ])
  const width = Math.max(0, ...options.map(([name]) => name.length))
  const optionLines = options.flatMap(([name, about]) =>
    wrapped(about, COLUMNS - width - 4).map((line, i) => `  ${(i === 0 ? name : '').padEnd(width)}  ${line}`),
  )
  return [
    ...wrapped(verb.about.replace(/\.?$/, '.'), COLUMNS),
    '',
    ...wrapped(`usage: ${verb.usage}`, COLUMNS),
    ...(optionLines.length === 0 ? [] : ['', ...optionLines]),
    '',
    'examples',
    ...verb.examples.slice(0, 4).map(exampleText),
    '',
    ...wrapped(`exit codes: ${verb.exitCodes}`, COLUMNS),
    '',
  ].join('\n')
}

/** A long one is broken as a POSIX shell reads it. */
function exampleText(example: string): string {
  return `  ${wrapped(example, COLUMNS - 8).join(' \\\n      ')}`
}
