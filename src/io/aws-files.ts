import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import type { Context } from '../core/context.ts'
import { CredError } from '../core/errors.ts'
import { type IniDocument, type IniSource, parseIni } from '../core/ini.ts'
import { mergeProfiles, type Profiles } from '../core/profiles.ts'
import { quoted } from '../core/text.ts'

export interface AwsFiles {
  readonly configPath: string
  /** Null where neither a variable nor a home folder tells. */
  readonly credentialsPath: string | null
  readonly profiles: Profiles
  /** Null where the file is not there. */
  readonly config: IniDocument | null
  readonly credentials: IniDocument | null
}

type Surroundings = Pick<Context, 'env' | 'platform'>

/** As `os.devNull`. */
const DEV_NULL = process.platform === 'win32' ? '\\\\.\\nul' : '/dev/null'
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Reads the two AWS files. A file that is not there is null, the same as an empty one; one that is there and cannot be
 * read as text is a `CredError('failed')` that names it, since an empty config in its place would hand out other keys.
 */
export function readAwsFiles(context: Surroundings): AwsFiles {
  const configPath = awsFilePath(context, 'AWS_CONFIG_FILE', 'config')
  const credentialsPath = awsFilePath(context, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials')
  if (configPath === null) {
    throw new CredError('failed', 'cannot find the AWS config: there is no home folder', {
      hint: 'set HOME or AWS_CONFIG_FILE',
    })
  }
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = context.env
  const config = readDocument(configPath, 'config', Boolean(AWS_CONFIG_FILE))
  const credentials =
    credentialsPath === null ? null : readDocument(credentialsPath, 'credentials', Boolean(AWS_SHARED_CREDENTIALS_FILE))
  return { configPath, credentialsPath, profiles: mergeProfiles(config, credentials), config, credentials }
}

/**
 * The user's home folder: HOME, on Windows then USERPROFILE and HOMEDRIVE with HOMEPATH (smithy-rs's
 * file-location-tests), else what the system's user list says; null where that does not know us either.
 */
export function homeDir({ env, platform }: Surroundings): string | null {
  if (env.HOME) return env.HOME
  if (platform === 'win32') {
    if (env.USERPROFILE) return env.USERPROFILE
    if (env.HOMEDRIVE && env.HOMEPATH) return env.HOMEDRIVE + env.HOMEPATH
  }
  try {
    return process.getBuiltinModule('node:os').userInfo().homedir || null
  } catch {
    // A user id without an entry, as containers have: there is no home.
    return null
  }
}

/** An empty variable counts as unset, as in the JS SDK. */
function awsFilePath(context: Surroundings, variable: string, name: string): string | null {
  const path = context.platform === 'win32' ? win32 : posix
  const given = context.env[variable]
  if (given) return expand(given, variable, context)
  const home = homeDir(context)
  return home === null ? null : path.join(home, '.aws', name)
}

/** Variables, then `~`, as botocore's configloader.py does; a variable that is not set stays as it is written. */
function expand(given: string, variable: string, context: Surroundings): string {
  const windows = context.platform === 'win32'
  const pattern = windows ? /\$(\w+)|\$\{([^}]*)\}|%([^%]+)%/g : /\$(\w+)|\$\{([^}]*)\}/g
  const path = given.replace(pattern, (whole, ...names: (string | undefined)[]) => {
    const name = names[0] ?? names[1] ?? (windows ? names[2] : undefined) ?? ''
    return context.env[name] ?? whole
  })
  if (!path.startsWith('~')) return path
  const rest = path.slice(1)
  if (rest !== '' && rest[0] !== '/' && !(windows && rest[0] === '\\')) {
    throw new CredError('failed', `cannot find ${quoted(given)} of ${variable}: only "~/" is understood, not "~user"`)
  }
  const home = homeDir(context)
  if (home === null)
    throw new CredError('failed', `cannot find ${quoted(given)} of ${variable}: there is no home folder`)
  return home.replace(windows ? /[\\/]+$/ : /\/+$/, '') + rest || '/'
}

function readDocument(path: string, kind: IniSource['kind'], named: boolean): IniDocument | null {
  const text = readText(path, named)
  return text === null ? null : parseIni(text, { kind, path })
}

function readText(path: string, named: boolean): string | null {
  if (path === DEV_NULL) return null
  let bytes: Buffer
  try {
    bytes = readRegularFile(path)
  } catch (error) {
    if (error instanceof CredError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    // Below a HOME that is no folder (daemons have /dev/null) nothing is there; a variable that leads there is a mistake.
    if (code === 'ENOENT' || (code === 'ENOTDIR' && !named)) return null
    throw unreadable(path, STATES[code] ?? code)
  }
  if (bytes.includes(0)) throw unreadable(path, 'holds NUL bytes, so it is not UTF-8 text')
  const text = bytes.toString('utf8')
  // What cannot be decoded becomes U+FFFD, and then the bytes differ from those of a real one.
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes)) throw unreadable(path, 'is not UTF-8 text')
  return text
}

function readRegularFile(path: string): Buffer {
  // Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(file)
    if (stats.isDirectory()) throw unreadable(path, 'is a directory')
    if (!stats.isFile()) throw unreadable(path, 'is not a regular file')
    if (stats.size > MAX_BYTES) throw unreadable(path, 'is larger than 16 MiB')
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

const STATES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
}

function unreadable(path: string, state: string): CredError {
  return new CredError('failed', `cannot read ${quoted(path, 1000)}: ${state}`)
}
