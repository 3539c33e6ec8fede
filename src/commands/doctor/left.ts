import { spanText } from '../../core/clock.ts'

/** `47 min left`, `expired 21 h ago`. */
export function spanLeft(expiresMs: number, nowMs: number): string {
  const leftMs = expiresMs - nowMs
  return leftMs > 0 ? `${spanText(leftMs)} left` : `expired ${spanText(-leftMs)} ago`
}
