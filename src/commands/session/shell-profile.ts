import type { Context, Environment } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import type { Arguments } from '../../core/verb.ts'
import { planOf } from './profiles/profile-state.ts'
import type { Workspace } from './workspace.ts'

/** The profile that a person means: `--profile`, else what the shell is set to, else `default`. */
export function shellProfile(given: Arguments, context: Pick<Context, 'env'>): string {
  return meantProfile(given.text('profile'), context).profile
}

/**
 * The same with the variable that named it; null where it was typed, or nothing names one. An empty name that was typed is a
 * script's variable that was not set: it stays empty, and no profile is called that, so that none is served in its place.
 */
export function meantProfile(
  typed: string | undefined,
  { env }: Pick<Context, 'env'>,
): { readonly profile: string; readonly variable: string | null } {
  if (typed !== undefined) return { profile: typed, variable: null }
  const variable = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CRED_PROFILE'].find((name) => env[name]) ?? null
  return { profile: (variable !== null && env[variable]) || 'default', variable }
}

/** The region of a profile as `export` sets it: its own, else that of the one its line of ours points to. */
export function regionOf(workspace: Workspace, profile: string): string | null {
  const own = workspace.files.profiles.profiles.get(profile)?.properties.get('region')?.value
  if (own) return own
  try {
    return planOf(workspace, profile).region || null
  } catch (error) {
    // A profile that cannot be planned has no region either.
    if (!(error instanceof CredError)) throw error
    return null
  }
}

/** The region of the profile whose keys this shell holds already. */
export function earlierRegion(workspace: Workspace, env: Environment = workspace.context.env): string | null {
  const { AWS_CRED_PROFILE: earlier } = env
  return earlier ? regionOf(workspace, earlier) : null
}
