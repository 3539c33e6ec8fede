import { type Finding, finding } from '../../core/finding.ts'
import { pathWord, withCommand } from '../../core/paste.ts'
import { shown } from '../../core/text.ts'
import { installedCliVersion } from '../../io/aws-cli-install.ts'
import { shortPath } from '../../io/screen.ts'
import { type ProgramFile, programsOnPath } from '../../io/search-path.ts'
import type { Look } from './look.ts'
import { LATE, programVersion } from './program-version.ts'

/** Every AWS CLI on PATH, and how many of us are there. */
export async function programFindings(look: Look): Promise<Finding[]> {
  const { context } = look.workspace
  const place = (path: string) => shown(shortPath(path, context), 200)
  const copies = programsOnPath(context, 'aws-cred')
  const twoCopies =
    copies.length < 2
      ? []
      : [
          finding('setup', 'two-copies', 'warning', {
            what: `aws-cred is on PATH ${copies.length} times: ${copies.map(({ path }) => place(path)).join(', ')}`,
          }),
        ]
  const clis = await Promise.all(
    programsOnPath(context, 'aws').map(async (file) => cliFindings(look, file, await cliVersion(look, file))),
  )
  return [...twoCopies, ...clis.flat()]
}

/** From which version on the AWS CLI knows what a profile may name (its own change log). */
const NEEDS: readonly (readonly [what: string, key: string, major: number, minor: number])[] = [
  ['aws login', 'login_session', 2, 32],
  ['an sso-session', 'sso_session', 2, 9],
  ['a services section', 'services', 2, 13],
]

/** As its files name it: to ask it takes half a second, and on a busy machine longer than we wait. */
async function cliVersion(look: Look, file: ProgramFile): Promise<string | 'late' | null> {
  const { env, platform } = look.workspace.context
  const installed = platform === 'win32' ? null : installedCliVersion(file, env)
  return installed === null ? programVersion(look, file.path) : `aws-cli/${installed}`
}

function cliFindings({ workspace, profile }: Look, { path }: ProgramFile, version: string | null): Finding[] {
  const place = shown(shortPath(path, workspace.context), 200)
  if (version === 'late') {
    const what = `${place}: ${LATE}; whether it knows all that ${shown(profile, 60)} uses is not known`
    return [finding('setup', 'cli', 'warning', { what, cure: withCommand('', pathWord(path), ' --version') })]
  }
  const [name, major, minor] = /^aws-cli\/(\d{1,4})\.(\d{1,4})\.\d{1,6}/.exec(version ?? '') ?? []
  if (name === undefined) {
    return [finding('setup', 'cli', 'warning', { what: `${place} fails when it is asked for its version` })]
  }
  const properties = workspace.files.profiles.profiles.get(profile)?.properties
  const label = `${name.replace('/', ' ')} (${place})`
  const old = NEEDS.filter(
    ([, key, needsMajor, needsMinor]) =>
      properties?.has(key) && Number(major) === needsMajor && Number(minor) < needsMinor,
  ).map(([what, , needsMajor, needsMinor]) =>
    finding('setup', 'cli-old', 'bad', {
      what: `${label} does not know ${what}, which profile ${shown(profile, 60)} names; ${needsMajor}.${needsMinor} does`,
      profiles: [profile],
    }),
  )
  return old.length > 0 ? old : [finding('setup', 'cli', 'good', { what: label })]
}
