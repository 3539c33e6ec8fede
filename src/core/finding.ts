import { FINDINGS, type FindingCode } from './finding-codes.ts'

/** `bad` is to be mended and decides the exit status; `warning` is only to be looked at. */
export type Severity = 'good' | 'warning' | 'bad'

/** Whom `--fix` would have do it: nobody where it is null. `shell`: a line that the shell itself must evaluate. */
export type FixKind = 'cli-cache' | 'drop-session' | 'import' | 'stale-path' | 'shell'

/** The questions that `doctor` answers, in the order of the screen. */
export const GROUPS = ['wins', 'stale', 'reach', 'identity', 'lasts', 'setup'] as const
export type Group = (typeof GROUPS)[number]

/** One thing that was looked at. All texts are fit to show, and hold no secret. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly group: Group
  /** What and where, in one line. */
  readonly what: string
  readonly why: string
  /** The command that mends it in this shell, or one fact; null where nothing does. */
  readonly cure: string | null
  readonly fix: FixKind | null
  /** Those that it is about; none where it is about the shell or the machine. */
  readonly profiles: readonly string[]
}

export type FindingText = Pick<Finding, 'what'> & Partial<Pick<Finding, 'cure' | 'fix' | 'profiles'>>

export function finding(group: Group, code: FindingCode, severity: Severity, text: FindingText): Finding {
  const { what, cure = null, fix = null, profiles = [] } = text
  return { code, severity, group, what, why: FINDINGS[code], cure, fix, profiles }
}

/** Where AWS refuses the winner, `--fix` does not move that profile's key: `import` would refuse it for the same reason. */
export function withoutRefusedImports(findings: readonly Finding[]): Finding[] {
  const refused = findings.filter(({ code, severity }) => code === 'identity' && severity === 'bad')
  const names = new Set(refused.flatMap(({ profiles }) => profiles))
  return findings.map((each) =>
    each.fix === 'import' && each.profiles.some((profile) => names.has(profile)) ? { ...each, fix: null } : each,
  )
}

const WEIGHT: Readonly<Record<Severity, number>> = { bad: 0, warning: 1, good: 2 }

/** Of one group, what is to be mended first, what is good last; within these in the order found. */
export function ofGroup(findings: readonly Finding[], group: Group): Finding[] {
  return findings
    .filter((each) => each.group === group)
    .sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity])
}

/** `3 to mend, 1 to look at`; with how many of them `--fix` does. */
export function closingLine(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length
  const [bad, warnings] = [count('bad'), count('warning')]
  const parts = [bad > 0 ? `${bad} to mend` : 'nothing to mend', warnings > 0 ? `${warnings} to look at` : '']
  const fixable = findings.filter(({ severity, fix }) => severity !== 'good' && fix !== null && fix !== 'shell').length
  const does = fixable > 0 ? `; --fix does ${fixable} of them` : ''
  return `${parts.filter((part) => part !== '').join(', ')}${does}`
}
