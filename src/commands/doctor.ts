import { devNull } from 'node:os'
import { usageError } from '../core/arguments.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { closingLine, type Finding, finding, GROUPS, type Group, withoutRefusedImports } from '../core/finding.ts'
import { jsonText } from '../core/json-text.ts'
import { accountMask } from '../core/redact.ts'
import { quoted, shown } from '../core/text.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import type { AwsFiles } from '../io/aws-files.ts'
import { screenOf } from '../io/screen.ts'
import { CHECKS } from './doctor/checks.ts'
import { doctorJson } from './doctor/doctor-json.ts'
import { groupsText, headText, winnersText } from './doctor/doctor-text.ts'
import { withRefusedSessions } from './doctor/identity.ts'
import { type Check, type Look, type LookOptions, lookAround, TOOL_WORDS } from './doctor/look.ts'
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
    explain: {
      type: 'string',
      value: 'TEXT',
      about: 'say which causes of an error text are found here; - reads it from stdin',
    },
    fix: { type: 'boolean', about: 'list what can safely be mended, ask, do it, and look again' },
    redact: { type: 'boolean', about: 'put account-1, account-2 … in the place of account ids' },
    quiet: { type: 'boolean', about: 'leave out what is right' },
  },
  examples: [
    'aws-cred doctor',
    'aws-cred doctor prod',
    'aws-cred doctor --tool js --offline',
    'aws-cred doctor --json',
  ],
  exitCodes:
    '0 done, nothing to mend (what is marked ! is only to be looked at), 1 something is, 2 used wrongly; with --explain 1 where a cause is found here; with --fix 3 where nobody can be asked, 130 Ctrl-C',
  run,
}

async function run(given: Arguments, context: Context): Promise<'failed' | null> {
  const toolWord = given.text('tool') ?? null
  if (toolWord !== null && !Object.hasOwn(TOOL_WORDS, toolWord)) {
    const state = `--tool ${quoted(toolWord, 20)} is none of ${Object.keys(TOOL_WORDS).join(', ')}`
    throw usageError(verb, state)
  }
  const alone = ['json', 'redact', 'explain'].find((name) => given.flag('fix') && given.flag(name))
  if (alone !== undefined) throw usageError(verb, `--fix and --${alone} do not go together`)
  const wish = { typed: given.positionals[0] ?? null, toolWord, offline: given.flag('offline') }
  const mask = given.flag('redact') ? accountMask() : (text: string) => text
  const showing = {
    json: given.flag('json'),
    quiet: given.flag('quiet'),
    show: (text: string) => context.out(mask(text)),
  }
  const text = given.text('explain')
  if (text !== undefined) return explained(text === '-' ? await context.readStdin() : text, context, wish, showing)
  const { findings: first } = await examine(context, wish, showing)
  const again = async () => (await examine(context, wish, showing)).findings
  const findings = given.flag('fix') ? await mended(context, first, again) : first
  return findings.some(({ severity }) => severity === 'bad') ? 'failed' : null
}

/** Only what bears on the text is told. */
async function explained(
  text: string,
  context: Context,
  wish: LookOptions,
  { json, show }: Showing,
): Promise<'failed' | null> {
  const { explainHere, explanationText } = await import('./doctor/explain-here.ts')
  const { look, findings } = await examine(context, wish, { json: false, quiet: true, show: () => {} })
  const found = explainHere(text, look, findings)
  show(json ? jsonText({ version: 1, ...found }) : explanationText(found, screenOf(context)))
  return found.causes.some(({ seen }) => seen.length > 0) ? 'failed' : null
}

/** What is found once all that can be mended from here is. */
async function mended(
  context: Context,
  first: readonly Finding[],
  again: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const { mend, shellLines } = await import('./doctor/mend.ts')
  const isDone = await mend(context, first)
  if (isDone) context.out('\n')
  const findings = isDone ? await again() : first
  const lines = shellLines(findings)
  if (lines.length > 0)
    context.out(`\nonly this shell can do the rest:\n${lines.map((line) => `  ${line}\n`).join('')}`)
  return findings
}

interface Showing {
  readonly json: boolean
  readonly quiet: boolean
  show(text: string): void
}

async function examine(
  context: Context,
  wish: LookOptions,
  { json, quiet, show }: Showing,
): Promise<{ readonly look: Look; readonly findings: readonly Finding[] }> {
  const { workspace, unreadable } = openReadable(context)
  const look = lookAround(workspace, wish)
  const screen = screenOf(context)
  const showText = (text: string) => (json || text === '' ? undefined : show(text))
  showText(`${headText(look)}\n${winnersText(look, winners(look), screen)}`)
  // All begin at once; what is known is shown in its order as soon as all before it is.
  const running = GROUPS.map((group) => Promise.all(CHECKS[group].map((check) => findingsOf(group, check, look))))
  // One that fails while another is waited for is told of when its turn comes.
  for (const each of running) each.catch(() => {})
  const all: Finding[] = []
  for (const [i, group] of GROUPS.entries()) {
    const found = [...(i === 0 ? unreadable : []), ...((await running[i]) ?? []).flat()]
    all.push(...found)
    showText(groupsText(found, [group], screen, quiet))
  }
  const findings = withoutRefusedImports(withRefusedSessions(all))
  if (json) show(doctorJson(look, findings))
  showText(`\n${closingLine(findings)}\n`)
  return { look, findings }
}

/** A check that could not be made is a finding; an error of this program is not. */
async function findingsOf(group: Group, check: Check, look: Look): Promise<readonly Finding[]> {
  try {
    return await check(look)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
    const text = { what: shown(error.message, 600), cure: error.hint === null ? null : shown(error.hint, 400) }
    // Nobody may take it for good.
    return [finding(group, 'not-checked', 'bad', text)]
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
