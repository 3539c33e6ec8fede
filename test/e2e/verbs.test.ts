import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  documentOf,
  type E2ePlace,
  type Ended,
  filesBelow,
  filesHolding,
  keychainPlace,
  PASSPHRASE,
  processOf,
  runIn,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { vaultItems } from '../support/e2e-stored.ts'
import { canTrace, traced } from '../support/e2e-strace.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'

const VERBS = ['add', 'import', 'remove', 'unlock', 'lock', 'setup', 'process', 'list']

test('every verb has a page of help with an example, on stdout, and writes nothing', async (t) => {
  const place = await vaultPlace(t)
  const before = filesBelow(place.home)
  const overview = good(await verb(place, ['--help']))
  for (const name of VERBS) {
    assert.ok(overview.includes(name))
    const page = good(await verb(place, [name, '--help']))
    assert.match(page, new RegExp(`aws-cred ${name}[^\\n]*\\n[\\s\\S]*[Ee]xample`))
    assert.equal(good(await verb(place, ['help', name])), page)
  }
  assert.deepEqual(filesBelow(place.home), before)
})

test('a reader that has seen enough ends a report quietly, as SIGPIPE would; a full disk is told', async (t) => {
  const place = await vaultPlace(t)
  for (const words of ['doctor --offline', 'list', '--help', '--version']) {
    const script = `{ sleep 0.2; "$0" ${words}; echo "ended $?" >&2; } | true; exit 0`
    const gone = await runIn(place, ['sh', '-c', script, place.binary])
    assert.equal(gone.err, 'ended 141\n', words)
    const full = await runIn(place, ['sh', '-c', `"$0" ${words} >/dev/full`, place.binary])
    assert.equal(full.code, 1)
    assert.equal(full.err, 'aws-cred: error: cannot write to stdout: it is closed or full\n', words)
  }
})

function good({ code, out, err }: Ended): string {
  assert.deepEqual([code, err], [0, ''])
  assert.notEqual(out, '')
  return out
}

test('from an empty HOME to credentials: add, setup, the line that it wrote, list, undo, remove', async (t) => {
  const place = await vaultPlace(t)
  const { alice, arns } = place.world
  const csv = `User name,Access key ID,Secret access key\nalice,${alice.accessKeyId},${alice.secret}\n`
  const added = await verb(place, ['add', 'user1', '--stdin'], { stdin: csv })
  assert.equal(added.code, 0, added.err)
  assert.match(added.err, /stored AKIA….{4} of arn:aws:iam::123456789012:user\/alice as "user1"/)
  const setup = ['setup', 'prod', '--role-arn', arns.prod, '--source-profile', 'user1', '--yes']
  const made = await verb(place, setup)
  assert.equal(made.code, 0, made.err)
  const config = readFileSync(join(place.home, '.aws/config'), 'utf8')
  const line = /^credential_process = (.*)$/m.exec(config)?.[1] ?? ''
  // As most consumers run it: by a shell.
  const document = documentOf(await runIn(place, ['sh', '-c', line]))
  assert.deepEqual(documentOf(await processOf(place, 'prod')), document)
  const again = await verb(place, setup)
  assert.equal(again.code, 0, again.err)
  assert.equal(readFileSync(join(place.home, '.aws/config'), 'utf8'), config, 'twice changes nothing')
  assert.match(good(await verb(place, ['list'])), /prod +role Prod-Role 123456789012 +user1 +59 min left/)
  const undone = await verb(place, ['setup', 'prod', '--undo', '--yes'])
  assert.equal(undone.code, 0, undone.err)
  const removed = await verb(place, ['remove', 'user1', '--yes'])
  assert.equal(removed.code, 0, removed.err)
  assert.deepEqual(vaultItems(place).names(), [])
})

