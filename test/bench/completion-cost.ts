import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ENDINGS } from '../../src/core/completion.ts'
import type { Owner } from '../support/pty.ts'
import { findShell, openShell, root, type ShellName, type ShellSession } from '../support/shell-session.ts'
import type { Bench } from './hits.ts'
import { quantile } from './interleave.ts'
import { bar, print } from './report.ts'

const BAR_MS = 100
const PROFILES = 200
/** A function of the program's name says what Enter would have run; the completion asks the program itself. */
const show: Record<ShellName, string> = {
  bash: 'aws-cred() { echo "=$*="; }',
  zsh: 'autoload -Uz compinit; compinit -u -D; aws-cred() { echo "=$*="; }',
  fish: 'set -g fish_autosuggestion_enabled 0; function aws-cred; echo "=$argv="; end',
  powershell: '',
}
const input = 'aws-cred remove prod-1'
/** What is typed up to Enter. PowerShell has no Tab without PSReadLine: its own call behind Tab is typed. */
const typed = (shell: ShellName) =>
  shell === 'powershell'
    ? `"=remove $([Management.Automation.CommandCompletion]::CompleteInput('${input}', ${input.length}, $null).CompletionMatches[0].CompletionText)="`
    : `${input}\t`

/** Tab on a profile's name, to the next prompt, in the shells that are here, all open at once and typed at in turn. */
export async function benchCompletion({ work, program, rounds }: Bench): Promise<void> {
  print(`\ncompletion of a profile's name among ${PROFILES}, Tab and Enter to next prompt`)
  const config = join(work, 'completion/config')
  mkdirSync(dirname(config), { recursive: true })
  const sections = Array.from({ length: PROFILES - 1 }, (_, i) => `[profile other-${i}]\nregion = eu-west-1\n`)
  writeFileSync(config, `${sections.join('')}[profile prod-1234]\nregion = eu-west-1\n`)
  const ends: (() => unknown)[] = []
  const owner: Owner = { after: (end) => ends.push(end) }
  const sessions: { name: ShellName; shell: ShellSession; times: number[] }[] = []
  try {
    for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const) {
      if (findShell(name) === null) print(`  ${name}: skipped, it is not here`)
      else sessions.push({ name, shell: await open(owner, name, config, dirname(program)), times: [] })
    }
    for (let round = -3; round < rounds; round += 1) {
      for (const { name, shell, times } of sessions) {
        const start = process.hrtime.bigint()
        const { text } = await shell.run(typed(name))
        if (round >= 0) times.push(Number(process.hrtime.bigint() - start) / 1e6)
        if (!text.includes('=remove prod-1234=')) throw new Error(`${name} completes to ${JSON.stringify(text)}`)
      }
    }
    for (const { name, times } of sessions) {
      const sorted = times.sort((a, b) => a - b)
      bar(`${name}: Tab`, quantile(sorted, 0.5), BAR_MS, 'ms', quantile(sorted, 0.1))
    }
  } finally {
    for (const end of ends.reverse()) end()
  }
}

function open(owner: Owner, name: ShellName, config: string, programs: string): Promise<ShellSession> {
  return openShell(owner, name, {
    hook: false,
    after: `${show[name]}\n. '${join(root, `shell/completion.${ENDINGS[name]}`)}'`,
    env: { AWS_CONFIG_FILE: config, PATH: `${programs}:${process.env.PATH ?? '/usr/bin:/bin'}` },
  })
}
