import { ROOT_LEVEL, type RootIdentity } from './cache-key.ts'
import { CredError } from './errors.ts'
import type { RootCredentials, Sources } from './obtain-sources.ts'
import type { Step } from './plan/plan.ts'
import { LAST_USE_MARGIN_MS, type Session, serveMarginMs } from './session.ts'

export interface ObtainOptions {
  readonly forceRefresh: boolean
  readonly serveLasting?: boolean
  readonly aheadOfNeed?: boolean
}

/**
 * The session of the last step: the stored one while it has life enough, else a fresh one, made by exactly one of
 * all the processes that want it. Where that fails or wants a person and the stored one lives for more than a minute,
 * it is served, the reason kept, and the next try put off, unless `serveLasting` is false. `aheadOfNeed` also renews the
 * sessions made with a code that are due. Without steps it is what the root gives: its keys where it has keys without
 * an end.
 */
export async function obtainSession(sources: Sources, options: ObtainOptions): Promise<Session | RootCredentials> {
  const { serveLasting = true, aheadOfNeed = false } = options
  // With no step it is the root's own session.
  const top = sources.steps.length + ROOT_LEVEL
  let { forceRefresh } = options
  const mayServe = serveLasting && !forceRefresh
  const looks: Looks = new Map()
  let lasting: Session | null = null
  let cacheKey = ''
  let isPutOff = false
  try {
    let identity = sources.knownIdentity() ?? (await sources.rootCredentials()).identity
    for (let attempt = 1; ; attempt++) {
      if (top === ROOT_LEVEL && identity.givesSession !== true) return await sources.rootCredentials()
      // Only what belongs to this identity may be served, also when its refresh fails.
      cacheKey = sources.cacheKey(identity, top)
      // Without a note there is hardly a session: whoever gets the lock looks for the one that a lost index forgot.
      const note = sources.note(cacheKey)
      if (note !== null) lasting = await readAlive(sources, { cacheKey, note, leastMs: LAST_USE_MARGIN_MS, looks })
      if (aheadOfNeed && isCodeDue(sources, identity)) forceRefresh = true
      if (lasting !== null && !forceRefresh && hasMargin(sources, lasting, serveMarginMs(lasting))) return lasting
      if (lasting !== null && mayServe && sources.isBackingOff(cacheKey)) return lasting
      const mayAsk = lasting === null || !mayServe
      const signingMargin = aheadOfNeed ? serveMarginMs : lastUse
      const round: Round = { sources, identity, looks, made: new Set(), mayAsk, signingMargin }
      const fallback = mayServe ? lasting : null
      // Under the lock, so that whoever gets it next is not the second to be refused.
      const renew = async (make: () => Promise<Session>): Promise<Session> => {
        if (fallback === null) return make().catch((error: unknown) => sources.afterRefusal(error))
        if (sources.isBackingOff(cacheKey)) return fallback
        return make().catch((error: unknown) => {
          if (error instanceof OtherIdentity || !hasMargin(sources, fallback, LAST_USE_MARGIN_MS)) throw error
          isPutOff = true
          sources.backOff(cacheKey)
          throw error
        })
      }
      try {
        return await ensureSession(round, top, { margin: serveMarginMs, force: forceRefresh, renew })
      } catch (error) {
        if (!(error instanceof OtherIdentity)) throw error
        lasting = null
        if (attempt === MAX_IDENTITIES) throw unsteadyKeysError()
        identity = error.identity
      }
    }
  } catch (error) {
    sources.recordFailure(error)
    if (!mayServe || lasting === null || !hasMargin(sources, lasting, LAST_USE_MARGIN_MS)) throw error
    if (!isPutOff) sources.backOff(cacheKey)
    return lasting
  }
}

/** Whether a session that opens roles, made with a code, is missing or due, by the notes. */
function isCodeDue(sources: Sources, identity: RootIdentity): boolean {
  return sources.steps.slice(0, -1).some(({ mfaSerial }, level) => {
    const note = mfaSerial === null ? null : sources.note(sources.cacheKey(identity, level))
    return mfaSerial !== null && (note === null || !hasMargin(sources, note, serveMarginMs(note)))
  })
}

/** Two are enough but for keys that are replaced again and again while we look. */
const MAX_IDENTITIES = 4

function unsteadyKeysError(): CredError {
  return new CredError('failed', 'cannot read the keys of the profile: they are replaced again and again')
}

/** Thrown when the keys that were read are not those that the index spoke of: everything is planned once more. */
class OtherIdentity extends Error {
  readonly identity: RootIdentity

  constructor(identity: RootIdentity) {
    super('the root is another than the index says')
    this.identity = identity
  }
}

/** Which writing of a session was read last: the store is asked again only when its note has changed since. */
type Looks = Map<string, number | null>

/** One try to make a session, with the root that it is for. */
interface Round {
  readonly sources: Sources
  readonly identity: RootIdentity
  readonly looks: Looks
  /** Cache keys of the sessions that were made in it. */
  readonly made: Set<string>
  /** False where a living session can be served instead of asking a person. */
  readonly mayAsk: boolean
  readonly signingMargin: Margin
}

