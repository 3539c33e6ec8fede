import { parseOwnLine } from '../../../core/command-line.ts'
import { CredError } from '../../../core/errors.ts'
import { rootName } from '../../../core/plan/plan.ts'
import { setting } from '../../../core/plan/settings.ts'
import type { Profile } from '../../../core/profiles.ts'
import type { Workspace } from '../workspace.ts'
import { planOf } from './profile-state.ts'

/** The profiles whose sections are ours, in the order of the files. */
export function servedProfiles({ context, files }: Workspace): string[] {
  return [...files.profiles.profiles.values()]
    .filter((each) => isServed(each, context.platform))
    .map(({ name }) => name)
}

/** In the order of the files, then what only the index knows. */
export function profileNames(workspace: Workspace): string[] {
  const { files, index } = workspace
  const { profiles } = files.profiles
  const used = new Set(servedProfiles(workspace))
  // Profiles with native keys alone are served too, to whoever asks for them by name.
  for (const { profile } of [...index.all('session'), ...index.all('failure')])
    if (profiles.has(profile)) used.add(profile)
  for (const name of [...used]) for (const source of sourcesOf(workspace, name)) used.add(source)
  const keys = index.all('key').map((entry) => entry.name)
  const ordered = [...profiles.keys()].filter((name) => used.has(name) || keys.includes(name))
  return [...new Set([...ordered, ...used, ...keys])]
}

/** Whether its section is ours: a `credential_process` line that runs this program, or a key under our prefix. */
function isServed({ properties }: Profile, platform: string): boolean {
  const line = properties.get('credential_process')?.value
  if (line && parseOwnLine(line, platform) !== null) return true
  return [...properties.keys()].some((key) => key.startsWith('aws_cred_'))
}

function sourcesOf(workspace: Workspace, profile: string): string[] {
  try {
    const plan = planOf(workspace, profile)
    return [...plan.steps.map((step) => step.profile), rootName(plan)]
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    // Its row says what is wrong; the next profile on the way can still be shown.
    const source = setting(workspace.files.profiles, profile, 'source_profile')?.value
    return source !== undefined && workspace.files.profiles.profiles.has(source) ? [source] : []
  }
}
