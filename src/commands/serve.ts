import { basename } from 'node:path'
import { usageError } from '../core/arguments.ts'
import { commandConfig } from '../core/command-config.ts'
import type { Context } from '../core/context.ts'
import { endpointRivals } from '../core/endpoint-rivals.ts'
import { CredError, errorName } from '../core/errors.ts'
import { containerError, failureOf } from '../core/roots/container-document.ts'
import { commandEnvironment, endpointChanges, endpointCommandChanges } from '../core/shell/aws-variables.ts'
import { formatChanges, type VariablesFormat } from '../core/shell/export-formats.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { type CommandFiles, writeCommandFiles } from '../io/command-files.ts'
import { type Endpoint, type EndpointAnswer, startEndpoint } from '../io/credential-endpoint.ts'
import { inheritedDescriptors } from '../io/file-descriptors.ts'
import { monotonicMs } from '../io/monotonic-clock.ts'
import { folderState } from '../io/private-folder.ts'
import { dieBySignal, runCommand } from '../io/run-command.ts'
import { shortPath } from '../io/screen.ts'
import { vaultKeyPlace } from '../keychain/vault-key.ts'
import { checkNotUnderOwnMarker } from './session/marker.ts'
import { checkNotNested } from './session/nesting.ts'
import { helperCall, typedCall } from './session/obtain-credentials.ts'
import { ServedProfile } from './session/profiles/served-profile.ts'
import { formatOf } from './session/shell-format.ts'
import { earlierRegion, regionOf, shellProfile } from './session/shell-profile.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'serve',
  about: 'Runs a command that fetches fresh credentials from an endpoint on loopback, for as long as it lives',
  usage: 'aws-cred serve [options] [-- CMD [ARGUMENT...]]',
  positionals: ['CMD?...'],
  options: {
    profile: { type: 'string', value: 'NAME', about: 'whose credentials; else AWS_PROFILE, else "default"' },
    port: { type: 'string', value: 'PORT', about: 'a fixed port, 1024 to 65535; a free one unless given' },
    format: { type: 'string', value: 'FORMAT', about: 'without CMD: how the variables are printed, as for export' },
    'no-region': { type: 'boolean', about: 'leave AWS_REGION and AWS_DEFAULT_REGION alone' },
    duration: { type: 'string', value: 'TIME', about: 'how long a fresh session lasts, as 3600, 90m or 4h' },
    'no-prompt': { type: 'boolean', about: 'never wait for a person' },
    force: { type: 'boolean', about: 'also where the variables hold the credentials of a profile already' },
  },
  examples: ['aws-cred serve --profile prod -- node server.js', 'aws-cred serve --profile prod'],
  exitCodes: '0 done, 1 failed, 2 used wrongly, 3 a person is needed; else those of CMD, 127 where there is no CMD',
  run,
}

async function run(given: Arguments, context: Context): Promise<number> {
  const descriptors = inheritedDescriptors(context.platform)
  const profile = shellProfile(given, context)
  const hasCommand = given.positionals.length > 0
  if (given.flag('--') && !hasCommand) throw usageError(verb, 'CMD is missing behind --')
  if (hasCommand && given.flag('format')) throw usageError(verb, '--format means nothing with CMD')
  const port = portOf(given)
  const format = hasCommand ? null : await variablesFormat(given, context)
  if (!given.flag('force')) checkNotNested(context, verb.name, profile, given.positionals)
  checkNotUnderOwnMarker(context, profile)
  const served = new ServedProfile(context, { profile, verbName: verb.name, given })
  const noPrompt = given.flag('no-prompt')
  // A person is there now, and hears what is wrong from us and not from some SDK.
  await served.document((workspace) => typedCall(workspace, noPrompt))
  const warn = format === null ? () => {} : seldom(context)
  const endpoint = await startEndpoint({
    port,
    answer: () => answerOf(() => served.document((workspace) => laterCall(workspace, given)), warn),
    onRefused: (state) => warn(`refused a request: ${state}`),
  })
  if (port !== 0) {
    context.err(
      'aws-cred: warning: after this ends any user can take a fixed port, and be asked for credentials by what still runs\n',
    )
  }
  if (format !== null) return serveVariables(context, { profile, format, endpoint })
  return serveCommand(openWorkspace(context), { profile, given, descriptors, endpoint })
}

function portOf(given: Arguments): number {
  const text = given.text('port')
  if (text === undefined) return 0
  if (/^\d{4,5}$/.test(text) && Number(text) >= 1024 && Number(text) <= 65_535) return Number(text)
  throw usageError(verb, `--port ${quoted(text, 20)} must be 1024 to 65535`)
}

