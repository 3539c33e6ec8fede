import { container, environmentKeys, instance, webIdentityVariables } from './precedence-environment.ts'
import {
  type CredentialSource,
  type Outcome,
  type PrecedenceWorld,
  type Refusal,
  refuses,
  type Tool,
} from './precedence-model.ts'
import { presentSources } from './precedence-present.ts'
import { firstDouble, type Looking, type ProfileFiles, profileFiles, viewProfile } from './precedence-profile.ts'
import { applyRules } from './precedence-rules.ts'
import { credentialProcess } from './precedence-sources.ts'
import type { Look, ToolTable } from './precedence-table.ts'
import { TOOLS } from './precedence-tools.ts'

/** What one tool does in this world. */
export interface Verdict {
  readonly tool: Tool
  readonly label: string
  readonly basis: ToolTable['basis']
  readonly profile: AskedProfile
  /** Where it takes its credentials from; null where it ends with the refusal. */
  readonly source: CredentialSource | null
  readonly refusal: Refusal | null
  /** What is there as well and is not used; none where the tool ends with an error. */
  readonly shadowed: readonly CredentialSource[]
}

export interface AskedProfile {
  readonly name: string
  /** `flag`: in code or by `--profile`; else the variable; null where nobody named one. */
  readonly by: string | null
}

export interface WhoWins {
  readonly verdicts: readonly Verdict[]
  /** All that is there to be taken from: variables, and what the profiles name that a tool would look at. */
  readonly present: readonly CredentialSource[]
  /** Whether all tools take the same, or all end alike. */
  readonly agree: boolean
}

/**
 * Which source each tool would take in this world: in its default chain (`named` null), or with that profile named in
 * code or by a flag. Nothing is run or asked: whether what a tool takes works is another question.
 */
export function whoWins(world: PrecedenceWorld, named: string | null, tools: readonly ToolTable[] = TOOLS): WhoWins {
  const files = profileFiles(world)
  const asked = tools.map((table) => askedProfile(table, world, named))
  const present = presentSources([...new Set(asked.map(({ name }) => name))], files, world)
  const verdicts = tools.map((table, i): Verdict => {
    const profile = asked[i] as AskedProfile
    const { source, refusal } = outcomeFor(table, profile, files, world)
    const shadowed = source === null ? [] : present.filter((each) => !isPartOf(each, source))
    return { tool: table.tool, label: table.label, basis: table.basis, profile, source, refusal, shadowed }
  })
  return { verdicts, present, agree: sameAnswers(verdicts).length === 1 }
}

/** The verdicts that are one and the same, together: first the answer that most tools give. */
export function sameAnswers(verdicts: readonly Verdict[]): Verdict[][] {
  const groups = Map.groupBy(verdicts, ({ source, refusal }) =>
    source === null ? (refusal?.code ?? '') : sourceText(source),
  )
  return [...groups.values()].sort((one, other) => other.length - one.length)
}

function askedProfile(table: ToolTable, { env }: PrecedenceWorld, named: string | null): AskedProfile {
  if (named !== null) return { name: named, by: 'flag' }
  const by = table.profileVariables.find((name) =>
    table.emptyProfileVariable === 'a-name' ? env[name] !== undefined : env[name],
  )
  return by === undefined ? { name: 'default', by: null } : { name: env[by] ?? '', by }
}

function outcomeFor(
  table: ToolTable,
  profile: AskedProfile,
  files: ProfileFiles,
  world: PrecedenceWorld,
): Exclude<Outcome, null> {
  const double = table.duplicates === 'file-refused' ? firstDouble(files) : null
  if (double !== null) return refuses('duplicate', null, double)
  const looking: Looking = { world, files, table, named: profile.by === 'flag', visited: [profile.name] }
  const view = viewProfile(profile.name, files, table)
  const inProfile =
    view.exists || profile.by === null
      ? applyRules(table.rules, view, looking)
      : refuses('profile-missing', profile.name)
  if (inProfile?.refusal && endsAtOnce(table, profile, inProfile.refusal)) return inProfile
  const looks: Readonly<Record<Look, () => Outcome>> = {
    environment: () => environmentKeys(table.environment, world),
    'environment-without-profile': () => (profile.by === null ? environmentKeys(table.environment, world) : null),
    'web-identity-variables': () =>
      webIdentityVariables(table.webIdentityWithoutRole, table.absoluteTokenFileOnly, world),
    profile: () => (isUnfoundDefault(inProfile) ? null : inProfile),
    'process-again': () => credentialProcess(view, looking),
    container: () => container(world),
    instance: () => instance(world),
  }
  let reason: Exclude<Outcome, null> | null = null
  for (const look of looking.named ? table.namedChain : table.chain) {
    const found = looks[look]()
    if (found === null) continue
    if (found.refusal === null || look !== 'profile' || ends(table, found.refusal)) return found
    reason ??= found
  }
  return reason ?? refuses('nothing-found')
}

function endsAtOnce({ endsAtOnce, loadsSources }: ToolTable, asked: AskedProfile, { code, profile }: Refusal): boolean {
  return endsAtOnce.includes(code) && (loadsSources || profile === asked.name)
}

function ends({ endsInProfile }: ToolTable, { code }: Refusal): boolean {
  return endsInProfile === 'all' || endsInProfile.includes(code)
}

/** Whoever asks for `default` by name and is not refused at once is treated as if nobody had asked. */
function isUnfoundDefault(outcome: Outcome): boolean {
  return outcome?.refusal?.code === 'profile-missing' && outcome.refusal.profile?.toLowerCase() === 'default'
}

/** Whether what is present is what the tool takes, or feeds the role that it takes. */
function isPartOf(present: CredentialSource, source: CredentialSource | null): boolean {
  if (source === null) return false
  const same =
    present.kind === source.kind &&
    present.profile === source.profile &&
    present.origin?.path === source.origin?.path &&
    (present.profile !== null || present.variables.some((name) => source.variables.includes(name)))
  return same || isPartOf(present, source.from)
}

/** The same text for the same source, whoever finds it. */
function sourceText(source: CredentialSource): string {
  const { kind, profile, origin, variables, token, from } = source
  const here = [kind, profile, origin?.path, origin?.line, token, ...variables].map((part) => part ?? '').join(' ')
  return from === null ? here : `${here} < ${sourceText(from)}`
}
