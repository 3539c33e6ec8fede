import { posix, win32 } from 'node:path'
import { parseArguments } from '../../core/arguments.ts'
import { isPortableProfileName, parseOwnLine, splitCommand } from '../../core/command-line.ts'
import { CredError } from '../../core/errors.ts'
import { type Finding, finding } from '../../core/finding.ts'
import { pasteable } from '../../core/paste.ts'
import type { ProfileProperty } from '../../core/profiles.ts'
import { quoted, shown } from '../../core/text.ts'
import { shortPath } from '../../io/screen.ts'
import { programFile, programsOnPath } from '../../io/search-path.ts'
import { VERSION } from '../../version.ts'
import { keepsSecretInConfig } from './files.ts'
import type { Look } from './look.ts'
import { placeText } from './look.ts'
import { profilesAskedAbout } from './profiles.ts'
import { LATE, programVersion } from './program-version.ts'

/** All lines that start one program in one way. */
interface ProgramLines {
  readonly program: string
  /** Why no tool, or not every tool, can run them as they are written; null where each can. */
  readonly fault: string | null
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
  const lines = await programLines(look)
  const found = await Promise.all(lines.map((each) => programFindings(look, each)))
  return [...lines.flatMap((each) => faultFindings(look, each)), ...found.flat()]
}

async function programLines(look: Look): Promise<ProgramLines[]> {
  const { workspace } = look
  const { platform } = workspace.context
  const wanted = profilesAskedAbout(look)
  const faultOf = await ownLineFaults()
  const byProgram = new Map<string, ProgramLines>()
  for (const { name, properties } of workspace.files.profiles.profiles.values()) {
    const line = properties.get('credential_process')
    if (line === undefined || line.value === '' || (wanted !== null && !wanted.has(name))) continue
    const written = writtenValue(look, line)
    const words = splitCommand(written, platform)
    const ours = parseOwnLine(line.value, platform)
    const [own, forItself, inConfig] = [ours !== null, (ours?.profile ?? name) === name, line.file === 'config']
    const fault = words === null ? 'a quote in it is not closed' : own ? faultOf(look, line) : null
    const program = words?.[0] ?? ''
    const key = JSON.stringify([program, fault, own, forItself, inConfig])
    const before = byProgram.get(key)
    const place = before?.place ?? placeText(line, workspace)
    const profiles = [...(before?.profiles ?? []), name]
    byProgram.set(key, { program, fault, own, forItself, inConfig, profiles, place })
  }
  return [...byProgram.values()]
}

/**
 * What `process` says of the words behind it. A shell would take a pipe or `; note` for itself; botocore, which starts the
 * program without one, hands them on, and a comment behind them too.
 */
async function ownLineFaults(): Promise<(look: Look, line: ProfileProperty) => string | null> {
  const { verb } = await import('../process.ts')
  return (look, line) => {
    const { platform } = look.workspace.context
    const words = splitCommand(line.value, platform)?.slice(2) ?? []
    if (writtenValue(look, line) !== line.value) {
      return 'the AWS CLI and boto3 take the comment behind it for words of it'
    }
    try {
      const profile = parseArguments(verb, words).text('profile')
      if (profile === undefined) return '--profile is missing'
      if (isPortableProfileName(profile, platform)) return null
      return `${quoted(profile)} is not a name that every tool reads`
    } catch (error) {
      if (!(error instanceof CredError)) throw error
      return error.message.slice(error.message.indexOf(': ') + 2)
    }
  }
}

/** The value as the AWS CLI and boto3 read it: with what other SDKs take for a comment behind it. */
function writtenValue({ workspace: { files } }: Look, { value, file, line }: ProfileProperty): string {
  const written = files[file]?.lines[line - 1] ?? ''
  return value.includes('\n') ? value : written.slice(written.indexOf('=') + 1).trim()
}

function faultFindings(look: Look, lines: ProgramLines): Finding[] {
  const { fault, profiles, place, forItself } = lines
  if (fault === null) return []
  const what = `the line of profile ${shown(profiles[0] ?? '', 60)} (${place})${moreText(profiles)} cannot be run: ${fault}`
  // `--fix` changes the program alone.
  const cure = forItself ? mendOf(look, lines).cure : null
  return [finding('setup', 'helper-line', 'bad', { what, cure, fix: null, profiles })]
}

function moreText(profiles: readonly string[]): string {
  return profiles.length > 1 ? ` and ${profiles.length - 1} more` : ''
}

async function programFindings(look: Look, lines: ProgramLines): Promise<Finding[]> {
  const { program, own, profiles, place } = lines
  // What stands in an unclosed quote is no name of a program.
  if (program === '') return []
  const { context } = look.workspace
  const path = context.platform === 'win32' ? win32 : posix
  const profile = profiles[0] ?? ''
  const where = `${shown(shortPath(program, context), 300)} of profile ${shown(profile, 60)} (${place})${moreText(profiles)}`
  const mend = { ...mendOf(look, lines), profiles }
  if (!path.isAbsolute(program)) return relativeFindings(look, lines, where)
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

/** A program that is named without its folder, or by a folder that only a shell would find. */
function relativeFindings(look: Look, lines: ProgramLines, where: string): Finding[] {
  const { program, own, profiles } = lines
  const { context } = look.workspace
  const mend = { ...mendOf(look, lines), profiles }
  const windows = context.platform === 'win32'
  const path = windows ? win32 : posix
  if (/^~|\$/.test(program) || (windows && program.includes('%'))) {
    const what = `${where} is not found by the AWS CLI and boto3, which read neither ~ nor variables there`
    return [finding('setup', 'helper-missing', 'bad', { what, ...mend })]
  }
  if (/[\\/]/.test(program)) {
    return [
      finding('setup', 'helper-relative', 'warning', {
        what: `${where} is looked for from the folder that a tool runs in`,
        ...mend,
      }),
    ]
  }
  const name = windows ? program.replace(/\.(exe|cmd)$/i, '') : program
  // What else Windows starts by its ending is not looked for.
  const isLookedFor = isCertain(context.env.PATH, path) && !(windows && name.includes('.'))
  if (isLookedFor && programsOnPath(context, name).length === 0) {
    return [finding('setup', 'helper-missing', 'bad', { what: `${where} is not on PATH`, ...mend })]
  }
  return own
    ? [finding('setup', 'helper-relative', 'warning', { what: `${where} is looked for on PATH`, ...mend })]
    : []
}

/** Whether nothing else can be on that PATH than what is looked at: relative folders are not, nor what is there without one. */
function isCertain(searched: string | undefined, path: typeof posix): boolean {
  return searched?.split(path.delimiter).every((folder) => path.isAbsolute(folder)) === true
}

/** `--fix` changes the program alone. `setup` would have a line that serves another profile serve its own. */
function mendOf(look: Look, { own, forItself, inConfig, profiles }: ProgramLines): Pick<Finding, 'cure' | 'fix'> {
  if (!own || !inConfig) return { cure: null, fix: null }
  const profile = profiles[0] ?? ''
  const fix = keepsSecretInConfig(look) ? null : 'stale-path'
  if (forItself) return { cure: pasteable`aws-cred setup ${profile}`, fix }
  return { cure: fix === null ? null : pasteable`aws-cred doctor ${profile} --fix`, fix }
}
