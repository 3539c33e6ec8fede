import { rmSync } from 'node:fs'
import type { Context } from '../../core/context.ts'
import { CredError } from '../../core/errors.ts'
import { shown } from '../../core/text.ts'
import { fileError } from '../../io/file-errors.ts'
import { machineId } from '../../io/paths.ts'
import { nameRegister, openIndex } from '../../io/state-index.ts'
import { readVaultHeader } from '../../keychain/vault-header.ts'
import { forgetVaultKey } from '../../keychain/vault-key.ts'
import { openKeychain, typedPatience } from './open-store.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/**
 * The hidden verb `__purge show|now` of the installers. `show` says in lines for people what is kept and where; `now`
 * deletes every item that the index names, then the state and cache folders. Throws `CredError` at the first item that
 * cannot be deleted, with the folders still there, so that it can be done again.
 */
export async function purge(words: readonly string[], context: Context): Promise<void> {
  const workspace = keychainWorkspace(context)
  const names = await namesOf(workspace)
  if (words[0] === 'show') return show(workspace, names.length)
  if (words[0] !== 'now' || words.length !== 1) throw new CredError('usage', 'cannot run __purge: show or now')
  if (!workspace.homeIsOurs) throw new CredError('failed', 'cannot purge: HOME belongs to another user')
  if (names.length > 0) {
    const store = openKeychain(workspace, typedPatience(workspace))
    for (const name of names) await store.delete(name)
  }
  const vaultId = idOfVault(workspace)
  if (vaultId !== null) forgetVaultKey(context, vaultId)
  for (const folder of [workspace.paths.stateDir, workspace.paths.cacheDir]) removeFolder(folder, context.platform)
  context.err(
    `removed ${names.length} ${names.length === 1 ? 'item' : 'items'} from the keychain, and ${pathsText(workspace)}\n`,
  )
}

/** The keychain's own index, whichever store is in use: keys may lie there from before. */
function keychainWorkspace(context: Context): Workspace {
  const workspace = openWorkspace(context)
  const folder = workspace.paths.indexDir(machineId(context.platform), `keychain ${workspace.service}`)
  return { ...workspace, storeKind: 'keychain', index: openIndex(folder) }
}

function idOfVault({ paths }: Workspace): string | null {
  try {
    return readVaultHeader(paths.vaultDir)?.id ?? null
  } catch (error) {
    // A damaged header goes with its folder; a key that is left opens nothing.
    if (!(error instanceof CredError)) throw error
    return null
  }
}

function namesOf({ index }: Workspace): Promise<string[]> {
  return nameRegister(index).all()
}

function show(workspace: Workspace, items: number): void {
  const { context, paths, service } = workspace
  const vault = readVaultHeader(paths.vaultDir) !== null
  if (items > 0) context.out(`keychain, service "${shown(service)}": ${items} ${items === 1 ? 'item' : 'items'}\n`)
  if (vault) context.out(`vault: ${shown(paths.vaultDir, 1000)}\n`)
  if (items === 0 && !vault) context.out('no keys are stored\n')
  context.out(`folders: ${pathsText(workspace)}\n`)
}

function pathsText({ paths }: Workspace): string {
  return `${shown(paths.stateDir, 1000)} and ${shown(paths.cacheDir, 1000)}`
}

function removeFolder(folder: string, platform: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    // Windows keeps a loaded addon; the installer removes the rest when this process has ended.
    if (platform !== 'win32') throw fileError('remove', folder, error)
  }
}
