import { posix, win32 } from 'node:path'
import { parseOwnLine, splitCommand } from '../../core/command-line.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { pasteable } from '../../core/paste.ts'
import { shown } from '../../core/text.ts'
import { shortPath } from '../../io/screen.ts'
import { programFile } from '../../io/search-path.ts'
import { VERSION } from '../../version.ts'
import { keepsSecretInConfig } from './files.ts'
import type { Look } from './look.ts'
import { placeText } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'
import { LATE, programVersion } from './program-version.ts'

/** All lines that start one program. */
interface ProgramLines {
  readonly program: string
  readonly own: boolean
  /** Whether none serves another profile than it stands in: those `setup` would change. One that names none serves none. */
  readonly forItself: boolean
  /** Whether all stand in the config, the one file that is edited. */
  readonly inConfig: boolean
  readonly profiles: readonly string[]
  readonly place: string
}

/** The programs that `credential_process` lines name: there, ours, and of this version. */
export async function helperFindings(look: Look): Promise<Finding[]> {
  const found = await Promise.all(programLines(look).map((lines) => lineFindings(look, lines)))
  return found.flat()
}

function programLines(look: Look): ProgramLines[] {
  const { workspace } = look
  const { platform } = workspace.context
  const wanted = profilesAskedAbout(look)
  const byProgram = new Map<string, ProgramLines>()
  for (const { name, properties } of workspace.files.profiles.profiles.values()) {
    const line = properties.get('credential_process')
    const program = line === undefined ? undefined : splitCommand(line.value, platform)?.[0]
    if (line === undefined || program === undefined || (wanted !== null && !wanted.has(name))) continue
    const ours = parseOwnLine(line.value, platform)
    const [own, forItself, inConfig] = [ours !== null, (ours?.profile ?? name) === name, line.file === 'config']
    const key = JSON.stringify([program, own, forItself, inConfig])
    const before = byProgram.get(key)
    const place = before?.place ?? placeText(line, workspace)
    byProgram.set(key, { program, own, forItself, inConfig, profiles: [...(before?.profiles ?? []), name], place })
  }
  return [...byProgram.values()]
}

async function lineFindings(look: Look, lines: ProgramLines): Promise<Finding[]> {
  const { program, own, profiles, place } = lines
  const { context } = look.workspace
  const path = context.platform === 'win32' ? win32 : posix
  const profile = profiles[0] ?? ''
  const more = profiles.length > 1 ? ` and ${profiles.length - 1} more` : ''
  const where = `${shown(shortPath(program, context), 300)} of profile ${shown(profile, 60)} (${place})${more}`
  const mend = { ...mendOf(look, lines), profiles }
  if (!path.isAbsolute(program)) {
    if (!own) return []
    return [finding('setup', 'helper-relative', 'warning', { what: `${where} is looked for on PATH`, ...mend })]
  }
  const file = programFile(program)
  if (file === null) {
    return [finding('setup', 'helper-missing', 'bad', { what: `${where} is not there, or cannot be run`, ...mend })]
  }
  const isThisOne = file.realPath === (programFile(context.executablePath)?.realPath ?? context.executablePath)
  // Under sudo nothing that another user's config names is run.
  if (!own || isThisOne || !look.workspace.homeIsOurs) return []
  const version = await programVersion(look, file.path)
  if (version === `aws-cred ${VERSION}`) return []
  if (version === 'late') {
    return [finding('setup', 'helper-other-version', 'warning', { what: `${where}: ${LATE}`, profiles })]
  }
  const what = `${where} is ${version === null ? 'of no known version' : shown(version, 60)}, this one ${VERSION}`
  return [finding('setup', 'helper-other-version', 'warning', { what, ...mend })]
}

/** `--fix` changes the program alone. `setup` would have a line that serves another profile serve its own. */
function mendOf(look: Look, { own, forItself, inConfig, profiles }: ProgramLines): Pick<Finding, 'cure' | 'fix'> {
  if (!own || !inConfig) return { cure: null, fix: null }
  const profile = profiles[0] ?? ''
  const fix = keepsSecretInConfig(look) ? null : 'stale-path'
  if (forItself) return { cure: pasteable`aws-cred setup ${profile}`, fix }
  return { cure: fix === null ? null : pasteable`aws-cred doctor ${profile} --fix`, fix }
}
