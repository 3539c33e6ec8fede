import type { Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import type { Root } from '../../../core/plan/plan.ts'
import { shown } from '../../../core/text.ts'
import { runCommand } from '../../../io/run-command.ts'
import { markedEnvironment } from '../marker.ts'
import type { Workspace } from '../workspace.ts'
import { signInNeeded } from './sign-in-state.ts'

/**
 * Signs in to SSO or `aws login` with the AWS CLI where a person has to, in front of that person. Throws
 * `CredError('person')` with the command where nobody is there or the CLI is not.
 */
export async function signIn(workspace: Workspace, root: Root, terminal: Terminal | null): Promise<void> {
  const command = signInNeeded(workspace, root, null)
  if (command === null || (root.kind !== 'sso' && root.kind !== 'login')) return
  const refused = (state: string) =>
    new CredError('person', `cannot sign in for ${shown(root.profile)}: ${state}`, { hint: command })
  if (terminal === null) throw refused('nobody is there')
  const words = root.kind === 'sso' ? ['sso', 'login'] : ['login']
  try {
    const environment = () => definedOf(markedEnvironment(workspace.context, [root.profile]))
    const end = await runCommand(['aws', ...words, '--profile', root.profile], { descriptors: [], environment })
    if ('status' in end && end.status === 0) return
    throw refused('the AWS CLI did not sign in')
  } catch (error) {
    if (error instanceof CredError && error.code === 'no-command') throw refused('the AWS CLI is not installed')
    throw error
  }
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
