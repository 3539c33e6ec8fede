import type { StsCall } from '../../../aws/sts-calls.ts'
import { CredError } from '../../../core/errors.ts'
import { secretLengthFault } from '../../../core/keys/key-input.ts'
import { withCommand } from '../../../core/paste.ts'
import { askingShell, unsetLine } from '../../../core/shell-cures.ts'
import type { Workspace } from '../workspace.ts'

/** The commands that hints name, null where they cannot be pasted. */
export interface KeyCommands {
  /** What was typed: `aws-cred add user1`. */
  readonly again: string | null
  /** What takes a key out of the files that AWS does not know; null for one that does not lie there. */
  readonly drop: string | null
}

/**
 * Why a key could not be verified, with the setting that led to who was asked. The cures of `sts-errors.ts` speak of a key
 * that is stored already; this one is not yet. `way`: what `wayThere` says of the call.
 */
export function keyRefusal(
  error: CredError,
  call: StsCall,
  { context }: Pick<Workspace, 'context'>,
  { again, drop, way }: KeyCommands & { readonly way: string | null },
): CredError {
  const { stsCode, badSetting } = (error.cause ?? {}) as { readonly stsCode?: unknown; readonly badSetting?: string }
  const worded = (message: string, hint: string | null) =>
    new CredError(error.code, message, { cause: error.cause, hint })
  const { override, region, regionFrom } = call.place
  const unset = (names: readonly string[]) => unsetLine(askingShell(context.env, context.platform), names)
  const mend = badSetting === undefined ? mendText(call, unset) : `mend ${badSetting}`
  if (stsCode === undefined) {
    const isWay = error.hint !== null && [way, `${regionFrom} says ${region}`].includes(error.hint)
    const first = !isWay && error.hint !== null ? `${error.hint}; or ` : mend !== null ? `${mend}, or ` : ''
    const hint =
      withCommand(`${first}store it without asking AWS: `, again, ' --no-verify') ?? (isWay ? mend : error.hint)
    return worded(isWay ? `${error.message}; ${error.hint}` : error.message, hint)
  }
  if (stsCode === 'InvalidClientTokenId') {
    const message =
      override === null
        ? error.message
        : `${error.message}; asked was the endpoint of ${override.from}, ${override.url}`
    return worded(message, unknownHint({ again, drop }, override === null ? null : mend))
  }
  const fault = stsCode === 'SignatureDoesNotMatch' ? secretLengthFault(call.keys.secretAccessKey) : null
  return worded(
    fault === null ? error.message : `${error.message}: ${fault}`,
    error.hint?.replace(' --replace', '') ?? null,
  )
}

/** What mends the setting by which somebody else than AWS was asked, or nobody found; null where none did that. */
function mendText({ place, target }: StsCall, unset: (names: readonly string[]) => string): string | null {
  const { proxy } = target.network
  if (proxy !== null) return `mend ${proxy.setting}`
  const { override } = place
  if (override === null) return null
  return /^[A-Z_]+$/.test(override.from) ? unset([override.from]) : `mend ${override.from}`
}

function unknownHint({ again, drop }: KeyCommands, mend: string | null): string | null {
  if (drop !== null) {
    const unless = mend === null ? 'is of another partition (--region cn-north-1)' : `the endpoint is wrong (${mend})`
    return `it was deleted or switched off, or ${unless}; take it out: ${drop}`
  }
  const state = 'it is mistyped, deleted or switched off'
  if (mend !== null) return `${state}; or the endpoint is the wrong one: ${mend}`
  return withCommand(`${state}; only if it is of China: `, again, ' --region cn-north-1')
}
