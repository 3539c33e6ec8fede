import type { Root, Step } from './plan.ts'
import type { LongLivedKey } from './session.ts'
import { sha256Hex } from './sha256.ts'
import type { TokenKind } from './sts-endpoint.ts'
import { parseRoleArn, toSessionName } from './sts-limits.ts'

/** Who signs the first call, named without a secret. */
export interface RootIdentity {
  /** `key:<generation>` for the keychain, `static:<hash of the access key id>` for a file's. */
  readonly id: string
  readonly partition: string
  readonly accountId: string | null
  /** The IAM user's name where known: the default role session name. */
  readonly userName: string | null
}

export function identityOfKey(
  key: Pick<LongLivedKey, 'generation' | 'partition' | 'accountId' | 'userName'>,
): RootIdentity {
  return {
    id: `key:${key.generation}`,
    partition: key.partition,
    accountId: key.accountId,
    userName: key.userName,
  }
}

export function identityOfStatic(root: Extract<Root, { kind: 'static' }>, partition: string): RootIdentity {
  return { id: `static:${sha256Hex(root.accessKeyId).slice(0, 32)}`, partition, accountId: null, userName: null }
}

/** The role session name that a step is called with: trust policies compare it with `${aws:username}`. */
export function sessionNameOf(step: Step, identity: RootIdentity, osUser: string): string | null {
  if (step.kind !== 'assume-role') return null
  return (
    step.sessionName ??
    (identity.userName === null ? toSessionName(`aws-cred-${osUser}`) : toSessionName(identity.userName))
  )
}

export interface CacheKeyInputs {
  readonly identity: RootIdentity
  readonly steps: readonly Step[]
  readonly osUser: string
  /** The endpoint that a setting names, null for AWS's own. */
  readonly endpoint: string | null
  readonly tokenKind: TokenKind
}

/**
 * Everything that the session of step `level` depends on, as one text to hash: a changed profile never gets the
 * old session. The region is not in it (a loop over regions is one session), nor is any secret. Profile names
 * are not in it either: two roles behind one middle role share its session.
 */
export function cacheKeyText(inputs: CacheKeyInputs, level: number): string {
  const { identity, steps, osUser, endpoint, tokenKind } = inputs
  const parts = steps
    .slice(0, level + 1)
    .map((step) =>
      step.kind === 'session-token'
        ? [step.kind, step.durationSeconds, step.mfaSerial]
        : [
            step.kind,
            step.roleArn,
            step.durationSeconds,
            sessionNameOf(step, identity, osUser),
            step.externalId,
            step.mfaSerial,
            step.sourceIdentity,
            step.policy,
            step.policyArns,
            step.tags,
            step.transitiveTagKeys,
          ],
    )
  return JSON.stringify(['aws-cred 1', identity.id, identity.partition, endpoint, tokenKind, parts])
}

/** What a person may recognise a session's item by in the keychain: the role's name. */
export function sessionLabel(step: Step): string {
  return step.kind === 'session-token' ? 'session-token' : (parseRoleArn(step.roleArn)?.roleName ?? 'role')
}
