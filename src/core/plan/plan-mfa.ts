import type { Profiles } from '../profiles.ts'
import { mfaDirectSetting, mfaDurationSeconds } from './mfa-settings.ts'
import type { Plan } from './plan.ts'
import type { SignerKind } from './plan-roots.ts'
import { type AssumeRoleStep, assumeRoleStep, type SessionTokenStep } from './plan-steps.ts'
import { CHAINED_MAX_S } from './sts-limits.ts'

/** What goes before a role in a plan, and what is asked for by hand. */
export interface RoleCall {
  readonly signedBy: SignerKind
  /** `--duration`, for the last role. */
  readonly askedSeconds: number | undefined
  readonly isOnlyRole: boolean
  takesCodeItself?(roleArn: string, serial: string): boolean
}

/**
 * The calls that a role takes. With an MFA serial these are two: a session made with the code, which opens every role
 * of that identity without another one, and the role assumed with it, for an hour at most since a session signs. A
 * role that is to last longer, or whose profile says `aws_cred_mfa_direct = true`, gets the code itself.
 */
export function roleSteps(
  profile: string,
  profiles: Profiles,
  { signedBy, askedSeconds, isOnlyRole, takesCodeItself }: RoleCall,
): readonly (AssumeRoleStep | SessionTokenStep)[] {
  const role = assumeRoleStep(profile, profiles, signedBy, askedSeconds)
  const { mfaSerial } = role
  if (mfaSerial === null) return [role]
  const isLong = isOnlyRole && (role.askedSeconds ?? 0) > CHAINED_MAX_S
  const isDirect =
    mfaDirectSetting(profile, profiles) ?? (isLong || takesCodeItself?.(role.roleArn, mfaSerial) === true)
  if (isDirect) return [role]
  return [mfaSessionStep(profile, profiles, mfaSerial), withoutCode(role)]
}

function mfaSessionStep(profile: string, profiles: Profiles, mfaSerial: string): SessionTokenStep {
  return { kind: 'session-token', profile, durationSeconds: mfaDurationSeconds(profile, profiles), mfaSerial }
}

function withoutCode(role: AssumeRoleStep): AssumeRoleStep {
  const { askedSeconds } = role
  const durationSeconds = askedSeconds === null ? null : Math.min(askedSeconds, CHAINED_MAX_S)
  return { ...role, mfaSerial: null, chained: true, durationSeconds }
}

/** The plan with its code given to the first role itself; null where no session is made with a code before it. */
export function withCodeForRole(
  plan: Plan,
): { readonly plan: Plan; readonly step: AssumeRoleStep; readonly serial: string } | null {
  const [session, role, ...rest] = plan.steps
  if (session?.kind !== 'session-token' || session.mfaSerial === null || role?.kind !== 'assume-role') return null
  const serial = session.mfaSerial
  const step = { ...role, mfaSerial: serial, chained: false, durationSeconds: role.askedSeconds }
  return { plan: { ...plan, steps: [step, ...rest] }, step, serial }
}
