import { CredError } from '../../core/errors.ts'
import type { SessionNote, Sources } from '../../core/obtain-sources.ts'
import type { Session } from '../../core/session.ts'

/** A refresh that failed is not tried again so soon: SDKs ask up to five times in a second, or at every call. */
const BACK_OFF_MS = 10_000

/** A session as it was read or written last; `savedMs` null where it could not be put away. */
interface Remembered {
  readonly session: Session
  readonly savedMs: number | null
}

/**
 * What a process that lives long remembers between two answers: sessions, so that the store is read once for each
 * writing, and the last failure of a refresh. The index's notes still decide: a session that another process has made
 * anew or dropped is not served from here.
 */
export class SessionMemory {
  readonly #sessions = new Map<string, Remembered>()
  readonly #failures = new Map<string, { readonly error: CredError; readonly untilMs: number }>()
  readonly #nowMs: () => number

  /** `nowMs`: a clock that never jumps. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** The same sources with the memory in front of them. */
  remembering(sources: Sources): Sources {
    let repeated: unknown = null
    const noteOf = (cacheKey: string): SessionNote | null => sources.note(cacheKey) ?? this.#unsavedNote(cacheKey)
    return {
      ...sources,
      note: noteOf,
      read: async (cacheKey) => {
        const savedMs = sources.note(cacheKey)?.savedMs ?? null
        const known = this.#sessions.get(cacheKey)
        if (known !== undefined && known.savedMs === savedMs) return known.session
        const session = await sources.read(cacheKey)
        if (session === null || savedMs === null) this.#sessions.delete(cacheKey)
        else this.#sessions.set(cacheKey, { session, savedMs })
        return session
      },
      save: async (cacheKey, session, identity, level) => {
        // First, for where it cannot be put away: a full disk or a locked keychain costs no call for every answer.
        this.#sessions.set(cacheKey, { session, savedMs: null })
        await sources.save(cacheKey, session, identity, level)
        const note = sources.note(cacheKey)
        // Its key went away in between, and the session with it.
        if (note === null) this.#sessions.delete(cacheKey)
        else this.#sessions.set(cacheKey, { session, savedMs: note.savedMs })
      },
      exclusively: async (cacheKey, flight, work) => {
        const failure = this.#failures.get(cacheKey)
        if (failure !== undefined && this.#nowMs() < failure.untilMs) {
          repeated = failure.error
          throw failure.error
        }
        try {
          const session = await sources.exclusively(cacheKey, flight, work)
          this.#failures.delete(cacheKey)
          return session
        } catch (error) {
          if (error instanceof CredError) this.#failures.set(cacheKey, { error, untilMs: this.#nowMs() + BACK_OFF_MS })
          throw error
        }
      },
      recordFailure: (error) => {
        if (error !== repeated) sources.recordFailure(error)
      },
    }
  }

  #unsavedNote(cacheKey: string): SessionNote | null {
    const known = this.#sessions.get(cacheKey)
    if (known === undefined || known.savedMs !== null) return null
    const { issuedMs, expiresMs, clockName } = known.session
    return { issuedMs, expiresMs, clockName, savedMs: 0 }
  }
}
