import { deviceText } from '../mfa-code.ts'
import { pasteable } from '../paste.ts'
import type { Plan } from '../plan/plan.ts'
import { lackOfRole } from '../plan/plan-errors.ts'
import { at } from '../plan/sts-limits.ts'
import type { Profiles } from '../profiles.ts'
import { nearest, quoted, shown } from '../text.ts'

/** What will not work, or not as it looks, of a profile that is about to be written: one line each, a command on a line of its own. */
export function setupNotes(
  profile: string,
  plan: Plan,
  profiles: Profiles,
  keyNames: () => readonly string[],
): string[] {
  return [
    ...keysInFile(profile, profiles),
    ...missingKeys(plan, profiles, keyNames),
    ...pastedSession(plan),
    ...plan.steps.flatMap((step) =>
      step.kind === 'assume-role' && step.askedSeconds !== step.durationSeconds
        ? [
            `the session of ${shown(step.roleArn)} lasts 1 h, not ${durationText(step.askedSeconds ?? 0)}: STS gives no more to a role assumed with a session`,
          ]
        : [],
    ),
    ...(plan.steps[0]?.kind === 'session-token' && plan.steps[0].mfaSerial === null
      ? [
          `the session of ${quoted(profile)} is made without MFA: IAM refuses it, and STS takes it for AssumeRole and GetCallerIdentity alone; a role, aws_cred_session = never or an MFA device mends that${pasteable`\n  aws-cred setup ${profile} --mfa-serial ARN` ?? ''}`,
        ]
      : []),
    ...plan.steps.flatMap((step) => codeNote(step)),
  ]
}

/** How often a code is asked for, and what for. */
function codeNote(step: Plan['steps'][number]): string[] {
  if (step.mfaSerial === null) return []
  const device = deviceText(step.mfaSerial)
  if (step.kind === 'assume-role')
    return [`each new session of ${shown(step.roleArn)} asks for an MFA code of ${device}`]
  return [
    `one MFA code of ${device} opens every role of that user for ${durationText(step.durationSeconds)}; each role's session lasts 1 h at most`,
  ]
}

/** Python's, JS's and Go's SDKs take keys of the credentials file before a credential_process (contract §2.2). */
function keysInFile(profile: string, profiles: Profiles): string[] {
  const id = profiles.profiles.get(profile)?.properties.get('aws_access_key_id')
  if (id === undefined || id.file !== 'credentials') return []
  return [
    `keys of ${quoted(profile)} stand in ${at(id)}: tools that read that file (AWS CLI, boto3, JS, Go) still take those${pasteable`; take them out: aws-cred import ${profile}` ?? ''}`,
  ]
}

function missingKeys({ profile, root }: Plan, profiles: Profiles, keyNames: () => readonly string[]): string[] {
  if (root.kind !== 'keychain' || root.listed) return []
  const lack = lackOfRole(root.name, profiles)
  if (lack !== null)
    return [
      `${quoted(root.name)} ${lack}${pasteable`; name the role: aws-cred setup ${root.name} --role-arn ARN` ?? ''}`,
    ]
  const names = [...keyNames(), ...profiles.profiles.keys()].filter((name) => name !== profile)
  const near = profiles.profiles.has(root.name) ? null : nearest(root.name, names)
  const meant = near === null ? '' : ` (did you mean ${quoted(near)}?)`
  const cure = pasteable`; put them in: aws-cred add ${root.name}` ?? ''
  return [`${quoted(root.name)} has no keys yet${meant}${cure}`]
}

function pastedSession({ root }: Plan): string[] {
  if (root.kind !== 'static' || root.sessionToken === null) return []
  const cure = pasteable`; take it out: aws-cred import ${root.profile} --drop-session` ?? ''
  return [
    `the keys of ${quoted(root.profile)} (${at(root.origin)}) are a pasted session, which cannot be renewed${cure}`,
  ]
}

function durationText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
