import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { openKeytarStore } from '../../src/keychain/keytar-store.ts'
import { type Keyring, keyringInstalled, startKeyring } from '../support/keyring.ts'
import type { StepResult } from '../support/keytar-steps.ts'
import { need } from '../support/need.ts'
import { runKeytarSteps } from '../support/run-keytar-steps.ts'

const SERVICE = `aws-cred-test-${randomBytes(6).toString('hex')}`
const HIDDEN = 'cannot read the key "alice": the keychain is locked, or the item was removed'

test('keytar store says locked, never "not there", of what the register knows', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  await keyring.lock()
  const [known, unknown, write, remove, list] = await runKeytarSteps(keyring, SERVICE, [
    ['get', 'key:alice'],
    ['get', 'key:bob'],
    ['set', 'key:bob', 'new'],
    ['delete', 'key:alice'],
    ['list'],
  ])
  assertError(known, 'person', HIDDEN, 'aws-cred unlock')
  assert.equal(known?.error?.kind, 'HiddenItemError')
  assert.equal(unknown?.ok, null)
  assertError(write, 'person', 'cannot write to the keychain: it is locked', 'aws-cred unlock')
  assertError(remove, 'person', 'cannot write to the keychain: it is locked', 'aws-cred unlock')
  // The refused write left no name behind, the refused deletion kept its own.
  assert.deepEqual(list?.ok, ['key:alice'])
  await keyring.unlock()
  assert.equal((await runKeytarSteps(keyring, SERVICE, [['get', 'key:alice']]))[0]?.ok, 'secret of alice')
})

test('keytar store gives up on a stopped daemon at its deadline and says that a call is still out', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  keyring.stop()
  const steps = [['get', 'key:alice']] as const
  const [late] = await runKeytarSteps(keyring, SERVICE, steps, { deadlineMs: 1_000 })
  assertError(late, 'person', 'cannot read the keychain: no answer within 1 s', 'aws-cred unlock')
  assert.equal(late?.pending, true)
  assert.equal(late?.waitingShown, 1)
  keyring.resume()
  const [answered] = await runKeytarSteps(keyring, SERVICE, steps)
  assert.equal(answered?.ok, 'secret of alice')
  assert.equal(answered?.pending, false)
})

test('keytar store waits once for a stopped daemon, and keeps no name of what it has not tried to write', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  keyring.stop()
  const steps = [['get', 'key:alice'], ['set', 'key:new', 'v'], ['list']] as const
  const [, write, list] = await runKeytarSteps(keyring, SERVICE, steps, { deadlineMs: 600 })
  assertError(write, 'person', 'cannot read the keychain: it does not answer', 'aws-cred unlock')
  assert.equal(write?.waitingShown, 1, 'of the first call alone')
  assert.deepEqual(list?.ok, ['key:alice'])
})

test('keytar store keeps the name of a write that a stopped daemon may still do', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  keyring.stop()
  const [, list] = await runKeytarSteps(keyring, SERVICE, [['set', 'key:late', 'v'], ['list']], { deadlineMs: 300 })
  assert.deepEqual(list?.ok, ['key:alice', 'key:late'])
})

test('keytar store tells a collection removed under it', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  await keyring.removeCollection()
  const [read, write] = await runKeytarSteps(keyring, SERVICE, [
    ['get', 'key:alice'],
    ['set', 'key:alice', 'new'],
  ])
  assertError(read, 'person', HIDDEN, 'aws-cred unlock')
  assert.equal(write?.error?.code, 'failed')
  assert.equal(write?.error?.message, 'cannot write to the keychain: it has no default collection')
})

test('keytar store forgets the name of an item that was removed behind its back, once asked to delete it', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  await keyring.removeCollection()
  // A new login collection takes the place of the removed one: writable, without the item.
  await keyring.unlock()
  const [read, deleted, list] = await runKeytarSteps(keyring, SERVICE, [
    ['get', 'key:alice'],
    ['delete', 'key:alice'],
    ['list'],
  ])
  assertError(read, 'person', HIDDEN, 'aws-cred unlock')
  assert.equal(deleted?.ok, false)
  assert.deepEqual(list?.ok, [])
  assert.deepEqual(await keyring.accounts(SERVICE), [])
})

