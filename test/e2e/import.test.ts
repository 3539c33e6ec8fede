import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONSUMERS } from '../support/consumers.ts'
import { callerOf } from '../support/e2e-caller.ts'
import {
  addKey,
  documentOf,
  type E2ePlace,
  type Ended,
  filesBelow,
  keychainPlace,
  processOf,
  runIn,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { importFiles, secondUser, writeImportFiles, writtenForms } from '../support/import-files.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'

test('import takes keys out of a real-looking file into the vault, and AWS tools go on working', async (t) => {
  const place = await vaultPlace(t)
  await provesImport(place, [place.home])
  for (const consumer of CONSUMERS.filter(({ name }) => name.startsWith('AWS CLI'))) {
    await t.test(consumer.name, async (t) => {
      const missing = consumer.missing()
      if (!need(t, missing ?? consumer.name, missing === null)) return
      const arns = { user1: 'user/alice', prod: 'assumed-role/Prod-Role/' }
      for (const [profile, arn] of Object.entries(arns)) {
        const command = consumer.command({ profile, calls: 1, pauseSeconds: 0, endpoint: place.sts.url })
        const { code, out, err } = await runIn(place, command, { env: consumer.env?.(profile) ?? {} })
        assert.equal(code, 0, err)
        assert.ok(out.includes(`:${arn}`), out)
      }
    })
  }
})

test('import takes them into the keychain just so', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const { HOME = '', XDG_RUNTIME_DIR = '', XDG_CACHE_HOME = '', XDG_CONFIG_HOME = '' } = keyring.env
    await provesImport(await keychainPlace(t, keyring), [HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME, XDG_CONFIG_HOME])
  })
})

async function provesImport(place: E2ePlace, folders: readonly string[]): Promise<void> {
  const bob = secondUser()
  place.sts.world.users.push(bob)
  const files = importFiles(place.world, bob)
  writeImportFiles(place.home, files)
  const tmp = join(place.home, 'tmp')
  mkdirSync(tmp)
  const seen: Ended[] = []
  const importing = async (...words: string[]) => {
    const ended = await verb(place, ['import', ...words], { env: { TMPDIR: tmp } })
    seen.push(ended)
    return ended
  }
  assert.equal((await importing()).code, 2)
  const nobody = await importing('--all')
  assert.equal(nobody.code, 3, nobody.err)
  assert.equal((await importing('--all', '--dry-run')).code, 1, 'half a pair stays')
  const credentials = join(place.home, '.aws/credentials')
  assert.equal(readFileSync(credentials, 'utf8'), files.credentials)
  const { code, err } = await importing('--all', '--yes')
  assert.equal(code, 1, err)
  assert.match(
    err,
    /\nstored AKIA….{4} of arn:aws:iam::123456789012:user\/alice as "user1"\nstored .* as "team\/blue"\n/,
  )
  assert.match(err, /\ntook the keys of "user1" and "team\/blue" out of ~\/\.aws\/credentials\n/)
  assert.match(err, /error: cannot import "half": it stays in the files, for the reason said above\n/)
  assert.equal(readFileSync(credentials, 'utf8'), files.bare)
  assert.ok(lstatSync(credentials).isSymbolicLink())
  assert.equal(statSync(credentials).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(place.home, 'dotfiles')), ['aws-credentials'])
  assert.equal(readFileSync(join(place.home, '.aws/config'), 'utf8'), files.configWith(place.binary)[1])
  for (const profile of ['user1', 'team/blue']) documentOf(await processOf(place, profile))
  assert.equal((await importing('pasted', '--drop-session', '--yes')).code, 0)
  const without = files.bare.replace(/aws_access_key_id = ASIA.*\r\naws_secret.*\r\naws_session.*\r\n/, '')
  assert.equal(readFileSync(credentials, 'utf8'), without)
  const needles = [...files.moved, 'EXAMPLETOKEN'].flatMap(writtenForms)
  for (const file of filesBelow(...folders)) {
    const bytes = readFileSync(file)
    assert.ok(!needles.some((needle) => bytes.includes(needle)), file)
  }
  for (const { out, err } of seen) assert.ok(!needles.some((needle) => (out + err).includes(needle)))
}

test('several terminals add, setup and import at once: every edit is there, or was refused', async (t) => {
  const place = await vaultPlace(t)
  await addKey(place)
  const users = Array.from({ length: 5 }, () => ({
    accessKeyId: newKeyId('AKIA'),
    secret: newSecret(),
  }))
  const sections = users.map((user, i) => [
    `[p${i}]`,
    `aws_access_key_id = ${user.accessKeyId}`,
    `aws_secret_access_key = ${user.secret}`,
    `region = eu-west-${i}`,
  ])
  mkdirSync(join(place.home, '.aws'))
  const text = `# mine\n${sections.flat().join('\n')}\n`
  writeFileSync(join(place.home, '.aws/credentials'), text, { mode: 0o600 })
  writeFileSync(join(place.home, '.aws/config'), '[default]\noutput = json\n', { mode: 0o600 })
  const { prod } = place.world.arns
  const setup = (name: string) => ['setup', name, '--role-arn', prod, '--source-profile', 'user1', '--yes']
  const importing = (name: string) => ['import', name, '--yes', '--no-verify']
  const adding = ['add', 'k1', '--stdin', '--no-verify']
  const stdin = `${newKeyId('AKIA')}\n${newSecret()}\n`
  const commands = [
    ...['s0', 's1', 's2'].map(setup),
    ...users.map((_, i) => importing(`p${i}`)),
    importing('p0'),
    adding,
    [...adding],
  ]
  const ended = await Promise.all(commands.map((words) => verb(place, words, { stdin })))
  const done: string[] = []
  for (const [index, { code, err }] of ended.entries()) {
    const [name = '', what = ''] = commands[index] ?? []
    if (code === 0) done.push(`${name} ${what}`)
    else assert.match(err, /aws-cred: error: cannot (?:[^\n]*another|[^\n]*already)[^\n]*\n/, `${name} ${what}: ${err}`)
  }
  const config = readFileSync(join(place.home, '.aws/config'), 'utf8')
  const credentials = readFileSync(join(place.home, '.aws/credentials'), 'utf8')
  assert.ok(config.startsWith('[default]\noutput = json\n'))
  for (const name of ['s0', 's1', 's2']) {
    assert.equal(config.includes(`[profile ${name}]\ncredential_process`), done.includes(`setup ${name}`), name)
  }
  const left = sections.map((lines, i) => (done.includes(`import p${i}`) ? [lines[0], lines[3]] : lines))
  assert.equal(credentials, `# mine\n${left.flat().join('\n')}\n`)
  for (const [i, { accessKeyId }] of users.entries()) {
    const isDone = done.includes(`import p${i}`)
    assert.equal(config.includes(`[profile p${i}]\ncredential_process`), isDone, `p${i}`)
    if (!isDone) continue
    const document = documentOf(await verb(place, ['process', '--profile', `p${i}`, '--no-session']))
    assert.equal(document.AccessKeyId, accessKeyId)
  }
  assert.ok(done.includes('add k1'))
  assert.ok(done.length >= 8, `few are refused: ${done.join(', ')}`)
  assert.match(await callerOf(place, documentOf(await processOf(place, 'user1'))), /:user\/alice$/)
})
