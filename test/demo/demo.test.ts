import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keyringInstalled, startKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

const DEMO = resolve(import.meta.dirname, 'demo.ts')
const TABLE =
  /\n {8}wall {6}helper {4}sts calls\ncold +\d+ ms +(\d+ ms|-) {4}AssumeRole 2 \(each hop once\), GetCallerIdentity 1\nwarm +\d+ ms +(\d+ ms|-) {4}AssumeRole 0, GetCallerIdentity 1\n$/
const ARN = '\narn:aws:sts::123456789012:assumed-role/Prod-Role/alice\n'

interface Interruption {
  readonly after: RegExp
  readonly signal: NodeJS.Signals
}

/** Runs the demo with a temporary folder of its own; `service` is the name that it made for this run. */
async function demo(t: TestContext, env: Readonly<Record<string, string>>, interruption?: Interruption) {
  const temporary = mkdtempSync(join(tmpdir(), 'demo-test-'))
  t.after(() => rmSync(temporary, { recursive: true, force: true }))
  const child = spawn(process.execPath, [DEMO], {
    env: { ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  let service: string | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    service ??= /^aws-cred-demo-[0-9a-f]{4}/.exec(readdirSync(temporary).join())?.[0]
    if (interruption?.after.test(out)) child.kill(interruption.signal)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const code = await new Promise((end) => child.once('close', end))
  assert.ok(service, `it says something while it runs: ${err}`)
  assert.deepEqual(readdirSync(temporary), [], 'no temporary file is left')
  assert.deepEqual(namesOf('/dev/shm', service), [], 'no folder in memory is left')
  assert.deepEqual(processesOf(service), [], 'no process is left')
  return { code, out, err, service }
}

function namesOf(folder: string, service: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(service)) : []
}

/** Everything that the demo starts has its service name in the environment. */
function processesOf(service: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(service)
    } catch {
      // Ended meanwhile, or another user's.
      return false
    }
  })
}

test('demo puts keys into the keychain and has a real aws use them', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  if (!need(t, 'aws of the system', existsSync('/usr/bin/aws'))) return
  const keyring = await startKeyring()
  t.after(() => keyring.close())
  const { code, out, err, service } = await demo(t, { ...keyring.env, PATH: '/usr/bin:/bin' })
  assert.equal(err, '')
  assert.equal(code, 0)
  assert.match(out, new RegExp(`^keychain {3}Secret Service, service "${service}" \\(removed at the end\\)\\n`))
  assert.match(out, /\nconsumer {3}aws-cli \d+\./)
  assert.match(out, /\nstored AKIA…\w{4} of arn:aws:iam::123456789012:user\/alice as "user1"\n/)
  assert.ok(out.includes(ARN))
  assert.match(out, TABLE)
  assert.deepEqual(await keyring.accounts(service), [])
})

test('demo takes the vault and the JavaScript SDK where there is neither a keychain nor an aws', async (t) => {
  const { code, out, err } = await demo(t, { PATH: '/nowhere' })
  assert.equal(err, '')
  assert.equal(code, 0)
  assert.match(out, /^vault {6}in a temporary HOME, since no keychain answers here/)
  assert.match(out, /\nconsumer {3}AWS SDK for JavaScript \d/)
  assert.ok(out.includes(ARN))
  assert.match(out, TABLE)
})

test('demo passes over an aws that does not start with another HOME', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'aws'), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
  const { code, out } = await demo(t, { PATH: `${folder}:/nowhere` })
  assert.equal(code, 0)
  assert.match(out, /\nconsumer {3}AWS SDK for JavaScript \d/)
})

for (const [after, signal, expected] of [
  [/\nstored /, 'SIGINT', 130],
  [/\nwrote \[profile prod\]/, 'SIGTERM', 143],
  [/\nsts /, 'SIGINT', 130],
] as const) {
  test(`demo leaves nothing in the keychain when ${signal} ends it after ${after}`, async (t) => {
    if (!need(t, 'gnome-keyring', keyringInstalled())) return
    const keyring = await startKeyring()
    t.after(() => keyring.close())
    const { code, out, err, service } = await demo(t, { ...keyring.env }, { after, signal })
    assert.equal(err, '')
    assert.equal(code, expected)
    assert.doesNotMatch(out, TABLE)
    assert.deepEqual(await keyring.accounts(service), [])
  })
}

test('demo takes the vault where the keychain does not answer', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  const keyring = await startKeyring()
  t.after(() => keyring.close())
  keyring.stop()
  const { code, out } = await demo(t, { ...keyring.env, PATH: '/nowhere' })
  keyring.resume()
  assert.equal(code, 0)
  assert.match(out, /^vault {6}in a temporary HOME, since the keychain here is locked or silent/)
  assert.match(out, TABLE)
})
