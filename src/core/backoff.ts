/** Until when something that failed is not tried again by itself. */
export interface Backoff {
  readonly untilMs: number
  /** How long it lasts: the next one is twice as long. */
  readonly spanMs: number
}

const FIRST_MS = 30_000
const LONGEST_MS = 600_000

/**
 * The back-off after one more failure: 30 s, doubled each time up to 10 min; from the start after as long a quiet. One
 * that lasts stays as it is: of a hundred processes that failed together each says so.
 */
export function lengthened(before: Backoff | null, nowMs: number): Backoff {
  if (before !== null && backoffLeftMs(before, nowMs) > 0) return before
  const isFresh = before !== null && nowMs - before.untilMs < LONGEST_MS
  const spanMs = isFresh ? Math.min(before.spanMs * 2, LONGEST_MS) : FIRST_MS
  return { untilMs: nowMs + spanMs, spanMs }
}

/** How long it still lasts; 0 where it is over, and where it ends later than any can: the clock was set since. */
export function backoffLeftMs(backoff: Backoff | null, nowMs: number): number {
  const leftMs = backoff === null ? 0 : backoff.untilMs - nowMs
  return leftMs > LONGEST_MS ? 0 : Math.max(0, leftMs)
}
