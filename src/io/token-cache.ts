import { accessSync, constants, statSync } from 'node:fs'
import { dirname, posix, win32 } from 'node:path'
import type { Context } from '../core/context.ts'
import { homeDir } from './aws-files.ts'
import { readOutsideFile } from './outside-file.ts'
import { isOurs } from './private-files.ts'

/** Tokens are a few thousand bytes; more is not one. */
const MAX_BYTES = 1024 * 1024

type Surroundings = Pick<Context, 'env' | 'platform'>

/** Where `aws sso login` keeps the token of a session, or in the older form of a start URL (contract §3.2). */
export function ssoTokenPath(context: Surroundings, id: string): string {
  return below(context, ['.aws', 'sso', 'cache'], hashOf('sha1', id))
}

/** Where `aws login` keeps what it was given for an ARN (contract §3.3). */
export function loginTokenPath(context: Surroundings, loginSession: string): string {
  const name = hashOf('sha256', loginSession)
  const folder = context.env.AWS_LOGIN_CACHE_DIRECTORY
  if (folder) return pathsOf(context).join(folder, `${name}.json`)
  return below(context, ['.aws', 'login', 'cache'], name)
}

/** Null where there is none. Throws `CredError` where it cannot be read. */
export function readToken(path: string): string | null {
  return readOutsideFile(path, MAX_BYTES)
}

/** When the file was last written, in milliseconds; 0 where it is not there. */
export function tokenWrittenMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Whether a new token could be put in the file's place: asked before one is taken, since the old is spent by that. */
export function canReplaceToken(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    accessSync(dirname(path), constants.W_OK)
    return isOurs(statSync(path))
  } catch {
    // Read-only, another user's, or gone: whatever it is, nothing is to be written there.
    return false
  }
}

function below(context: Surroundings, folders: readonly string[], name: string): string {
  return pathsOf(context).join(homeDir(context) ?? '', ...folders, `${name}.json`)
}

function pathsOf({ platform }: Surroundings): typeof posix {
  return platform === 'win32' ? win32 : posix
}

function hashOf(algorithm: 'sha1' | 'sha256', text: string): string {
  return process.getBuiltinModule('node:crypto').hash(algorithm, text, 'hex')
}
