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
