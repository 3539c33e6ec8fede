import { setTimeout as sleep } from 'node:timers/promises'
import { codeDialogs } from '../../../core/code-dialog.ts'
import type { Terminal } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import { deviceText, printedAccounts, printedCode, typedCode } from '../../../core/mfa-code.ts'
import type { MfaSettings } from '../../../core/plan/mfa-settings.ts'
import { quoted, shown } from '../../../core/text.ts'
import { askingProgram } from '../../../io/asking-program.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { type HelperCommand, type HelperEnd, NO_COMMAND, runHelper } from '../../../io/run-helper.ts'
import { markedEnvironment } from '../marker.ts'
import type { Workspace } from '../workspace.ts'

/** Whether a person may be asked, and how such a question looks. */
export interface Asking {
  /** False under `--no-prompt`, CI and AWS_CRED_NO_PROMPT: then only a program may give the code. */
  readonly mayAsk: boolean
  /** A verb that a person typed, not a helper that a tool has started. */
  readonly typed: boolean
  /** Who asks, where it is not the program that started this one. */
  readonly program?: string
  /** Said before the question. */
  readonly note?: string
  /** A code that was given before anybody was asked. */
  readonly code?: string
  /** Take what is shown meanwhile off the screen, and put it back. */
  beforeQuestion?(): void
  afterQuestion?(): void
}

export interface CodeQuestion {
  readonly profile: string
  readonly serial: string
  readonly settings: MfaSettings
  readonly asking: Asking
}

/** One way to come by a code. All throw `CredError('person' | 'interrupted' | 'failed')` where none comes. */
export interface CodeSource {
  /** Asks until it has six digits, at most up to the deadline. */
  code(deadlineMs: number): Promise<string>
  /** Tells why one more code is asked for. */
  say(text: string): void
  /** Lets time pass until the device shows another code than the one that was used. */
  untilNext(ms: number): Promise<void>
}

/**
 * The way that the profile names, else the first that is there: its own program, the terminal, a window. Null where
 * nobody can be asked.
 */
export function codeSource(workspace: Workspace, question: CodeQuestion): CodeSource | null {
  const { settings, asking } = question
  const { prompt } = settings
  if (asking.code !== undefined) return fromStdin(asking.code)
  if (prompt === 'none') return null
  if (settings.process !== null && (prompt === 'process' || prompt === 'auto')) {
    return fromProgram(workspace, question, { line: settings.process }, 'aws_cred_mfa_process')
  }
  if (!asking.mayAsk) return null
  if (prompt === 'ykman') {
    const name = settings.ykmanName ?? question.serial
    return fromProgram(workspace, question, { argv: ['ykman', 'oath', 'accounts', 'code', '--', name] }, 'ykman')
  }
  const terminal = prompt === 'gui' ? null : workspace.context.openTerminal()
  if (terminal !== null) return atTerminal(workspace, question, terminal)
  return prompt === 'tty' ? null : inWindow(workspace, question)
}

/** The code of `login --mfa-token -`, for the first question. */
function fromStdin(code: string): CodeSource {
  let given: string | null = code
  const gone = () => new CredError('failed', 'cannot get an MFA code: the one on stdin was used or refused')
  return {
    say: () => undefined,
    async code() {
      if (given === null) throw gone()
      const first = given
      given = null
      return first
    },
    async untilNext() {
      throw gone()
    },
  }
}

function questionText(workspace: Workspace, { profile, serial, asking }: CodeQuestion): string {
  const program = asking.typed ? null : (asking.program ?? askingProgram(workspace.context.env))
  const by = program === null ? '' : `asked by ${shown(program, 40)} `
  return `MFA code for ${deviceText(serial)}, ${by}for ${shown(profile, 60)}`
}

function atTerminal(workspace: Workspace, question: CodeQuestion, terminal: Terminal): CodeSource {
  const prefix = question.asking.typed ? '' : 'aws-cred: '
  const text = `${prefix}${questionText(workspace, question)}: `
  const say = (line: string): void => terminal.show(`${prefix}${line}\n`)
  return {
    say,
    untilNext: (ms) =>
      terminal.countDown(ms, (seconds) => `${prefix}that code was used: the next one comes in ${seconds} s`),
    async code(deadlineMs) {
      for (;;) {
        const leftMs = deadlineMs - monotonicMs()
        const code = typedCode(await terminal.ask(text, { deadlineMs: Math.max(0, leftMs) }))
        if (code !== null) return code
        say('a code has six digits')
      }
    },
  }
}

