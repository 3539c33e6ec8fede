import { CONFIG_FAULTS } from './config-faults.ts'
import type { Fault } from './fault.ts'
import { MACHINE_FAULTS } from './machine-faults.ts'
import { STORE_FAULTS } from './store-faults.ts'
import { STS_FAULTS } from './sts-faults.ts'

/**
 * Every fault that the sweep knows; a new one is a line in one of the four. Two at once come from two of them, and are done in
 * this order: on a disk that is full already nothing more could be damaged.
 */
const ROOMS: readonly (readonly Fault[])[] = [STS_FAULTS, STORE_FAULTS, CONFIG_FAULTS, MACHINE_FAULTS]

export const FAULTS: readonly Fault[] = ROOMS.flat()

/** Which of the four a fault is in. */
export function roomOf(fault: Fault): number {
  return ROOMS.findIndex((room) => room.includes(fault))
}
