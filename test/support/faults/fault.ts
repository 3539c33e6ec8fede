import type { Started } from '../e2e-place.ts'
import type { Random } from '../random.ts'
import type { SweepWorld } from '../sweep-world.ts'

/** One thing that goes wrong, told apart by its name in the table of the sweep. */
export interface Fault {
  readonly name: string
  /** The worlds that it can be done to; all unless given. */
  where?(world: SweepWorld): boolean
  /** Takes many seconds each time: only where there is time for it. */
  readonly slow?: true
  /** Does it, in one of its forms, to a world that has just been restored. */
  apply(world: SweepWorld, random: Random): Applied | Promise<Applied>
}

/** What a fault asks of the run, and how it is over. */
export interface Applied {
  /** On top of the verb's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Stands in front of the binary and its words. */
  readonly wrap?: readonly string[]
  /** What goes on while it runs; over by itself. */
  during?(running: Started): Promise<void>
  /** By what the run may be ended from outside. */
  readonly signals?: readonly NodeJS.Signals[]
  /** What it writes there reaches nobody. */
  readonly deaf?: 'stdout' | 'stderr' | 'both'
  /** Its stdout is closed: Node puts /dev/null in its place, so that the run itself cannot tell. */
  readonly stdoutIsClosed?: true
  /** The config is changed by others: it need not be what it was. */
  readonly editsConfig?: true
  /** Puts back what nothing mends but a person: keys, header, config. What is left must mend itself or be done without. */
  undo?(): void | Promise<void>
}

/** A part of a path's fault: what stands in the place of a file or folder afterwards. */
export type Damage = (path: string, random: Random) => void