test('keytar store finds out within a second that there is no keychain', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  const keyring = await startKeyring({ daemon: false })
  t.after(() => keyring.close())
  const { DBUS_SESSION_BUS_ADDRESS: _, ...noBus } = keyring.env
  const cases = [
    [keyring.env, 'cannot reach the keychain: no program provides org.freedesktop.secrets'],
    [noBus, 'cannot reach the keychain: there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)'],
    [
      { ...noBus, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' },
      'cannot reach the keychain: no D-Bus session answers at DBUS_SESSION_BUS_ADDRESS',
    ],
    [
      { ...noBus, DBUS_SESSION_BUS_ADDRESS: 'x' },
      'cannot reach the keychain: no D-Bus session answers at DBUS_SESSION_BUS_ADDRESS',
    ],
  ] as const
  for (const [env, message] of cases) {
    // The deadline is the bar: a call that lasted longer would be worded as silent.
    const steps = [['get', 'a'], ['set', 'a', 'v'], ['delete', 'a'], ['list']] as const
    const results = await runKeytarSteps({ env, dir: keyring.dir }, SERVICE, steps, { deadlineMs: 1_000 })
    const list = results.pop()
    // Nothing is known under that name, so a deletion too can only be told by the call itself.
    for (const result of results) {
      assert.equal(result.error?.message, message)
      assert.equal(result.error?.code, 'failed')
      assert.match(result.error?.hint ?? '', /export AWS_CRED_STORE=vault$/)
    }
    assert.deepEqual(list?.ok, [])
  }
})

test('keytar store leaves the old or the new value when killed at any write of a value in pieces', async (t) => {
  const keyring = await keyringWith(t)
  if (keyring === null) return
  const options = { deadlineMs: 20_000, limitBytes: 200 }
  const old = 'old'.repeat(150)
  const next = 'next'.repeat(150)
  for (let writes = 0; ; writes++) {
    const [, crashed] = await runKeytarSteps(
      keyring,
      SERVICE,
      [
        ['set', 'p', old],
        ['crashingSet', 'p', next, `${writes}`],
      ],
      options,
    )
    const [after] = await runKeytarSteps(keyring, SERVICE, [['get', 'p']], options)
    assert.equal(after?.ok, crashed === undefined ? old : next)
    if (crashed !== undefined) {
      assert.equal(writes > 3, true)
      return
    }
  }
})

test('keytar store never shows an unknown failure unescaped', async () => {
  const failing = async () => {
    throw new Error('odd\u001b[31m failure')
  }
  const store = openKeytarStore({
    service: SERVICE,
    addon: () => ({ getPassword: failing, setPassword: failing, deletePassword: failing }),
    names: { has: async () => false, add: async () => {}, remove: async () => {}, all: async () => [] },
    platform: 'darwin',
    env: {},
    deadlineMs: 1_000,
  })
  await assert.rejects(store.get('a'), {
    message: 'cannot read the keychain: it says "odd\\x1b[31m failure"',
    code: 'failed',
  })
})

test('keytar store names the cure of macOS where the system may not ask', async () => {
  const failing = async () => {
    throw new Error('User interaction is not allowed.')
  }
  const store = openKeytarStore({
    service: SERVICE,
    addon: () => ({ getPassword: failing, setPassword: failing, deletePassword: failing }),
    names: { has: async () => false, add: async () => {}, remove: async () => {}, all: async () => [] },
    platform: 'darwin',
    env: {},
    deadlineMs: 1_000,
  })
  await assert.rejects(store.get('a'), { code: 'person', hint: 'security unlock-keychain' })
})

/** An unlocked keyring that holds `key:alice`; null where the test is skipped. */
async function keyringWith(t: TestContext): Promise<Keyring | null> {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return null
  const keyring = await startKeyring()
  t.after(() => keyring.close())
  const [set] = await runKeytarSteps(keyring, SERVICE, [['set', 'key:alice', 'secret of alice']])
  assert.equal(set?.error, undefined)
  return keyring
}

function assertError(result: StepResult | undefined, code: string, message: string, hint: string): void {
  assert.deepEqual(
    { code: result?.error?.code, message: result?.error?.message, hint: result?.error?.hint },
    { code, message, hint },
  )
}
