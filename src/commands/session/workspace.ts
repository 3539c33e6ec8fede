import { existsSync } from 'node:fs'
import type { ClockReading } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { quoted } from '../../core/text.ts'
import { type AwsFiles, homeDir, readAwsFiles } from '../../io/aws-files.ts'
import { homeIsOurs, machineId, type StatePaths, statePaths } from '../../io/paths.ts'
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../../io/private-files.ts'
import { type Index, openIndex } from '../../io/state-index.ts'

export type StoreKind = 'keychain' | 'vault'

/** What every verb starts from: the AWS files as they are, and this machine's state. Opens no store. */
export interface Workspace {
  readonly context: Context
  /** Read at the first look, which throws `CredError` where that cannot be done: `lock` does without. */
  readonly files: AwsFiles
  readonly paths: StatePaths
  /** False under sudo and the like: then nothing is written to HOME and no code loaded from it. */
  readonly homeIsOurs: boolean
  /** The store that this machine uses; null before the first key or session is put away. */
  readonly storeKind: StoreKind | null
  /** The keychain's service name: `aws-cred`, or one of its own for tests and the demo. */
  readonly service: string
  readonly index: Index
  /** STS's clocks as this process has seen them, for where the index cannot be written. */
  readonly clocks: Map<string, ClockReading>
}

/** Throws `CredError` for settings that mean nothing. */
export function openWorkspace(context: Context): Workspace {
  const home = homeDir(context)
  const ours = home === null || homeIsOurs(home, context.userId)
  // Under sudo the XDG folders of the other user come along with HOME: only what is there and ours counts then.
  const own = (path: string | undefined) =>
    path && existsSync(path) && homeIsOurs(path, context.userId) ? path : undefined
  const { XDG_STATE_HOME, XDG_CACHE_HOME } = context.env
  const xdg = { XDG_STATE_HOME: own(XDG_STATE_HOME), XDG_CACHE_HOME: own(XDG_CACHE_HOME) }
  const env = ours ? context.env : { ...context.env, ...xdg }
  const osHome = () => process.getBuiltinModule('node:os').userInfo().homedir
  const paths = statePaths({ env, platform: context.platform, home: ours ? home : osHome() })
  const storeKind = chosenStore(context, paths)
  const service = context.env.AWS_CRED_KEYCHAIN_SERVICE || 'aws-cred'
  let files: AwsFiles | null = null
  return {
    context,
    get files() {
      files ??= readAwsFiles(context)
      return files
    },
    paths,
    homeIsOurs: ours,
    storeKind,
    service,
    clocks: new Map(),
    index: openIndex(
      paths.indexDir(machineId(context.platform), storeKind === 'vault' ? 'vault' : `keychain ${service}`),
    ),
  }
}

/** AWS_CRED_STORE, else what was chosen on this machine before. */
function chosenStore(context: Context, paths: StatePaths): StoreKind | null {
  const named = context.env.AWS_CRED_STORE
  if (named === 'keychain' || named === 'vault') return named
  if (named) {
    throw new CredError('usage', `cannot use AWS_CRED_STORE ${quoted(named, 40)}: it must be keychain or vault`)
  }
  const text = readPrivateFile(choiceFile(context, paths))?.toString('utf8').trim()
  return text === 'keychain' || text === 'vault' ? text : null
}

/** Remembers the store for this machine: secrets never move from one to another by themselves. */
export function rememberStore(workspace: Workspace, kind: StoreKind): Workspace {
  const { context, paths } = workspace
  if (context.env.AWS_CRED_STORE) return workspace
  ensurePrivateFolder(paths.stateDir)
  writePrivateFile(choiceFile(context, paths), `${kind}\n`)
  return openWorkspace(context)
}

function choiceFile(context: Context, paths: StatePaths): string {
  return `${paths.stateDir}/store-${machineId(context.platform)}`
}
