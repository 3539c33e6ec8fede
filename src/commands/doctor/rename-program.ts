import type { Context } from '../../core/context.ts'
import { serializeIni } from '../../core/ini.ts'
import { editProgram } from '../../core/setup/setup-edit.ts'
import { writeConfig } from '../../io/config-backup.ts'
import { backupPlace, checkFilesAreOurs, surroundingsNow, withConfigLock } from '../session/config-edits.ts'
import { openWorkspace } from '../session/workspace.ts'

/** Has a profile's line of ours start this binary; `setup PROFILE --undo` takes it back. Throws `CredError`, with nothing written. */
export async function renameProgram(context: Context, profile: string): Promise<void> {
  const workspace = openWorkspace(context)
  checkFilesAreOurs(workspace)
  await withConfigLock(workspace, 'doctor', async () => {
    const { config } = surroundingsNow(workspace)
    const before = serializeIni(config)
    const after = serializeIni(editProgram(config, profile, context))
    if (after !== before) writeConfig(backupPlace(workspace, profile), before, after)
  })
}
