import { ownLine } from '../core/command-line.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { processDocument } from '../core/process-document.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { credentialsOf, helperCall, planOf } from './session/obtain-credentials.ts'
import { openWorkspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'process',
  about: 'Prints the credentials of a profile as one JSON document, for a credential_process line',
  usage: 'aws-cred process --profile NAME [options]',
  positionals: [],
  options: {
    profile: {
      type: 'string',
      value: 'NAME',
      about: 'the profile to serve; always needed, tools do not pass theirs on',
    },
    'no-session': { type: 'boolean', about: 'hand out the long-lived keys of a profile without a role' },
    duration: { type: 'string', value: 'TIME', about: 'how long a fresh session lasts, as 3600, 90m or 4h' },
    refresh: { type: 'boolean', about: 'get a fresh session though the stored one still lives' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person' },
  },
  examples: ['aws-cred process --profile prod', 'aws-cred process --profile prod --refresh'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed and none is there',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const profile = given.text('profile')
  if (profile === undefined) {
    const line = ownLine(context.executablePath, 'NAME', context.platform) ?? 'aws-cred process --profile NAME'
    throw new CredError('usage', 'cannot run process: --profile is missing', {
      hint: `in ~/.aws/config: credential_process = ${line}`,
    })
  }
  checkNotUnderOwnMarker(context, profile)
  const workspace = openWorkspace(context)
  const plan = planOf(workspace, profile, verb.name, given)
  const options = helperCall(workspace, given.flag('no-prompt'))
  const credentials = await credentialsOf(workspace, plan, { ...options, refresh: given.flag('refresh') })
  context.out(processDocument(credentials))
}
