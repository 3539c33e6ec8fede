import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { fileError } from './file-errors.ts'

/**
 * Opens the file of `$GITHUB_ENV`, which the runner has made: it is not made here, where others could read it. What it
 * returns appends `text` on lines of its own and closes. Throws `CredError('failed')`.
 */
export function openGithubEnv(path: string): { append(text: string): void } {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_APPEND)
  } catch (error) {
    throw fileError('write to GITHUB_ENV', path, error)
  }
  return {
    append(text) {
      try {
        const { size } = fstatSync(fd)
        const last = Buffer.alloc(1)
        const open = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
        const bytes = Buffer.from(`${open ? '\n' : ''}${text}`)
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      } catch (error) {
        throw fileError('write to GITHUB_ENV', path, error)
      } finally {
        closeSync(fd)
      }
    },
  }
}
