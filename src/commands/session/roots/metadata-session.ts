import { containerCredentials, instanceCredentials, type MetadataCall } from '../../../aws/metadata.ts'
import { CredError } from '../../../core/errors.ts'
import {
  checkHeaderValue,
  containerAddress,
  containerToken,
  instanceAddress,
  type MetadataAddress,
} from '../../../core/metadata-address.ts'
import type { CredentialSourceRoot } from '../../../core/plan/plan-roots.ts'
import type { Session } from '../../../core/session.ts'
import { quoted } from '../../../core/text.ts'
import { readOutsideFile } from '../../../io/outside-file.ts'
import { noteClock } from '../note-clock.ts'
import type { RootFetch } from './fetch-root.ts'

/** The session of the role that a container or an instance has. */
export async function metadataSession(fetch: RootFetch, root: CredentialSourceRoot): Promise<Session> {
  const { env } = fetch.workspace.context
  const isContainer = root.kind === 'container'
  const address = isContainer ? containerAddress(root.profile, env) : instanceAddress(root, env)
  const call = metadataCall(fetch, address)
  const given = isContainer ? await containerCredentials(call, tokenOf(fetch)) : await instanceCredentials(call)
  const { accessKeyId, secretAccessKey, sessionToken, accountId, issuedMs } = given
  const keys = { accessKeyId, secretAccessKey, sessionToken, accountId, arn: null }
  return { ...keys, issuedMs, expiresMs: given.expiresMs as number, clockName: call.url.host }
}

function metadataCall({ workspace, purpose, deadline }: RootFetch, address: MetadataAddress): MetadataCall {
  const url = new URL(address.url)
  return {
    url,
    setting: address.setting,
    purpose,
    deadline,
    nowMs: () => workspace.context.nowMs(),
    onClock: (seen) => noteClock(workspace, url.host, seen),
  }
}

/** The file is read each time: EKS renews it. */
function tokenOf({ workspace, purpose }: RootFetch): string | null {
  const { file, text } = containerToken(workspace.context.env)
  if (file === null) return text === null ? null : checkHeaderValue('AWS_CONTAINER_AUTHORIZATION_TOKEN', text)
  const read = readOutsideFile(file, 65_536)
  if (read !== null) return checkHeaderValue('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', read.replace(/\r?\n$/, ''))
  throw new CredError(
    'failed',
    `cannot ${purpose}: ${quoted(file, 300)} of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: there is no such file`,
  )
}
