import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Owner, openPty } from './pty.ts'

export type ShellName = 'bash' | 'zsh' | 'fish' | 'powershell'

export const root = join(import.meta.dirname, '../..')

/** The hook file of a shell, as it is sourced. */
export const hookFile = {
  bash: join(root, 'shell/hook.bash'),
  zsh: join(root, 'shell/hook.zsh'),
  fish: join(root, 'shell/hook.fish'),
  powershell: join(root, 'shell/hook.ps1'),
}

/** What one typed line led to. */
export interface Answer {
  /** All that the terminal showed before the next prompt, without colours and carriage returns. */
  text: string
  /** The lines of it that the hook wrote. */
  hooks: string[]
  /** `$?` as the prompt saw it. */
  status: string
}

export interface ShellSession {
  /** What was shown before the first prompt. */
  readonly first: Answer
  /** A folder of this session alone, its HOME. */
  readonly home: string
  /** Types a line and Enter; resolves at the next prompt, rejects when the shell ended. */
  run(line: string): Promise<Answer>
  type(text: string): void
  readonly exited: Promise<number>
  raw(): string
}

export interface SessionOptions {
  /** Lines of the rc file before the hook is sourced (the prompt is set before them) and after it. */
  before?: string
  after?: string
  env?: Record<string, string>
  /** Which program; the hook is not sourced where `hook` is false. */
  program?: string
  hook?: boolean
  args?: string[]
}

/** Where the program of a shell is, or null. PowerShell: `pwsh`, else the small host around its engine. */
export function findShell(shell: ShellName): string | null {
  const known = found.get(shell)
  if (known !== undefined) return known
  const program = lookFor(shell)
  found.set(shell, program)
  return program
}

const found = new Map<ShellName, string | null>()

function lookFor(shell: ShellName): string | null {
  const name = shell === 'powershell' ? 'pwsh' : shell
  const path = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()
  if (path !== '') return path
  return shell === 'powershell' ? powershellHost() : null
}

/** PowerShell's engine in a small console, or null: for many typed lines, which the console of a real pwsh may garble. */
export function powershellHost(): string | null {
  const host = join(root, '../shared/clients/pwsh-host')
  if (!existsSync(host)) return null
  return spawnSync(host, ['-NoProfile', '-Command', 'exit 0'], { env: hostEnvironment() }).status === 0 ? host : null
}

function hostEnvironment(): Record<string, string> {
  const env: Record<string, string> = { PATH: process.env.PATH ?? '/usr/bin:/bin' }
  if (process.env.DOTNET_ROOT !== undefined) env.DOTNET_ROOT = process.env.DOTNET_ROOT
  return env
}

/** The prompt of every session: `<#status#>`, in fish with a number, since fish may draw a prompt twice. */
const prompts: Record<ShellName, string> = {
  bash: "PS1='<#$?#>' PS2='' HISTFILE=",
  zsh: "unsetopt prompt_cr prompt_sp; PROMPT='<#%?#>'",
  fish: [
    'set -g fish_greeting; set -g prompt_number 0; set -g fish_handle_reflow 0',
    'function fish_prompt; set -l s $status; set prompt_number (math $prompt_number + 1); echo -n "<#$prompt_number:$s#>"; end',
    'function fish_title; end; function fish_right_prompt; end',
  ].join('\n'),
  // PSReadLine draws each key anew; without it the console reads lines.
  powershell: 'Remove-Module PSReadLine -ErrorAction Ignore\nfunction prompt { "<#$?#>" }',
}

const rcFiles: Record<ShellName, string> = {
  bash: '.bashrc',
  zsh: '.zshrc',
  fish: '.config/fish/config.fish',
  powershell: '.config/powershell/Microsoft.PowerShell_profile.ps1',
}

