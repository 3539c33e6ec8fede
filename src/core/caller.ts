import { parseRoleArn } from './plan/sts-limits.ts'

/** Whom a profile says that its credentials stand for; null is what it does not say. */
export interface Promised {
  /** Of the role that is assumed, or of the user whose key it is. */
  readonly arn: string | null
  readonly accountId: string | null
  /** Where no ARN is said: the name of a permission set (IAM Identity Center). */
  readonly permissionSet: string | null
}

/** Whom STS says that credentials stand for. */
export interface Caller {
  readonly arn: string
  readonly accountId: string
}

/** The role's name and the session's, out of `arn:…:assumed-role/NAME/SESSION`; null for any other ARN. */
export function assumedRole(arn: string): { readonly roleName: string; readonly sessionName: string } | null {
  const match = /^arn:[^:]*:sts::[^:]*:assumed-role\/([^/]+)\/(.+)$/.exec(arn)
  return match === null ? null : { roleName: match[1] ?? '', sessionName: match[2] ?? '' }
}

/** The account of an ARN; null where none stands in it. */
export function accountOfArn(arn: string): string | null {
  const account = arn.split(':')[4] ?? ''
  return /^\d{12}$/.test(account) ? account : null
}

/** Whether the caller is who is promised, as far as anything is. A role's ARN has its path, which its sessions' lack. */
export function isPromised({ arn, accountId, permissionSet }: Promised, caller: Caller): boolean {
  if (accountId !== null && accountId !== caller.accountId) return false
  const session = assumedRole(caller.arn)
  if (permissionSet !== null) {
    // IAM Identity Center names its roles so: `AWSReservedSSO_NAME_` and 16 hex digits.
    return session?.roleName.replace(/^AWSReservedSSO_(.+)_[0-9a-f]{16}$/, '$1') === permissionSet
  }
  if (arn === null) return true
  const role = parseRoleArn(arn)
  const roleName = role?.roleName ?? assumedRole(arn)?.roleName
  if (roleName === undefined) return arn === caller.arn
  return (
    roleName === session?.roleName && accountOfArn(arn) === caller.accountId && partition(arn) === partition(caller.arn)
  )
}

function partition(arn: string): string | undefined {
  return arn.split(':')[1]
}
