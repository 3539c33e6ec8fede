import { isCliCacheName } from '../../core/cli-cache.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { pasteable, pathWord } from '../../core/paste.ts'
import { parseLoginToken, parseSsoToken } from '../../core/roots/login-tokens.ts'
import { quoted, shown } from '../../core/text.ts'
import { cliCacheFolder, readCliCache } from '../../io/cli-cache-folder.ts'
import { shortPath } from '../../io/screen.ts'
import { loginTokenPath, readToken, ssoTokenPath } from '../../io/token-cache.ts'
import { spanLeft } from './left.ts'
import type { Look } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'

/** Where the AWS CLI keeps sessions and sign-ins. */
export function cacheFindings(look: Look): Finding[] {
  return [...cliCache(look), ...signIns(look)]
}

function cliCache({ workspace, world }: Look): Finding[] {
  const { context } = workspace
  const folder = cliCacheFolder(context)
  if (folder === null) return []
  const where = shown(shortPath(folder, context), 200)
  try {
    // Sessions alone: what else lies there is not that cache's, and `logout --cli-cache` leaves it.
    const files = (readCliCache(folder) ?? []).filter(({ name }) => isCliCacheName(name))
    const expired = files.filter(({ entry }) => entry?.expiresMs != null && entry.expiresMs <= world.nowMs)
    const broken = files.filter(({ entry }) => entry === null || entry.expiresMs === null)
    const of = `of ${files.length} ${files.length === 1 ? 'entry' : 'entries'} of ${where}`
    const found: Finding[] = []
    if (expired.length > 0) {
      found.push(
        finding('stale', 'cli-cache-expired', 'warning', {
          what: `${expired.length} ${of} ${expired.length === 1 ? 'is' : 'are'} expired`,
          cure: 'aws-cred logout --cli-cache',
          fix: 'cli-cache',
        }),
      )
    }
    const [first] = broken
    if (first !== undefined) {
      found.push(
        finding('stale', 'cli-cache-broken', 'bad', {
          what: `${broken.length} ${of} cannot be used: ${shown(first.name, 60)} (${first.why ?? 'its end is no time'})`,
          cure: rmCommand(first.path),
        }),
      )
    }
    return found
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return [finding('stale', 'cli-cache-broken', 'bad', { what: shown(error.message, 300), cure: error.hint })]
  }
}

function rmCommand(path: string): string | null {
  const word = pathWord(path)
  return word === null ? null : `rm ${word}`
}

/** One sign-in and the profiles that live on it. */
interface SignIn {
  readonly kind: 'sso' | 'login'
  readonly id: string
  readonly profiles: readonly string[]
}

function signIns(look: Look): Finding[] {
  const { files } = look.workspace
  const wanted = profilesAskedAbout(look)
  const found = new Map<string, SignIn>()
  for (const { name, properties } of files.profiles.profiles.values()) {
    if (wanted !== null && !wanted.has(name)) continue
    const sso = properties.get('sso_session')?.value || properties.get('sso_start_url')?.value
    const login = properties.get('login_session')?.value
    for (const [kind, id] of [['sso', sso] as const, ['login', login] as const]) {
      if (!id) continue
      const before = found.get(`${kind} ${id}`)?.profiles ?? []
      found.set(`${kind} ${id}`, { kind, id, profiles: [...before, name] })
    }
  }
  return [...found.values()].flatMap((signIn) => signInFinding(look, signIn))
}

/** A sign-in that renews itself is not over, whatever its token's end says. */
function signInFinding({ workspace, world }: Look, { kind, id, profiles }: SignIn): Finding[] {
  const { context } = workspace
  const first = profiles[0] ?? ''
  const whom = `${profiles.length === 1 ? 'profile' : 'profiles'} ${shown(profiles.join(', '), 120)}`
  const name = kind === 'sso' ? `SSO ${quoted(id, 60)}` : 'aws login'
  const code = kind === 'sso' ? 'sso-cache-expired' : 'login-cache-expired'
  const told = (state: string) => [
    finding('stale', code, 'bad', {
      what: `${name} (${whom}): ${state}`,
      cure: kind === 'sso' ? pasteable`aws sso login --profile ${first}` : pasteable`aws login --profile ${first}`,
      profiles: [first],
    }),
  ]
  let text: string | null
  try {
    text = readToken(kind === 'sso' ? ssoTokenPath(context, id) : loginTokenPath(context, id))
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return told(shown(error.message, 300))
  }
  if (text === null) return told('nobody has signed in here')
  if (kind === 'login') return parseLoginToken(text) === null ? told('what was kept of the sign-in is unusable') : []
  const token = parseSsoToken(text, world.nowMs)
  if (token === null) return told('what was kept of the sign-in is unusable')
  if (token.expiresMs > world.nowMs || token.renewal !== null) return []
  return told(`the sign-in ${spanLeft(token.expiresMs, world.nowMs)}`)
}