/** The status of zenity at its own time-out, and of all dialogs where the person closed them. */
const ZENITY_TIMED_OUT = 5

function inWindow(workspace: Workspace, question: CodeQuestion): CodeSource | null {
  const { context } = workspace
  const text = questionText(workspace, question)
  if (codeDialogs(text, 1, context.platform, context.env).length === 0) return null
  let note = ''
  return {
    say(line) {
      note = `${line}. `
    },
    async untilNext(ms) {
      note = 'that code was used. '
      await sleep(ms)
    },
    async code(deadlineMs) {
      for (;;) {
        const leftMs = Math.max(1000, deadlineMs - monotonicMs())
        const code = typedCode(await windowAnswer(workspace, question, `${note}${text}`, leftMs))
        if (code !== null) return code
        note = 'a code has six digits. '
      }
    },
  }
}

async function windowAnswer(
  workspace: Workspace,
  question: CodeQuestion,
  text: string,
  leftMs: number,
): Promise<string> {
  const { context } = workspace
  for (const { argv, env } of codeDialogs(text, Math.ceil(leftMs / 1000), context.platform, context.env)) {
    const end = await runHelper({ argv }, limits(workspace, question, leftMs + 1000, env))
    if (isAbsent(end)) continue
    if (end.kind === 'too-long' || (end.kind === 'ended' && end.status === ZENITY_TIMED_OUT)) {
      throw new CredError('person', 'cannot ask: the window was not answered in time')
    }
    if (end.kind !== 'ended' || end.status !== 0) throw new CredError('person', 'cannot ask: the window was closed')
    return end.out
  }
  throw new CredError('person', 'cannot ask: there is neither a terminal nor zenity nor kdialog')
}

function fromProgram(workspace: Workspace, question: CodeQuestion, command: HelperCommand, name: string): CodeSource {
  return {
    say: () => undefined,
    untilNext: (ms) => sleep(ms),
    async code(deadlineMs) {
      const leftMs = Math.max(0, deadlineMs - monotonicMs())
      const end = await runHelper(command, { ...limits(workspace, question, leftMs, {}), stderrToTerminal: true })
      if (isAbsent(end)) throw new CredError('failed', `cannot get an MFA code: ${quoted(name)} is not installed`)
      const out = end.kind === 'ended' && end.status === 0 ? end.out : ''
      // Each is another account's: a wrong one is not only refused, it may lock the device.
      if ('argv' in command && printedAccounts(out) > 1) {
        throw new CredError('failed', `cannot get an MFA code from ${name}: several of its accounts fit the name`, {
          hint: 'aws_cred_ykman_name is to be the whole name: ykman oath accounts list',
        })
      }
      const code = printedCode(out)
      if (code !== null) return code
      throw new CredError('failed', `cannot get an MFA code from ${name}: ${programFault(end)}`)
    },
  }
}

function isAbsent(end: HelperEnd): boolean {
  return end.kind === 'ended' && end.status === NO_COMMAND
}

function programFault(end: HelperEnd): string {
  if (end.kind === 'too-long') return 'it did not end in time'
  if (end.kind === 'too-much') return 'it printed too much'
  if (end.kind === 'killed') return `it was ended by ${end.signal}`
  if (end.kind === 'ended' && end.status !== 0) return `it ended with status ${end.status}`
  return 'its last line does not end in six digits'
}

const OUTPUT_MAX_BYTES = 4096

function limits(
  workspace: Workspace,
  { profile }: CodeQuestion,
  deadlineMs: number,
  env: Readonly<Record<string, string>>,
) {
  return {
    env: { ...markedEnvironment(workspace.context, [profile]), ...env },
    maxBytes: OUTPUT_MAX_BYTES,
    deadlineMs,
    signal: AbortSignal.timeout(Math.ceil(deadlineMs) + 1000),
  }
}
