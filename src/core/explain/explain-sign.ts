import type { CauseCode } from './explain-causes.ts'

/** Words by which causes are known: lower case, single blanks, straight quotes. */
export interface Sign {
  /** Any of these. */
  readonly says: readonly string[]
  /** And any of these, where given. */
  readonly and?: readonly string[]
  /** And the call that failed, where given. */
  readonly call?: RegExp
  /** The likeliest first. */
  readonly causes: readonly CauseCode[]
}

/** Of each topic the first sign that fits counts: what is told apart stands before what is not. */
export type Topic = readonly Sign[]
