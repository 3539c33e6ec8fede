import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findShell, hookFile, type ShellName } from '../support/shell-session.ts'
import type { Bench } from './hits.ts'
import { type Command, type Figures, interleave } from './interleave.ts'
import { bar, print, table } from './report.ts'

const BAR_MS = 0.5

/** The line that install.sh and install.ps1 write, for a file. */
const line: Record<ShellName, (file: string) => string> = {
  bash: (file) => `if [ -r '${file}' ]; then . '${file}'; fi`,
  zsh: (file) => `if [ -r '${file}' ]; then . '${file}'; fi`,
  fish: (file) => `if test -r '${file}'; source '${file}'; end`,
  powershell: (file) =>
    `try { . '${file}' } catch { & { if ($_.FullyQualifiedErrorId -cne 'CommandNotFoundException') { $Host.UI.WriteErrorLine("$_") } } }`,
}

/** `pwsh -Command` ends before it prompts; ours leaves to the first prompt what it can. */
const PROMPT_ONCE = '$null = prompt; exit 0'

/** Interactive starts to their end: with an empty rc file, with one that sources an empty file, and with our hook. */
export async function benchShellStarts({ work, rounds }: Bench): Promise<void> {
  print('\nshell start to end')
  for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const) {
    const program = findShell(name)
    if (program === null) {
      print(`  ${name}: skipped, it is not here`)
      continue
    }
    const empty = join(work, `empty.${name === 'powershell' ? 'ps1' : name}`)
    writeFileSync(empty, '')
    const commands = [
      start(work, name, program, 'no hook', ''),
      start(work, name, program, 'an empty file', line[name](empty)),
      start(work, name, program, 'our hook', line[name](hookFile[name])),
    ]
    if (name === 'powershell') {
      commands.push(
        start(work, name, program, 'no hook, prompt', '', PROMPT_ONCE),
        start(work, name, program, 'our hook, prompt', line[name](hookFile[name]), PROMPT_ONCE),
      )
      print(`  powershell is ${engine(program)}`)
    }
    // PowerShell takes hundreds of times as long, and so do its differences.
    const figures = interleave(commands, environment(name), name === 'powershell' ? Math.min(rounds, 40) : rounds * 8)
    table(figures, 2)
    const [none, file, hook, promptNone, promptHook] = figures as [Figures, Figures, Figures, Figures?, Figures?]
    bar(`${name}: sourcing our hook adds`, hook.medianMs - none.medianMs, BAR_MS, 'ms', hook.p10Ms - none.p10Ms)
    const [median, fastest] = [file.medianMs - none.medianMs, file.p10Ms - none.p10Ms]
    print(`     an empty file adds ${median.toFixed(3)} ms; of the fastest tenth ${fastest.toFixed(3)} ms`)
    print(`     a start with our hook is ${(hook.medianMs / file.medianMs).toFixed(3)} times one with an empty file`)
    if (promptNone === undefined || promptHook === undefined) continue
    print(`     to the first prompt it adds ${(promptHook.medianMs - promptNone.medianMs).toFixed(3)} ms`)
  }
}

/** What was measured: an engine that is not compiled ahead compiles thousands of methods in a start, and more for each file. */
function engine(program: string): string {
  const ask =
    '"$($PSVersionTable.PSVersion), $([Runtime.JitInfo]::GetCompiledMethodCount($false)) methods compiled in a start"'
  const { stdout } = spawnSync(program, ['-NoProfile', '-Command', ask], {
    env: environment('powershell'),
    encoding: 'utf8',
  })
  return `${basename(program)} ${stdout.trim()}`
}

function start(work: string, name: ShellName, program: string, what: string, rc: string, run = 'exit 0'): Command {
  const home = join(work, `start ${name} ${what}`)
  const [folder, file] = {
    bash: ['', '.bashrc'],
    zsh: ['', '.zshrc'],
    fish: ['.config/fish', 'config.fish'],
    powershell: ['.config/powershell', 'Microsoft.PowerShell_profile.ps1'],
  }[name] as [string, string]
  mkdirSync(join(home, folder), { recursive: true })
  mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true })
  writeFileSync(join(home, folder, file), `${rc}\n`)
  const args = {
    bash: ['--noprofile', '--rcfile', join(home, file), '-i', '-c', run],
    zsh: ['-d', '-i', '-c', run],
    fish: ['-i', '-c', run],
    powershell: ['-Command', run],
  }[name]
  return { name: `${name}, ${what}`, argv: ['/usr/bin/env', `HOME=${home}`, `ZDOTDIR=${home}`, program, ...args] }
}

function environment(name: ShellName): NodeJS.ProcessEnv {
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'xterm' }
  return name === 'powershell'
    ? { ...env, DOTNET_ROOT: process.env.DOTNET_ROOT, POWERSHELL_TELEMETRY_OPTOUT: '1' }
    : env
}
