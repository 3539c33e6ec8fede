import { CredError } from '../../core/errors.ts'
import { pasteable } from '../../core/paste.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { lackOfRole, otherSourceCommand } from '../../core/plan/plan-errors.ts'
import { setting } from '../../core/plan/settings.ts'
import { nearest, shown } from '../../core/text.ts'
import { isKnownRoot } from '../session/failures.ts'
import { planOf } from '../session/profiles/profile-state.ts'
import type { Look } from './look.ts'

export interface ProfileCure {
  /** Whether the profile leads to credentials, and only the line is missing that tells the tools of it. */
  readonly leadsSomewhere: boolean
  readonly cure: string | null
}

/** What has the profile give credentials to all tools, by what its own lines say and by the keys that are stored. */
export function profileCure({ workspace, profile }: Look): ProfileCure {
  let plan: Plan
  try {
    plan = planOf(workspace, profile)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const cure = sourceForRole(workspace, profile) ?? (error.hint === null ? null : shown(error.hint, 400))
    return { leadsSomewhere: false, cure }
  }
  if (isKnownRoot(plan)) return { leadsSomewhere: true, cure: pasteable`aws-cred setup ${profile}` }
  return { leadsSomewhere: false, cure: keysForRoot(workspace, plan) }
}

/** For a role that nobody is named for, where only one key could assume it. */
function sourceForRole({ files, index }: Look['workspace'], profile: string): string | null {
  const named = (key: string) => setting(files.profiles, profile, key) !== null
  if (!named('role_arn') || named('source_profile') || named('credential_source')) return null
  const [only, second] = index.all('key')
  if (only === undefined) return pasteable`aws-cred add ${profile}`
  return second === undefined ? pasteable`aws-cred setup ${profile} --source-profile ${only.name}` : null
}

/** A role for what only feeds one; another name for a source that is in no file, where one is near; else keys for it. */
function keysForRoot({ files, index }: Look['workspace'], { root }: Plan): string | null {
  if (root.kind !== 'keychain') return null
  if (lackOfRole(root.name, files.profiles) !== null) return pasteable`aws-cred setup ${root.name} --role-arn ARN`
  const { profiles } = files.profiles
  const names = new Set([...profiles.keys(), ...index.all('key').map(({ name }) => name)])
  const near = profiles.has(root.name) ? null : nearest(root.name, names)
  const other = near === null ? null : otherSourceCommand(root, near, files.profiles)
  return other ?? pasteable`aws-cred add ${root.name}`
}
