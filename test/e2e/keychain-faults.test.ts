import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  addKey,
  chainConfig,
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  processOf,
  readyPlace,
  runIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { stateDir, travel } from '../support/e2e-stored.ts'
import { type Keyring, keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

/** A call that hangs must end by itself long before. */
const NEVER_HANGS = { timeout: 60_000 }

async function inKeyring(t: TestContext, run: (place: E2ePlace, keyring: Keyring) => Promise<void>): Promise<void> {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => run(await keychainPlace(t, keyring), keyring))
}

function assertNoVault(place: E2ePlace): void {
  assert.equal(existsSync(join(stateDir(place), 'vault')), false)
}

test('process without a keychain fails with what to install or choose, and makes no vault', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (place, keyring) => {
    await readyPlace(place)
    documentOf(await processOf(place, 'two'))
    place.sts.reset()
    const said = async (env: Record<string, string | undefined>) => failureOf(await processOf(place, 'two', { env }), 1)
    const address = `unix:path=${keyring.dir}/nothing`
    const noBus = await said({ DBUS_SESSION_BUS_ADDRESS: address })
    assert.match(noBus, /cannot reach the keychain: no D-Bus session answers.*\n.*AWS_CRED_STORE=vault/)
    const none = await said({ DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: undefined })
    assert.match(none, /there is no D-Bus session.*\n.*gnome-keyring.*AWS_CRED_STORE=vault/)
    assert.match(await said({ DBUS_SESSION_BUS_ADDRESS: 'what is this' }), /AWS_CRED_STORE=vault/)
    await keyring.endDaemon()
    assert.match(await said({}), /no program provides .*\n.*gnome-keyring.*AWS_CRED_STORE=vault/)
    assert.deepEqual(place.sts.counts(), {})
    assertNoVault(place)
  })
})

test('process over a locked keychain needs a person, and works again once it is unlocked', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (place, keyring) => {
    await readyPlace(place)
    const first = documentOf(await processOf(place, 'two'))
    place.sts.reset()
    await keyring.lock()
    for (const profile of ['two', 'one', 'user1']) {
      assert.match(failureOf(await processOf(place, profile), 3), /locked.*\naws-cred: hint: aws-cred unlock\n/)
    }
    assert.deepEqual(place.sts.counts(), {})
    assertNoVault(place)
    await keyring.unlock()
    assert.deepEqual(documentOf(await processOf(place, 'two')), first)
    assert.deepEqual(place.sts.counts(), {})
  })
})

test('process over a stopped keychain gives up and is gone, and works again once it runs', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (place, keyring) => {
    await readyPlace(place)
    const first = documentOf(await processOf(place, 'two'))
    place.sts.reset()
    keyring.stop()
    // --no-prompt, CI, and no screen where the system's dialog could show: 5 s each.
    const ended = await Promise.all([
      processOf(place, 'two'),
      verb(place, ['process', '--profile', 'two'], { env: { CI: 'true', DISPLAY: ':0' } }),
      verb(place, ['process', '--profile', 'two']),
    ])
    keyring.resume()
    for (const each of ended) {
      assert.match(
        failureOf(each, 3),
        /cannot read the keychain: no answer within 5 s\naws-cred: hint: aws-cred unlock\n/,
      )
    }
    assert.deepEqual(place.sts.counts(), {})
    assertNoVault(place)
    assert.deepEqual(documentOf(await processOf(place, 'two')), first)
  })
})

test(
  'process whose keychain ends under it says so; what is asked for anew is never put elsewhere',
  NEVER_HANGS,
  async (t) => {
    await inKeyring(t, async (place, keyring) => {
      await readyPlace(place)
      documentOf(await processOf(place, 'two'))
      travel(place, 50 * 60_000)
      await keyring.endDaemon()
      failureOf(await processOf(place, 'two'), 1)
      assertNoVault(place)
    })
  },
)

test('process over a keychain whose collection was removed serves nothing old', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (place, keyring) => {
    await readyPlace(place)
    documentOf(await processOf(place, 'two'))
    place.sts.reset()
    await keyring.removeCollection()
    const { code, out } = await processOf(place, 'two')
    assert.ok(code === 1 || code === 3, `${code}`)
    assert.equal(out, '')
    assert.deepEqual(place.sts.counts(), {})
    assertNoVault(place)
  })
})

