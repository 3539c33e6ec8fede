import type { Environment } from './context.ts'

/** A program that shows a window with one line to fill in, which it prints. */
export interface Dialog {
  readonly argv: readonly [program: string, ...args: string[]]
  /** On top of our own environment. */
  readonly env: Readonly<Record<string, string>>
}

const TITLE = 'aws-cred'
const QUESTION = 'QUESTION_OF_AWS_CRED'

/** AppleScript and PowerShell take the text as an argument or a variable: within the script it would be code. */
const APPLE_SCRIPT = [
  'on run argv',
  `set answer to display dialog (item 1 of argv) default answer "" with title "${TITLE}" giving up after ((item 2 of argv) as integer)`,
  'if gave up of answer then error number -128',
  'return text returned of answer',
  'end run',
]
const POWERSHELL = [
  'Add-Type -AssemblyName Microsoft.VisualBasic',
  `[Console]::Out.Write([Microsoft.VisualBasic.Interaction]::InputBox($env:${QUESTION}, '${TITLE}'))`,
].join('; ')

/** The dialogs to try on this machine, the first that is installed wins; none where no screen could show one. */
export function codeDialogs(text: string, seconds: number, platform: string, env: Environment): readonly Dialog[] {
  if (platform === 'darwin') {
    const script = APPLE_SCRIPT.flatMap((line) => ['-e', line])
    return [{ argv: ['/usr/bin/osascript', ...script, '--', text, String(seconds)], env: {} }]
  }
  if (platform === 'win32') {
    const program = `${env.SystemRoot ?? 'C:\\Windows'}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
    return [{ argv: [program, '-NoProfile', '-NonInteractive', '-Command', POWERSHELL], env: { [QUESTION]: text } }]
  }
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return []
  const zenity: Dialog = {
    argv: ['zenity', '--entry', '--no-markup', `--title=${TITLE}`, `--text=${text}`, `--timeout=${seconds}`],
    env: {},
  }
  // A leading dash would be an option, a tag would be markup: kdialog has a switch for neither.
  const kdialog: Dialog = { argv: ['kdialog', '--title', TITLE, '--inputbox', text.replace(/[<>&]/g, ' ')], env: {} }
  return /kde|plasma/i.test(env.XDG_CURRENT_DESKTOP ?? '') ? [kdialog, zenity] : [zenity, kdialog]
}
