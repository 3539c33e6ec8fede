import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { chainConfig, type E2ePlace, keychainPlace, readyPlace, verb, writeConfig } from '../support/e2e-place.ts'
import { type Keyring, keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

/** A call that hangs must end by itself long before. */
const NEVER_HANGS = { timeout: 60_000 }

/** The calls that go over the keyring's bus, as `Secret.Service.SearchItems`. */
async function listen(t: TestContext, { env }: Keyring): Promise<() => string[]> {
  const monitor = spawn('dbus-monitor', ['--session', "type='method_call'"], { env: { ...env } })
  t.after(() => monitor.kill('SIGKILL'))
  let heard = ''
  monitor.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  // It gives up its name as soon as it listens.
  while (!heard.includes('NameLost')) await wait(10)
  return () => [...heard.matchAll(/interface=org\.freedesktop\.(\S+); member=(\w+)/g)].map(([, i, m]) => `${i}.${m}`)
}

interface Finding {
  readonly code: string
  readonly severity: string
  readonly what: string
  readonly cure: string | null
}

async function wrongIn(place: E2ePlace, words: readonly string[], env: Record<string, string> = {}) {
  const { out, err, code } = await verb(place, ['doctor', ...words, '--json'], {
    env: { PATH: '/usr/bin:/bin', ...env },
  })
  assert.equal(err, '')
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  const told = findings.filter((each) => each.severity !== 'good' && /store|identity/.test(each.code))
  return { code, told: told.map(({ severity, what, cure }) => `${severity} ${what}: ${cure}`) }
}

async function withLine(place: E2ePlace): Promise<void> {
  const line = (name: string) => `credential_process = "${place.binary}" process --profile ${name}\n`
  await readyPlace(place)
  writeConfig(
    place,
    chainConfig(place.world).replaceAll(/\[profile (\w+)\]\n/g, (head, name) => head + line(name)),
  )
}

test('doctor says that a keychain is locked, and neither reads it nor raises its dialog', NEVER_HANGS, async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const place = await keychainPlace(t, keyring)
    await withLine(place)
    assert.deepEqual((await wrongIn(place, ['two'])).told, [])
    place.sts.reset()
    await keyring.lock()
    const calls = await listen(t, keyring)
    const locked = [
      'warning cannot ask AWS who "two" is: the keychain is locked: aws-cred unlock',
      'warning the keychain is locked: aws-cred unlock',
    ]
    // With a screen the system would show its dialog to whoever reads an item.
    for (const env of [{}, { DISPLAY: ':99' }]) assert.deepEqual((await wrongIn(place, ['two'], env)).told, locked)
    const asked = calls().filter((call) => !call.startsWith('DBus.'))
    assert.deepEqual(asked, [])
    assert.deepEqual(
      calls().filter((call) => call === 'DBus.Properties.Get'),
      ['DBus.Properties.Get', 'DBus.Properties.Get'],
    )
    assert.equal(place.sts.count('AssumeRole'), 0)
    await keyring.unlock()
    assert.deepEqual((await wrongIn(place, ['two'])).told, [])
  })
})

test('doctor says that a keychain is silent, without a call that would hang', NEVER_HANGS, async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const place = await keychainPlace(t, keyring)
    await withLine(place)
    const calls = await listen(t, keyring)
    keyring.stop()
    const { told, code } = await wrongIn(place, ['two'])
    assert.deepEqual(told, [
      'warning cannot ask AWS who "two" is: the keychain does not answer: aws-cred unlock',
      'bad the keychain does not answer: aws-cred unlock',
    ])
    assert.equal(code, 1)
    assert.ok(!calls().includes('Secret.Service.OpenSession'), calls().join('\n'))
    keyring.resume()
  })
})
