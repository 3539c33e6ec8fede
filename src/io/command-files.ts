import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileError } from './file-errors.ts'
import { ensurePrivateFolder, writePrivateFile } from './private-files.ts'

/** The AWS files of one command, in a folder of their own. */
export interface CommandFiles {
  readonly configPath: string
  readonly credentialsPath: string
  /** Takes the folder away, whatever the command has put into it. Throws `CredError('failed')`. */
  remove(): void
}

/**
 * Writes a config, and a credentials file without a line, for a command to read: 0600 in a 0700 folder below
 * `memoryFolder`, which is made where it is not there; null: where temporary files go. Throws `CredError('failed')`.
 */
export function writeCommandFiles(memoryFolder: string | null, config: string): CommandFiles {
  if (memoryFolder !== null) ensurePrivateFolder(memoryFolder)
  const folder = makeFolder(memoryFolder === null ? join(tmpdir(), 'aws-cred-serve-') : join(memoryFolder, 'serve-'))
  const remove = () => {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch (error) {
      throw fileError('remove', folder, error)
    }
  }
  const files = { configPath: join(folder, 'config'), credentialsPath: join(folder, 'credentials'), remove }
  try {
    writePrivateFile(files.configPath, config)
    writePrivateFile(files.credentialsPath, '')
    return files
  } catch (error) {
    remove()
    throw error
  }
}

/** mkdtemp makes it 0700. */
function makeFolder(prefix: string): string {
  try {
    return mkdtempSync(prefix)
  } catch (error) {
    throw fileError('make a folder at', prefix, error)
  }
}
