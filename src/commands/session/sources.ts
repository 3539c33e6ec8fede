import { backoffLeftMs } from '../../core/backoff.ts'
import {
  type CacheKeyInputs,
  cacheKeyText,
  ROOT_LEVEL,
  type RootIdentity,
  rootLabel,
  sessionLabel,
} from '../../core/cache-key.ts'
import { clockOffsetMs } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { stsPlace } from '../../core/network/sts-endpoint.ts'
import type { RootCredentials, Sources } from '../../core/obtain-sources.ts'
import { isCodeByProgram, mfaSettings } from '../../core/plan/mfa-settings.ts'
import type { Plan, Step } from '../../core/plan/plan.ts'
import { refreshBudgetMs, type Session } from '../../core/session.ts'
import { sha256Hex } from '../../core/sha256.ts'
import { monotonicMs } from '../../io/monotonic-clock.ts'
import { dropSession, readSession, writeSession } from '../../keychain/session-items.ts'
import type { Store } from '../../keychain/store.ts'
import type { AwaitedLine } from './awaited-line.ts'
import { backOff, endBackoff, questionName } from './back-off.ts'
import { callSettingsOf } from './call-settings-of.ts'
import { forgetFailure, recordFailure, throwRefusalSince } from './failures.ts'
import type { Asking } from './mfa/ask-code.ts'
import { knownRootIdentity, partitionOf } from './roots/root-identity.ts'
import type { Workspace } from './workspace.ts'

export interface SourcesOptions {
  /** Opens the store at its first use; the same promise every time. */
  readonly store: () => Promise<Store>
  /** Nobody is asked unless it is given. */
  readonly asking?: Asking
  /** Another way to the session where STS refused to make it; throws the refusal where there is none. Waits no longer than `untilMs`. */
  readonly afterRefusal?: (refusal: unknown, untilMs: number) => Promise<Session>
  /** The plan under which what it gives is kept: that of the tools, where `login --duration` asks for another. */
  readonly keptAs?: Plan
  /** When the whole began, on `monotonicMs()`'s clock: all waits of a process end by one deadline. */
  readonly beganMs?: number
}

/** How long one process waits for others' refreshes, all hops together: more than a refresh may take with all its tries. */
const WAIT_MS = 16_000
/** Where the other may be asking for a code: so much longer than a person has. With 40 s for a code that is less than the 60 s of Go's and Kotlin's SDKs (contract §1.6). */
const WAIT_AFTER_ANSWER_MS = 18_000
/** A session that still lives is served instead. */
const WAIT_WITH_SESSION_MS = 3_000

function asksForCode({ mfaSerial }: Step): boolean {
  return mfaSerial !== null
}

const NOBODY: Asking = { mayAsk: false, typed: false }

/**
 * What one profile's session is made from, all joined: the files, the index, the store, and STS and the other roots
 * behind imports that a hit never reaches.
 */
