import type { RootIdentity } from './cache-key.ts'
import type { Step } from './plan/plan.ts'
import type { Session } from './session.ts'

/** What signs the first call. */
export interface RootCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  readonly identity: RootIdentity
}

/** The non-secret note of a stored session, in the index. */
export interface SessionNote {
  readonly expiresMs: number
  readonly issuedMs: number
  readonly clockName: string
  /** Changes with every save. */
  readonly savedMs: number
}

/** What a session is made from, joined by the command that asks: the keychain and AWS never meet but here. */
export interface Sources {
  readonly steps: readonly Step[]
  /** Who signs the first call, by the index or the files; null where only the keychain can tell. */
  knownIdentity(): RootIdentity | null
  /** Reads the root's keys. Throws where there are none. */
  rootCredentials(): Promise<RootCredentials>
  /** Fetches the session of a root that gives them; its keys where it turns out to give some without an end. */
  fetchRoot(): Promise<Session | RootCredentials>
  cacheKey(identity: RootIdentity, level: number): string
  /** The index's note of a session; no secret, no keychain. */
  note(cacheKey: string): SessionNote | null
  /** The stored session itself, verified; null where there is none or it is not what it should be. */
  read(cacheKey: string): Promise<Session | null>
  save(cacheKey: string, session: Session, identity: RootIdentity, level: number): Promise<void>
  /** STS's time by the clock of that endpoint; null when it is not known. */
  stsNowMs(clockName: string): number | null
  /**
   * Runs `work` as the only process for that key; `whileWaiting` may end the wait with another's result. `isUrgent`
   * false: there is a living session to fall back on, so that a long wait is not worth it.
   */
  exclusively(cacheKey: string, flight: Flight, work: () => Promise<Session>): Promise<Session>
  /** The STS call of one step; `mayAsk`: whether a person may be asked for a code. */
  refresh(
    step: Step,
    signer: RootCredentials | Session,
    identity: RootIdentity,
    options: { readonly mayAsk: boolean },
  ): Promise<Session>
  /**
   * Another way to the last session, tried under its lock where making it failed without a living one to serve; throws
   * `error` where there is none.
   */
  afterRefusal(error: unknown): Promise<Session>
  recordFailure(error: unknown): void
  /** Whether a renewal of that session failed so short a time ago that it is not tried again by itself. */
  isBackingOff(cacheKey: string): boolean
  backOff(cacheKey: string): void
}

export interface Flight {
  readonly isUrgent: boolean
  whileWaiting(): Promise<Session | null>
}