test('unlock reads the passphrase from stdin and lock takes the key away; process obeys both', async (t) => {
  const place = await vaultPlace(t)
  if (!need(t, 'a folder in memory', existsSync('/dev/shm'))) return
  const runtime = mkdtempSync('/dev/shm/aws-cred-e2e-')
  t.after(() => rmSync(runtime, { recursive: true, force: true }))
  const env = { ...without(place.env, 'AWS_CRED_VAULT_KEY_FILE'), XDG_RUNTIME_DIR: runtime }
  const locked: E2ePlace = { ...place, env }
  const { alice } = place.world
  const add = ['add', 'user1', '--stdin']
  assert.equal((await verb(place, add, { stdin: `${alice.accessKeyId}\n${alice.secret}\n` })).code, 0)
  assert.equal((await processOf(locked, 'user1')).code, 3)
  const wrong = await verb(locked, ['unlock', '--stdin'], { stdin: 'wrong\n' })
  assert.notEqual(wrong.code, 0)
  assert.equal((await processOf(locked, 'user1')).code, 3)
  const opened = await verb(locked, ['unlock', '--stdin'], { stdin: `${PASSPHRASE}\n` })
  assert.equal(opened.code, 0, opened.err)
  documentOf(await processOf(locked, 'user1'))
  assert.equal((await verb(locked, ['lock'])).code, 0)
  assert.equal((await processOf(locked, 'user1')).code, 3)
})

function without(env: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([each]) => each !== name))
}

test('no secret is in any file, argument or stderr: only in the document and in the vault, encrypted', async (t) => {
  const place = await vaultPlace(t)
  await provesNoLeak(place, [place.home])
})

test('no secret is in any file, argument or stderr with the keychain either', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const {
      HOME = '',
      XDG_RUNTIME_DIR = '',
      XDG_DATA_HOME = '',
      XDG_CACHE_HOME = '',
      XDG_CONFIG_HOME = '',
    } = keyring.env
    const folders = [HOME, XDG_RUNTIME_DIR, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME, keyring.dir]
    await provesNoLeak(await keychainPlace(t, keyring), folders)
  })
})

async function provesNoLeak(place: E2ePlace, folders: readonly string[]): Promise<void> {
  const { alice, arns } = place.world
  const stdin = `${alice.accessKeyId}\n${alice.secret}\n`
  const tmp = join(place.home, 'tmp')
  mkdirSync(tmp)
  const seen: Ended[] = []
  const run = async (words: readonly string[], env: Record<string, string> = {}) => {
    const ended = await verb(place, words, { stdin, env: { TMPDIR: tmp, ...env } })
    seen.push(ended)
    return ended
  }
  await run(['add', 'user1', '--stdin'])
  await run(['add', 'user1', '--stdin'])
  await run(['add', 'user1', '--stdin', '--replace'])
  await run(['setup', 'two', '--role-arn', arns.prod, '--source-profile', 'user1', '--yes'])
  const documents = [
    await run(['process', '--profile', 'two']),
    await run(['process', '--profile', 'two', '--refresh'], { NODE_DEBUG: 'net,http,tls,stream' }),
    await run(['process', '--profile', 'user1']),
  ].map(documentOf)
  for (const kind of ['garbage', 'truncated', 'cut', 'error'] as const) {
    place.sts.faults.next({ kind, times: 3 })
    await run(['process', '--profile', 'two', '--refresh'])
    place.sts.faults.clear()
  }
  await run(['list'])
  const secrets = [
    alice.secret,
    ...documents.flatMap(({ SecretAccessKey, SessionToken = '' }) => [SecretAccessKey, SessionToken.slice(40, 200)]),
  ]
  assert.ok(secrets.every((secret) => secret.length >= 40))
  assert.deepEqual(filesHolding(secrets, filesBelow(...folders)), [])
  assert.ok(seen.every(({ err }) => !secrets.some((secret) => err.includes(secret))))
  const told = seen.filter(({ out }) => secrets.some((secret) => out.includes(secret)))
  assert.equal(told.length, documents.length)
}

test('no secret is in the arguments or the environment of any program that is started', async (t) => {
  if (!need(t, 'strace that may trace', canTrace())) return
  const place = await vaultPlace(t)
  const { alice, arns } = place.world
  writeConfig(place, `[profile two]\naws_cred_role_arn = ${arns.prod}\naws_cred_source_profile = user1\n`)
  const stdin = `${alice.accessKeyId}\n${alice.secret}\n`
  const adding = await traced(place, ['add', 'user1', '--stdin'], 'execve,execveat', { stdin })
  const asking = await traced(place, ['process', '--profile', 'two'], 'execve,execveat', { env: { NODE_DEBUG: 'net' } })
  const { SecretAccessKey } = documentOf(asking)
  const calls = [...adding.calls, ...asking.calls]
  assert.equal(calls.length, 3, 'the third is the restart without NODE_DEBUG')
  assert.ok(calls.every((call) => !call.includes(alice.secret) && !call.includes(SecretAccessKey)))
})
