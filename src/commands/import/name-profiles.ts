import { usageError } from '../../core/arguments.ts'
import { CredError } from '../../core/errors.ts'
import { type FileKeys, findFileKeys, holdsKeys, importCommand, isSession } from '../../core/keys/file-keys.ts'
import { pasteable, withCommand } from '../../core/paste.ts'
import type { SetupSurroundings } from '../../core/setup/setup-plan.ts'
import { listed, quoted, shown } from '../../core/text.ts'
import type { Workspace } from '../session/workspace.ts'
import type { ImportWish } from './choose-import.ts'

/** More are not named one by one. */
export const NAMES_MAX = 8

/** The profiles that are meant. */
export interface NamedProfiles {
  readonly names: readonly string[]
  /** What is said of those that are not, one line each. */
  readonly notes: readonly string[]
  /** Those whose session `--all` leaves where it is. */
  readonly sessions: readonly string[]
}

/** Throws `CredError('usage')`, with the names that could be typed, where none is. */
export function nameProfiles(
  { index }: Pick<Workspace, 'index'>,
  { names, takes }: Pick<ImportWish, 'names' | 'takes'>,
  surroundings: SetupSurroundings,
): NamedProfiles {
  const keys = [...findFileKeys(surroundings.config, surroundings.credentials).values()].filter(holdsKeys)
  const sessions = keys.filter(isSession)
  const pairs = keys.filter((each) => !isSession(each))
  if (names === 'all') {
    const wanted = takes === 'session' ? sessions : pairs
    const left = takes === 'session' ? [] : sessions
    const nothing = takes === 'session' ? 'no session stands' : 'nothing to import: no profile has keys'
    const notes = left.map(
      (each) =>
        `${quoted(each.profile)} has a session, which is not stored${withCommand('\n  ', importCommand(each)) ?? ''}`,
    )
    return {
      names: namesOf(wanted),
      notes: wanted.length + left.length > 0 ? notes : [`${nothing} in ${filesText(surroundings)}`],
      sessions: namesOf(left),
    }
  }
  if (names.length === 0 && takes === 'dead-key') throw usageError({ name: 'import' }, '--drop-key needs a PROFILE')
  if (names.length === 0) {
    const suggested = takes === 'session' || pairs.length === 0 ? sessions : pairs
    throw nothingNamed(suggested.length > 0 ? suggested : keys, surroundings)
  }
  // Typed again after it was done, or cut short before its last line.
  const isDone = (name: string) =>
    takes === 'keys' && !keys.some(({ profile }) => profile === name) && index.read('key', name) !== null
  return {
    names: names.filter((name) => !isDone(name)),
    notes: names.filter(isDone).map((name) => {
      const keyId = shown(index.read('key', name)?.accessKeyIdMasked ?? '', 20)
      return `nothing to import for ${quoted(name)}: ${keyId} is stored, and no keys of that name stand in ${filesText(surroundings)}`
    }),
    sessions: [],
  }
}

function namesOf(keys: readonly FileKeys[]): string[] {
  return keys.map(({ profile }) => profile)
}

/** Exit 2: which of them is for the person to choose. */
function nothingNamed(found: readonly FileKeys[], surroundings: SetupSurroundings): CredError {
  if (found.length === 0) {
    return usageError({ name: 'import' }, `no profile is named, and none has keys in ${filesText(surroundings)}`)
  }
  const names = namesOf(found)
  const drop = found.some(isSession)
  const command = names.length > NAMES_MAX ? 'aws-cred import --all' : pasteable`aws-cred import ${names}`
  const what = `the files hold ${drop ? 'sessions' : 'keys'} of ${listed(names)}`
  return new CredError('usage', `cannot run import: no profile is named; ${what}`, {
    hint: withCommand('', command, drop ? ' --drop-session' : ''),
  })
}

function filesText({ config, credentials, showPath }: SetupSurroundings): string {
  const paths = [credentials, config].flatMap((each) => (each === null ? [] : [showPath(each.source.path)]))
  return paths.join(' and ')
}
