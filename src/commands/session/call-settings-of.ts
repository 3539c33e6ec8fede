import type { CallSettings } from '../../core/network/call-settings.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { Workspace } from './workspace.ts'

/** What decides where the calls of a plan go: this shell's variables and the profile that is served. */
export function callSettingsOf(workspace: Workspace, plan: Pick<Plan, 'servedProfile'>): CallSettings {
  return { env: workspace.context.env, profiles: workspace.files.profiles, profile: plan.servedProfile }
}
