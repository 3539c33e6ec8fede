import type { ProfileProperty, Profiles } from '../profiles.ts'
import { chainTooLongError, loopError, roleWithoutSourceError, twoKindsError } from './plan-errors.ts'
import { roleSteps } from './plan-mfa.ts'
import { type OtherRoot, signerOf } from './plan-roots.ts'
import { findSources } from './plan-sources.ts'
import { type AssumeRoleStep, type SessionTokenStep, sessionTokenStep, webIdentityStep } from './plan-steps.ts'
import { setting } from './settings.ts'
import type { Origin } from './sts-limits.ts'

/** Where the credentials that sign the first call come from. */
export type Root = KeychainRoot | StaticRoot | OtherRoot

export interface KeychainRoot {
  readonly kind: 'keychain'
  readonly name: string
  /** False when the index does not know the name: the keychain may still (a lost index). */
  readonly listed: boolean
  /** The setting that names it as a source; null where it is the profile that was asked for. */
  readonly namedBy: NamedBy | null
}

export interface NamedBy {
  readonly profile: string
  readonly property: ProfileProperty
}

export interface StaticRoot {
  readonly kind: 'static'
  readonly profile: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  readonly origin: Origin
}

export type Step = AssumeRoleStep | SessionTokenStep

/** From a root to what a profile gives: each step's session signs the next. No steps: what the root itself gives. */
export interface Plan {
  readonly profile: string
  readonly root: Root
  readonly steps: readonly Step[]
  /** False where `aws_cred_account_id = never` keeps the account out of the answer. */
  readonly tellsAccount: boolean
  /** The profile whose settings decide where AWS is asked: `profile`, or the one that its line of ours points to. */
  readonly servedProfile: string
  readonly region: string | null
}

export interface PlanOptions {
  readonly platform: string
  /** Whether the index knows keys of that name in the keychain. */
  hasKeys(name: string): boolean
  /** Whether that role was found to take the code itself and no session made with it: see `learnDirect`. */
  takesCodeItself?(roleArn: string, serial: string): boolean
  /** `--no-session`: hand out the long-lived keys of a profile without a role. */
  readonly noSession?: boolean
  /** `--duration` in seconds, for the last step. */
  readonly durationSeconds?: number | undefined
}

/** One profile on the way from what was asked for to the root. */
interface Link {
  readonly profile: string
  readonly assumesRole: boolean
  /** True where it only names another as its source: what it says itself counts all the same. */
  readonly isAlias: boolean
}

/**
 * How to get from a profile to credentials. Pure: nothing is read but what the files show.
 * Follows `source_profile` (native or `aws_cred_`) and this program's own `credential_process` lines.
 * Throws `CredError('failed')` that names profile, key, line and cure for each mistake of contract §2.1.
 */
export function planProfile(profile: string, profiles: Profiles, options: PlanOptions): Plan {
  const { root: found, links } = followLinks(profile, profiles, options)
  const signer = signerOf(found)
  const steps: Step[] = []
  const lastRole = links.find((each) => each.assumesRole)
  // A line of ours that points to another profile gives what that one gives.
  const served = (lastRole ?? links.at(-1))?.profile ?? profile
  const roles = links.filter((each) => each.assumesRole).reverse()
  for (const link of roles) {
    const askedSeconds = link === lastRole ? options.durationSeconds : undefined
    const signedBy = steps.length > 0 ? 'session' : signer
    steps.push(
      ...roleSteps(link.profile, profiles, { signedBy, askedSeconds, isOnlyRole: roles.length === 1, ...options }),
    )
  }
  const root =
    found.kind === 'web-identity' && lastRole === undefined
      ? { ...found, step: webIdentityStep(found.profile, profiles, options.durationSeconds) }
      : found
  const speaking = [
    ...(lastRole === undefined ? links.filter(({ isAlias }) => isAlias) : []).map(({ profile }) => profile),
    served,
  ]
  const own = (key: string): string | null =>
    speaking.map((name) => setting(profiles, name, key)?.value).find((value) => value !== undefined) ?? null
  const line = (key: string): string | null =>
    speaking.map((name) => profiles.profiles.get(name)?.properties.get(key)?.value).find((value) => value) ?? null
  const wantsSession = options.noSession !== true && own('session')?.toLowerCase() !== 'never'
  if (steps.length === 0 && signer === 'key' && wantsSession) {
    steps.push(sessionTokenStep(served, profiles, options.durationSeconds))
  }
  return {
    profile,
    root,
    steps,
    tellsAccount: own('account_id')?.toLowerCase() !== 'never',
    servedProfile: served,
    region: line('region'),
  }
}

/** Each hop is a call to STS, and all of them share the 15 s of one refresh: what is longer could never be served. */
export const CHAIN_MAX = 20

function followLinks(first: string, profiles: Profiles, options: PlanOptions): { root: Root; links: Link[] } {
  const links: Link[] = []
  let profile = first
  let namedBy: NamedBy | null = null
  let isSource = false
  for (;;) {
    const seen = links.findIndex((link) => link.profile === profile)
    if (seen !== -1) throw loopError([...links.slice(seen).map((link) => link.profile), profile], profiles)
    if (links.length > CHAIN_MAX)
      throw chainTooLongError(
        links.map((link) => link.profile),
        CHAIN_MAX,
      )
    const { role, others } = findSources(profile, profiles, options)
    const source = others[0]
    const second = others[1]
    if (source !== undefined && second !== undefined) throw twoKindsError(profile, source, second)
    if (role === null) {
      links.push({ profile, assumesRole: false, isAlias: source?.key === 'aws_cred_source_profile' })
      if (source === undefined) return { root: { kind: 'keychain', name: profile, listed: false, namedBy }, links }
      if (source.root !== null) return { root: withNaming(source.root, namedBy), links }
      namedBy = { profile, property: source.property as ProfileProperty }
      profile = source.nextProfile as string
      isSource = false
      continue
    }
    const sourceProfile = setting(profiles, profile, 'source_profile')
    if (sourceProfile?.value === profile) {
      // Its own keys feed its role; as the source of another profile, its keys win over its role: botocore and
      // JS agree on both (contract §2.1).
      if (source === undefined) throw loopError([profile, profile], profiles)
      const hasKeys = source.root?.kind === 'keychain' || source.root?.kind === 'static'
      if (!hasKeys || source.root === null) throw twoKindsError(profile, role, source)
      links.push({ profile, assumesRole: !isSource, isAlias: false })
      return { root: withNaming(source.root, namedBy), links }
    }
    if (source !== undefined) throw twoKindsError(profile, role, source)
    links.push({ profile, assumesRole: role.root?.kind !== 'web-identity', isAlias: false })
    if (role.root !== null) return { root: role.root, links }
    if (sourceProfile === null) throw roleWithoutSourceError(profile, role)
    namedBy = { profile, property: sourceProfile }
    profile = sourceProfile.value
    isSource = true
  }
}

function withNaming(root: Root, namedBy: NamedBy | null): Root {
  return root.kind === 'keychain' ? { ...root, namedBy } : root
}

/** The name under which the root's credentials are known: of keys, or the profile whose lines name it. */
export function rootName({ root }: Pick<Plan, 'root'>): string {
  return root.kind === 'keychain' ? root.name : root.profile
}

/** The profile whose credentials sign a step, as people know it: that of the role before it, or the root. */
export function signerName(plan: Plan, step: Step): string {
  const before = plan.steps.slice(0, plan.steps.indexOf(step)).findLast(({ kind }) => kind === 'assume-role')
  return before?.profile ?? rootName(plan)
}
