import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runCli } from '../../src/cli.ts'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import type { Terminal } from '../../src/core/context.ts'
import { statePaths } from '../../src/io/paths.ts'
import { readKey } from '../../src/keychain/session-items.ts'
import { createVault } from '../../src/keychain/vault-header.ts'
import { openUnlockedVault } from '../../src/keychain/vault-store.ts'
import { fakeContext } from './fake-context.ts'
import { type ExampleWorld, exampleWorld, type Sts, type StsUser, startSts } from './sts.ts'

export const PASSPHRASE = 'a passphrase for tests'
const CHEAP = { n: 16, r: 1, p: 1 }

export interface Place {
  readonly home: string
  readonly env: Record<string, string>
  readonly sts: Sts
  readonly world: ExampleWorld
  /** Where the vault lies. */
  readonly vaultDir: string
  readonly platform: string
}

/** An empty home with a vault that is cheap to open, and STS; both gone after the test. */
export async function place(t: TestContext, alice: Partial<StsUser> = {}, platform = 'linux'): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-verb-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const world = exampleWorld(alice)
  const sts = await startSts(world)
  t.after(() => sts.close())
  const { vaultDir } = statePaths({ env: {}, platform, home })
  await createVault(vaultDir, PASSPHRASE, CHEAP)
  const env = { AWS_ENDPOINT_URL_STS: sts.url, AWS_CRED_STORE: 'vault', AWS_CRED_PASSPHRASE: PASSPHRASE }
  return { home, env, sts, world, vaultDir, platform }
}

export interface Given {
  readonly stdin?: string
  readonly outIsTerminal?: boolean
  readonly terminal?: Terminal
  /** On top of the place's own; undefined takes one away. */
  readonly env?: Record<string, string | undefined>
  readonly nowMs?: () => number
  readonly platform?: string
}

/** What a verb answers there. */
export async function run({ home, env, platform }: Place, words: readonly string[], given: Given = {}) {
  const { env: more, ...rest } = given
  const context = fakeContext({ home, env: { ...env, ...more }, platform, ...rest })
  const code = await runCli(words, context)
  return { code, out: context.outText, err: context.errText }
}

/** What the vault and the index hold under a name. */
export async function stored({ home, env, platform }: Place, name: string) {
  const workspace = openWorkspace(fakeContext({ home, env, platform }))
  const store = await openUnlockedVault(workspace.context, workspace.paths.vaultDir)
  return { workspace, store, key: await readKey(store, name), entry: workspace.index.read('key', name) }
}

export function pairOf({ accessKeyId, secret }: Pick<StsUser, 'accessKeyId' | 'secret'>): string {
  return `${accessKeyId}\n${secret}\n`
}

export function writeAwsFile({ home }: Pick<Place, 'home'>, name: 'config' | 'credentials', text: string): void {
  mkdirSync(join(home, '.aws'), { recursive: true })
  writeFileSync(join(home, '.aws', name), text, { mode: 0o600 })
}
