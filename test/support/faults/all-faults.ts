import { CONFIG_FAULTS } from './config-faults.ts'
import type { Fault } from './fault.ts'
import { MACHINE_FAULTS } from './machine-faults.ts'
import { STORE_FAULTS } from './store-faults.ts'
import { STS_FAULTS } from './sts-faults.ts'

/** Every fault that the sweep knows; a new one is a line in one of the four. */
export const FAULTS: readonly Fault[] = [...STS_FAULTS, ...STORE_FAULTS, ...MACHINE_FAULTS, ...CONFIG_FAULTS]
