import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { fileError } from './file-errors.ts'

/** Many times what a job's variables take; of a longer file its end. */
const READ_MAX_BYTES = 1 << 20

export interface GithubEnv {
  /** What this step has put there so far. */
  readonly earlier: string
  /** Appends on lines of its own, and closes. */
  append(text: string): void
}

/**
 * Opens the file of `$GITHUB_ENV`, which the runner has made: it is not made here, where others could read it.
 * Throws `CredError('failed')`, as what it returns does.
 */
export function openGithubEnv(path: string): GithubEnv {
  let fd: number
  let earlier: string
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_APPEND)
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, READ_MAX_BYTES))
    earlier = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, size - bytes.length))
  } catch (error) {
    throw fileError('write to GITHUB_ENV', path, error)
  }
  return {
    earlier,
    append(text) {
      try {
        const isOpen = earlier !== '' && !earlier.endsWith('\n')
        const bytes = Buffer.from(`${isOpen ? '\n' : ''}${text}`)
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      } catch (error) {
        throw fileError('write to GITHUB_ENV', path, error)
      } finally {
        closeSync(fd)
      }
    },
  }
}
