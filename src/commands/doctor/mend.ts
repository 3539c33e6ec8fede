import { parseArguments } from '../../core/arguments.ts'
import type { Context, Terminal } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import type { Finding, FixKind } from '../../core/finding.ts'
import { quoted, shown } from '../../core/text.ts'
import type { Verb } from '../../core/verb.ts'
import { cliCacheFolder, folderIsOurs, readCliCache, removeCliCacheFile } from '../../io/cli-cache-folder.ts'
import { typedTerminal } from '../session/store/open-store.ts'
import { openWorkspace } from '../session/workspace.ts'

/** One safe repair: what it does, and the doing. */
interface Repair {
  readonly text: string
  carryOut(): Promise<void>
}

/**
 * Shows the safe repairs, asks, and does them, each by the code of the verb that its finding names; one that fails keeps
 * no other from being done. False where there is nothing to do, or the answer is no. Throws `CredError('person')` without
 * a terminal to ask at.
 */
export async function mend(context: Context, findings: readonly Finding[]): Promise<boolean> {
  const repairs = repairsOf(context, findings)
  if (repairs.length === 0) return false
  const list = repairs.map(({ text }) => `  ${text}\n`).join('')
  const terminal = typedTerminal(context)
  if (terminal === null) {
    throw new CredError('person', 'cannot mend anything: there is no terminal to ask at', {
      hint: 'the command under each finding does it by itself',
    })
  }
  terminal.show(`\n--fix does:\n${list}`)
  if (!(await isWanted(terminal))) return false
  for (const { text, carryOut } of repairs) {
    try {
      await carryOut()
    } catch (error) {
      if (!(error instanceof CredError) || error.code === 'interrupted') throw error
      const hint = error.hint === null ? '' : `\n  ${shown(error.hint, 400)}`
      context.err(`not done: ${text}: ${shown(error.message, 600)}${hint}\n`)
    }
  }
  return true
}

async function isWanted(terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask('do it? [y/N] ')
  return /^y(es)?$/i.test(answer.trim())
}

/** What a child of the shell cannot do for it: lines to evaluate there, each once. */
export function shellLines(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ fix, cure, severity }) =>
    fix === 'shell' && cure !== null && severity !== 'good' ? [cure] : [],
  )
  return [...new Set(lines)]
}

function repairsOf(context: Context, findings: readonly Finding[]): Repair[] {
  const wrong = findings.filter(({ severity }) => severity !== 'good')
  const profilesOf = (kind: FixKind) => [
    ...new Set(wrong.filter(({ fix }) => fix === kind).flatMap(({ profiles }) => profiles)),
  ]
  const repairs: Repair[] = []
  if (wrong.some(({ fix }) => fix === 'cli-cache')) {
    const text = 'remove the expired entries of the AWS CLI cache'
    repairs.push({ text, carryOut: async () => dropExpired(context) })
  }
  for (const profile of profilesOf('drop-session')) {
    const text = `take the pasted session of ${quoted(profile, 60)} out of the files`
    const carryOut = async () =>
      runVerb(context, (await import('../import.ts')).verb, [profile, '--drop-session', '--yes'])
    repairs.push({ text, carryOut })
  }
  for (const profile of profilesOf('import')) {
    const text = `move the key of ${quoted(profile, 60)} from the files into the store`
    repairs.push({
      text,
      carryOut: async () => runVerb(context, (await import('../import.ts')).verb, [profile, '--yes']),
    })
  }
  for (const profile of profilesOf('stale-path')) {
    const text = `name this binary in the credential_process line of ${quoted(profile, 60)}`
    repairs.push({
      text,
      carryOut: async () => (await import('./rename-program.ts')).renameProgram(context, profile),
    })
  }
  return repairs
}

async function runVerb(context: Context, verb: Verb, words: readonly string[]): Promise<void> {
  await verb.run(parseArguments(verb, words), context)
}

/** Live sessions stay: `logout --cli-cache` takes these too. */
function dropExpired(context: Context): void {
  const folder = cliCacheFolder(context)
  if (folder === null) return
  if (!openWorkspace(context).homeIsOurs || !folderIsOurs(folder)) {
    throw new CredError('failed', `cannot empty ${quoted(folder, 300)}: it belongs to another user`)
  }
  let removed = 0
  for (const { path, entry } of readCliCache(folder) ?? []) {
    const isExpired = entry?.expiresMs != null && entry.expiresMs <= context.nowMs()
    if (isExpired && removeCliCacheFile(path)) removed++
  }
  context.err(`removed ${removed} expired ${removed === 1 ? 'session' : 'sessions'} of the AWS CLI\n`)
}
