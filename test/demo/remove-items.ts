import { openKeychain } from '../../src/commands/session/store/open-keychain.ts'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import { realContext } from '../../src/io/real-context.ts'

// Empties the keychain's service that the environment names, whatever state the run was stopped in: an item's name
// is registered before the item is written.
const store = openKeychain(openWorkspace(realContext()), { deadlineMs: 5_000 })
for (const name of await store.list()) await store.delete(name)
process.exit(0)
