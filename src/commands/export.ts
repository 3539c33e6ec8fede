import { usageError } from '../core/arguments.ts'
import type { Context, Environment } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { withCommand } from '../core/paste.ts'
import { processDocument } from '../core/process-document.ts'
import { exportChanges, SECRET_VARIABLES, unsetChanges, type VariableChange } from '../core/shell/aws-variables.ts'
import { FORMATS, type Format, formatChanges, formatUnset, takingCommand } from '../core/shell/export-formats.ts'
import { githubVariables } from '../core/shell/github-variables.ts'
import { githubCommandValue } from '../core/shell/quote.ts'
import { quoted } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { credentialsOf, planOf, typedCall } from './session/obtain-credentials.ts'
import { formatForPerson, formatOf } from './session/shell-format.ts'
import { earlierRegion, regionOf, shellProfile } from './session/shell-profile.ts'
import { openWorkspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'export',
  about: 'Prints what sets the AWS variables of a shell to one profile, for eval, or clears them',
  usage: 'aws-cred export [options]',
  positionals: [],
  options: {
    profile: { type: 'string', value: 'NAME', about: 'whose credentials; else AWS_PROFILE, else "default"' },
    format: {
      type: 'string',
      value: 'FORMAT',
      about: `auto (AWS_CRED_FORMAT, else by the shell), ${FORMATS.join(', ')}`,
    },
    unset: { type: 'boolean', about: "clear the variables instead, and a region that is the profile's" },
    persisted: { type: 'boolean', about: 'with --unset: also what setx or fish keeps for new shells' },
    'no-region': { type: 'boolean', about: 'leave AWS_REGION and AWS_DEFAULT_REGION alone' },
    'no-session': { type: 'boolean', about: 'hand out the long-lived keys of a profile without a role' },
    duration: { type: 'string', value: 'TIME', about: 'how long a fresh session lasts, as 3600, 90m or 4h' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person; a session that is due is good enough' },
    force: { type: 'boolean', about: 'show secrets on a terminal without asking' },
  },
  examples: [
    'eval "$(aws-cred export --profile prod)"',
    'aws-cred export --profile prod --format fish | source',
    'aws-cred export --format powershell | Out-String | Invoke-Expression',
    'eval "$(aws-cred export --unset)"',
  ],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  if (given.flag('unset')) return unset(given, context)
  if (given.flag('persisted')) throw usageError(verb, '--persisted goes with --unset')
  const profile = shellProfile(given, context)
  checkNotUnderOwnMarker(context, profile)
  const format = await formatOf(verb, given, context)
  const workspace = openWorkspace(context)
  const plan = planOf(workspace, profile, verb.name, given)
  const options = typedCall(workspace, given.flag('no-prompt'))
  const credentials = await credentialsOf(workspace, plan, { ...options, refresh: false })
  // Asked once there is something to show.
  if (context.outIsTerminal() && !given.flag('force')) {
    await confirm(context, profile, formatForPerson(format, given, context))
  }
  if (format === 'process') return context.out(processDocument(credentials))
  const region = given.flag('no-region') ? null : regionOf(workspace, profile)
  const changesFor = (env: Environment) =>
    exportChanges({ profile, credentials, region, earlierRegion: earlierRegion(workspace, env) }, env)
  if (format === 'github-actions') return toGithub(context, changesFor)
  context.out(formatChanges(format, changesFor(context.env)))
}

async function unset(given: Arguments, context: Context): Promise<void> {
  for (const name of ['profile', 'no-session', 'duration']) {
    if (given.flag(name)) throw usageError(verb, `--${name} means nothing with --unset`)
  }
  const format = await formatOf(verb, given, context)
  const changes = unsetChanges(context.env, given.flag('no-region') ? null : regionToClear(context))
  context.out(formatUnset(format, changes, given.flag('persisted')))
}

function regionToClear(context: Context): string | null {
  const { AWS_CRED_PROFILE: profile, AWS_REGION: region, AWS_DEFAULT_REGION: defaultRegion } = context.env
  if (!profile || !(region || defaultRegion)) return null
  try {
    return earlierRegion(openWorkspace(context))
  } catch (error) {
    // Keys must be cleared also where the config cannot be read; whose the region is stays unknown.
    if (!(error instanceof CredError)) throw error
    return null
  }
}

async function confirm(context: Context, profile: string, format: Format): Promise<void> {
  const terminal = context.openTerminal()
  const hint = withCommand('for this shell: ', takingCommand(format, profile))
  if (terminal === null) {
    throw new CredError('person', `cannot show the secrets of ${quoted(profile)} on a terminal: nobody can be asked`, {
      hint,
    })
  }
  terminal.show(`the secrets of ${quoted(profile)} are about to be shown here${hint === null ? '' : `; ${hint}`}\n`)
  const answer = (await terminal.ask('show them? [y/N] ')).trim().toLowerCase()
  if (answer === 'y' || answer === 'yes') return
  throw new CredError('failed', `cannot export profile ${quoted(profile)}: not confirmed`)
}

/** An empty profile name cannot be found, and an empty region hides that of the config: both break the AWS CLI. */
const BROKEN_BY_NOTHING = /PROFILE$|REGION$/

/**
 * For the later steps of a GitHub Actions job. The runner hides what it was told before it sees it, so the masks go first.
 * It can set a variable to nothing but not take it away: what an empty value would break stays, with a warning. What an
 * earlier command of the step has written to the file counts as set: it is not in this process's environment, and would
 * come into those of the later steps beside the new keys.
 */
async function toGithub(context: Context, changesFor: (env: Environment) => readonly VariableChange[]): Promise<void> {
  const path = context.env.GITHUB_ENV
  if (!path) throw new CredError('failed', 'cannot export for github-actions: GITHUB_ENV is not set')
  const { openGithubEnv } = await import('../io/github-env.ts')
  const file = openGithubEnv(path)
  const env = { ...context.env, ...githubVariables(file.earlier) }
  const changes = changesFor(env)
  const gone = changes.filter(({ name, value }) => value === null && env[name])
  const stay = gone.filter(({ name }) => BROKEN_BY_NOTHING.test(name))
  const emptied = gone.filter((each) => !stay.includes(each)).map(({ name }) => ({ name, value: '' }))
  const text = formatChanges('github-actions', [...emptied, ...changes.filter(({ value }) => value !== null)])
  const masks = changes.flatMap(({ name, value }) =>
    value !== null && SECRET_VARIABLES.includes(name) ? `::add-mask::${githubCommandValue(value)}\n` : [],
  )
  context.out(masks.join(''))
  file.append(text)
  for (const { name } of stay) {
    const why = name.endsWith('PROFILE')
      ? 'take it out of its env, JS tools prefer it to keys'
      : 'this profile has no region, and that is of another one'
    context.err(`aws-cred: warning: ${name} stays set in this job: ${why}\n`)
  }
}
