import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { parseDurationText } from '../core/plan/sts-limits.ts'
import { quoted } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { type Screen, screenOf } from '../io/screen.ts'
import { profileNames } from './session/profiles/profile-names.ts'
import { isVaultShut } from './session/profiles/profile-state.ts'
import { noKeysHere } from './session/roots/no-keys.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'
import { outcomeOf, type ProfileStatus, profileStatus, worstOf } from './status/profile-status.ts'
import { statusJson } from './status/status-json.ts'
import { statusText } from './status/status-text.ts'

export const verb: Verb = {
  name: 'status',
  about:
    'Says in a line a profile whether it is ready to use, and for how long: ok (holds a session), ready (the next use fetches one), person (needs one), failed. Asks nobody and opens no store',
  usage: 'aws-cred status [PROFILE…] [options]',
  positionals: ['PROFILE…'],
  options: {
    min: {
      type: 'string',
      value: 'TIME',
      about: 'the time that must be left, as 900, 15m or 1h: then nothing else counts',
    },
    json: { type: 'boolean', about: 'one JSON document; its fields are in the README' },
    watch: { type: 'boolean', about: 'redraw every second, at a terminal, until Ctrl-C' },
  },
  examples: [
    'aws-cred status',
    'aws-cred status prod --min 15m || aws-cred login prod',
    'aws-cred status --watch',
    'aws-cred status --json',
  ],
  exitCodes:
    '0 done: all ok or ready (with --min: so much is left), 1 failed or nothing to renew from, 2 used wrongly, 3 a person is needed, 130 Ctrl-C. Of several profiles the worst decides: 1, then 3, then 0',
  run,
}

async function run(given: Arguments, context: Context): Promise<'failed' | 'person' | null> {
  const minMs = minimumOf(given)
  if (given.flag('watch')) return watch(given, context)
  const workspace = openWorkspace(context)
  const statuses = statusesOf(workspace, given.positionals)
  const screen = () => screenOf(context, context.outIsTerminal())
  context.out(
    given.flag('json') ? statusJson(statuses, context.nowMs()) : screenText(workspace, statuses, screen, minMs),
  )
  // With no profile there is nothing to renew from.
  return statuses.length === 0 ? 'failed' : worstOf(statuses.map((status) => outcomeOf(status, minMs)))
}

function minimumOf(given: Arguments): number | null {
  const text = given.text('min')
  if (text === undefined) return null
  const seconds = parseDurationText(text)
  if (seconds === null) throw usageError(verb, `--min ${quoted(text, 20)} is no time; it reads 900, 15m or 1h`)
  return seconds * 1000
}

/** Of the profiles named, else of all. Throws `CredError` for a name that stands nowhere. */
function statusesOf(workspace: Workspace, named: readonly string[]): ProfileStatus[] {
  const { files, index } = workspace
  for (const name of named) {
    if (files.profiles.profiles.has(name) || index.known('key', name) !== null) continue
    throw noKeysHere(workspace, { kind: 'keychain', name, listed: false, namedBy: null })
  }
  const isShut = isVaultShut(workspace)
  const names = named.length > 0 ? [...new Set(named)] : profileNames(workspace)
  return names.map((name) => profileStatus(workspace, name, isShut))
}

function screenText(
  { context }: Workspace,
  statuses: readonly ProfileStatus[],
  screen: () => Screen,
  minMs: number | null = null,
): string {
  if (statuses.length === 0) return 'no profiles yet; put a key in: aws-cred add NAME\n'
  return statusText(statuses, screen(), { nowMs: context.nowMs(), minMs })
}

async function watch(given: Arguments, context: Context): Promise<never> {
  if (given.flag('json')) throw usageError(verb, '--watch and --json do not go together')
  if (given.text('min') !== undefined) throw usageError(verb, '--watch ends by Ctrl-C alone, so --min means nothing')
  if (!context.outIsTerminal()) throw usageError(verb, '--watch needs a terminal to draw on')
  if (context.env.TERM === 'dumb') throw usageError(verb, '--watch cannot redraw here (TERM=dumb)')
  const { redrawn } = await import('../io/full-screen.ts')
  const { env, platform, out } = context
  const look = screenOf({ env, platform, openTerminal: () => null }, true)
  return redrawn(out, (columns) => {
    const workspace = openWorkspace(context)
    const screen = () => ({ ...look, columns })
    return screenText(workspace, statusesOf(workspace, given.positionals), screen)
  })
}
