import { type IniDocument, serializeIni } from '../../core/ini.ts'
import {
  type FileKeys,
  findFileKeys,
  holdsKeys,
  importCommand,
  isSession,
  withBlankKeys,
} from '../../core/keys/file-keys.ts'
import type { ImportPlan } from '../../core/keys/import-plan.ts'
import { pasteable, pathWord, withCommand } from '../../core/paste.ts'
import { secretLine, secretLines } from '../../core/setup/setup-secrets.ts'
import { listed, quoted, shown } from '../../core/text.ts'
import { type LeftCopies, leftCopies } from '../../io/left-copies.ts'
import { shortPath } from '../../io/screen.ts'
import { surroundingsNow } from '../session/config-edits.ts'
import type { Workspace } from '../session/workspace.ts'
import { NAMES_MAX } from './name-profiles.ts'

/** Where else the secrets of each file may lie that loses keys, looked for before it is replaced. */
export type Copies = ReadonlyMap<string, LeftCopies>

export function copiesOf({ context }: Workspace, { takenFrom }: ImportPlan): Copies {
  return new Map(takenFrom.map((path) => [path, leftCopies(path, context)]))
}

/**
 * As `copiesOf` for both files, where nothing is taken out of either. Who may read a file counts where it holds secrets,
 * and so does git's history.
 */
export function untouchedCopies({ context, files }: Workspace): Copies {
  const { configPath, credentialsPath, config, credentials } = files
  const places = [[credentialsPath, credentials] as const, [configPath, config] as const]
  return new Map(
    places.flatMap(([path, document]) => {
      if (path === null) return []
      const copies = leftCopies(path, context)
      const holdsSecret = document !== null && secretLine(serializeIni(document)) !== null
      return [[path, holdsSecret ? copies : { ...copies, git: 'untracked', othersMayRead: false }] as const]
    }),
  )
}

/** What is for the person to look at beforehand: another name of a file cannot be found any more when it is replaced. */
export function linkLines({ context }: Workspace, copies: Copies): string[] {
  return [...copies].flatMap(([path, { hardLinks }]) =>
    hardLinks === 0
      ? []
      : [
          `${shown(shortPath(path, context), 300)} has another name (a hard link), under which the keys stay${withCommand('\n  find ~ -samefile ', pathWord(path)) ?? ''}`,
        ],
  )
}

/**
 * What secrets stay, in the files, beside them and out of reach, one line each. With a plan: what would stay, with the
 * line numbers as they are; else what has stayed. Profiles in `told` are left out: it was said why they stay.
 */
export function leftLines(
  workspace: Workspace,
  plan: ImportPlan | null,
  copies: Copies,
  told: readonly string[],
): string[] {
  const now = surroundingsNow(workspace)
  const rest = (document: IniDocument) => (plan === null ? document : withBlankKeys(document, plan.taken))
  const [config, credentials] = [rest(now.config), now.credentials === null ? null : rest(now.credentials)]
  const keys = [...findFileKeys(config, credentials).values()].filter(holdsKeys)
  const lines = [...copies].flatMap(([path, copy]) => {
    const document = [config, credentials].find((each) => each?.source.path === path)
    const inFile = document ? linesInFile(document, keys, told, now.showPath(path)) : []
    return [...inFile, ...linesBeside(path, copy, now.showPath)]
  })
  // Both files lie in one folder, with the same old files beside them.
  return [...new Set(lines)]
}

/** Said once, since nothing can be done about it here. */
export const OUT_OF_REACH =
  'free disk blocks, snapshots and backups may keep what the file held; only a new key ends that'

function linesInFile(
  document: IniDocument,
  keys: readonly FileKeys[],
  told: readonly string[],
  name: string,
): string[] {
  const { path } = document.source
  const here = keys.filter(({ lines }) => lines.some((line) => line.path === path && line.value !== ''))
  const untold = here.filter(({ profile }) => !told.includes(profile))
  const [sessions, pairs] = [untold.filter(isSession), untold.filter((each) => !isSession(each))]
  const profiles = pairs.map(({ profile }) => profile)
  const command = pairs.length > NAMES_MAX ? 'aws-cred import --all' : pasteable`aws-cred import ${profiles}`
  const names = listed(profiles)
  const others = secretLines(serializeIni(document)).filter(
    (number) => !here.some(({ lines }) => lines.some((each) => each.path === path && covers(each, number))),
  )
  const odd = document.sections.filter(
    ({ kind, properties }) => kind === 'other' && properties.some((each) => others.some((n) => covers(each, n))),
  )
  const hidden = others.filter((n) => !odd.some(({ properties }) => properties.some((each) => covers(each, n))))
  const where = (n: number) =>
    /^[#;]/.test((document.lines[n - 1] ?? '').trim()) ? 'in a comment' : 'where no tool looks'
  return [
    ...(pairs.length === 0 ? [] : [`${name} still holds keys of ${names}${withCommand('\n  ', command) ?? ''}`]),
    ...sessions.map(
      (each) =>
        `${name} still holds a session of ${quoted(each.profile)}${withCommand('\n  ', importCommand(each)) ?? ''}`,
    ),
    ...odd.map(
      (each) => `${name}:${each.line} holds keys of ${quoted(each.name)}, a name that not every AWS tool reads`,
    ),
    ...hidden.map((n) => `${name}:${n} gives a key ${where(n)}, and stays`),
  ]
}

function covers({ line, lastLine }: { readonly line: number; readonly lastLine: number }, number: number): boolean {
  return line <= number && number <= lastLine
}

function linesBeside(path: string, copy: LeftCopies, showPath: (path: string) => string): string[] {
  const { files, git, othersMayRead } = copy
  const name = showPath(path)
  return [
    ...files.map((each) =>
      each.readable
        ? `${showPath(each.path)} holds keys, and stays`
        : `${showPath(each.path)} cannot be read; it may hold keys`,
    ),
    ...(git === 'tracked' ? [`git tracks ${name}: its history keeps the keys`] : []),
    ...(git === 'unknown' ? [`${name} lies in a git repository, whose history may keep the keys`] : []),
    ...(othersMayRead
      ? [`other users of this machine may read ${name}${withCommand('\n  chmod 600 ', pathWord(path)) ?? ''}`]
      : []),
  ]
}
