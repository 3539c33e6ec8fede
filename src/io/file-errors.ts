import { CredError } from '../core/errors.ts'
import { quoted, shown } from '../core/text.ts'

const STATES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such file or folder',
  EEXIST: 'it is there already',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is not a folder',
  ELOOP: 'it is a symbolic link',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EFBIG: 'it is too large',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  EIO: 'the disk or the device reports an error',
  EBUSY: 'another program is using it',
  ETXTBSY: 'another program is using it',
  ENXIO: 'there is no such device',
  ESTALE: 'the network file system has lost it',
}

/** The errno name (`ENOENT`) of what a `node:fs` call threw, or null. */
export function errnoOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}

/** Words an errno for people: `the disk is full`; an unlisted one as `error EXYZ`. */
export function errnoState(error: unknown): string {
  const code = errnoOf(error)
  return code === null ? 'an unknown error' : (STATES[code] ?? `error ${shown(code, 40)}`)
}

/**
 * The error of one file operation, `cannot <action> "<path>": <state>`. A `CredError` thrown inside the operation
 * is handed back as it is.
 */
export function fileError(action: string, path: string, error: unknown): CredError {
  if (error instanceof CredError) return error
  return new CredError('failed', `cannot ${action} ${quoted(path, 300)}: ${errnoState(error)}`, { cause: error })
}
