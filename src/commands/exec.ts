import type { Context } from '../core/context.ts'
import { commandEnvironment, exportChanges } from '../core/shell/aws-variables.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { inheritedDescriptors } from '../io/file-descriptors.ts'
import { dieBySignal, runCommand } from '../io/run-command.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { checkNotNested } from './session/nesting.ts'
import { credentialsOf, planOf, typedCall } from './session/obtain-credentials.ts'
import { earlierRegion, regionOf, shellProfile } from './session/shell-profile.ts'
import { openWorkspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'exec',
  about: 'Runs a command whose AWS variables are those of one profile, and no others',
  usage: 'aws-cred exec [options] -- CMD [ARGUMENT...]',
  positionals: ['CMD...'],
  options: {
    profile: { type: 'string', value: 'NAME', about: 'whose credentials; else AWS_PROFILE, else "default"' },
    'no-region': { type: 'boolean', about: 'leave AWS_REGION and AWS_DEFAULT_REGION alone' },
    'no-session': { type: 'boolean', about: 'hand out the long-lived keys of a profile without a role' },
    duration: { type: 'string', value: 'TIME', about: 'how long a fresh session lasts, as 3600, 90m or 4h' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person; a session that is due is good enough' },
    force: { type: 'boolean', about: 'also where the variables hold the credentials of a profile already' },
  },
  examples: ['aws-cred exec --profile prod -- terraform plan', 'aws-cred exec -- sh -c "aws s3 ls | head"'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed; else those of CMD, 127 where there is no CMD',
  run,
}

async function run(given: Arguments, context: Context): Promise<number> {
  const descriptors = inheritedDescriptors(context.platform)
  const profile = shellProfile(given, context)
  if (!given.flag('force')) checkNotNested(context, verb.name, profile, given.positionals)
  checkNotUnderOwnMarker(context, profile)
  const workspace = openWorkspace(context)
  const plan = planOf(workspace, profile, verb.name, given)
  const options = typedCall(workspace, given.flag('no-prompt'))
  const credentials = await credentialsOf(workspace, plan, { ...options, refresh: false })
  const region = given.flag('no-region') ? null : regionOf(workspace, profile)
  const exported = { profile, credentials, region, earlierRegion: earlierRegion(workspace) }
  const env = commandEnvironment(context.env, exportChanges(exported, context.env), context.platform)
  const end = await runCommand(given.positionals, { descriptors, environment: () => env })
  return 'signal' in end ? dieBySignal(end.signal) : end.status
}
