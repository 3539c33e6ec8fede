import { toUtcSeconds } from '../../core/clock.ts'
import { jsonText } from '../../core/json-text.ts'
import type { ProfileStatus } from './profile-status.ts'

/** Raised when a field changes its meaning or goes; a new field does not raise it. README documents each. */
const SCHEMA_VERSION = 1

/** The document of `status --json`: every field is always there, null where there is nothing to say. */
export function statusJson(statuses: readonly ProfileStatus[], nowMs: number): string {
  const document = {
    version: SCHEMA_VERSION,
    at: toUtcSeconds(nowMs),
    profiles: statuses.map((status) => profileFields(status, nowMs)),
  }
  return jsonText(document)
}

function profileFields(status: ProfileStatus, nowMs: number): object {
  const { profile, state, session, isEndless, renewal, why, hint, way, promised, failure } = status
  return {
    profile,
    state,
    secondsLeft: session === null ? null : Math.floor(session.leftMs / 1000),
    expiration: session === null ? null : toUtcSeconds(session.expiresMs),
    endless: isEndless,
    renewal,
    reason: why,
    hint,
    arn: promised?.arn ?? null,
    account: promised?.accountId ?? null,
    chain: way,
    lastFailure:
      failure === null
        ? null
        : {
            at: toUtcSeconds(failure.atMs),
            secondsAgo: Math.max(0, Math.floor((nowMs - failure.atMs) / 1000)),
            code: failure.code,
            message: failure.message,
            hint: failure.hint,
          },
  }
}
