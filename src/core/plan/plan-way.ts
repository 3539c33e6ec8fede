import { quoted, shown } from '../text.ts'
import { type Plan, rootName } from './plan.ts'
import { rootText } from './plan-roots.ts'
import { parseRoleArn } from './sts-limits.ts'

/** From the root to what a profile gives, a name for each session on the way, fit to show: `user1`, `Prod-Role`. */
export function wayOf(plan: Plan): string[] {
  const { root } = plan
  const start = root.kind === 'keychain' || root.kind === 'static' ? shown(rootName(plan)) : rootText(root)
  const first =
    root.kind === 'sso' ? [shown(root.roleName)] : root.kind === 'web-identity' ? [role(root.step.roleArn)] : []
  return [start, ...first, ...plan.steps.flatMap((step) => (step.kind === 'assume-role' ? [role(step.roleArn)] : []))]
}

function role(arn: string): string {
  return shown(parseRoleArn(arn)?.roleName ?? quoted(arn))
}
