import { cacheKeyText, identityOfKey, identityOfStatic, type RootIdentity, sessionLabel } from '../../core/cache-key.ts'
import { clockOffsetMs } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import type { Sources } from '../../core/obtain.ts'
import type { Plan, Step } from '../../core/plan.ts'
import { notServedError } from '../../core/plan-errors.ts'
import { sha256Hex } from '../../core/sha256.ts'
import { namedPartition, stsPlace } from '../../core/sts-endpoint.ts'
import { parseRoleArn } from '../../core/sts-limits.ts'
import { dropSession, readSession, writeSession } from '../../keychain/session-items.ts'
import type { Store } from '../../keychain/store.ts'
import { callSettingsOf } from './call-settings-of.ts'
import { forgetFailure, recordFailure, throwRefusalSince } from './failures.ts'
import type { Workspace } from './workspace.ts'

export interface SourcesOptions {
  /** Opens the store at its first use; the same promise every time. */
  readonly store: () => Promise<Store>
}

/**
 * What one profile's session is made from, all joined: the files, the index, the store, and STS behind an import that
 * a hit never reaches. Throws `CredError` for a root that this version does not serve.
 */
export function profileSources(workspace: Workspace, plan: Plan, options: SourcesOptions): Sources {
  const { context, index } = workspace
  const { root, steps } = plan
  if (root.kind === 'other') throw notServedError(plan.profile, root)
  const partition = rolePartition(plan) ?? namedPartition(callSettingsOf(workspace, plan))
  let saved = false
  let recorded = false
  /** One budget for all hops together: consumers give up after 22 s at the earliest (contract §1.6). */
  let deadline: AbortSignal | null = null
  const record = (error: unknown): void => {
    recorded = true
    recordFailure(workspace, plan.profile, error)
  }
  return {
    steps,
    knownIdentity() {
      if (root.kind === 'static') return identityOfStatic(root, partition)
      const entry = index.read('key', root.name)
      return entry?.generation ? identityOfKey({ ...entry, generation: entry.generation }) : null
    },
    async rootCredentials() {
      const { readRoot } = await import('./root-keys.ts')
      return readRoot(workspace, root, partition, options.store)
    },
    cacheKey: (identity, level) => cacheKey(workspace, plan, identity, level),
    note: (key) => index.read('session', key),
    read: async (key) => readSession(await options.store(), key),
    async save(key, session, identity) {
      const store = await options.store()
      const owner = { cacheKey: key, profile: plan.profile, rootId: identity.id }
      await writeSession(store, index, owner, session, context.nowMs())
      if (root.kind === 'keychain' && keyIsGone(workspace, root.name, identity)) {
        // `remove` or `add --replace` came in between and cannot have seen this session: it goes with its key.
        await dropSession(store, index, key)
        return
      }
      if (!recorded) forgetFailure(workspace, plan.profile)
      saved = true
    },
    stsNowMs: (clockName) => stsNowMs(workspace, clockName),
    async exclusively(key, whileWaiting, work) {
      const { refreshExclusively } = await import('./single-flight.ts')
      const startedMs = context.nowMs()
      const flight = {
        name: `session ${key}`,
        profile: plan.profile,
        record,
        async whileWaiting() {
          if (!recorded) throwRefusalSince(workspace, plan.profile, startedMs)
          return whileWaiting()
        },
      }
      const session = await refreshExclusively(workspace, flight, async () => {
        if (!recorded) throwRefusalSince(workspace, plan.profile, startedMs)
        // Kept while the lock is still held: whoever waits for it takes STS's refusal as its own.
        return work().catch((error: unknown) => {
          if (error instanceof CredError) record(error)
          throw error
        })
      })
      if (saved) {
        saved = false
        const { dropExpiredSessions } = await import('./expired.ts')
        await dropExpiredSessions(workspace, await options.store())
      }
      return session
    },
    async refresh(step, signer, identity) {
      const { callSts, refreshDeadline } = await import('./call-sts.ts')
      deadline ??= refreshDeadline()
      return callSts(workspace, plan, step, signer, identity, deadline)
    },
    recordFailure: record,
  }
}

/** Whether the index knows another key of that name by now, or none at all. */
function keyIsGone(workspace: Workspace, name: string, identity: RootIdentity): boolean {
  const entry = workspace.index.read('key', name)
  return entry === null || (entry.generation !== null && `key:${entry.generation}` !== identity.id)
}

/** The name under which the session of step `level` is kept: the role's name, to recognise it by, and the hash of all inputs. */
export function cacheKey(workspace: Workspace, plan: Plan, identity: RootIdentity, level: number): string {
  const { override, tokenKind } = stsPlace(callSettingsOf(workspace, plan), identity.partition)
  const osUser = workspace.context.userName
  const inputs = { identity, steps: plan.steps, osUser, endpoint: override?.url ?? null, tokenKind }
  return `${sessionLabel(plan.steps[level] as Step)}.${sha256Hex(cacheKeyText(inputs, level))}`
}

/** STS's time by the offset that this process or another saw at that endpoint; null when it is not known (`clockOffsetMs`). */
export function stsNowMs(workspace: Workspace, clockName: string): number | null {
  const nowMs = workspace.context.nowMs()
  const reading = workspace.clocks.get(clockName) ?? workspace.index.read('clock', clockName)
  if (reading !== null) workspace.clocks.set(clockName, reading)
  const offsetMs = clockOffsetMs(reading, nowMs, workspace.context.uptimeS())
  return offsetMs === null ? null : nowMs + offsetMs
}

/** The partition of the first role that is assumed; null where there is none. */
function rolePartition(plan: Plan): string | null {
  const step = plan.steps[0]
  return step?.kind === 'assume-role' ? (parseRoleArn(step.roleArn)?.partition ?? null) : null
}