export function profileSources(workspace: Workspace, plan: Plan, options: SourcesOptions): Sources {
  const { context, index } = workspace
  const { root, steps } = plan
  const { asking = NOBODY, beganMs = monotonicMs() } = options
  let saved = false
  let recorded = false
  let locksHeld = 0
  let waitedMs = 0
  /** One budget for all hops together. */
  let signal: AbortSignal | null = null
  const deadline = (): AbortSignal => {
    signal ??= AbortSignal.timeout(refreshBudgetMs(waitedMs))
    return signal
  }
  const record = (error: unknown): void => {
    recorded = true
    recordFailure(workspace, plan.profile, error)
  }
  const settingsOf = ({ profile }: Step) => mfaSettings(profile, workspace.files.profiles)
  /** A store that refuses the session made with a code would have a code asked for at every call. */
  const coolDown = (error: unknown, identity: RootIdentity, level: number): never => {
    const step = steps[level]
    if (step?.mfaSerial)
      backOff(workspace, questionName(identity.id, step.mfaSerial, isCodeByProgram(settingsOf(step))))
    throw error
  }
  /** The one deadline of all waits, for locks as for answers. */
  const waitUntilMs = (isUrgent: boolean): number => {
    if (!isUrgent) return beganMs + WAIT_WITH_SESSION_MS
    const answersMs = asking.mayAsk ? steps.filter(asksForCode).map((step) => settingsOf(step).timeoutMs) : []
    return beganMs + Math.max(WAIT_MS, ...answersMs.map((ms) => ms + WAIT_AFTER_ANSWER_MS))
  }
  let fetched: Session | RootCredentials | null = null
  const fetchAnew = async () => {
    const { fetchRoot } = await import('./roots/fetch-root.ts')
    return fetchRoot(workspace, plan, { deadline: deadline(), record })
  }
  return {
    steps,
    knownIdentity: () => knownRootIdentity(workspace, plan),
    async rootCredentials() {
      if (root.kind === 'keychain' || root.kind === 'static') {
        const { readRoot } = await import('./roots/root-keys.ts')
        return readRoot(workspace, root, partitionOf(workspace, plan), options.store)
      }
      const { keysOf, readEnvironment } = await import('./roots/fetch-root.ts')
      if (root.kind === 'environment') return readEnvironment(workspace, plan, root)
      fetched ??= await fetchAnew()
      return keysOf(workspace, plan, fetched)
    },
    async fetchRoot() {
      // What was fetched to learn whose it is, is good for this once; a forced one is fetched anew.
      const given = fetched ?? (await fetchAnew())
      fetched = 'identity' in given ? given : null
      return given
    },
    cacheKey(identity, level) {
      const { keptAs = plan } = options
      if (level !== steps.length - 1) return cacheKey(workspace, plan, identity, level)
      return cacheKey(workspace, keptAs, identity, keptAs.steps.length - 1)
    },
    note: (key) => index.known('session', key),
    read: async (key) => readSession(await options.store(), key),
    async save(key, session, identity, level) {
      const store = await options.store().catch((error: unknown) => coolDown(error, identity, level))
      const owner = { cacheKey: key, profile: plan.profile, rootId: identity.id }
      await writeSession(store, index, owner, session, context.nowMs()).catch((error: unknown) =>
        coolDown(error, identity, level),
      )
      if (root.kind === 'keychain' && keyIsGone(workspace, root.name, identity)) {
        // `remove` or `add --replace` came in between and cannot have seen this session: it goes with its key.
        await dropSession(store, index, key)
        return
      }
      if (!recorded) forgetFailure(workspace, plan.profile)
      endBackoff(workspace, `session ${key}`)
      const serial = steps[level]?.mfaSerial
      if (serial) for (const by of [true, false]) endBackoff(workspace, questionName(identity.id, serial, by))
      saved = true
    },
    stsNowMs: (clockName) => stsNowMs(workspace, clockName),
    async exclusively(key, { isUrgent, whileWaiting }, work) {
      const { refreshExclusively } = await import('./single-flight.ts')
      const direct = steps.some(asksForCode) ? await import('./mfa/learn-direct.ts') : null
      const sinceMs = context.nowMs()
      const learnFromOthers = (): void => {
        direct?.throwWhereLearned(workspace, plan)
        if (!recorded) throwRefusalSince(workspace, plan.profile, sinceMs)
      }
      const isMute = steps.some((step) => asksForCode(step) && (!asking.mayAsk || settingsOf(step).prompt === 'none'))
      const waitBeganMs = monotonicMs()
      const hasChanged = index.changes()
      let line: AwaitedLine | null = null
      const flight = {
        name: `session ${key}`,
        profile: plan.profile,
        deadlineMs: waitUntilMs(isUrgent),
        isLong: direct !== null,
        record,
        whileWaiting: async () => {
          // Whoever holds a lock already will call STS as soon as this wait is over.
          if (locksHeld > 0) await import('./call-sts.ts')
          if (asking.typed && asking.mayAsk)
            line ??= (await import('./awaited-line.ts')).awaitedLine(workspace, flight.name, steps)
          line?.look()
          if (!hasChanged()) return null
          learnFromOthers()
          const found = await whileWaiting()
          if (found === null && isMute) {
            const { throwWherePersonIsNeeded } = await import('./mfa/person-needed.ts')
            throwWherePersonIsNeeded(workspace, plan, asking)
          }
          return found
        },
      }
      const session = await refreshExclusively(workspace, flight, async () => {
        waitedMs += monotonicMs() - waitBeganMs
        line?.end()
        learnFromOthers()
        locksHeld++
        // Kept while the lock is still held: whoever waits for it takes STS's refusal as its own.
        return work()
          .catch((error: unknown) => {
            if (error instanceof CredError) record(error)
            throw error
          })
          .finally(() => locksHeld--)
      }).finally(() => line?.end())
      if (saved) {
        saved = false
        const { dropExpiredSessions } = await import('./expired.ts')
        await dropExpiredSessions(workspace, await options.store())
      }
      return session
    },
    async refresh(step, signer, identity, { mayAsk }) {
      const { callSts } = await import('./call-sts.ts')
      return callSts(workspace, plan, step, {
        signer,
        identity,
        deadline,
        // No tool waits for a verb that a person typed, and gives up on it.
        answerUntilMs: asking.typed ? Number.POSITIVE_INFINITY : waitUntilMs(true),
        asking: { ...asking, mayAsk: asking.mayAsk && mayAsk },
      })
    },
    async afterRefusal(error) {
      if (options.afterRefusal === undefined) throw error
      return options.afterRefusal(error, waitUntilMs(true))
    },
    recordFailure: record,
    isBackingOff: (key) => backoffLeftMs(index.known('backoff', `session ${key}`), context.nowMs()) > 0,
    backOff: (key) => backOff(workspace, `session ${key}`),
  }
}

