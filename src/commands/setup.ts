import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { pasteable } from '../core/paste.ts'
import { planSetup, type SetupPlan } from '../core/setup/setup-plan.ts'
import { checkProfileName, type SetupRequest, setupCommand, setupRequest } from '../core/setup/setup-request.ts'
import { linesText } from '../core/table.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { undoConfig, undoSteps, writeConfig } from '../io/config-backup.ts'
import { checkReplaceable } from '../io/replace-file.ts'
import { shortPath } from '../io/screen.ts'
import { backupPlace, checkFilesAreOurs, surroundingsNow, withConfigLock } from './session/config-edits.ts'
import { forgetFailure } from './session/failures.ts'
import { typedTerminal } from './session/store/open-store.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'setup',
  about: 'Writes or completes a profile in ~/.aws/config, so that AWS tools get its credentials from here',
  usage: 'aws-cred setup PROFILE [options]',
  positionals: ['PROFILE'],
  options: {
    'role-arn': { type: 'string', value: 'ARN', about: 'the role to assume' },
    'source-profile': { type: 'string', value: 'NAME', about: 'the profile or stored keys that assume it' },
    'mfa-serial': { type: 'string', value: 'ARN', about: 'the MFA device whose codes a new session needs' },
    duration: { type: 'string', value: 'TIME', about: 'how long a session lasts, as 3600, 90m or 4h' },
    'external-id': { type: 'string', value: 'TEXT', about: 'the external id that the role asks for' },
    region: { type: 'string', value: 'REGION', about: 'the region of the profile, for all AWS tools' },
    yes: { type: 'boolean', about: 'write without showing the change and asking' },
    undo: { type: 'boolean', about: 'take back the last setup of the profile, which nothing may have changed since' },
  },
  examples: [
    'aws-cred setup prod --role-arn arn:aws:iam::123456789012:role/Prod-Role --source-profile user1',
    'aws-cred setup user1 --mfa-serial arn:aws:iam::123456789012:mfa/alice --region eu-west-1',
    'aws-cred setup prod --undo',
  ],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const profile = given.positionals[0] as string
  if (given.flag('undo')) {
    const other = Object.keys(verb.options).find((name) => name !== 'undo' && name !== 'yes' && given.flag(name))
    if (other !== undefined) throw usageError(verb, `--undo and --${other} do not go together`)
    checkProfileName(profile, context.platform)
    return undo(openOwnWorkspace(context), profile)
  }
  const request = setupRequest(profile, given, context)
  const workspace = openOwnWorkspace(context)
  const agreed = given.flag('yes') ? null : await askForIt(workspace, request)
  if (agreed === 'nothing to write') return
  const wrote = await withConfigLock(workspace, verb.name, async () => {
    // Read again: another terminal may have written since the question was asked.
    const plan = planNow(workspace, request)
    if (agreed !== null && plan.screen !== agreed.screen) {
      throw new CredError(
        'failed',
        `cannot set up profile ${quoted(profile)}: another program has changed the config meanwhile, nothing is written`,
        { hint: setupCommand('look at the change again: ', request) },
      )
    }
    if (agreed === null) showNotes(context, plan)
    if (plan.before === plan.after) return false
    writeConfig(backupPlace(workspace, profile), plan.existed ? plan.before : null, plan.after)
    // What failed was the profile as it was.
    forgetFailure(workspace, profile)
    return true
  })
  const name = sectionName(workspace, profile)
  const cure = pasteable`; undo: aws-cred setup ${profile} --undo` ?? ''
  context.err(wrote ? `wrote ${name}${cure}\n` : nothingToWrite(workspace, profile))
}

/** Shows the change and asks; gives what was agreed to. */
async function askForIt(workspace: Workspace, request: SetupRequest): Promise<SetupPlan | 'nothing to write'> {
  const { context } = workspace
  const plan = planNow(workspace, request)
  if (plan.before === plan.after) {
    showNotes(context, plan)
    context.err(nothingToWrite(workspace, request.profile))
    return 'nothing to write'
  }
  checkReplaceable(workspace.files.configPath)
  const terminal = typedTerminal(context)
  const text = `${plan.screen}${linesText(plan.notes, terminal?.columns ?? null)}`
  if (terminal === null) {
    context.err(text)
    throw new CredError('person', `cannot set up profile ${quoted(request.profile)}: nobody can be asked here`, {
      hint: setupCommand('write it unasked: ', request, '--yes'),
    })
  }
  terminal.show(text)
  const answer = (await terminal.ask('write it? [y/N] ')).trim().toLowerCase()
  if (answer === 'y' || answer === 'yes') return plan
  throw new CredError(
    'failed',
    `cannot set up profile ${quoted(request.profile)}: nothing written, the answer was not yes`,
  )
}

async function undo(workspace: Workspace, profile: string): Promise<void> {
  const names = workspace.files.profiles.profiles.keys()
  const done = await withConfigLock(workspace, verb.name, async () =>
    undoConfig(backupPlace(workspace, profile), names),
  )
  const name = sectionName(workspace, profile)
  workspace.context.err(
    done === 'removed'
      ? `took back the last setup of ${name}: the file was not there before, and is removed\n`
      : `took back the last setup of ${name}${earlierText(workspace, profile)}\n`,
  )
}

/** Each undo takes back one. */
function earlierText(workspace: Workspace, profile: string): string {
  const steps = undoSteps(backupPlace(workspace, profile))
  const cure = pasteable`aws-cred setup ${profile} --undo`
  if (steps === 0 || cure === null) return ''
  return `; ${steps === 1 ? '1 earlier one is' : `${steps} earlier ones are`} left: ${cure}`
}

function planNow(workspace: Workspace, request: SetupRequest): SetupPlan & { readonly existed: boolean } {
  const surroundings = surroundingsNow(workspace)
  return { ...planSetup(request, surroundings), existed: surroundings.existed }
}

function showNotes(context: Context, plan: SetupPlan): void {
  if (plan.notes.length > 0) context.err(linesText(plan.notes, null))
}

function nothingToWrite(workspace: Workspace, profile: string): string {
  return `nothing to write: ${sectionName(workspace, profile)} says all of that\n`
}

function sectionName(workspace: Workspace, profile: string): string {
  const section = profile === 'default' ? '[default]' : `[profile ${profile}]`
  return `${section} in ${shown(shortPath(workspace.files.configPath, workspace.context), 300)}`
}

function openOwnWorkspace(context: Context): Workspace {
  const workspace = openWorkspace(context)
  checkFilesAreOurs(workspace)
  return workspace
}
