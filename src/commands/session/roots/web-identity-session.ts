import { assumeRoleWithWebIdentity } from '../../../aws/sts-calls.ts'
import { roleSessionName } from '../../../core/cache-key.ts'
import { CredError } from '../../../core/errors.ts'
import type { WebIdentityRoot } from '../../../core/plan/plan-roots.ts'
import { at } from '../../../core/plan/sts-limits.ts'
import type { Session } from '../../../core/session.ts'
import { quoted } from '../../../core/text.ts'
import { homeDir } from '../../../io/aws-files.ts'
import { readOutsideFile } from '../../../io/outside-file.ts'
import { shortPath } from '../../../io/screen.ts'
import type { RootFetch } from './fetch-root.ts'
import { fetchedIdentity } from './root-identity.ts'

/** What STS takes (its service model, WebIdentityToken). */
const TOKEN = /^[\x21-\x7e]{4,20000}$/
const NO_KEYS = { accessKeyId: '', secretAccessKey: '', sessionToken: null }

/** The session of the role that a token stands for. The file is read at each refresh: whoever writes it renews it. */
export async function webIdentitySession(fetch: RootFetch, root: WebIdentityRoot): Promise<Session> {
  const { workspace, plan, purpose, deadline } = fetch
  const { context } = workspace
  const { stsCall } = await import('../call-sts.ts')
  const tokenFile = root.tokenFile.replace(/^~(?=[\\/])/, () => homeDir(context) ?? '~')
  const call = stsCall(workspace, plan, fetchedIdentity(workspace, plan), {
    keys: NO_KEYS,
    purpose,
    profile: root.profile,
    signer: root.profile,
    tokenFile,
    deadline,
  })
  const text = readOutsideFile(tokenFile, 65_536)?.trim()
  if (text === undefined || !TOKEN.test(text)) {
    const { path, line } = root.origin
    const where = at({ path: shortPath(path, context), line })
    const state = text === undefined ? 'there is no such file' : 'it holds no token'
    throw new CredError('failed', `cannot ${purpose}: the token file ${quoted(tokenFile, 300)} (${where}): ${state}`)
  }
  return assumeRoleWithWebIdentity(call, root.step, roleSessionName(root.step, null, context.userName), text)
}