test('the store that was chosen stays chosen: its absence is an error, never a new vault', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (chosen, keyring) => {
    const place = { ...chosen, env: { ...chosen.env, AWS_CRED_STORE: '' } }
    await readyPlace(place)
    assert.ok(readdirSync(stateDir(place)).some((name) => name.startsWith('store-')))
    documentOf(await processOf(place, 'two'))
    await keyring.endDaemon()
    failureOf(await processOf(place, 'two'), 1)
    const stdin = `${place.world.alice.accessKeyId}\n${place.world.alice.secret}\n`
    const adding = await verb(place, ['add', 'user2', '--stdin'], { stdin, env: { AWS_CRED_PASSPHRASE: 'given' } })
    assert.equal(adding.code, 1)
    assertNoVault(place)
    await keyring.unlock()
    documentOf(await processOf(place, 'two'))
  })
})

test('add where no keychain answers goes into a vault, which then stays chosen', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'aws-cred-e2e-fresh-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const at = await vaultPlace(t)
  const env = { HOME: home, PATH: '', AWS_ENDPOINT_URL_STS: at.sts.url, AWS_CRED_PASSPHRASE: 'a passphrase' }
  const place: E2ePlace = { ...at, home, env }
  writeConfig(place, chainConfig(place.world))
  await addKey(place)
  documentOf(await processOf(place, 'two'))
  assert.ok(existsSync(join(stateDir(place), 'vault')))
})

test('process over a locked vault needs a person, and never asks for the passphrase', NEVER_HANGS, async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  documentOf(await processOf(place, 'two'))
  place.sts.reset()
  const locked = { env: { AWS_CRED_VAULT_KEY_FILE: undefined } }
  const said = failureOf(await verb(place, ['process', '--profile', 'two'], locked), 3)
  assert.match(said, /cannot open the vault: it is locked\naws-cred: hint: aws-cred unlock\n/)
  assert.deepEqual(place.sts.counts(), {})
})

test('over a keychain, too few open files are one line, never the end that GLib would make', NEVER_HANGS, async (t) => {
  if (!need(t, 'prlimit', existsSync('/usr/bin/prlimit'))) return
  await inKeyring(t, async (place) => {
    await readyPlace(place)
    const answer = documentOf(await processOf(place, 'two'))
    // Node itself takes 20, and GLib 5 more: between the two it would end the program.
    for (const limit of [21, 23, 25]) {
      const words = ['/usr/bin/prlimit', `--nofile=${limit}`, place.binary, 'process', '--profile', 'two']
      assert.match(
        failureOf(await runIn(place, words), 1),
        /cannot read the keychain: too many open files \(the limit is /,
      )
    }
    const words = ['/usr/bin/prlimit', '--nofile=40', place.binary, 'process', '--profile', 'two']
    assert.deepEqual(documentOf(await runIn(place, words)), answer)
  })
})

test('with the index lost, a locked keychain is not taken for an empty one', NEVER_HANGS, async (t) => {
  await inKeyring(t, async (place, keyring) => {
    await readyPlace(place)
    await keyring.lock()
    rmSync(join(stateDir(place), 'index'), { recursive: true })
    const removed = failureOf(await verb(place, ['remove', 'user1', '--yes']), 3)
    assert.match(removed, /the keychain: it is locked\naws-cred: hint: aws-cred unlock\n$/)
    const asked = failureOf(await processOf(place, 'two'), 1)
    assert.match(asked, /its source "user1" .* nor in the keychain \(a locked one shows nothing\)\n/)
    await keyring.unlock()
    assert.match(failureOf(await verb(place, ['remove', 'nobody', '--yes']), 1), /no key of that name is stored here/)
    documentOf(await processOf(place, 'two'))
  })
})

test(
  'many that delete one item of the keychain at once: none fails, and GLib complains of nothing',
  NEVER_HANGS,
  async (t) => {
    await inKeyring(t, async (place) => {
      // Without a key to read, each writes one item and deletes it.
      const crowd = Array.from({ length: 16 }, () => verb(place, ['unlock'], { env: { DISPLAY: ':99' } }))
      for (const { code, err } of await Promise.all(crowd)) assert.deepEqual([code, err], [0, 'the keychain is open\n'])
    })
  },
)
