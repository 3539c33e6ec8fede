import { backoffLeftMs } from '../../../core/backoff.ts'
import { spanText } from '../../../core/clock.ts'
import { CredError } from '../../../core/errors.ts'
import { CODE_NEEDED, nextCodeInMs } from '../../../core/mfa-code.ts'
import { type CodeRemedy, isCodeByProgram } from '../../../core/plan/mfa-settings.ts'
import { LockUnavailable, withLock } from '../../../io/lock.ts'
import { monotonicMs } from '../../../io/monotonic-clock.ts'
import { awaitedLine } from '../awaited-line.ts'
import { backOff, questionName } from '../back-off.ts'
import { profileLock } from '../single-flight.ts'
import type { Workspace } from '../workspace.ts'
import { type CodeQuestion, type CodeSource, codeSource } from './ask-code.ts'
import { rememberCode, wasUsed } from './used-codes.ts'

export interface CodeUse extends CodeQuestion {
  /** What is tried, for messages: `assume arn:… for profile "prod"`. */
  readonly purpose: string
  /** What to do where no code comes. */
  readonly remedy: CodeRemedy
  /** Whose device it is, by the root's identity: cool-downs go by it and the serial. */
  readonly identityId: string
  /** When the waiting of this process ends, on `monotonicMs()`'s clock. */
  readonly answerUntilMs: number
  /** The time of the server that checks codes. */
  serverMs(): number
}

/** A question that ends sooner is not worth a look for the phone. */
const ANSWER_LEAST_MS = 5_000

/** Codes that STS refuses: one more try with a new one. */
const TRIES = 2

/**
 * Asks for a code and uses it in `send`, as the only question for that device on this machine; a code that STS refuses
 * is asked for once more. Throws `CredError('person')` where nobody can be asked, or nobody answered a while ago.
 */
export async function withCode<T>(workspace: Workspace, use: CodeUse, send: (code: string) => Promise<T>): Promise<T> {
  if (!use.asking.typed) throwInCoolDown(workspace, use)
  const source = codeSource(workspace, use)
  if (source === null) throw nobodyToAsk(use)
  return asOnlyQuestion(workspace, use, async () => {
    // Another question may have been let go while this one waited for its turn.
    if (!use.asking.typed) throwInCoolDown(workspace, use)
    if (use.answerUntilMs - monotonicMs() < ANSWER_LEAST_MS) throw noTimeLeft(use)
    try {
      return await askAndSend(workspace, use, source, send)
    } catch (error) {
      // Whatever it was, the next call would only ask again: consumers try twice (contract §1.5).
      backOff(workspace, coolDownName(use))
      throw error
    }
  })
}

async function askAndSend<T>(
  workspace: Workspace,
  use: CodeUse,
  source: CodeSource,
  send: (code: string) => Promise<T>,
): Promise<T> {
  const deadlineMs = Math.min(monotonicMs() + use.settings.timeoutMs, use.answerUntilMs)
  use.asking.beforeQuestion?.()
  if (use.asking.note !== undefined) source.say(use.asking.note)
  for (let tries = 1; ; tries++) {
    const code = await unusedCode(workspace, use, source, deadlineMs).catch((error: unknown) => {
      if (!(error instanceof CredError) || error.code === 'interrupted') throw error
      throw new CredError(error.code, `cannot ${use.purpose}: ${withoutCannot(error.message)}`, loginHint(use))
    })
    rememberCode(workspace, use.serial, code, use.serverMs())
    try {
      return await send(code)
    } catch (error) {
      if (!isWrongCode(error) || tries === TRIES) throw error
      use.asking.beforeQuestion?.()
      source.say('STS refused that code')
    }
  }
}

/** A code that was not sent yet: STS takes each once, and a second try only looks like a wrong one. */
async function unusedCode(workspace: Workspace, use: CodeUse, source: CodeSource, deadlineMs: number): Promise<string> {
  for (;;) {
    const code = await source.code(deadlineMs)
    use.asking.afterQuestion?.()
    if (!wasUsed(workspace, use.serial, code, use.serverMs())) return code
    use.asking.beforeQuestion?.()
    await untilNextCode(use, source, deadlineMs)
  }
}

async function untilNextCode(use: CodeUse, source: CodeSource, deadlineMs: number): Promise<void> {
  const ms = nextCodeInMs(use.serverMs())
  if (monotonicMs() + ms < deadlineMs) return source.untilNext(ms)
  throw new CredError('person', 'cannot ask: that code was used, and the next one comes too late')
}

async function asOnlyQuestion<T>(workspace: Workspace, use: CodeUse, work: () => Promise<T>): Promise<T> {
  const { profile, serial, settings, asking } = use
  const name = `mfa ${serial}`
  const deadlineMs = Math.min(monotonicMs() + settings.timeoutMs, use.answerUntilMs)
  const line = asking.typed && asking.mayAsk ? awaitedLine(workspace, name, []) : null
  const onBusy = async () => line?.look() ?? null
  try {
    return await withLock({ ...profileLock(workspace, name, { profile, deadlineMs }), onBusy }, async () => {
      line?.end()
      return work()
    })
  } catch (error) {
    line?.end()
    // Without a lock two questions may be open at once, which beats none.
    if (error instanceof LockUnavailable) return work()
    throw error
  }
}

function coolDownName({ identityId, serial, settings }: CodeUse): string {
  return questionName(identityId, serial, isCodeByProgram(settings))
}

function throwInCoolDown(workspace: Workspace, use: CodeUse): void {
  const leftMs = backoffLeftMs(workspace.index.known('backoff', coolDownName(use)), workspace.context.nowMs())
  if (leftMs === 0) return
  const lasting = `cannot ${use.purpose}: ${CODE_NEEDED}, and the last question for one had no good answer`
  const message = `${lasting}; it is not asked again for ${spanText(leftMs + 999)}`
  throw new CredError('person', message, { ...loginHint(use), cause: { lasting } })
}

function noTimeLeft(use: CodeUse): CredError {
  const message = `cannot ${use.purpose}: ${CODE_NEEDED}, and too little time is left to ask for one`
  return new CredError('person', message, loginHint(use))
}

function nobodyToAsk(use: CodeUse): CredError {
  const why = use.remedy.forbidden ?? (use.asking.mayAsk ? 'nobody can be asked here' : 'nobody is to be asked')
  return new CredError('person', `cannot ${use.purpose}: ${CODE_NEEDED}, and ${why}`, loginHint(use))
}

function loginHint({ remedy }: CodeUse): { readonly hint: string | null } {
  return { hint: remedy.hint }
}

function withoutCannot(message: string): string {
  return message.replace(/^cannot (ask|get an MFA code): /, `${CODE_NEEDED}: `)
}

/** STS's own words for a code that is wrong or was used (contract §5). */
function isWrongCode(error: unknown): boolean {
  return error instanceof CredError && / one time pass code/.test(error.message) && !/must provide/.test(error.message)
}
