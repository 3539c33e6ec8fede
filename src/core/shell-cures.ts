import { SHELLS, type Shell } from './completion.ts'
import type { Environment } from './context.ts'
import { isPlainWord } from './paste.ts'

/** The shell that asks, as far as a child can see: by our hook, else by the login shell; PowerShell on Windows. */
export function askingShell(env: Environment, platform: string): Shell {
  const hooked = /^([a-z]+):\d+$/.exec(env.AWS_CRED_HOOKED ?? '')?.[1]
  const login = env.SHELL?.slice(env.SHELL.lastIndexOf('/') + 1)
  return SHELLS.find((shell) => shell === hooked) ?? SHELLS.find((shell) => shell === login) ?? byPlatform(platform)
}

function byPlatform(platform: string): Shell {
  return platform === 'win32' ? 'powershell' : 'bash'
}

/** The line by which that shell evaluates what `aws-cred export …` prints. */
export function evalLine(shell: Shell, words: string): string {
  if (shell === 'fish') return `aws-cred export ${words} --format fish | source`
  if (shell === 'powershell') return `aws-cred export ${words} --format powershell | Out-String | Invoke-Expression`
  return `eval "$(aws-cred export ${words})"`
}

/** The line that takes variables away; their names are those of this program. */
export function unsetLine(shell: Shell, names: readonly string[]): string {
  if (shell === 'fish') return `set -e ${names.join(' ')}`
  if (shell === 'powershell') return `Remove-Item ${names.map((name) => `Env:${name}`).join(', ')}`
  return `unset ${names.join(' ')}`
}

/** The line that sets a variable for the shell and its programs; null for a value that a shell might read otherwise. */
export function setLine(shell: Shell, name: string, value: string): string | null {
  if (!isPlainWord(value)) return null
  if (shell === 'fish') return `set -gx ${name} ${value}`
  if (shell === 'powershell') return `$env:${name} = '${value}'`
  return `export ${name}=${value}`
}
