import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { CredError } from '../core/errors.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from './file-errors.ts'

/**
 * The text of a file that another program writes (a token, a token cache), a link followed; null where it is not
 * there. Throws `CredError` for what is no plain file, is larger than `maxBytes`, or cannot be read.
 */
export function readOutsideFile(path: string, maxBytes: number): string | null {
  let fd: number | null = null
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new CredError('failed', `cannot read ${quoted(path, 300)}: it is not a file`)
    if (stats.size > maxBytes) {
      throw new CredError('failed', `cannot read ${quoted(path, 300)}: it is larger than ${maxBytes} bytes`)
    }
    return readFileSync(fd, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null
    throw fileError('read', path, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}
