import type { TokenKind } from './network/sts-endpoint.ts'
import type { Root, Step } from './plan/plan.ts'
import type { OtherRoot } from './plan/plan-roots.ts'
import type { AssumeRoleStep } from './plan/plan-steps.ts'
import { parseRoleArn, toSessionName } from './plan/sts-limits.ts'
import type { LongLivedKey } from './session.ts'
import { sha256Hex } from './sha256.ts'

/** Who signs the first call, named without a secret. */
export interface RootIdentity {
  /** `key:<generation>` for the keychain, `static:<hash of the access key id>` for a file's, else kind and a hash. */
  readonly id: string
  /** True where the root gives sessions with an end, which are kept like a step's: see `ROOT_LEVEL`. */
  readonly givesSession?: boolean
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
  return keysIdentity('static', root.accessKeyId, partition)
}

/** Keys that are not ours to name, by where they were found and their access key id. */
export function keysIdentity(where: string, accessKeyId: string, partition: string): RootIdentity {
  return { id: `${where}:${shortHash(accessKeyId)}`, partition, accountId: null, userName: null }
}

/** Where a root is fetched from, as far as it decides whose credentials these are. */
export interface RootPlace {
  /** The endpoint that a setting names for the service that is asked; null for its own. */
  readonly endpoint: string | null
  /** The settings that say where a container's or an instance's credentials are, as they are written. */
  readonly address: readonly (string | null | undefined)[]
  readonly osUser: string
}

/**
 * A root that is fetched, by what is known before: session, account and role (SSO), who signed in (login), token file
 * and role call (web identity), address (container, instance), command line (process).
 */
export function identityOfFetched(
  root: Exclude<OtherRoot, { kind: 'environment' }>,
  partition: string,
  { endpoint, address, osUser }: RootPlace,
): RootIdentity {
  const named = (): readonly unknown[] => {
    switch (root.kind) {
      case 'sso':
        return [root.session, root.startUrl, root.region, root.accountId, root.roleName, endpoint]
      case 'login':
        return [root.loginSession, endpoint]
      case 'web-identity':
        return [root.tokenFile, callOf(root.step, null, osUser), endpoint]
      case 'process':
        return [root.commandLine]
      default:
        return address
    }
  }
  const id = `${root.kind}:${shortHash(JSON.stringify(named()))}`
  return { id, givesSession: true, partition, accountId: null, userName: null }
}

function shortHash(text: string): string {
  return sha256Hex(text).slice(0, 32)
}

/** The role session name that a step is called with: trust policies compare it with `${aws:username}`. */
export function sessionNameOf(step: Step, identity: RootIdentity, osUser: string): string | null {
  return step.kind === 'assume-role' ? roleSessionName(step, identity.userName, osUser) : null
}

export function roleSessionName(step: AssumeRoleStep, userName: string | null, osUser: string): string {
  return step.sessionName ?? toSessionName(userName ?? `aws-cred-${osUser}`)
}

export interface CacheKeyInputs {
  readonly identity: RootIdentity
  readonly steps: readonly Step[]
  readonly osUser: string
  /** The endpoint that a setting names, null for AWS's own. */
  readonly endpoint: string | null
  readonly tokenKind: TokenKind
}

/** The level of a root's own session, below the first step's. */
export const ROOT_LEVEL = -1

/**
 * Everything that the session of step `level` depends on, as one text to hash: a changed profile never gets the
 * old session. The region is not in it (a loop over regions is one session), nor is any secret. Profile names
 * are not in it either: two roles behind one middle role share its session.
 */
export function cacheKeyText(inputs: CacheKeyInputs, level: number): string {
  const { identity, steps, endpoint, tokenKind } = inputs
  // Asked for only where it counts: the system looks it up in its files.
  const osUser = identity.userName === null ? inputs.osUser : ''
  const parts = steps
    .slice(0, level + 1)
    .map((step) =>
      step.kind === 'session-token'
        ? [step.kind, step.durationSeconds, step.mfaSerial]
        : callOf(step, identity.userName, osUser),
    )
  // What the root gives by itself does not depend on where STS is asked.
  if (level === ROOT_LEVEL) return JSON.stringify(['aws-cred 1 root', identity.id])
  return JSON.stringify(['aws-cred 1', identity.id, identity.partition, endpoint, tokenKind, parts])
}

function callOf(step: AssumeRoleStep, userName: string | null, osUser: string): readonly unknown[] {
  return [
    step.kind,
    step.roleArn,
    step.durationSeconds,
    roleSessionName(step, userName, osUser),
    step.externalId,
    step.mfaSerial,
    step.sourceIdentity,
    step.policy,
    step.policyArns,
    step.tags,
    step.transitiveTagKeys,
  ]
}

/** What a person may recognise a session's item by in the keychain: the role's name. */
export function sessionLabel(step: Step): string {
  return step.kind === 'session-token' ? 'session-token' : (parseRoleArn(step.roleArn)?.roleName ?? 'role')
}

/** The same for a root's own session. */
export function rootLabel(root: Root): string {
  if (root.kind === 'web-identity') return sessionLabel(root.step)
  return root.kind === 'sso' ? root.roleName : root.kind
}
