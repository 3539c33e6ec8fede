import { CredError } from '../../core/errors.ts'
import { quoted, shown } from '../../core/text.ts'
import { cliCacheFolder, folderIsOurs, readCliCache, removeCliCacheFile } from '../../io/cli-cache-folder.ts'
import { shortPath } from '../../io/screen.ts'
import type { Workspace } from './workspace.ts'

/** So many of what is left are named; the rest is counted. */
const NAMED_MAX = 8

/**
 * Removes the sessions that the AWS CLI keeps, and says how many. What is not that cache's stays, and is named. Throws
 * `CredError` where the home or the folder is another user's, and where one could not be removed, the others all the same.
 */
export function emptyCliCache({ context, homeIsOurs }: Workspace): void {
  const folder = cliCacheFolder(context)
  if (folder === null) throw new CredError('failed', 'cannot empty the cache of the AWS CLI: there is no home folder')
  const where = shown(shortPath(folder, context), 300)
  if (!homeIsOurs || !folderIsOurs(folder)) {
    throw new CredError('failed', `cannot empty ${quoted(where, 300)}: it belongs to another user`)
  }
  const files = readCliCache(folder) ?? []
  let removed = 0
  let refusal: CredError | null = null
  for (const { path, entry } of files) {
    if (entry === null) continue
    try {
      if (removeCliCacheFile(path)) removed++
    } catch (error) {
      if (!(error instanceof CredError)) throw error
      refusal ??= error
    }
  }
  const count = removed === 1 ? '1 session' : `${removed} sessions`
  context.err(removed === 0 ? `no sessions in ${where}\n` : `removed ${count} from ${where}\n`)
  const left = files.filter(({ entry }) => entry === null)
  if (left.length > 0) context.err(`left there: ${leftText(left)}\n`)
  if (refusal !== null) throw refusal
}

function leftText(left: readonly { readonly name: string; readonly why: string | null }[]): string {
  const named = left.slice(0, NAMED_MAX).map(({ name, why }) => `${shown(name, 60)} (${why})`)
  const more = left.length - named.length
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