/** Whether the index knows another key of that name by now, or none at all. */
function keyIsGone(workspace: Workspace, name: string, identity: RootIdentity): boolean {
  const entry = workspace.index.known('key', name)
  return entry === null || (entry.generation !== null && `key:${entry.generation}` !== identity.id)
}

/** The name under which the session of step `level` is kept: the role's name, to recognise it by, and the hash of all inputs. */
export function cacheKey(workspace: Workspace, plan: Plan, identity: RootIdentity, level: number): string {
  const label = level === ROOT_LEVEL ? rootLabel(plan.root) : sessionLabel(plan.steps[level] as Step)
  return `${label}.${sha256Hex(cacheKeyText(cacheKeyInputs(workspace, plan, identity, level), level))}`
}

function cacheKeyInputs(workspace: Workspace, plan: Plan, identity: RootIdentity, level: number): CacheKeyInputs {
  // A root's own session does not depend on STS's place, whose settings may be wrong without harm to it.
  const place = level === ROOT_LEVEL ? null : stsPlace(callSettingsOf(workspace, plan), identity.partition)
  return {
    identity,
    steps: plan.steps,
    get osUser() {
      return workspace.context.userName
    },
    endpoint: place?.override?.url ?? null,
    tokenKind: place?.tokenKind ?? 'regional',
  }
}

/** STS's time by the offset that this process or another saw at that endpoint; null when it is not known (`clockOffsetMs`). */
export function stsNowMs(workspace: Workspace, clockName: string): number | null {
  const nowMs = workspace.context.nowMs()
  const reading = workspace.clocks.get(clockName) ?? workspace.index.known('clock', clockName)
  if (reading !== null) workspace.clocks.set(clockName, reading)
  const offsetMs = clockOffsetMs(reading, nowMs, workspace.context.uptimeS())
  return offsetMs === null ? null : nowMs + offsetMs
}
