import type { Context } from '../core/context.ts'
import { pasteable } from '../core/paste.ts'
import { at } from '../core/plan/sts-limits.ts'
import { tableText } from '../core/table.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { screenOf, shortPath } from '../io/screen.ts'
import { profileNames } from './session/profiles/profile-names.ts'
import { profileRow } from './session/profiles/profile-row.ts'
import { isVaultShut } from './session/profiles/profile-state.ts'
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
    ...(isVaultShut(workspace) ? ['the vault is locked: aws-cred unlock'] : []),
  ]
  context.out(table + (notes.length === 0 ? '' : `\n${notes.map((note) => `${note}\n`).join('')}`))
}

function fileKeys({ context, files, index }: Workspace, name: string): string[] {
  const line = files.profiles.profiles.get(name)?.properties.get('aws_access_key_id')
  if (line === undefined || index.read('key', name) === null) return []
  const where = shown(at({ path: shortPath(line.path, context), line: line.line }), 300)
  return [
    `${shown(name)}: ${where} gives keys too; tools that read the file still take those${pasteable`\n  aws-cred import ${name}` ?? ''}`,
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
