import { devNull } from 'node:os'
import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { closingLine, type Finding, finding, GROUPS, type Group } from '../core/finding.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import type { AwsFiles } from '../io/aws-files.ts'
import { screenOf } from '../io/screen.ts'
import { CHECKS } from './doctor/checks.ts'
import { doctorJson } from './doctor/doctor-json.ts'
import { groupsText, headText, winnersText } from './doctor/doctor-text.ts'
import { type Check, type Look, lookAround, TOOL_WORDS } from './doctor/look.ts'
import { winners } from './doctor/who-wins.ts'
import { openWorkspace, type Workspace } from './session/workspace.ts'

export const verb: Verb = {
  name: 'doctor',
  about: 'Says which credentials AWS tools take here, what is wrong with them, and the command that mends it',
  usage: 'aws-cred doctor [PROFILE] [options]',
  positionals: ['PROFILE?'],
  options: {
    tool: { type: 'string', value: 'TOOL', about: `one tool alone: ${Object.keys(TOOL_WORDS).join(', ')}` },
    json: { type: 'boolean', about: 'one JSON document; its fields are in the README' },
    offline: { type: 'boolean', about: 'ask nothing over the network' },
    quiet: { type: 'boolean', about: 'leave out what is right' },
  },
  examples: [
    'aws-cred doctor',
    'aws-cred doctor prod',
    'aws-cred doctor --tool js --offline',
    'aws-cred doctor --json',
  ],
  exitCodes: '0 done and nothing is wrong, 1 something is, 2 used wrongly',
  run,
}

async function run(given: Arguments, context: Context): Promise<'failed' | null> {
  const toolWord = given.text('tool') ?? null
  if (toolWord !== null && !Object.hasOwn(TOOL_WORDS, toolWord)) {
    const state = `--tool ${quoted(toolWord, 20)} is none of ${Object.keys(TOOL_WORDS).join(', ')}`
    throw usageError(verb, state)
  }
  const [typed = null] = given.positionals
  const { workspace, unreadable } = openReadable(context)
  const look = lookAround(workspace, { typed, toolWord, offline: given.flag('offline') })
  const screen = screenOf(context)
  const show = (text: string) => (given.flag('json') || text === '' ? undefined : context.out(text))
  show(`${headText(look)}\n${winnersText(look, winners(look), screen)}`)
  // All begin at once; what is known is shown in its order as soon as all before it is.
  const running = GROUPS.map((group) => Promise.all(CHECKS[group].map((check) => findingsOf(group, check, look))))
  // One that fails while another is waited for is told of when its turn comes.
  for (const each of running) each.catch(() => {})
  const findings: Finding[] = []
  for (const [i, group] of GROUPS.entries()) {
    const found = [...(i === 0 ? unreadable : []), ...((await running[i]) ?? []).flat()]
    findings.push(...found)
    show(groupsText(found, [group], screen, given.flag('quiet')))
  }
  if (given.flag('json')) context.out(doctorJson(look, findings))
  show(`\n${closingLine(findings, false)}\n`)
  return findings.some(({ severity }) => severity !== 'good') ? 'failed' : null
}

/** A check that could not be made is a finding; an error of this program is not. */
async function findingsOf(group: Group, check: Check, look: Look): Promise<readonly Finding[]> {
  try {
    return await check(look)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const text = { what: shown(error.message, 600), cure: error.hint === null ? null : shown(error.hint, 400) }
    return [finding(group, 'not-checked', 'warning', text)]
  }
}

interface Readable {
  readonly workspace: Workspace
  readonly unreadable: readonly Finding[]
}

/** With AWS files that cannot be read all else is looked at as if there were none. */
function openReadable(context: Context): Readable {
  const workspace = openWorkspace(context)
  try {
    readFilesOf(workspace)
    return { workspace, unreadable: [] }
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const env = { ...context.env, AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull }
    const text = { what: shown(error.message, 600), cure: error.hint === null ? null : shown(error.hint, 400) }
    const without = openWorkspace({ ...context, env })
    return { workspace: without, unreadable: [finding('wins', 'files-unreadable', 'bad', text)] }
  }
}

/** They are read when they are first asked for. */
function readFilesOf(workspace: Workspace): AwsFiles {
  return workspace.files
}
