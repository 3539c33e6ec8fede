import { keysIdentity } from '../../../core/cache-key.ts'
import type { RootCredentials } from '../../../core/obtain-sources.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { type CredentialSourceRoot, type OtherRoot, rootText } from '../../../core/plan/plan-roots.ts'
import { environmentKeys } from '../../../core/roots/environment-keys.ts'
import type { Session } from '../../../core/session.ts'
import { quoted } from '../../../core/text.ts'
import type { Workspace } from '../workspace.ts'
import { fetchedIdentity, partitionOf } from './root-identity.ts'

/** What every fetch of a root needs beside its own lines. */
export interface RootFetch {
  readonly workspace: Workspace
  readonly plan: Plan
  /** What is tried, for messages: `get credentials of SSO "corp" for profile "dev"`. */
  readonly purpose: string
  /** Aborts when the whole refresh has used up its budget. */
  readonly deadline: AbortSignal
  /** Keeps a failure that does not end the refresh. */
  record(error: unknown): void
}

/**
 * Asks the root of a plan: a session with its end, or keys without one (another program's). Each kind, with the SDK
 * where it needs it, is loaded when it is asked. Throws `CredError`, `person` where somebody has to log in.
 */
export async function fetchRoot(
  workspace: Workspace,
  plan: Plan,
  options: Pick<RootFetch, 'deadline' | 'record'>,
): Promise<Session | RootCredentials> {
  const { root } = plan
  if (root.kind === 'keychain' || root.kind === 'static') throw new TypeError('keys are not fetched')
  const fetch = { workspace, plan, purpose: purposeOf(plan, root), ...options }
  switch (root.kind) {
    case 'environment':
      return readEnvironment(workspace, plan, root)
    case 'sso':
      return (await import('./sso-session.ts')).ssoSession(fetch, root)
    case 'login':
      return (await import('./login-session.ts')).loginSession(fetch, root)
    case 'web-identity':
      return (await import('./web-identity-session.ts')).webIdentitySession(fetch, root)
    case 'container':
    case 'instance':
      return (await import('./metadata-session.ts')).metadataSession(fetch, root)
    case 'process':
      return (await import('./helper-session.ts')).helperSession(fetch, root)
  }
}

function purposeOf(plan: Plan, root: OtherRoot): string {
  if (root.kind === 'web-identity') return `assume ${root.step.roleArn} for profile ${quoted(plan.profile)}`
  return `get credentials of ${rootText(root)} for profile ${quoted(plan.profile)}`
}

/** The keys that `credential_source = Environment` means: as they are, and never kept. */
export function readEnvironment(workspace: Workspace, plan: Plan, root: CredentialSourceRoot): RootCredentials {
  const keys = environmentKeys(root.profile, workspace.context.env)
  return { ...keys, identity: keysIdentity('environment', keys.accessKeyId, partitionOf(workspace, plan)) }
}

/** What was fetched as keys to sign with; of a session, under the identity that its kind has. */
export function keysOf(workspace: Workspace, plan: Plan, given: Session | RootCredentials): RootCredentials {
  if ('identity' in given) return given
  const { accessKeyId, secretAccessKey, sessionToken } = given
  return { accessKeyId, secretAccessKey, sessionToken, identity: fetchedIdentity(workspace, plan) }
}
