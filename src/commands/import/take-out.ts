import { CredError } from '../../core/errors.ts'
import { findFileKeys, holdsKeys } from '../../core/keys/file-keys.ts'
import { type ImportPlan, type ImportRequest, planImport } from '../../core/keys/import-plan.ts'
import { pasteable, withCommand } from '../../core/paste.ts'
import type { SetupSurroundings } from '../../core/setup/setup-plan.ts'
import { listed } from '../../core/text.ts'
import { writeConfig } from '../../io/config-backup.ts'
import { replaceFile } from '../../io/replace-file.ts'
import { backupPlace, surroundingsNow, withConfigLock } from '../session/config-edits.ts'
import type { ChosenStore } from '../session/store/choose-store.ts'
import type { Workspace } from '../session/workspace.ts'
import { whileStored } from './store-pairs.ts'

/**
 * Writes the files as the plan has them, read again under the lock: first the `credential_process` lines, then the
 * credentials file without the keys, so that at no moment tools find nothing. `stored` is where the keys are; null for
 * sessions. Null where another program was faster. Throws `CredError` that says how far it came, where what was agreed
 * to is no longer what would be written, or the keys are no longer stored.
 */
export async function takeOut(
  workspace: Workspace,
  request: Omit<ImportRequest, 'profiles'>,
  agreed: ImportPlan,
  { stored, wasAsked }: { readonly stored: ChosenStore | null; readonly wasAsked: boolean },
): Promise<ImportPlan | null> {
  const keys = stored === null ? '' : 'the keys were stored, '
  let state = 'the files are as they were'
  const write = async (plan: ImportPlan, surroundings: SetupSurroundings, existed: boolean) => {
    writeLines(workspace, plan, existed)
    if (plan.config.steps.length > 0) {
      state = `${surroundings.showPath(surroundings.config.source.path)} is written, the credentials file is as it was`
    }
    const { credentials } = plan
    if (credentials !== null) replaceFile(credentials.path, credentials.after, { expected: credentials.before })
    return plan
  }
  try {
    return await withConfigLock(workspace, 'import', async () => {
      const { existed, ...surroundings } = surroundingsNow(workspace)
      const plan = planAgain(request, agreed, surroundings)
      if (plan === null) return null
      if (wasAsked && plan.screen !== agreed.screen) throw changedMeanwhile(plan, request)
      const writing = () => write(plan, surroundings, existed)
      return stored === null ? writing() : whileStored(stored, plan.pairs, writing)
    })
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const { code, message, hint, cause } = error
    throw new CredError(code, `${message}; ${keys}${state}`, { cause, ...(hint === null ? {} : { hint }) })
  }
}

/** The plan for what is still there. Throws where that is not what was stored. */
function planAgain(
  request: Omit<ImportRequest, 'profiles'>,
  agreed: ImportPlan,
  surroundings: SetupSurroundings,
): ImportPlan | null {
  const keys = findFileKeys(surroundings.config, surroundings.credentials)
  const profiles = [...agreed.taken.keys()].filter((name) => {
    const there = keys.get(name)
    return there !== undefined && holdsKeys(there)
  })
  if (profiles.length === 0) return null
  const plan = planImport({ ...request, profiles }, surroundings)
  for (const { profile, pair } of plan.pairs) {
    const before = agreed.pairs.find((each) => each.profile === profile)?.pair
    const isSame = before?.accessKeyId === pair.accessKeyId && before.secretAccessKey === pair.secretAccessKey
    if (!isSame) throw changedMeanwhile(plan, request)
  }
  return plan
}

/** A config that holds secrets is written once and without a copy; any other with a backup for each profile's line. */
function writeLines(workspace: Workspace, { config }: ImportPlan, existed: boolean): void {
  const last = config.steps.at(-1)
  if (last === undefined) return
  if (config.holdsSecrets) {
    replaceFile(workspace.files.configPath, last.after, { expected: config.before })
    return
  }
  let previous = existed ? config.before : null
  for (const { profile, after } of config.steps) {
    writeConfig(backupPlace(workspace, profile), previous, after)
    previous = after
  }
}

const DROPS = { keys: '', session: ' --drop-session', 'dead-key': ' --drop-key' }

function changedMeanwhile({ taken }: ImportPlan, { takes }: Pick<ImportRequest, 'takes'>): CredError {
  const profiles = [...taken.keys()]
  return new CredError(
    'failed',
    `cannot take out the keys of ${listed(profiles)}: another program has changed the files meanwhile`,
    {
      hint: withCommand('look at the change again: ', pasteable`aws-cred import ${profiles}`, DROPS[takes]),
    },
  )
}
