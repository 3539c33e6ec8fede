import { keysIdentity } from '../../../core/cache-key.ts'
import { CredError } from '../../../core/errors.ts'
import type { RootCredentials } from '../../../core/obtain-sources.ts'
import type { ProcessRoot } from '../../../core/plan/plan-roots.ts'
import { at } from '../../../core/plan/sts-limits.ts'
import { FOREIGN_MAX_BYTES, parseProcessOutput } from '../../../core/roots/foreign-credentials.ts'
import type { Session } from '../../../core/session.ts'
import { complaint, quoted } from '../../../core/text.ts'
import { type HelperEnd, runHelper } from '../../../io/run-helper.ts'
import { shortPath } from '../../../io/screen.ts'
import { checkNotUnderOwnMarker, markedEnvironment } from '../marker.ts'
import type { Workspace } from '../workspace.ts'
import type { RootFetch } from './fetch-root.ts'
import { localSession } from './local-session.ts'
import { fetchedIdentity } from './root-identity.ts'

/** Within the budget of a refresh, so that a hop on it has time left. */
const HELPER_MS = 12_000

/**
 * What another program's `credential_process` gives, checked as strictly as ours is by its consumers: a session where
 * it names an end; else keys, which are used and forgotten, and by whose id alone a hop on them is kept.
 */
export async function helperSession(fetch: RootFetch, root: ProcessRoot): Promise<Session | RootCredentials> {
  const { workspace, plan, deadline } = fetch
  const { context } = workspace
  checkNotUnderOwnMarker(context, root.profile)
  const env = markedEnvironment(context, [plan.profile, root.profile])
  const limits = { env, maxBytes: FOREIGN_MAX_BYTES, deadlineMs: HELPER_MS, signal: deadline }
  const end = await runHelper({ line: root.commandLine }, limits)
  const out = outputOf(fetch, root, end)
  const given = parseProcessOutput(out, root.accountId)
  if ('why' in given) throw failed(fetch, root, `its output cannot be used: ${given.why}`)
  const identity = fetchedIdentity(workspace, plan)
  const { expiresMs, accountId, ...keys } = given
  rememberEndless(workspace, identity.id, expiresMs === null)
  if (expiresMs === null) {
    return { ...keys, identity: { ...keysIdentity(identity.id, given.accessKeyId, identity.partition), accountId } }
  }
  if (expiresMs <= context.nowMs()) throw failed(fetch, root, 'its credentials have expired')
  return localSession(fetch, { ...keys, accountId, expiresMs })
}

function outputOf(fetch: RootFetch, root: ProcessRoot, end: HelperEnd): string {
  const said = complaint(end.err)
  const added = said === '' ? '' : `: ${said}`
  switch (end.kind) {
    case 'too-long':
      throw failed(fetch, root, `it gave no answer in time, and was ended${added}`)
    case 'too-much':
      throw failed(fetch, root, `it printed more than ${FOREIGN_MAX_BYTES} bytes, and was ended`)
    case 'killed':
      throw failed(fetch, root, `it was ended by ${end.signal}${added}`)
    default:
      if (end.status === 0) return end.out
      throw failed(fetch, root, `it ended with status ${end.status}${added}`)
  }
}

function failed({ plan, workspace }: RootFetch, root: ProcessRoot, state: string): CredError {
  const { path, line } = root.origin
  const where = at({ path: shortPath(path, workspace.context), line })
  const whose = root.profile === plan.profile ? '' : ` of profile ${quoted(root.profile)}`
  return new CredError(
    'failed',
    `cannot get credentials for profile ${quoted(plan.profile)} from the credential_process${whose} (${where}): ${state}`,
  )
}

/** Whether the next call has to run it before it can know whose keys these are. A hint: without it that is found out again. */
function rememberEndless({ index, context }: Workspace, rootId: string, isEndless: boolean): void {
  try {
    const known = index.known('endless', rootId) !== null
    if (isEndless && !known) index.write('endless', rootId, { rootId, seenMs: context.nowMs() })
    if (!isEndless && known) index.remove('endless', rootId)
  } catch (error) {
    if (!(error instanceof CredError)) throw error
  }
}
