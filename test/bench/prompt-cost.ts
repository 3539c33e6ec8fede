import { spawnSync } from 'node:child_process'
import type { Owner } from '../support/pty.ts'
import {
  dialect,
  findShell,
  openShell,
  type SessionOptions,
  type ShellName,
  type ShellSession,
} from '../support/shell-session.ts'
import type { Bench } from './hits.ts'
import { quantile } from './interleave.ts'
import { bar, print } from './report.ts'

/** Variables of a session with hours to go, as long as STS makes them. */
const valid = {
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI'.repeat(3),
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE'.repeat(40),
  AWS_CREDENTIAL_EXPIRATION: new Date(Date.now() + 5 * 3_600_000).toISOString().replace(/\.\d+/, ''),
  AWS_CRED_PROFILE: 'prod',
}
const barUs: Record<ShellName, number> = { bash: 150, zsh: 150, fish: 300, powershell: 150 }
const direnv: Partial<Record<ShellName, string>> = {
  bash: 'eval "$(direnv hook bash)"',
  zsh: 'eval "$(direnv hook zsh)"',
  fish: 'direnv hook fish | source',
}
/** fish looks for a suggestion in the background while it draws: noise of half a millisecond. */
const quiet: Partial<Record<ShellName, string>> = { fish: 'set -g fish_autosuggestion_enabled 0' }

/**
 * Enter to next prompt in real interactive shells on terminals of their own, one without a hook, one with ours, one with
 * direnv's, all open at once and typed at in turn. What a hook adds is the difference of the medians.
 */
export async function benchPrompts({ rounds }: Bench): Promise<void> {
  const prompts = rounds * 15
  const hasDirenv = spawnSync('direnv', ['version']).error === undefined
  print(`prompts, ${prompts} of each shell, AWS variables valid; Enter to next prompt`)
  if (!hasDirenv) print('  direnv: skipped, it is not here')
  for (const name of ['bash', 'zsh', 'fish', 'powershell'] as const) {
    if (findShell(name) === null) print(`  ${name}: skipped, it is not here`)
    else await benchShell(name, prompts, hasDirenv)
  }
}

async function benchShell(name: ShellName, prompts: number, hasDirenv: boolean): Promise<void> {
  const ends: (() => unknown)[] = []
  const owner: Owner = { after: (end) => ends.push(end) }
  const open = async (hookName: string, options: SessionOptions) => {
    const shell = await openShell(owner, name, { env: valid, before: quiet[name] ?? '', ...options })
    if (shell.first.text !== '') throw new Error(`${name} ${hookName} says ${JSON.stringify(shell.first.text)}`)
    return { hookName, shell, timesUs: [] as number[] }
  }
  try {
    const sessions = [await open('without', { hook: false }), await open('ours', {})]
    const load = hasDirenv ? direnv[name] : undefined
    if (load !== undefined) sessions.push(await open('direnv', { hook: false, after: load }))
    await checkLoaded(name, sessions[1]?.shell as ShellSession)
    for (let round = -20; round < prompts; round += 1) {
      for (const { shell, timesUs } of sessions) {
        const start = process.hrtime.bigint()
        await shell.run('')
        if (round >= 0) timesUs.push(Number(process.hrtime.bigint() - start) / 1e3)
      }
    }
    report(name, sessions)
  } finally {
    for (const end of ends.reverse()) end()
  }
}

/** A hook that is not there is fast. */
async function checkLoaded(name: ShellName, shell: ShellSession): Promise<void> {
  const { text } = await shell.run(dialect[name].state)
  if (!text.includes('=ok,')) throw new Error(`the hook of ${name} is not at work: ${JSON.stringify(text)}`)
}

function report(name: ShellName, sessions: readonly { hookName: string; timesUs: number[] }[]): void {
  const figures = sessions.map(({ hookName, timesUs }) => {
    const sorted = timesUs.sort((a, b) => a - b)
    const [fastest, median, p90] = [0.1, 0.5, 0.9].map((q) => quantile(sorted, q)) as [number, number, number]
    const label = `${name}, ${hookName === 'without' ? 'no hook' : hookName}`
    print(`  ${label.padEnd(34)} ${median.toFixed(0).padStart(7)} us   p90 ${p90.toFixed(0)}`)
    return { median, fastest }
  })
  type Figure = (typeof figures)[number]
  const [without, ours, other] = figures as [Figure, Figure, Figure?]
  bar(`${name}: our hook adds`, ours.median - without.median, barUs[name], 'us', ours.fastest - without.fastest)
  if (other === undefined) return
  const ratio = (other.median - without.median) / (ours.median - without.median)
  print(`     direnv's adds ${(other.median - without.median).toFixed(0)} us, ${ratio.toFixed(1)} times ours`)
}
