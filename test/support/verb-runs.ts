import { type Document, type E2ePlace, PASSPHRASE } from './e2e-place.ts'

/**
 * One way to run a verb in a place that is ready (`user1` and `spare` stored, profiles `one` and `two`, keys of `filed` in the
 * credentials file), nobody at a terminal.
 */
export interface VerbRun {
  words(place: E2ePlace): readonly string[]
  /** Nothing unless given. */
  stdin?(place: E2ePlace): string
  /** On top of the place's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The credentials that its stdout is meant to hold, or null where it does not hold them whole. Left out: it gives none. */
  credentialsIn?(out: string): Handed | null
  /** The program in whose environment those are meant to stand. */
  readonly givesTo?: string
  /** Its exit code belongs to its answer: 1 and 3 may stand beside a whole stdout, and then nothing is an error. */
  readonly codeIsAnswer?: true
  /** It ends as the command that it runs. */
  readonly runsCommand?: true
}

export type Handed = Pick<Document, 'AccessKeyId' | 'SecretAccessKey' | 'SessionToken'>

/**
 * Every verb of the binary, for the sweeps that run them all: a new verb joins by a line, and fails `leaks.test.ts` until
 * it has.
 */
export const VERB_RUNS: Readonly<Record<string, VerbRun>> = {
  process: { words: () => ['process', '--profile', 'two', '--no-prompt'], credentialsIn: documentIn },
  export: { words: () => ['export', '--profile', 'two', '--no-prompt', '--format', 'env'], credentialsIn: exportedIn },
  exec: {
    words: () => ['exec', '--profile', 'two', '--no-prompt', '--', '/usr/bin/env'],
    credentialsIn: environmentIn,
    givesTo: '/usr/bin/env',
    runsCommand: true,
  },
  serve: {
    words: () => ['serve', '--profile', 'two', '--no-prompt', '--', '/bin/bash', '-c', FETCH],
    credentialsIn: containerDocumentIn,
    runsCommand: true,
  },
  add: { words: () => ['add', 'user1', '--stdin', '--replace'], stdin: aliceKey },
  import: { words: () => ['import', 'filed', '--yes'] },
  remove: { words: () => ['remove', 'spare', '--yes'] },
  setup: {
    words: ({ world }) => ['setup', 'fresh', '--role-arn', world.arns.prod, '--source-profile', 'user1', '--yes'],
  },
  login: { words: () => ['login', 'two'] },
  logout: { words: () => ['logout', 'two'] },
  list: { words: () => ['list'] },
  status: { words: () => ['status', '--json'], codeIsAnswer: true },
  whoami: { words: () => ['whoami', 'two', '--no-prompt'] },
  doctor: { words: () => ['doctor', 'two', '--offline', '--json'], codeIsAnswer: true },
  unlock: {
    words: ({ env }) => (env.AWS_CRED_STORE === 'vault' ? ['unlock', '--stdin'] : ['unlock']),
    stdin: () => `${PASSPHRASE}\n`,
    env: { AWS_CRED_VAULT_KEY_FILE: undefined },
  },
  lock: { words: () => ['lock'] },
  hook: { words: () => ['hook', 'bash'] },
  completion: { words: () => ['completion', 'bash'] },
}

/** Asks the endpoint of `serve` as an SDK does, and prints the document alone; a refusal is printed to stderr. */
const FETCH = `
address="\${AWS_CONTAINER_CREDENTIALS_FULL_URI#http://}"
host="\${address%%/*}"
exec 3<>"/dev/tcp/\${host%:*}/\${host##*:}"
printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\nAuthorization: %s\\r\\nConnection: close\\r\\n\\r\\n' \\
  "\${address#*/}" "$host" "$AWS_CONTAINER_AUTHORIZATION_TOKEN" >&3
answer="$(cat <&3)"
[[ "$answer" == 'HTTP/1.1 200 '* ]] || { echo "aws-cred: error: refused: \${answer##*$'\\n'}" >&2; exit 1; }
echo "\${answer##*$'\\n'}"
`

export function aliceKey({ world: { alice } }: E2ePlace): string {
  return `${alice.accessKeyId}\n${alice.secret}\n`
}

function documentIn(out: string): Handed | null {
  if (!out.endsWith('}\n')) return null
  try {
    const document = JSON.parse(out) as Document
    return document.AccessKeyId && document.SecretAccessKey && document.Version === 1 ? document : null
  } catch {
    // Cut somewhere: its caller says so, without the text.
    return null
  }
}

function containerDocumentIn(out: string): Handed | null {
  try {
    const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(out) as Record<string, string>
    if (!AccessKeyId || !SecretAccessKey) return null
    return { AccessKeyId, SecretAccessKey, ...(Token === undefined ? {} : { SessionToken: Token }) }
  } catch {
    // As above.
    return null
  }
}

/** `export` ends its lines for sh with `;` and quotes values that need none. */
function exportedIn(out: string): Handed | null {
  const text = [...out.matchAll(/^export (\w+)='([^']*)';$/gm)].map(([, name, value]) => `${name}=${value}`).join('\n')
  return out.endsWith('\n') ? environmentIn(`${text}\n`) : null
}

function environmentIn(out: string): Handed | null {
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(out)?.[1]
  const [AccessKeyId, SecretAccessKey, SessionToken] = [
    value('AWS_ACCESS_KEY_ID'),
    value('AWS_SECRET_ACCESS_KEY'),
    value('AWS_SESSION_TOKEN'),
  ]
  if (!out.endsWith('\n') || !AccessKeyId || !SecretAccessKey) return null
  return { AccessKeyId, SecretAccessKey, ...(SessionToken === undefined ? {} : { SessionToken }) }
}
