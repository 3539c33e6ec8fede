import { readFileSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import { errnoOf, fileError } from './file-errors.ts'

/**
 * Where the installers put a file that belongs to this executable: `<prefix>/bin/aws-cred` has
 * `<prefix>/share/aws-cred` beside it.
 */
export function installedPath(executablePath: string, platform: string, name: string): string {
  const path = platform === 'win32' ? win32 : posix
  return path.join(path.dirname(executablePath), '..', 'share', 'aws-cred', name)
}

/** The text of a file that anyone may read; null where it is not there. Throws `CredError`. */
export function installedText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null
    throw fileError('read', path, error)
  }
}
