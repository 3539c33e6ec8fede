import type { Stats } from 'node:fs'
import { accessSync, constants, fchmodSync, fchownSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CredError } from '../core/errors.ts'
import { pathWord, withCommand } from '../core/paste.ts'
import { quoted } from '../core/text.ts'
import { errnoOf, fileError } from './file-errors.ts'
import { isOurs, lstatOrNull, removeLeftTemporaries, replaceWhole } from './private-files.ts'
import { makeFolder } from './private-folder.ts'

const LINKS_MAX = 40

export interface ReplaceFileOptions {
  /** The text as it was read; null where there was no file. */
  readonly expected: string | null
  /** Permission bits of a file that is new; one that is there keeps its own. */
  readonly newMode?: number
}

/**
 * Replaces a user's own file (`~/.aws/config`) whole or not at all. A symbolic link stays and its target is replaced
 * (dotfile managers link it); mode and owner stay, and the group where the system lets us. A file marked read-only is
 * left alone, and so is one whose owner would change. Throws `CredError`, with nothing changed, when the file no longer
 * holds `expected`: the look is taken right before the rename, so that only a writer in those microseconds can be missed.
 */
export function replaceFile(path: string, text: string, options: ReplaceFileOptions): void {
  try {
    const { target, old } = replaceable(path)
    if (old === null) makeFolder(dirname(target))
    // A copy that a killed process left here may hold secrets.
    else removeLeftTemporaries(dirname(target))
    replaceWhole(target, text, {
      beforeSync(fd) {
        if (old === null) fchmodSync(fd, options.newMode ?? 0o600)
        else takeOver(fd, old)
      },
      beforeRename: () => checkUnchanged(path, target, options.expected),
    })
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/** Throws `CredError` where `replaceFile` would be refused: looked at before anything else is written. */
export function checkReplaceable(path: string): void {
  try {
    const { target, old } = replaceable(path)
    if (old !== null) accessSync(dirname(target), constants.W_OK)
  } catch (error) {
    throw fileError('write', path, error)
  }
}

function replaceable(path: string): { readonly target: string; readonly old: Stats | null } {
  const target = finalTarget(path)
  const old = lstatOrNull(target)
  if (old === null) return { target, old }
  if (!old.isFile()) throw new CredError('failed', `cannot write ${quoted(path, 300)}: it is not a file`)
  // For root the system finds every file writable.
  if ((old.mode & 0o222) === 0) {
    const hint = process.platform === 'win32' ? null : withCommand('chmod u+w ', pathWord(path))
    throw new CredError('failed', `cannot write ${quoted(path, 300)}: it is marked read-only`, { hint })
  }
  accessSync(target, constants.W_OK)
  // Only root gives files away: the new one would be ours, and who may read it would change with it.
  if (!isOurs(old) && process.geteuid?.() !== 0) {
    const whose = old.uid === 0 ? 'root' : 'another user'
    throw new CredError('failed', `cannot write ${quoted(path, 300)}: it belongs to ${whose}, and would become yours`, {
      hint: withCommand('where it should be yours: sudo chown "$(id -un)" ', pathWord(path)),
    })
  }
  return { target, old }
}

/** Where a chain of links ends, even if nothing is there yet. */
export function finalTarget(path: string): string {
  let target = resolve(path)
  for (let links = 0; links < LINKS_MAX; links++) {
    if (lstatOrNull(target)?.isSymbolicLink() !== true) return target
    // `..` in a link counts from the real folder, not from the name it was reached by.
    const folder = realpathSync(dirname(target))
    target = resolve(folder, readlinkSync(join(folder, basename(target))))
  }
  throw new CredError('failed', `cannot write ${quoted(path, 300)}: too many symbolic links`)
}

function takeOver(fd: number, old: Stats): void {
  let mode = old.mode & 0o777
  try {
    if (!isOurs(old) || old.gid !== process.getegid?.()) fchownSync(fd, old.uid, old.gid)
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error
    // Only root gives files away. What was open to the old group is not opened to ours.
    mode &= 0o707
  }
  fchmodSync(fd, mode)
}

function checkUnchanged(path: string, target: string, expected: string | null): void {
  let now: Buffer | null = null
  try {
    now = readFileSync(target)
  } catch (error) {
    // Not there is an answer here; whether it is the expected one is decided below.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  if (now === null ? expected === null : expected !== null && now.equals(Buffer.from(expected))) return
  if (now !== null && now.toString() === expected) {
    throw new CredError('failed', `cannot write ${quoted(path, 300)}: it is not valid UTF-8`)
  }
  throw new CredError('failed', `cannot write ${quoted(path, 300)}: another program has changed it meanwhile`, {
    hint: 'run the command again',
  })
}
