import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noteClock } from '../commands/session/note-clock.ts'
import { planOptions } from '../commands/session/plan-options.ts'
import { knownRootIdentity } from '../commands/session/roots/root-identity.ts'
import { cacheKey } from '../commands/session/sources.ts'
import { openWorkspace } from '../commands/session/workspace.ts'
import type { Context } from '../core/context.ts'
import { planProfile } from '../core/plan/plan.ts'
import type { LongLivedKey, Session } from '../core/session.ts'
import type { Part } from '../io/parts.ts'
import { writeKey, writeSession } from '../keychain/session-items.ts'
import { createVault, vaultIdOf } from '../keychain/vault-header.ts'
import { keepVaultKey } from '../keychain/vault-key.ts'
import { openUnlockedVault } from '../keychain/vault-store.ts'

/** Where Linux keeps files in memory: a hit from an unlocked vault needs such a folder. */
const MEMORY = '/dev/shm'
const NOW_MS = 1_800_000_000_000
const CLOCK = 'sts.eu-west-1.amazonaws.com'
const TOKEN = 'TokenOfTheTrainedHit'

const CONFIG = `[default]
region = eu-west-1

[profile middle]
role_arn = arn:aws:iam::123456789012:role/Middle
source_profile = alice

# what tools run
[profile prod]
credential_process = "/usr/local/bin/aws-cred" process --profile prod
aws_cred_role_arn = arn:aws:iam::123456789012:role/team/Prod
aws_cred_source_profile = middle
region = eu-west-1
`

const KEY: LongLivedKey = {
  name: 'alice',
  generation: '0123456789abcdef',
  accessKeyId: 'AKIAXXXXXXXXEXAMPLE0',
  secretAccessKey: 'a secret',
  partition: 'aws',
  accountId: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/alice',
  userName: 'alice',
  addedMs: NOW_MS,
}

const SESSION: Session = {
  accessKeyId: 'ASIAXXXXXXXXEXAMPLE0',
  secretAccessKey: 'a secret',
  sessionToken: TOKEN,
  issuedMs: NOW_MS,
  expiresMs: NOW_MS + 3_599_000,
  clockName: CLOCK,
  accountId: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/Prod/alice',
}

/** What is run again and again: by tools, prompts and scripts. Each says something of the session in its home. */
const OFTEN_RUN: readonly (readonly string[])[] = [
  ['process', '--profile', 'prod'],
  ['status', 'prod', '--min', '15m'],
  ['status'],
  ['export', '--profile', 'prod'],
]

/**
 * Runs with the loaded parts of the program what is run often, so that V8 compiles that and nothing else: from an
 * unlocked vault in a home made up for it. Throws where one does not succeed.
 */
export async function runOften(hit: Part): Promise<void> {
  const home = mkdtempSync(join(MEMORY, 'aws-cred-build-'))
  try {
    for (const more of [{}, { AWS_ENDPOINT_URL_STS: 'https://sts.example.com:8443/' }]) {
      const context = contextIn(hit, home, more)
      await storeSession(context)
      for (const words of OFTEN_RUN) await succeed(hit, words, context)
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

type TrainingContext = Context & { readonly said: string[] }

/** The program's own, but for what would differ from build to build. Its `out` goes to this process's stdout too. */
function contextIn(hit: Part, home: string, env: Context['env']): TrainingContext {
  const real = moduleOf<typeof import('../io/real-context.ts')>(hit, 'src/io/real-context.ts').realContext()
  const said: string[] = []
  return {
    ...real,
    env: { HOME: home, XDG_RUNTIME_DIR: home, AWS_CRED_STORE: 'vault', ...env },
    executablePath: '/usr/local/bin/aws-cred',
    userName: 'alice',
    nowMs: () => NOW_MS,
    out(text) {
      said.push(text)
      real.out(text)
    },
    err: (text) => void said.push(text),
    openTerminal: () => null,
    said,
  }
}

async function succeed(hit: Part, words: readonly string[], context: TrainingContext): Promise<void> {
  const { runCli } = moduleOf<typeof import('../cli.ts')>(hit, 'src/cli.ts')
  context.said.length = 0
  const code = await runCli(words, context)
  const said = context.said.join('')
  // A session of this home in the answer, or its life: else it was some error's code that ran.
  if (code !== 0 || !(said.includes(TOKEN) || said.includes('59 min'))) {
    throw new Error(`cannot make the code cache: ${words.join(' ')} ended with ${code}: ${said}`)
  }
}

/** A home with a key, a profile of two roles and the session of the last one, all in an open vault. */
async function storeSession(context: Context): Promise<void> {
  mkdirSync(`${context.env.HOME}/.aws`, { recursive: true, mode: 0o700 })
  writeFileSync(`${context.env.HOME}/.aws/config`, CONFIG)
  const workspace = openWorkspace(context)
  const { index, paths } = workspace
  const vaultKey = await createVault(paths.vaultDir, 'a passphrase')
  keepVaultKey(context, vaultIdOf(paths.vaultDir) as string, vaultKey)
  const store = await openUnlockedVault(context, paths.vaultDir)
  await writeKey(store, index, KEY)
  const plan = planProfile('prod', workspace.files.profiles, planOptions(workspace))
  const identity = knownRootIdentity(workspace, plan)
  if (identity === null) throw new Error('cannot make the code cache: the key was not kept')
  const owner = {
    cacheKey: cacheKey(workspace, plan, identity, plan.steps.length - 1),
    profile: 'prod',
    rootId: identity.id,
  }
  await writeSession(store, index, owner, SESSION, NOW_MS)
  noteClock(workspace, CLOCK, { dateMs: NOW_MS, receivedMs: NOW_MS })
}

function moduleOf<T>(part: Part, file: string): T {
  const load = part[file]
  if (load === undefined) throw new Error(`hit.cjs has no ${file}`)
  return load() as T
}