/** An interactive shell on a terminal of its own, with an rc file made of the parts and the hook sourced as it lies. */
export async function openShell(t: Owner, shell: ShellName, options: SessionOptions = {}): Promise<ShellSession> {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-shell-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const rc = join(home, rcFiles[shell])
  mkdirSync(join(rc, '..'), { recursive: true })
  // Where this folder is, fish does not set out to read all man pages in the background.
  if (shell === 'fish') mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true })
  const source = options.hook === false ? '' : `. '${hookFile[shell]}'`
  writeFileSync(rc, `${[prompts[shell], options.before ?? '', source, options.after ?? ''].join('\n')}\n`)
  const program = options.program ?? findShell(shell) ?? shell
  const args = {
    bash: ['--noprofile', '--rcfile', rc, '-i'],
    zsh: ['-d', '-i'],
    fish: ['-i'],
    powershell: [] as string[],
  }[shell]
  if (program.endsWith('pwsh')) args.push('-NoLogo')
  const env = { HOME: home, ZDOTDIR: home, TERM: 'dumb', TZ: 'America/New_York', ...options.env }
  const started = [program, ...(options.args ?? args)]
  const command = ['/bin/sh', '-c', 'stty -echo cols 1500 rows 50; exec "$@"', 'sh', ...started]
  const pty = openPty(t, command, shell === 'powershell' ? { ...hostEnvironment(), ...env } : env)
  let from = 0
  let count = 0
  const answer = async (): Promise<Answer> => {
    count += 1
    const mark = shell === 'fish' ? `<#${count}:` : '<#'
    await pty.waitFor(mark)
    await pty.waitFor('#>')
    const shown = pty.output()
    const end = shown.indexOf(mark, from)
    const close = shown.indexOf('#>', end)
    const text = plain(shown.slice(from, end))
    from = close + 2
    const hooks = text.split('\n').filter((line) => line.includes('aws-cred: '))
    return { text, hooks, status: shown.slice(end + mark.length, close) }
  }
  const first = await answer()
  const run = (line: string) => {
    pty.type(`${line}${shell === 'powershell' ? '\n' : '\r'}`)
    return answer()
  }
  return { first, home, run, type: pty.type, exited: pty.exited, raw: pty.output }
}

/** Without colours and terminal modes; of what was written over itself on one line, the last. */
function plain(text: string): string {
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>()][A-Z0-9]?)/g, '')
    .replace(/\r+\n/g, '\n')
    .replace(/[^\n]*\r/g, '')
}

/** How each shell writes the few things that tests type. */
export const dialect: Record<
  ShellName,
  {
    set(name: string, from: string): string
    local(name: string, value: string): string
    unset(name: string): string
    define(name: string, body: string): string
    clock: string
    now(seconds: number): string
    state: string
    status: string
  }
> = {
  bash: {
    set: (name, from) => `export ${name}="$${from}"`,
    local: (name, value) => `${name}='${value}'`,
    unset: (name) => `unset ${name}`,
    define: (name, body) => `${name}() { ${body}; }`,
    clock: '__aws_cred_now() { __aws_cred_clock=$FAKE; }',
    now: (seconds) => `FAKE=${seconds}`,
    state: `printf '=%s=\\n' "$AWS_CRED_STATE,$AWS_CRED_LEFT"`,
    status: 'aws_cred_status',
  },
  zsh: {
    set: (name, from) => `export ${name}="$${from}"`,
    local: (name, value) => `${name}='${value}'`,
    unset: (name) => `unset ${name}`,
    define: (name, body) => `${name}() { ${body}; }`,
    clock: '__aws_cred_now() { __aws_cred_clock=$FAKE; }',
    now: (seconds) => `FAKE=${seconds}`,
    state: `printf '=%s=\\n' "$AWS_CRED_STATE,$AWS_CRED_LEFT"`,
    status: 'aws_cred_status',
  },
  fish: {
    set: (name, from) => `set -gx ${name} "$${from}"`,
    local: (name, value) => `set -gu ${name} '${value}'`,
    unset: (name) => `set -e ${name}`,
    define: (name, body) => `function ${name}; ${body}; end`,
    clock: 'function __aws_cred_clock; set -g __aws_cred_now 0 $FAKE; end',
    now: (seconds) => `set -g FAKE ${seconds}`,
    state: 'echo "=$AWS_CRED_STATE,$AWS_CRED_LEFT="',
    status: 'aws_cred_status',
  },
  powershell: {
    set: (name, from) => `$env:${name} = $env:${from}`,
    local: (name, value) => `$${name} = '${value}'`,
    unset: (name) => `$env:${name} = $null`,
    define: (name, body) => `function global:${name} { ${body} }`,
    clock: '__AwsCredLoad; function global:__AwsCredNow { 621355968000000000 + [long]$global:FAKE * 10000000 }',
    now: (seconds) => `$global:FAKE = ${seconds}`,
    state: '"=$AWS_CRED_STATE,$AWS_CRED_LEFT="',
    status: 'Get-AwsCredStatus',
  },
}
