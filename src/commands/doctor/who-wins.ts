import { type Finding, finding } from '../../core/finding.ts'
import { pasteable } from '../../core/paste.ts'
import { sameAnswers, type Verdict, whoWins } from '../../core/precedence/precedence.ts'
import type { CredentialSource, RefusalCode } from '../../core/precedence/precedence-model.ts'
import { refusalWords, sourceWords, troubleWords } from '../../core/precedence/precedence-words.ts'
import { evalLine, setLine } from '../../core/shell-cures.ts'
import { nearest, quoted, shown } from '../../core/text.ts'
import { spanLeft } from './left.ts'
import { type Look, placeText } from './look.ts'
import { profileCure } from './profile-cure.ts'

/** One answer, and who gives it. */
export interface Winner {
  /** Null where the tools end with an error, which `words` then tells. */
  readonly source: CredentialSource | null
  readonly words: string
  readonly keyId: string | null
  /** File and line, or the variables. */
  readonly place: string | null
  /** `expired 21 h ago`, and what is visibly wrong. */
  readonly state: readonly string[]
  readonly tools: readonly string[]
  /** The same source is what `--profile` gives to these. */
  readonly namedTools: readonly string[]
  readonly shadowed: readonly string[]
}

/** Every answer of this shell, first that of most tools; then what `--profile` gives and the shell does not. */
export function winners(look: Look): Winner[] {
  const groups = sameAnswers(look.wins.verdicts)
  const named = look.asNamed ? [] : sameAnswers(look.named.verdicts).filter(([first]) => first?.source != null)
  const differs = named.length > 0 && look.wins.verdicts.some(({ source }) => source?.profile !== look.profile)
  const rows = groups.map((verdicts) => ({
    ...winnerOf(look, verdicts, []),
    ...(verdicts[0]?.source ? { words: wordsOf(verdicts, groups) } : {}),
  }))
  if (!differs) return rows
  for (const verdicts of named) {
    const i = rows.findIndex(({ source }) => source !== null && isSame(source, verdicts[0]?.source ?? null))
    const row = rows[i]
    if (row === undefined) rows.push(winnerOf(look, [], verdicts))
    else rows[i] = { ...row, namedTools: labelsOf(verdicts) }
  }
  return rows
}

/** The part of a who-wins answer that is to be mended or looked at. */
export function whoWinsFindings(look: Look): Finding[] {
  const { wins, profile, asNamed, shell, workspace } = look
  const { env } = workspace.context
  const groups = sameAnswers(wins.verdicts)
  const taking = groups.filter(([first]) => first?.source != null)
  const refusing = groups.filter(([first]) => first?.source == null)
  if (taking.length === 0) return [noCredentials(look, refusing)]
  const shadow = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].find((name) => env[name])
  // A profile without credentials of its own is named for its region and the like.
  const isSource = look.named.verdicts.some(({ source }) => source?.profile != null)
  const isShadowed =
    !asNamed && shadow !== undefined && isSource && taking.some(([first]) => first?.source?.kind === 'environment')
  const found: Finding[] = []
  if (isShadowed) {
    found.push(
      finding('wins', 'profile-shadowed', 'warning', {
        what: `${shadow}=${quoted(env[shadow] ?? '', 60)} is shadowed by the keys in this shell's environment`,
        cure: evalLine(shell, '--unset'),
        fix: 'shell',
      }),
    )
  } else if (taking.length > 1) {
    found.push(
      finding('wins', 'tools-disagree', 'warning', {
        what: taking.map((verdicts) => `${labelsOf(verdicts).join(', ')}: ${wordsOf(verdicts, taking)}`).join('; '),
        profiles: [profile],
      }),
    )
  }
  return [
    ...found,
    ...refusing
      .filter((verdicts) => !isOfVariables(verdicts))
      .map((verdicts) =>
        finding('wins', 'tool-refuses', 'warning', {
          what: `${labelsOf(verdicts).join(', ')}: ${refusalText(look, verdicts)}`,
          profiles: [profile],
        }),
      ),
  ]
}

/** What is wrong with the variables by themselves is a finding of its own. */
function isOfVariables([first]: readonly Verdict[]): boolean {
  const code = first?.refusal?.code
  return code === 'expiry-passed' || code === 'expiry-unreadable' || (code === 'half-keys' && !first?.refusal?.profile)
}

/** What we may know better than the tools: the store can hold the keys that their files have not. */
const SOURCE_MISTAKES: readonly (RefusalCode | undefined)[] = ['source-missing', 'source-empty', 'role-without-source']

function noCredentials(look: Look, refusing: readonly (readonly Verdict[])[]): Finding {
  const { profile } = look
  const reasons = refusing.map((verdicts) =>
    refusing.length === 1
      ? refusalText(look, verdicts)
      : `${labelsOf(verdicts).join(', ')}: ${refusalText(look, verdicts)}`,
  )
  const onlyEmpty = refusing.every(([first]) => first?.refusal?.code === 'nothing-found')
  if (onlyEmpty && isHeldHere(look)) {
    const { leadsSomewhere, cure } = profileCure(look)
    const rest = leadsSomewhere ? ': no tool finds what aws-cred holds for it' : ', and its own lines lead to no keys'
    return finding('wins', 'no-credentials', 'bad', {
      what: `profile ${quoted(profile, 60)} has no credential_process line${rest}`,
      cure,
      profiles: [profile],
    })
  }
  const isOfSource = refusing.some(([first]) => SOURCE_MISTAKES.includes(first?.refusal?.code))
  const others = onlyEmpty && look.by === null ? givingProfiles(look) : []
  if (others.length > 0) return nobodyNamed(look, others)
  return finding('wins', 'no-credentials', 'bad', {
    what: onlyEmpty ? `profile ${quoted(profile, 60)} and this shell give no credentials` : reasons.join('; '),
    cure: onlyEmpty
      ? pasteable`aws-cred add ${profile}`
      : isOfSource
        ? profileCure(look).cure
        : nearestName(look, refusing),
    profiles: [profile],
  })
}