async function variablesFormat(given: Arguments, context: Context): Promise<VariablesFormat> {
  const format = await formatOf(verb, given, context)
  if (format !== 'process' && format !== 'github-actions') return format
  throw usageError(verb, `the format ${format} is for export alone`)
}

/** As of a helper; a person who is asked for a code hears what for: the command, not the shell above us. */
function laterCall(workspace: Workspace, given: Arguments): ReturnType<typeof helperCall> {
  const call = helperCall(workspace, given.flag('no-prompt'))
  const program = basename(given.positionals[0] ?? 'aws-cred serve')
  return { ...call, asking: { ...call.asking, program } }
}

async function answerOf(document: () => Promise<string>, warn: (line: string) => void): Promise<EndpointAnswer> {
  try {
    return { status: 200, body: await document() }
  } catch (error) {
    if (!(error instanceof CredError)) {
      const state = `an error of this program (${errorName(error)})`
      warn(state)
      return { status: 500, body: containerError('InternalError', `cannot go on: ${state}`) }
    }
    const { code, message } = failureOf(error)
    warn(message)
    // 4xx: upon 5xx Go and Java ask again at once, three and five times. Not 404: Java puts its own text over ours.
    return { status: 424, reason: shown(message, 300), body: containerError(code, message) }
  }
}

/** Prints what points a shell to the endpoint, and stays until a signal ends the process, as signals do by themselves. */
function serveVariables(
  context: Context,
  given: { readonly profile: string; readonly format: VariablesFormat; readonly endpoint: Endpoint },
): Promise<never> {
  const { profile, format, endpoint } = given
  const workspace = openWorkspace(context)
  const rivals = endpointRivals(context.env, workspace.files.profiles, (path) => shortPath(path, context))
  if (rivals.length > 0) {
    context.err(
      `aws-cred: warning: where the variables are set, ${rivals.join(' and ')} would win over the endpoint\n` +
        `aws-cred: hint: for a command alone: aws-cred serve --profile ${shown(profile)} -- CMD\n`,
    )
  }
  context.out(formatChanges(format, endpointChanges(endpoint)))
  context.err(`serving ${shown(profile)} at ${endpoint.uri} until Ctrl-C\n`)
  return new Promise<never>(() => {})
}

interface CommandGiven {
  readonly profile: string
  readonly given: Arguments
  readonly descriptors: readonly number[]
  readonly endpoint: Endpoint
}

/** Runs CMD with the endpoint as its only way to credentials; both end together. */
async function serveCommand(
  workspace: Workspace,
  { profile, given, descriptors, endpoint }: CommandGiven,
): Promise<number> {
  const { context, files } = workspace
  const { env, platform } = context
  const ownRegion = regionOf(workspace, profile)
  const region = given.flag('no-region') ? null : ownRegion
  let written: CommandFiles | null = null
  const end = await runCommand(given.positionals, {
    descriptors,
    environment() {
      written = writeCommandFiles(memoryFolder(context), commandConfig(files.profiles, profile, ownRegion))
      const { configPath, credentialsPath } = written
      const regions = { region, earlierRegion: earlierRegion(workspace) }
      const command = { profile, endpoint, configPath, credentialsPath, ...regions }
      return commandEnvironment(env, endpointCommandChanges(command, env), platform)
    },
    tidy() {
      endpoint.close()
      if (written !== null) removeFiles(written, context)
    },
  })
  return 'signal' in end ? dieBySignal(end.signal) : end.status
}

/** The folder in memory that the vault's key has too; null where there is none, or it is not ours alone. */
function memoryFolder(context: Context): string | null {
  const place = vaultKeyPlace(context)
  return place === null || folderState(place, context.userId) === 'foreign' ? null : place
}

function removeFiles(files: CommandFiles, context: Context): void {
  try {
    files.remove()
  } catch (error) {
    // No secret is in them, and CMD's own status is what its caller waits for.
    if (!(error instanceof CredError)) throw error
    context.err(`aws-cred: warning: ${error.message}\n`)
  }
}

const SAID_AGAIN_MS = 10_000

/** Says each line at most once in 10 s: whoever can connect could fill the screen. */
function seldom(context: Context): (line: string) => void {
  const said = new Map<string, number>()
  return (line) => {
    const nowMs = monotonicMs()
    if (nowMs - (said.get(line) ?? Number.NEGATIVE_INFINITY) < SAID_AGAIN_MS) return
    said.set(line, nowMs)
    context.err(`aws-cred: warning: ${line}\n`)
  }
}
