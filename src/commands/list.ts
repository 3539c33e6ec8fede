import { parseOwnLine } from '../core/command-line.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import type { Profile } from '../core/profiles.ts'
import { setting } from '../core/settings.ts'
import { at } from '../core/sts-limits.ts'
import { tableText } from '../core/table.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { screenOf, shortPath } from '../io/screen.ts'
import { isVaultShut, planOf, profileRow, rootName } from './session/profile-row.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'list',
  about: 'Shows the profiles served here: what they give, where their keys lie, and the time left',
  usage: 'aws-cred list',
  positionals: [],
  options: {},
  examples: ['aws-cred list'],
  exitCodes: '0 done, 1 failed, 2 used wrongly',
  run,
}

async function run(_given: Arguments, context: Context): Promise<void> {
  const workspace = openWorkspace(context)
  const names = profileNames(workspace)
  if (names.length === 0) {
    context.out('no profiles yet; put a key in: aws-cred add NAME\n')
    return
  }
  const rows = names.map((name) => profileRow(workspace, name))
  const table = tableText(
    ['PROFILE', 'GIVES', 'FROM', 'SESSION'],
    rows.map(({ profile, gives, from, session }) => [profile, gives, from, session]),
    screenOf(context).columns,
  )
  const notes = [
    ...rows.flatMap((row) => row.notes),
    ...names.flatMap((name) => fileKeys(workspace, name)),
    ...settingNotes(workspace),
    ...(isVaultShut(workspace) ? ['vault: locked; open it: aws-cred unlock'] : []),
  ]
  context.out(table + (notes.length === 0 ? '' : `\n${notes.map((note) => `${note}\n`).join('')}`))
}

/** In the order of the files, then what only the index knows. */
function profileNames(workspace: Workspace): string[] {
  const { context, files, index } = workspace
  const { profiles } = files.profiles
  const used = new Set<string>()
  for (const profile of profiles.values()) if (isServed(profile, context.platform)) used.add(profile.name)
  // Profiles with native keys alone are served too, to whoever asks for them by name.
  for (const { profile } of [...index.all('session'), ...index.all('failure')])
    if (profiles.has(profile)) used.add(profile)
  for (const name of [...used]) for (const source of sourcesOf(workspace, name)) used.add(source)
  const keys = index.all('key').map((entry) => entry.name)
  const ordered = [...profiles.keys()].filter((name) => used.has(name) || keys.includes(name))
  return [...new Set([...ordered, ...used, ...keys])]
}

/** Whether its section is ours: a `credential_process` line that runs this program, or a key under our prefix. */
function isServed({ properties }: Profile, platform: string): boolean {
  const line = properties.get('credential_process')?.value
  if (line && parseOwnLine(line, platform) !== null) return true
  return [...properties.keys()].some((key) => key.startsWith('aws_cred_'))
}

function sourcesOf(workspace: Workspace, profile: string): string[] {
  try {
    const plan = planOf(workspace, profile)
    return [...plan.steps.map((step) => step.profile), rootName(plan)]
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    // Its row says what is wrong; the next profile on the way can still be shown.
    const source = setting(workspace.files.profiles, profile, 'source_profile')?.value
    return source !== undefined && workspace.files.profiles.profiles.has(source) ? [source] : []
  }
}

function fileKeys({ context, files, index }: Workspace, name: string): string[] {
  const line = files.profiles.profiles.get(name)?.properties.get('aws_access_key_id')
  if (line === undefined || index.read('key', name) === null) return []
  const where = shown(at({ path: shortPath(line.path, context), line: line.line }), 300)
  return [
    `${shown(name)}: ${where} gives keys too; tools that read the file still take those\n  aws-cred import ${shown(name)}`,
  ]
}

function settingNotes({ context, homeIsOurs, storeKind }: Workspace): string[] {
  const { HOME, AWS_CRED_PASSPHRASE } = context.env
  const notes: string[] = []
  if (!homeIsOurs)
    notes.push(`HOME ${quoted(HOME ?? '', 200)} belongs to another user: it is read, and nothing is written to it`)
  if (storeKind === 'vault' && AWS_CRED_PASSPHRASE) {
    notes.push(
      'AWS_CRED_PASSPHRASE opens the vault: 0.5 s at every call (scrypt) unless it is unlocked: aws-cred unlock',
    )
  }
  return notes
}
