import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { findFileKeys, importCommand, isThatSession } from '../../core/keys/file-keys.ts'
import { namedPartition } from '../../core/network/sts-endpoint.ts'
import { withCommand } from '../../core/paste.ts'
import { sameAnswers } from '../../core/precedence/precedence.ts'
import type { CredentialSource } from '../../core/precedence/precedence-model.ts'
import { sourceWords } from '../../core/precedence/precedence-words.ts'
import { evalLine } from '../../core/shell-cures.ts'
import { quoted, shown } from '../../core/text.ts'
import { callSettingsOf } from '../session/call-settings-of.ts'
import type { Look } from './look.ts'
import { labelsOf, rootOf } from './who-wins.ts'
import { type WinningKeys, winningKeys } from './winning-keys.ts'

/** Where the tools disagree, so many of their sources are asked about. */
const ASKED_MAX = 3
const DEADLINE_MS = 4_000

interface Asked {
  readonly source: CredentialSource
  readonly tools: readonly string[]
}

/** Whom AWS takes those for whom the tools would sign as; of a role, who signs for it. */
export async function identityFindings(look: Look): Promise<Finding[]> {
  if (look.offline) return []
  const answers = sameAnswers(look.wins.verdicts).flatMap((verdicts): Asked[] => {
    const source = verdicts[0]?.source
    return source ? [{ source: rootOf(source), tools: labelsOf(verdicts) }] : []
  })
  const distinct = answers.filter(
    ({ source }, i) => answers.findIndex((each) => placeKey(each.source) === placeKey(source)) === i,
  )
  const found = await Promise.all(distinct.slice(0, ASKED_MAX).map((asked) => identityOf(look, asked)))
  return found.flat()
}

function placeKey({ kind, profile, origin, variables, token }: CredentialSource): string {
  return JSON.stringify([kind, profile, origin, kind === 'environment' ? [variables, token] : []])
}

async function identityOf(look: Look, { source }: Asked): Promise<Finding[]> {
  const words = sourceWords(source)
  let keys: WinningKeys | null
  try {
    keys = await winningKeys(look, source)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    // A person is asked at the next use: nothing is broken.
    const severity = error.code === 'person' ? 'warning' : 'bad'
    const cure = error.hint === null ? null : shown(error.hint, 400)
    return [
      finding('identity', 'identity', severity, {
        what: shown(error.message, 600),
        cure,
        profiles: profilesOf(source),
      }),
    ]
  }
  return keys === null ? [] : askAws(look, source, words, keys)
}

function profilesOf({ profile }: CredentialSource): readonly string[] {
  return profile === null ? [] : [profile]
}

async function askAws(look: Look, source: CredentialSource, words: string, keys: WinningKeys): Promise<Finding[]> {
  const { workspace } = look
  const servedProfile = source.profile ?? look.profile
  const purpose = `ask AWS who ${words} is`
  try {
    const [{ stsCall }, { getCallerIdentity }] = await Promise.all([
      import('../session/call-sts.ts'),
      import('../../aws/sts-calls.ts'),
    ])
    const partition = namedPartition(callSettingsOf(workspace, { servedProfile }))
    const given = { keys, purpose, profile: servedProfile, signer: source.profile ?? words, signerIsForeign: true }
    const call = stsCall(
      workspace,
      { servedProfile },
      { partition },
      { ...given, deadline: AbortSignal.timeout(DEADLINE_MS) },
    )
    const { arn } = await getCallerIdentity(call)
    return [
      finding('identity', 'identity', 'good', { what: `${words}: ${shown(arn, 300)}`, profiles: profilesOf(source) }),
    ]
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const { stsCode } = (error.cause ?? {}) as { readonly stsCode?: unknown }
    // No answer of STS's: the endpoint's own finding says why.
    if (typeof stsCode !== 'string') return []
    const lead = `cannot ${purpose}: `
    const said = error.message.startsWith(lead) ? error.message.slice(lead.length) : error.message
    const why = said.replace(` of ${quoted(source.profile ?? words)}`, '')
    const { cure, fix } = cureOf(look, source, error, stsCode)
    const others = REFUSED_KEYS.includes(stsCode) ? copiesOf(look, source, keys) : []
    const also =
      others.length === 0
        ? ''
        : `; the same session lies in ${others.length === 1 ? 'profile' : 'profiles'} ${shown(others.join(', '), 120)}`
    const what = `${words}: ${shown(why, 400)}${also}`
    return [finding('identity', 'identity', 'bad', { what, cure, fix, profiles: [...profilesOf(source), ...others] })]
  }
}

const REFUSED_KEYS: readonly string[] = ['ExpiredToken', 'InvalidClientTokenId', 'UnrecognizedClientException']

/** The other profiles into which the same session is pasted. */
function copiesOf({ workspace }: Look, { profile }: CredentialSource, keys: WinningKeys): string[] {
  const { config, credentials } = workspace.files
  const found = [...findFileKeys(config, credentials).values()].filter((each) => isThatSession(each, keys))
  return found.map((each) => each.profile).filter((name) => name !== profile)
}

/** What is refused goes from where it lies; a wrong clock, a region or a policy is mended where STS's answer says. */
function cureOf(
  { shell, workspace }: Look,
  source: CredentialSource,
  { hint }: CredError,
  stsCode: string,
): Pick<Finding, 'cure' | 'fix'> {
  const fact = { cure: hint === null ? null : shown(hint, 400), fix: null }
  if (!REFUSED_KEYS.includes(stsCode)) return fact
  if (source.kind === 'environment') return { cure: evalLine(shell, '--unset'), fix: 'shell' }
  const { config, credentials } = workspace.files
  const keys = source.kind === 'static-keys' ? findFileKeys(config, credentials).get(source.profile ?? '') : undefined
  if (keys === undefined) return fact
  // Not by `--fix`: a key that is only switched off would be lost.
  if (source.token === null)
    return { cure: withCommand('', importCommand(keys), ' --drop-key') ?? fact.cure, fix: null }
  return { cure: importCommand(keys), fix: 'drop-session' }
}

/**
 * A pasted session that AWS refuses, here or where else it lies, is over, whatever the file tells of its end: `--fix` may
 * take it out.
 */
export function withRefusedSessions(findings: readonly Finding[]): Finding[] {
  const refused = findings.filter(({ code, fix }) => code === 'identity' && (fix === 'drop-session' || fix === 'shell'))
  const profiles = new Set(refused.flatMap((each) => each.profiles))
  return findings.map((each) =>
    each.code.startsWith('token-in-') && each.profiles.some((name) => profiles.has(name))
      ? { ...each, fix: 'drop-session' }
      : each,
  )
}
