import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  powershell: (file) => `if ([IO.File]::Exists('${file}')) { . '${file}' }`,
}

/** Interactive starts to their end: with an empty rc file, with one that sources an empty file, and with our hook. */
export function benchShellStarts({ work, rounds }: Bench): void {
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
    // PowerShell takes hundreds of times as long, and so do its differences.
    const figures = interleave(commands, environment(name), name === 'powershell' ? Math.min(rounds, 20) : rounds * 8)
    table(figures, 2)
    const [none, file, hook] = figures as [Figures, Figures, Figures]
    bar(`${name}: sourcing our hook adds`, hook.medianMs - none.medianMs, BAR_MS, 'ms', hook.p10Ms - none.p10Ms)
    const [median, fastest] = [file.medianMs - none.medianMs, file.p10Ms - none.p10Ms]
    print(`     an empty file adds ${median.toFixed(3)} ms; of the fastest tenth ${fastest.toFixed(3)} ms`)
  }
}

function start(work: string, name: ShellName, program: string, what: string, rc: string): Command {
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
    bash: ['--noprofile', '--rcfile', join(home, file), '-i', '-c', 'exit 0'],
    zsh: ['-d', '-i', '-c', 'exit 0'],
    fish: ['-i', '-c', 'exit 0'],
    powershell: ['-Command', 'exit 0'],
  }[name]
  return { name: `${name}, ${what}`, argv: ['/usr/bin/env', `HOME=${home}`, `ZDOTDIR=${home}`, program, ...args] }
}

function environment(name: ShellName): NodeJS.ProcessEnv {
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'xterm' }
  return name === 'powershell'
    ? { ...env, DOTNET_ROOT: process.env.DOTNET_ROOT, POWERSHELL_TELEMETRY_OPTOUT: '1' }
    : env
}
