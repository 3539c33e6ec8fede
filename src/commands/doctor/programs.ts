import { type Finding, finding } from '../../core/finding.ts'
import { shown } from '../../core/text.ts'
import { shortPath } from '../../io/screen.ts'
import { programsOnPath } from '../../io/search-path.ts'
import type { Look } from './look.ts'
import { programVersion } from './program-version.ts'

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
    programsOnPath(context, 'aws').map(async ({ path }) =>
      cliFindings(look, place(path), await programVersion(look, path)),
    ),
  )
  return [...twoCopies, ...clis.flat()]
}

/** From which version on the AWS CLI knows what a profile may name (its own change log). */
const NEEDS: readonly (readonly [what: string, key: string, major: number, minor: number])[] = [
  ['aws login', 'login_session', 2, 32],
  ['an sso-session', 'sso_session', 2, 9],
  ['a services section', 'services', 2, 13],
]

function cliFindings({ workspace, profile }: Look, place: string, version: string | null): Finding[] {
  // A machine that is busy is no fault of it.
  if (version === 'late') {
    return [finding('setup', 'cli', 'good', { what: `${place}: no version within 1.5 s` })]
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