type Margin = (session: { readonly issuedMs: number; readonly expiresMs: number }) => number
const lastUse: Margin = () => LAST_USE_MARGIN_MS

interface Ensuring {
  readonly margin: Margin
  readonly force: boolean
  /** Runs around the making of a session, while the lock is held. */
  readonly renew?: (make: () => Promise<Session>) => Promise<Session>
}

async function ensureSession(
  round: Round,
  level: number,
  { margin, force, renew = (make) => make() }: Ensuring,
): Promise<Session> {
  const { sources, identity, looks, made } = round
  const cacheKey = sources.cacheKey(identity, level)
  // A forced refresh takes only what another makes from now on.
  if (force) looks.set(cacheKey, sources.note(cacheKey)?.savedMs ?? null)
  const usable = async (): Promise<Session | null> => {
    const note = sources.note(cacheKey)
    if (looks.has(cacheKey) && looks.get(cacheKey) === (note?.savedMs ?? null)) return null
    const leastMs = note === null ? LAST_USE_MARGIN_MS : margin(note)
    const session = await readAlive(sources, { cacheKey, note, leastMs, looks })
    return session !== null && hasMargin(sources, session, margin(session)) ? session : null
  }
  const noted = async (): Promise<Session | null> => (sources.note(cacheKey) === null ? null : usable())
  const stored = await noted()
  if (stored !== null) return stored
  return sources.exclusively(cacheKey, { isUrgent: round.mayAsk, whileWaiting: noted }, async () => {
    // Whatever was seen before the lock is old: another may have finished since.
    const stored = await usable()
    if (stored !== null) return stored
    return renew(async () => {
      const session = await refreshStep(round, level)
      made.add(cacheKey)
      try {
        await sources.save(cacheKey, session, identity, level)
      } catch (error) {
        // A full disk or a locked keychain: the fresh session is good all the same, and the reason is kept.
        sources.recordFailure(error)
      }
      return session
    })
  })
}

async function refreshStep(round: Round, level: number): Promise<Session> {
  const { sources, identity } = round
  if (level === ROOT_LEVEL) return rootSession(sources)
  const step = sources.steps[level] as Step
  if (level === 0 && identity.givesSession !== true) {
    return sources.refresh(step, await signingRoot(sources, identity), identity, round)
  }
  const signer = (force: boolean): Promise<Session> =>
    ensureSession(round, level - 1, { margin: round.signingMargin, force })
  const first = await signer(false)
  try {
    return await sources.refresh(step, first, identity, round)
  } catch (error) {
    // STS knows better than the stored expiry, also of a session that was revoked: what signed is made anew, once
    // (contract §5). Not where a person has just typed a code for it.
    const isJustAsked = sources.steps[level - 1]?.mfaSerial && round.made.has(sources.cacheKey(identity, level - 1))
    if (!saysEnded(error) || isJustAsked) throw error
    return sources.refresh(step, await signer(true), identity, round)
  }
}

const ENDED = ['ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'UnrecognizedClientException']

function saysEnded(error: unknown): boolean {
  const cause = error instanceof CredError ? (error.cause as { readonly stsCode?: unknown } | undefined) : undefined
  return typeof cause?.stsCode === 'string' && ENDED.includes(cause.stsCode)
}

/** The root's keys, under the identity that is in their own item: a session is never kept under another's name. */
async function signingRoot(sources: Sources, identity: RootIdentity): Promise<RootCredentials> {
  const root = await sources.rootCredentials()
  const same = (['id', 'userName', 'partition', 'accountId'] as const).every(
    (part) => root.identity[part] === identity[part],
  )
  if (!same) throw new OtherIdentity(root.identity)
  return root
}

/** The session that the root gives; where it gives keys without an end, all is planned once more on those. */
async function rootSession(sources: Sources): Promise<Session> {
  const given = await sources.fetchRoot()
  if ('identity' in given) throw new OtherIdentity(given.identity)
  return given
}

interface Look {
  readonly cacheKey: string
  /** As it was read just now: whoever sees a newer one looks again. */
  readonly note: ReturnType<Sources['note']>
  readonly leastMs: number
  readonly looks: Looks
}

async function readAlive(sources: Sources, { cacheKey, note, leastMs, looks }: Look): Promise<Session | null> {
  if (note !== null && !hasMargin(sources, note, leastMs)) return null
  looks.set(cacheKey, note?.savedMs ?? null)
  const session = await sources.read(cacheKey)
  // The note may lie; the item's own expiry and clock decide, and only now, after the read.
  return session !== null && hasMargin(sources, session, leastMs) ? session : null
}

/** Whether a session has more than `marginMs` to live by STS's clock. An unknown clock counts as no. */
export function hasMargin(
  sources: Pick<Sources, 'stsNowMs'>,
  session: { readonly expiresMs: number; readonly clockName: string },
  marginMs: number,
): boolean {
  const nowMs = sources.stsNowMs(session.clockName)
  return nowMs !== null && session.expiresMs - nowMs > marginMs
}
