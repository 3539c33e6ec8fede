import type { TestContext } from 'node:test'

/**
 * True when `present`; otherwise the test is skipped by name with the reason, or fails where
 * `AWS_CRED_TEST_ALL=1` says (as CI does) that this machine must have everything.
 */
export function need(t: TestContext, what: string, present: boolean): boolean {
  if (present) return true
  if (process.env.AWS_CRED_TEST_ALL === '1') throw new Error(`${what} must be there when AWS_CRED_TEST_ALL=1`)
  t.skip(`${what} is not here`)
  return false
}

/** A named skip on every machine that CI can have: the test needs what no package of Debian or npm brings. */
export function elsewhere(t: TestContext, what: string): void {
  t.skip(`${what}: not to be had on a CI machine, not written here`)
}
