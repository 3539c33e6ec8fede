import { mkdtempSync, rmSync } from 'node:fs'
import { startKeyring } from '../support/keyring.ts'
import { newWorld } from './bench-world.ts'
import { type Bench, keychainToBench } from './hits.ts'
import { type Figures, interleave } from './interleave.ts'
import { bar, print, table } from './report.ts'

/** `export` of a live session beside `process`, from the keychain where there is one, else from the vault. */
export async function benchExport({ work, program, rounds }: Bench): Promise<void> {
  const keyring = keychainToBench() ? await startKeyring() : null
  const memory = mkdtempSync('/dev/shm/aws-cred-bench-')
  const store = keyring === null ? 'vault' : 'keychain'
  const given = keyring === null ? { XDG_RUNTIME_DIR: memory } : keyring.env
  try {
    const world = await newWorld(work, program, { ...given, AWS_CRED_STORE: store }, `export-${store}`)
    try {
      print(`\nexport beside process, a hit from the ${store}`)
      const figures = interleave(
        [
          { name: 'process', argv: [program, 'process', '--profile', 'prod'] },
          { name: 'export', argv: [program, 'export', '--profile', 'prod', '--format', 'env'] },
        ],
        world.env,
        rounds,
        // As under eval and under the tools.
        { stdout: 'pipe' },
      )
      table(figures)
      const [process, exported] = figures as [Figures, Figures]
      bar('export / process', exported.medianMs / process.medianMs, 1.1)
    } finally {
      await world.end()
    }
  } finally {
    await keyring?.close()
    rmSync(memory, { recursive: true, force: true })
  }
}
