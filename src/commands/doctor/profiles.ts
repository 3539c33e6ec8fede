import { CredError } from '../../core/errors.ts'
import { rootName } from '../../core/plan/plan.ts'
import { setting } from '../../core/plan/settings.ts'
import { planOf } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'

/** The profile that was named, by whatever, with all that it is made from; null where nobody named one: then all count. */
export function profilesAskedAbout({ workspace, profile, by }: Look): ReadonlySet<string> | null {
  if (by === null) return null
  const names = new Set([profile])
  try {
    const plan = planOf(workspace, profile)
    for (const { profile: name } of plan.steps) names.add(name)
    names.add(rootName(plan))
  } catch (error) {
    // What is wrong with it is told elsewhere; its native sources can still be followed.
    if (!(error instanceof CredError)) throw error
  }
  for (const name of names) {
    const source = setting(workspace.files.profiles, name, 'source_profile')?.value
    if (source) names.add(source)
  }
  return names
}
