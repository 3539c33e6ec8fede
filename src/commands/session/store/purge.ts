import { existsSync, rmSync } from 'node:fs'
import { parseOwnLine } from '../../../core/command-line.ts'
import type { Context } from '../../../core/context.ts'
import { CredError } from '../../../core/errors.ts'
import { shown } from '../../../core/text.ts'
import { fileError } from '../../../io/file-errors.ts'
import { machineId } from '../../../io/paths.ts'
import { shortPath } from '../../../io/screen.ts'
import { nameRegister, openIndex } from '../../../io/state-index.ts'
import { readVaultHeader, vaultIdOf } from '../../../keychain/vault-header.ts'
import { forgetVaultKey } from '../../../keychain/vault-key.ts'
import { openWorkspace, type Workspace } from '../workspace.ts'
import { openKeychain } from './open-keychain.ts'
import { typedPatience } from './open-store.ts'

/**
 * The hidden verb `__purge show|lock|now` of the installers. `show` says in lines for people what is kept and where;
 * `lock` takes the vault's key out of memory, whichever store is in use; `now` deletes every item that the index names,
 * then the state and cache folders. Throws `CredError` at the first item that cannot be deleted, with the folders still
 * there, so that it can be done again.
 */
export async function purge(words: readonly string[], context: Context): Promise<void> {
  const workspace = keychainWorkspace(context)
  if (words[0] === 'lock' && words.length === 1) return lock(workspace)
  const names = await namesOf(workspace)
  if (words[0] === 'show') return show(workspace, names.length)
  if (words[0] !== 'now' || words.length !== 1) throw new CredError('usage', 'cannot run __purge: show, lock or now')
  if (!workspace.homeIsOurs) throw new CredError('failed', 'cannot purge: HOME belongs to another user')
  if (names.length > 0) {
    const store = openKeychain(workspace, typedPatience(workspace))
    for (const name of names) await store.delete(name)
  }
  const folders = foldersText(workspace)
  const vaultId = vaultIdOf(workspace.paths.vaultDir)
  if (vaultId !== null) forgetVaultKey(context, vaultId)
  for (const folder of [workspace.paths.stateDir, workspace.paths.cacheDir]) removeFolder(folder, context.platform)
  const gone = [
    ...(names.length > 0 ? [`${itemsText(names.length)} of the keychain`] : []),
    ...(vaultId === null ? [] : ['the vault']),
    ...(folders === '' ? [] : [folders]),
  ]
  context.err(gone.length === 0 ? 'nothing was kept\n' : `deleted ${gone.join(', ')}\n`)
}

/** The keychain's own index, whichever store is in use: keys may lie there from before. */
function keychainWorkspace(context: Context): Workspace {
  const workspace = openWorkspace(context)
  const folder = workspace.paths.indexDir(machineId(context.platform), `keychain ${workspace.service}`)
  return { ...workspace, storeKind: 'keychain', index: openIndex(folder) }
}

/** By the id as it stands in the header: a vault that is damaged is locked all the same. */
function lock({ context, paths }: Workspace): void {
  const vaultId = vaultIdOf(paths.vaultDir)
  if (vaultId !== null && forgetVaultKey(context, vaultId)) context.out('locked the vault\n')
}

function namesOf({ index }: Workspace): Promise<string[]> {
  return nameRegister(index).all()
}

function show(workspace: Workspace, items: number): void {
  const { context, files, paths, service } = workspace
  const vault = readVaultHeader(paths.vaultDir) !== null
  if (items > 0) context.out(`keychain, service "${shown(service)}": ${itemsText(items)}\n`)
  if (vault) context.out(`vault: ${pathText(workspace, paths.vaultDir)}\n`)
  if (items === 0 && !vault) context.out('no keys are stored\n')
  const folders = foldersText(workspace)
  if (folders !== '') context.out(`folders: ${folders}\n`)
  const served = [...files.profiles.profiles.values()].filter(({ properties }) => {
    const line = properties.get('credential_process')?.value
    return line && parseOwnLine(line, context.platform) !== null
  })
  if (served.length === 0) return
  // They fail once the program is gone.
  const names = served.map(({ name }) => shown(name)).join(', ')
  context.out(`profiles that run it, in ${pathText(workspace, files.configPath)}: ${names}\n`)
}

function itemsText(count: number): string {
  return count === 1 ? '1 item' : `${count} items`
}

/** Those that are there; empty where none is. */
function foldersText(workspace: Workspace): string {
  const { stateDir, cacheDir } = workspace.paths
  const there = [stateDir, cacheDir].filter((folder) => existsSync(folder))
  return there.map((folder) => pathText(workspace, folder)).join(' and ')
}

function pathText({ context }: Workspace, path: string): string {
  return shown(shortPath(path, context), 1000)
}

function removeFolder(folder: string, platform: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    // Windows keeps a loaded addon; the installer removes the rest when this process has ended.
    if (platform !== 'win32') throw fileError('remove', folder, error)
  }
}