/** Whether only the line is missing: its key is stored, or its section says what is to be assumed. */
function isHeldHere({ workspace, profile }: Look): boolean {
  const section = workspace.files.profiles.profiles.get(profile)
  const isWritten = [...(section?.properties.keys() ?? [])].some((key) => key.startsWith('aws_cred_'))
  return isWritten || workspace.index.read('key', profile) !== null
}

/** So many are named; the others are counted. */
const NAMED_MAX = 5
/** A config may hold thousands: so many are looked at. */
const LOOKED_AT_MAX = 200

/** The profiles that a tool would take credentials from, were it told to. */
function givingProfiles({ workspace, world, profile, tools }: Look): string[] {
  const names = [...workspace.files.profiles.profiles.keys()].filter((name) => name !== profile)
  return names
    .slice(0, LOOKED_AT_MAX)
    .filter((name) => whoWins(world, name, tools).verdicts.some(({ source }) => source?.profile === name))
}

/** Which one is meant only the person knows: where there are several, none is put into the command. */
function nobodyNamed({ profile, shell }: Look, others: readonly string[]): Finding {
  const [only = ''] = others
  const rest = others.length > NAMED_MAX ? ` and ${others.length - NAMED_MAX} more` : ''
  const names = others.slice(0, NAMED_MAX).map((name) => shown(name, 60))
  const one = others.length === 1 ? { cure: setLine(shell, 'AWS_PROFILE', only), fix: 'shell' as const } : null
  return finding('wins', 'no-credentials', 'bad', {
    what: `no profile is named, and ${quoted(profile, 60)} gives no credentials; there ${others.length === 1 ? 'is' : 'are'} ${names.join(', ')}${rest}`,
    ...(one ?? { cure: 'aws-cred list' }),
    profiles: [profile],
  })
}

function nearestName({ workspace, profile }: Look, refusing: readonly (readonly Verdict[])[]): string | null {
  if (!refusing.some(([first]) => first?.refusal?.code === 'profile-missing')) return null
  const near = nearest(profile, workspace.files.profiles.profiles.keys())
  return near === null ? null : `the nearest name is ${quoted(near, 60)}`
}

function refusalText(look: Look, [first]: readonly Verdict[]): string {
  const refusal = first?.refusal
  if (!refusal) return 'nothing found'
  const where = refusal.origin === null ? '' : ` (${placeText(refusal.origin, look.workspace)})`
  return `${refusalWords(refusal)}${where}`
}

/** Where two take the same keys, they differ by the token that goes with these. */
function wordsOf([first]: readonly Verdict[], all: readonly (readonly Verdict[])[]): string {
  const source = first?.source
  if (!source) return 'nothing'
  const words = sourceWords(source)
  const isAlone = all.filter(([other]) => other?.source && sourceWords(other.source) === words).length < 2
  return isAlone || source.token === null ? words : `${words} with ${source.token}`
}

function winnerOf(look: Look, verdicts: readonly Verdict[], named: readonly Verdict[]): Winner {
  const first = verdicts[0] ?? named[0]
  const source = first?.source ?? null
  const tools = labelsOf(verdicts)
  const namedTools = labelsOf(named)
  if (first === undefined || source === null) {
    const words = `ends with an error: ${refusalText(look, verdicts)}`
    return { source, words, keyId: null, place: null, state: [], tools, namedTools, shadowed: [] }
  }
  const place = placeOf(look, source)
  const signer = rootOf(source)
  const state = [
    ...(source.expiresMs === null ? [] : [spanLeft(source.expiresMs, look.world.nowMs)]),
    ...(source.trouble === null ? [] : [troubleWords(source.trouble)]),
    ...(signer === source ? [] : [`by ${sourceWords(signer)}`]),
  ]
  const shadowed = first.shadowed.map((each) => {
    const where = placeOf(look, each)
    return where === null ? sourceWords(each) : `${sourceWords(each)} (${where})`
  })
  return { source, words: sourceWords(source), keyId: source.keyId, place, state, tools, namedTools, shadowed }
}

/** Which variables an environment or a container is told by, their name says already. */
function placeOf({ workspace }: Look, { origin, variables, kind }: CredentialSource): string | null {
  if (origin !== null) return placeText(origin, workspace)
  return kind === 'web-identity' ? variables.join(', ') : null
}

/** What signs the first call. */
export function rootOf(source: CredentialSource): CredentialSource {
  return source.from === null || source.kind === 'cli-cache' ? source : rootOf(source.from)
}

function isSame(one: CredentialSource, other: CredentialSource | null): boolean {
  if (other === null) return false
  const same = one.kind === other.kind && one.profile === other.profile && one.origin?.line === other.origin?.line
  return same && one.origin?.path === other.origin?.path
}

/** As people call them: both CLIs are the AWS CLI, and what was not run says so. */
export function labelsOf(verdicts: readonly Verdict[]): string[] {
  const bothClis = ['cli-v1', 'cli-v2'].every((name) => verdicts.some(({ tool }) => tool === name))
  const names = verdicts.map(({ tool, label, basis }) => {
    if (tool === 'cli-v1' || tool === 'cli-v2') return bothClis ? 'AWS CLI' : label
    return `${label.replace(/ SDK.*$/, '')}${basis === 'source' ? ' (from its source)' : ''}`
  })
  return [...new Set(names)]
}
