import { realpathSync } from 'node:fs'
import type { Terminal } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { type ImportedPair, type ImportPlan, type ImportRequest, planImport } from '../../core/keys/import-plan.ts'
import { pasteable, withCommand } from '../../core/paste.ts'
import { maskedKeyId, quoted, shown } from '../../core/text.ts'
import { surroundingsNow } from '../session/config-edits.ts'
import { identifyKey, type KeyIdentity, unverifiedIdentity } from '../session/keys/identify-key.ts'
import type { Workspace } from '../session/workspace.ts'
import { deadKeyNotes, ownRegion } from './dead-key.ts'
import { nameProfiles } from './name-profiles.ts'
import { otherKeyError } from './store-pairs.ts'

/** What was typed. */
export interface ImportWish extends Pick<ImportRequest, 'takes' | 'setupOf'> {
  readonly names: readonly string[] | 'all'
  readonly isDryRun: boolean
  readonly isAsked: boolean
  /** `--region`. */
  readonly region: string | null
  readonly verifies: boolean
  readonly replaces: boolean
  /** The options as a command names them, but for those that say whether to ask. */
  readonly options: readonly string[]
}

export interface ImportChoice {
  /** Null where there is nothing to do. */
  readonly plan: ImportPlan | null
  /** Whose the keys of the plan are, by profile. */
  readonly identities: ReadonlyMap<string, KeyIdentity>
  /** What to know before, what stays included: one line each, a command on a line of its own. */
  readonly notes: readonly string[]
  /** The profiles that `--all` leaves because they cannot be imported. */
  readonly left: readonly Left[]
  /** All that `--all` leaves: the notes say why. */
  readonly told: readonly string[]
}

interface Left {
  readonly profile: string
  readonly error: CredError
}

/**
 * From what was typed to what is to be done: which profiles, whose keys they are, how both files change. Throws
 * `CredError` for what cannot be done as typed; with `--all` what cannot be imported is left, and the rest goes on.
 */
export async function chooseImport(
  workspace: Workspace,
  wish: ImportWish,
  terminal: Terminal | null,
): Promise<ImportChoice> {
  refuseOneFile(workspace)
  const surroundings = surroundingsNow(workspace)
  const { names, notes, sessions } = nameProfiles(workspace, wish, surroundings)
  const planOf = (profiles: readonly string[]) => planImport({ ...wish, profiles }, surroundings)
  if (wish.takes === 'dead-key') {
    const plan = names.length === 0 ? null : planOf(names)
    const dead = await whileShown(terminal, () =>
      Promise.all((plan?.pairs ?? []).map((pair) => deadKeyNotes(workspace, wish, pair))),
    )
    return { plan, identities: new Map(), notes: [...(plan?.notes ?? []), ...dead.flat()], left: [], told: [] }
  }
  const left: Left[] = []
  const orLeft = async <T>(profile: string, work: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      if (wish.names !== 'all' || !(error instanceof CredError)) throw error
      left.push({ profile, error })
      return null
    }
  }
  const planned = await Promise.all(
    names.map((name) => orLeft(name, () => checkStored(workspace, wish, planOf([name]).pairs))),
  )
  const pairs = planned.flatMap((each) => each ?? [])
  const answers = await whileShown(wish.verifies && pairs.length > 0 ? terminal : null, () =>
    Promise.all(pairs.map((pair) => orLeft(pair.profile, () => identityOf(workspace, wish, pair)))),
  )
  const identities = new Map(pairs.flatMap(({ profile }, i) => (answers[i] ? [[profile, answers[i]] as const] : [])))
  const isLeft = (name: string) => left.some(({ profile }) => profile === name)
  const profiles = names.filter((name) => !isLeft(name))
  const plan = profiles.length === 0 ? null : planOf(profiles)
  left.sort((a, b) => names.indexOf(a.profile) - names.indexOf(b.profile))
  const reasons = left.map(({ error }) => `${error.message}${error.hint === null ? '' : `\n  ${error.hint}`}`)
  return {
    plan,
    identities,
    notes: [...(plan?.notes ?? []), ...notes, ...reasons],
    left,
    told: [...sessions, ...names.filter(isLeft)],
  }
}

/** Two settings that name one file: its sections would be read in two ways, and each write undo the other. */
function refuseOneFile({ files }: Workspace): void {
  const { config, configPath, credentials, credentialsPath } = files
  if (config === null || credentials === null || credentialsPath === null) return
  if (realpathSync(configPath) !== realpathSync(credentialsPath)) return
  const path = quoted(configPath, 300)
  throw new CredError('failed', `cannot import from ${path}: it is config and credentials file in one`)
}

/** The pairs, unless the index knows of another key under a name. */
function checkStored(
  { index, storeKind }: Workspace,
  { replaces }: ImportWish,
  pairs: readonly ImportedPair[],
): readonly ImportedPair[] {
  for (const { profile, pair } of pairs) {
    const known = index.read('key', profile)?.accessKeyIdMasked
    if (known === undefined || replaces || known === maskedKeyId(pair.accessKeyId)) continue
    throw otherKeyError(profile, shown(known, 20), storeKind ?? 'keychain')
  }
  return pairs
}

/** Whose key that is: by STS, unless it was asked when the same key was stored. */
async function identityOf(
  workspace: Workspace,
  wish: ImportWish,
  { profile, pair }: ImportedPair,
): Promise<KeyIdentity> {
  const entry = workspace.index.read('key', profile)
  if (entry?.arn && !wish.replaces && entry.accessKeyIdMasked === maskedKeyId(pair.accessKeyId)) return entry
  const region = wish.region ?? ownRegion(workspace, profile)
  if (!wish.verifies) return unverifiedIdentity(workspace, profile, region)
  // The clock that an answer teaches is kept in the index.
  const index = wish.isDryRun ? { ...workspace.index, write: () => {} } : workspace.index
  const again = pasteable`aws-cred import ${profile}`
  return identifyKey({ ...workspace, index }, profile, pair, {
    region,
    again,
    drop: withCommand('', again, ' --drop-key'),
  })
}

async function whileShown<T>(terminal: Terminal | null, work: () => Promise<T>): Promise<T> {
  terminal?.show('asking AWS whose keys these are')
  try {
    return await work()
  } finally {
    terminal?.show('\r\u001b[K')
  }
}
