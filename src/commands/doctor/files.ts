import { statSync } from 'node:fs'
import { spanText } from '../../core/clock.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import type { IniDocument } from '../../core/ini.ts'
import { profileExpiryMs } from '../../core/key-expiry.ts'
import {
  type FileKeys,
  findFileKeys,
  holdsKeys,
  importCommand,
  isSession,
  type KeyLine,
  longLivedPair,
} from '../../core/keys/file-keys.ts'
import { pasteable, pathWord, withCommand } from '../../core/paste.ts'
import { shownKeyId } from '../../core/precedence/precedence-environment.ts'
import { quoted, shown } from '../../core/text.ts'
import { hasBits } from '../../io/private-files.ts'
import { shortPath } from '../../io/screen.ts'
import { spanLeft } from './left.ts'
import { type Look, placeText } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'

/** From this age on a key is one to change, by AWS's own advice. */
const OLD_KEY_MS = 90 * 86_400_000

/** GetSessionToken's for a user; no other session lives so long (contract §2.3). */
const LONGEST_SESSION_MS = 36 * 3_600_000

/** Secrets that lie in the AWS files, who can read these, and how old our own keys are. */
export function fileFindings(look: Look): Finding[] {
  const { config, credentials } = look.workspace.files
  const wanted = profilesAskedAbout(look)
  const keys = [...findFileKeys(config, credentials).values()].filter(holdsKeys)
  const asked = keys.filter(({ profile }) => wanted === null || wanted.has(profile))
  return [
    ...asked.map((each) => keyFinding(look, each)),
    ...[config, credentials].flatMap((document) => openFile(look, document, keys)),
    ...oldKeys(look, wanted),
  ]
}

/** Whether the config would hold a secret after `--fix` too: it is then not edited, since it may not be copied. */
export function keepsSecretInConfig(look: Look): boolean {
  const { config, credentials, configPath } = look.workspace.files
  return [...findFileKeys(config, credentials).values()].some(
    (keys) =>
      keys.lines.some(({ path, value }) => path === configPath && value !== '') && keyFinding(look, keys).fix === null,
  )
}

function keyFinding(look: Look, keys: FileKeys): Finding {
  return isSession(keys) ? pastedSession(look, keys) : staticKeys(look, keys)
}

/** The line by which it is known: its token, else its id. */
function sessionLine({ lines }: FileKeys): KeyLine {
  const written = lines.filter(({ value }) => value !== '')
  const line = written.findLast(({ key }) => key.endsWith('_token')) ?? written.at(-1)
  return line as KeyLine
}

function pastedSession(look: Look, keys: FileKeys): Finding {
  const { workspace, world } = look
  const { files } = workspace
  const line = sessionLine(keys)
  const expiresMs = profileExpiryMs(files.profiles.profiles.get(keys.profile))
  const oldMs = fileAgeMs(line.path, world.nowMs)
  const lives = expiresMs !== null && expiresMs > world.nowMs
  const isOver = !lives && (expiresMs !== null || oldMs > LONGEST_SESSION_MS)
  const end =
    expiresMs !== null
      ? spanLeft(expiresMs, world.nowMs)
      : isOver
        ? `expired, since the file is ${spanText(oldMs)} old`
        : 'it cannot renew itself'
  const code = line.path === files.configPath ? 'token-in-config' : 'token-in-credentials'
  return finding('stale', code, lives ? 'warning' : 'bad', {
    what: `a session is pasted into ${placeText(line, workspace)}; ${end}`,
    cure: importCommand(keys),
    // One that may live is somebody's only way in: the person takes it out, or what AWS says of it does.
    fix: isOver ? 'drop-session' : null,
    profiles: [keys.profile],
  })
}

/** Since it was last written; none where it is gone meanwhile. */
function fileAgeMs(path: string, nowMs: number): number {
  return nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs)
}

function staticKeys({ workspace, world }: Look, keys: FileKeys): Finding {
  const id = keys.lines.findLast(({ key, value }) => key === 'aws_access_key_id' && value !== '')
  const line = id ?? sessionLine(keys)
  const where = placeText(line, workspace)
  // No line is younger than its file's last change; how much older it is, nothing here tells.
  const ageMs = fileAgeMs(line.path, world.nowMs)
  const age = ageMs > OLD_KEY_MS ? `, for ${spanText(ageMs)} at least` : ''
  const mending = importable(keys)
  return finding('stale', 'static-keys', 'warning', {
    what: `${mending.fix === null ? 'what looks like ' : ''}the long-lived key ${id === undefined ? '…' : shownKeyId(id.value)} lies in ${where}${age}`,
    ...mending,
    profiles: [keys.profile],
  })
}

/** Half a pair, or two keys in one profile, is nothing that `import` can take. */
function importable(keys: FileKeys): Pick<Finding, 'cure' | 'fix'> {
  try {
    longLivedPair(keys)
    return { cure: importCommand(keys), fix: 'import' }
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    return { cure: error.hint === null ? null : shown(error.hint, 400), fix: null }
  }
}

function openFile({ workspace }: Look, document: IniDocument | null, keys: readonly FileKeys[]): Finding[] {
  const { context } = workspace
  if (document === null || context.platform === 'win32') return []
  const { path } = document.source
  const hasSecrets = keys.some(({ lines }) => lines.some((line) => line.path === path && line.value !== ''))
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!hasSecrets || stats === undefined || !hasBits(stats, 0o077)) return []
  return [
    finding('stale', 'file-open', 'warning', {
      what: `${shown(shortPath(path, context), 300)} holds keys and is open to other users`,
      cure: withCommand('chmod 600 ', pathWord(path)),
    }),
  ]
}

function oldKeys({ workspace, world }: Look, wanted: ReadonlySet<string> | null): Finding[] {
  return workspace.index
    .all('key')
    .filter(({ name, addedMs }) => (wanted === null || wanted.has(name)) && world.nowMs - addedMs > OLD_KEY_MS)
    .map(({ name, accessKeyIdMasked, addedMs }) =>
      finding('stale', 'key-old', 'warning', {
        what: `the key ${shown(accessKeyIdMasked, 20)} of ${quoted(name)} was put in ${spanText(world.nowMs - addedMs)} ago`,
        cure: pasteable`aws-cred add ${name} --replace`,
        profiles: [name],
      }),
    )
}
