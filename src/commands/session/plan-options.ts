import type { PlanOptions } from '../../core/plan/plan.ts'
import type { Workspace } from './workspace.ts'

/** What this machine knows that a plan depends on, without opening a store. */
export function planOptions({ context, index }: Workspace): PlanOptions {
  return {
    platform: context.platform,
    hasKeys: (name) => index.known('key', name) !== null,
    takesCodeItself: (roleArn, serial) => index.known('direct', directName(roleArn, serial)) !== null,
  }
}

/** Names a role and the device whose code it takes itself. */
export function directName(roleArn: string, serial: string): string {
  return `${roleArn} ${serial}`
}
