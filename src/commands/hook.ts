import { usageError } from '../core/arguments.ts'
import { ENDINGS, SHELLS, type Shell } from '../core/completion.ts'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import type { Arguments, Verb } from '../core/verb.ts'
import { isAncestor } from '../io/ancestors.ts'
import { installedPath, installedText } from '../io/installed-file.ts'
import { shellFile } from '../io/packaged.ts'
import { shellOf } from './completion.ts'

export const verb: Verb = {
  name: 'hook',
  about: 'Prints the prompt hook of a shell, or says where it is installed and whether this shell has it',
  usage: 'aws-cred hook bash|zsh|fish|powershell [--path] | aws-cred hook [SHELL] --check',
  positionals: ['SHELL?'],
  options: {
    path: { type: 'boolean', about: 'print where the installed file lies instead' },
    check: { type: 'boolean', about: 'say whether the hooks are installed, and loaded in the shell that asks' },
  },
  examples: ['aws-cred hook bash', 'aws-cred hook zsh --path', 'aws-cred hook --check'],
  exitCodes: '0 done, 1 not installed or not loaded, 2 used wrongly',
  run,
}

async function run(given: Arguments, context: Context): Promise<void> {
  const [name] = given.positionals
  if (given.flag('check')) {
    if (given.flag('path')) throw usageError(verb, '--check and --path are two questions')
    return check(context, name === undefined ? null : shellOf(given, 'hook'))
  }
  if (name === undefined) throw usageError(verb, 'SHELL is missing')
  const shell = shellOf(given, 'hook')
  if (!given.flag('path')) {
    context.out(shellFile(hookName(shell)))
    return
  }
  const path = hookPath(context, shell)
  if (installedText(path) === null) throw notInstalled(`find the ${shell} hook`)
  context.out(`${path}\n`)
}

/** Says both things on stdout, of one shell or of all, and fails where one is missing: for scripts and for `doctor`. */
function check(context: Context, only: Shell | null): void {
  const states = SHELLS.filter((shell) => only === null || shell === only).map((shell) => ({
    shell,
    state: installedState(context, shell),
  }))
  const there = states.filter(({ state }) => state !== 'absent').map(({ shell }) => shell)
  const old = states.filter(({ state }) => state === 'other').map(({ shell }) => shell)
  context.out(`installed: ${there.length === 0 ? 'no' : there.join(', ')}\n`)
  if (old.length > 0) context.out(`of another version: ${old.join(', ')}; run the installer again\n`)
  const loaded = loadedState(context, only)
  context.out(`loaded: ${loaded.text}\n`)
  if (there.length === 0) throw notInstalled(only === null ? 'find the hooks' : `find the ${only} hook`)
  if (!loaded.ok) {
    throw new CredError('failed', 'cannot find the hook in this shell: it is not loaded', {
      hint: 'open a new terminal, or run the installer again',
    })
  }
}

/** Whether the shell that asks has the hook, as far as a child can see; with `only`, whether it is that shell too. */
export function loadedState(
  { env }: Context,
  only: Shell | null = null,
): { readonly ok: boolean; readonly text: string } {
  const named = /^(bash|zsh|fish|powershell):([0-9]{1,10})$/.exec(env.AWS_CRED_HOOKED ?? '')
  if (named === null) return { ok: false, text: 'no (AWS_CRED_HOOKED is not set by a hook)' }
  const [name, shell] = named
  if (only !== null && shell !== only)
    return { ok: false, text: `no (the hook that asks is of ${name}, not of ${only})` }
  const status = shell === 'powershell' ? 'Get-AwsCredStatus' : 'aws_cred_status'
  // What runs later in the rc file can overwrite the hook, which only the shell itself can see.
  const rest = `(overwritten since? ask ${status})`
  const started = isAncestor(Number(named[2]))
  if (started === false) return { ok: false, text: `no (${name} is another shell, not the one that asks)` }
  return { ok: true, text: `${started === null ? 'probably' : 'yes'}, ${name} ${rest}` }
}

/** Whether the hook of this version lies where the installers put it. */
export function installedState(context: Context, shell: Shell): 'same' | 'other' | 'absent' {
  const text = installedText(hookPath(context, shell))
  if (text === null) return 'absent'
  return text === shellFile(hookName(shell)) ? 'same' : 'other'
}

function hookName(shell: Shell): string {
  return `hook.${ENDINGS[shell]}`
}

function hookPath({ executablePath, platform }: Context, shell: Shell): string {
  return installedPath(executablePath, platform, hookName(shell))
}

function notInstalled(what: string): CredError {
  return new CredError('failed', `cannot ${what}: it is not installed beside this executable`, {
    hint: 'run ./install.sh (Windows: install.ps1)',
  })
}
