/**
 * Milliseconds on a clock that nobody sets, from the start of this process, sleep left out: for deadlines and spans. Not
 * `performance.now()`, whose first call loads 25 modules of Node: 0.7 ms, also of a hit.
 */
export function monotonicMs(): number {
  return process.uptime() * 1000
}
