import { accountOfArn, type Promised } from '../../../core/caller.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { parseRoleArn } from '../../../core/plan/sts-limits.ts'
import type { Workspace } from '../workspace.ts'

/** By the files and the index: what a verified key turned out to be counts as said. */
export function promisedBy({ files, index }: Workspace, plan: Plan): Promised {
  const { root, steps, profile } = plan
  const written = files.profiles.profiles.get(profile)?.properties.get('aws_account_id')?.value ?? null
  const last = steps.at(-1)
  const roleArn = last?.kind === 'assume-role' ? last.roleArn : root.kind === 'web-identity' ? root.step.roleArn : null
  if (roleArn !== null)
    return { arn: roleArn, accountId: written ?? parseRoleArn(roleArn)?.accountId ?? null, permissionSet: null }
  switch (root.kind) {
    case 'sso':
      return { arn: null, accountId: written ?? root.accountId, permissionSet: root.roleName }
    case 'login':
      return { arn: root.loginSession, accountId: written ?? accountOfArn(root.loginSession), permissionSet: null }
    case 'keychain': {
      const entry = index.known('key', root.name)
      return { arn: entry?.arn ?? null, accountId: written ?? entry?.accountId ?? null, permissionSet: null }
    }
    case 'process':
      return { arn: null, accountId: written ?? root.accountId, permissionSet: null }
    default:
      return { arn: null, accountId: written, permissionSet: null }
  }
}
