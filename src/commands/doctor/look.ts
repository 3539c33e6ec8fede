import { readFileSync } from 'node:fs'
import type { Shell } from '../../core/completion.ts'
import type { Finding } from '../../core/finding.ts'
import { at, type Origin } from '../../core/plan/sts-limits.ts'
import { type WhoWins, whoWins } from '../../core/precedence/precedence.ts'
import type { PrecedenceWorld, Tool } from '../../core/precedence/precedence-model.ts'
import type { ToolTable } from '../../core/precedence/precedence-table.ts'
import { TOOLS } from '../../core/precedence/precedence-tools.ts'
import { askingShell } from '../../core/shell-cures.ts'
import { shown } from '../../core/text.ts'
import { cliCacheSession } from '../../io/cli-cache-session.ts'
import { type KeyringState, keyringState } from '../../io/keyring-state.ts'
import { shortPath } from '../../io/screen.ts'
import { meantProfile } from '../session/shell-profile.ts'
import type { Workspace } from '../session/workspace.ts'

/** What all checks look at. */
export interface Look {
  readonly workspace: Workspace
  readonly profile: string
  /** What names the profile: `typed`, the variable, or null for `default`. */
  readonly by: string | null
  /** Whether a profile was typed that this shell is not set to: then it is asked about as by `--profile`. */
  readonly asNamed: boolean
  readonly shell: Shell
  readonly world: PrecedenceWorld
  readonly tools: readonly ToolTable[]
  /** What the tools take in this shell, or of the profile where `asNamed`. */
  readonly wins: WhoWins
  /** What they take of the profile by `--profile`. */
  readonly named: WhoWins
  readonly offline: boolean
  /** Asked once, by whoever is the first to need it. */
  keyring(): Promise<KeyringState>
}

/** The word for each tool after `--tool`. */
export const TOOL_WORDS: Readonly<Record<string, readonly Tool[]>> = {
  cli: ['cli-v1', 'cli-v2'],
  js: ['js'],
  python: ['boto3'],
  go: ['go'],
  java: ['java'],
  dotnet: ['dotnet'],
  rust: ['rust'],
}

export interface LookOptions {
  readonly typed: string | null
  readonly toolWord: string | null
  readonly offline: boolean
}

export function lookAround(workspace: Workspace, { typed, toolWord, offline }: LookOptions): Look {
  const { context, files } = workspace
  const { env, platform } = context
  const { profile: ofShell, variable: by } = meantProfile(undefined, context)
  const world: PrecedenceWorld = {
    env,
    platform,
    nowMs: context.nowMs(),
    config: files.config,
    credentials: files.credentials,
    cliCache: (keyText) => cliCacheSession(context, keyText),
    instanceMetadata: isEc2(platform),
  }
  const wanted = toolWord === null ? null : (TOOL_WORDS[toolWord] ?? [])
  const tools = wanted === null ? TOOLS : TOOLS.filter(({ tool }) => wanted.includes(tool))
  const profile = typed ?? ofShell
  const asNamed = typed !== null && typed !== ofShell
  const named = whoWins(world, profile, tools)
  let keyring: Promise<KeyringState> | null = null
  return {
    keyring: () => {
      keyring ??= keyringState(context)
      return keyring
    },
    workspace,
    profile,
    by: typed === null || !asNamed ? by : 'typed',
    asNamed,
    shell: askingShell(env, platform),
    world,
    tools,
    wins: asNamed ? named : whoWins(world, null, tools),
    named,
    offline,
  }
}

/** By the firmware's own name: to ask the metadata service would cost a second everywhere else. */
function isEc2(platform: string): boolean {
  if (platform !== 'linux') return false
  try {
    return /amazon/i.test(readFileSync('/sys/class/dmi/id/sys_vendor', 'latin1'))
  } catch {
    // No such file, or not to be read: a container, or another kind of machine.
    return false
  }
}

/** Where something stands, as a person would type it. */
export function placeText(origin: Origin, { context }: Pick<Workspace, 'context'>): string {
  return shown(at({ path: shortPath(origin.path, context), line: origin.line }), 200)
}

/** One question and all that was found about it. */
export type Check = (look: Look) => readonly Finding[] | Promise<readonly Finding[]>
