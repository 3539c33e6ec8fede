import { identityOfKey } from '../../../core/cache-key.ts'
import { CredError } from '../../../core/errors.ts'
import { planProfile } from '../../../core/plan/plan.ts'
import type { LongLivedKey } from '../../../core/session.ts'
import { sessionItemName } from '../../../keychain/session-items.ts'
import type { Store } from '../../../keychain/store.ts'
import { planOptions } from '../plan-options.ts'
import { cacheKey } from '../sources.ts'
import type { Workspace } from '../workspace.ts'

/**
 * The cache keys of all sessions made from a key's generations: those that the index names, and, since it may have been
 * lost, those that the profiles of the config would make from the key as it is.
 */
export function sessionsOfKey(
  workspace: Workspace,
  generations: ReadonlySet<string>,
  key: LongLivedKey | null,
): { readonly noted: string[]; readonly possible: string[] } {
  const rootIds = new Set([...generations].map((generation) => `key:${generation}`))
  const noted = workspace.index
    .all('session')
    .filter((entry) => rootIds.has(entry.rootId))
    .map((entry) => entry.cacheKey)
  const possible = key === null ? [] : possibleSessions(workspace, key).filter((each) => !noted.includes(each))
  return { noted, possible }
}

function possibleSessions(workspace: Workspace, key: LongLivedKey): string[] {
  const { files } = workspace
  const options = planOptions(workspace)
  const found = new Set<string>()
  for (const profile of new Set([key.name, ...files.profiles.profiles.keys()])) {
    try {
      const plan = planProfile(profile, files.profiles, {
        ...options,
        hasKeys: (name) => name === key.name || options.hasKeys(name),
      })
      if (plan.root.kind !== 'keychain' || plan.root.name !== key.name) continue
      for (const level of plan.steps.keys()) found.add(cacheKey(workspace, plan, identityOfKey(key), level))
    } catch (error) {
      // A profile that cannot be planned has no sessions.
      if (!(error instanceof CredError)) throw error
    }
  }
  return [...found]
}

/** Deletes items first, then their notes, so that what is left after a failure is still known. Gives how many were there. */
export async function dropSessions(workspace: Workspace, store: Store, cacheKeys: Iterable<string>): Promise<number> {
  let dropped = 0
  for (const each of cacheKeys) {
    const was = await store.delete(sessionItemName(each))
    const noted = workspace.index.remove('session', each)
    if (was || noted) dropped++
  }
  return dropped
}
