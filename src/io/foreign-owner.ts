import { realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errnoOf, fileError } from './file-errors.ts'
import { isOurs, lstatOrNull } from './private-files.ts'

/**
 * True where a file, at the end of its links, or the folder that it stands in (or would be made in) belongs to another user
 * than us or root: to edit it, as root under sudo, would change what that user's tools run. Throws `CredError` where it
 * cannot be looked at.
 */
export function belongsToAnother(path: string): boolean {
  try {
    const target = realPath(resolve(path))
    return [target, nearestFolder(dirname(target))].some((each) => {
      const stat = lstatOrNull(each)
      return stat !== null && stat.uid !== 0 && !isOurs(stat)
    })
  } catch (error) {
    throw fileError('look at', path, error)
  }
}

/** The path itself where nothing is there yet, or a link that leads nowhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return path
  }
}

function nearestFolder(path: string): string {
  return lstatOrNull(path) !== null || dirname(path) === path ? realPath(path) : nearestFolder(dirname(path))
}
