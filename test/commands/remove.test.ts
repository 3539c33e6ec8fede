import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { maskedKeyId } from '../../src/core/text.ts'
import { fakeTerminal } from '../support/fake-context.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'
import { type Place, pairOf, place, run, stored, writeAwsFile } from '../support/vault-place.ts'

/** user1's keys with a session of its own and one of the role of `prod`; other's keys with one session. */
async function withSessions(here: Place): Promise<void> {
  const { alice, arns } = here.world
  const other = { ...alice, accessKeyId: newKeyId('AKIA'), secret: newSecret(), userName: 'other' }
  here.sts.world.users.push(other)
  writeAwsFile(here, 'config', `[profile prod]\naws_cred_role_arn = ${arns.prod}\naws_cred_source_profile = user1\n`)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  await run(here, ['add', 'other', '--stdin'], { stdin: pairOf(other) })
  for (const profile of ['user1', 'prod', 'other']) {
    const { code, err } = await run(here, ['process', '--profile', profile])
    assert.equal(code, 0, err)
  }
}

test('remove takes the keys and every session made from them, and nobody else’s', async (t) => {
  const here = await place(t)
  await withSessions(here)
  assert.equal((await (await stored(here, 'user1')).store.list()).length, 5)
  const keyId = maskedKeyId(here.world.alice.accessKeyId)
  const terminal = fakeTerminal(['y'])
  const { code, out, err } = await run(here, ['remove', 'user1'], { terminal })
  assert.equal(terminal.text, `remove ${keyId} of "user1" and 2 sessions, which "prod" needs? [y/N] `)
  const needy = '"prod" finds no key now; put a key in: aws-cred add user1'
  assert.deepEqual([code, out, err], [0, '', `removed ${keyId} of "user1" and 2 sessions\n${needy}\n`])
  const { store, workspace, entry } = await stored(here, 'user1')
  assert.equal(entry, null)
  const left = workspace.index.all('session').map((each) => `session:${each.cacheKey}`)
  assert.deepEqual((await store.list()).toSorted(), ['key:other', ...left].toSorted())
  assert.equal(left.length, 1)
  assert.equal((await run(here, ['process', '--profile', 'other'])).code, 0)
  assert.equal((await run(here, ['process', '--profile', 'prod'])).code, 1)
})

test('remove works where the index is lost, sessions too', async (t) => {
  const here = await place(t)
  await withSessions(here)
  rmSync(join(here.home, '.local/state/aws-cred/index'), { recursive: true })
  const { code, err } = await run(here, ['remove', 'user1', '--yes'])
  assert.equal(code, 0, err)
  assert.match(err, / and 2 sessions\n"prod" finds no key now; /)
  const names = await (await stored(here, 'user1')).store.list()
  assert.equal(names.filter((name) => name.startsWith('key:')).join(), 'key:other')
  assert.equal(names.length, 2)
})

test('remove needs a yes: at the terminal, or by --yes where there is none', async (t) => {
  const here = await place(t)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  const nobody = await run(here, ['remove', 'user1'])
  assert.equal(nobody.code, 3)
  assert.match(nobody.err, /hint: aws-cred remove user1 --yes\n$/)
  for (const answer of ['', 'n', 'yep']) {
    assert.equal((await run(here, ['remove', 'user1'], { terminal: fakeTerminal([answer]) })).code, 1)
  }
  assert.notEqual((await stored(here, 'user1')).key, null)
})

test('remove of what is not there names the nearest', async (t) => {
  const here = await place(t)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  const { code, err } = await run(here, ['remove', 'usr1', '--yes'])
  assert.equal(code, 1)
  assert.match(err, /"usr1": no key of that name[\s\S]*hint: the nearest name is "user1"/)
  writeAwsFile(here, 'config', '[profile prod]\nregion = eu-west-1\n')
  const slip = await run(here, ['remove', 'porod', '--yes'])
  assert.match(slip.err, /hint: the nearest name is "prod"\n$/)
  const other = await run(here, ['remove', 'something', '--yes'])
  assert.match(other.err, /hint: see which there are: aws-cred list\n$/)
})

test('remove with a locked vault changes nothing', async (t) => {
  const here = await place(t)
  await withSessions(here)
  const before = await (await stored(here, 'user1')).store.list()
  const env = { AWS_CRED_PASSPHRASE: undefined, XDG_RUNTIME_DIR: here.home }
  const { code, err } = await run(here, ['remove', 'user1', '--yes'], { env })
  assert.equal(code, 3, err)
  const after = await stored(here, 'user1')
  assert.deepEqual(await after.store.list(), before)
  assert.notEqual(after.entry?.generation ?? null, null)
})

test('remove takes the note of a key whose item is gone', async (t) => {
  const here = await place(t)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  await (await stored(here, 'user1')).store.delete('key:user1')
  assert.equal((await run(here, ['remove', 'user1', '--yes'])).code, 0)
  assert.equal((await stored(here, 'user1')).entry, null)
})

test('remove where no vault is, or of a profile, says that no key is there', async (t) => {
  const here = await place(t)
  await withSessions(here)
  const profile = await run(here, ['remove', 'prod', '--yes'])
  const state = 'it is a profile, and no key of that name is stored here'
  assert.deepEqual([profile.code, profile.err], [1, `aws-cred: error: cannot remove "prod": ${state}\n`])
  rmSync(here.vaultDir, { recursive: true })
  const none = await run(here, ['remove', 'user1', '--yes'])
  const message = 'cannot remove "user1": no key of that name is stored here'
  const hint = 'aws-cred: hint: see which there are: aws-cred list\n'
  assert.deepEqual([none.code, none.err], [1, `aws-cred: error: ${message}\n${hint}`])
})

test('remove names what stays in the config and gives nothing any more, and the command that takes it out', async (t) => {
  const here = await place(t)
  const add = () => run(here, ['add', 'work', '--stdin'], { stdin: pairOf(here.world.alice) })
  const stays = 'the profile "work" stays in ~/.aws/config, and gives nothing now'
  writeAwsFile(here, 'config', '[profile work]\ncredential_process = aws-cred process --profile work\n')
  await add()
  const byHand = await run(here, ['remove', 'work', '--yes'])
  assert.match(byHand.err, new RegExp(`"work"\\n${stays}; put a key in: aws-cred add work\\n$`))
  writeAwsFile(here, 'config', '[default]\nregion = eu-west-1\n')
  await add()
  await run(here, ['setup', 'work', '--yes'])
  const role = ['--role-arn', here.world.arns.prod, '--source-profile', 'work']
  await run(here, ['setup', 'prod', ...role, '--yes'])
  const removed = await run(here, ['remove', 'work', '--yes'])
  const undo = `${stays}; take it out: aws-cred setup work --undo`
  const needy = '"prod" finds no key now; put a key in: aws-cred add work'
  assert.match(removed.err, new RegExp(`"work"\\n${undo}\\n${needy}\\n$`))
  assert.match((await run(here, ['list'])).out, /\nwork: no key of that name is known here\n {2}aws-cred add work\n/)
  const status = (await run(here, ['status'])).out
  assert.match(
    status,
    /^prod +failed +- +its source "work" names no source [^;]*; put its keys in: aws-cred add work$/m,
  )
  for (const profile of ['prod', 'work']) {
    await run(here, ['process', '--profile', profile])
    const again = await run(here, ['remove', profile, '--yes'])
    assert.match(again.err, new RegExp(`hint: take the profile out: aws-cred setup ${profile} --undo\n$`))
  }
  await run(here, ['setup', 'work', '--region', 'eu-west-1', '--yes'])
  const twice = await run(here, ['remove', 'work', '--yes'])
  assert.match(twice.err, /hint: take the profile out, one of its 2 setups each time: aws-cred setup work --undo\n$/)
  const back = await run(here, ['setup', 'work', '--undo'])
  assert.match(back.err, /^took back the last setup of .*; 1 earlier one is left: aws-cred setup work --undo\n$/)
  assert.equal((await run(here, ['status'])).out, status, 'the cure stays after a failed call')
  for (const profile of ['work', 'prod']) {
    const { code, err } = await run(here, ['setup', profile, '--undo'])
    assert.equal(code, 0, err)
  }
  const gone = await run(here, ['whoami', 'work'])
  assert.match(gone.err, /"work": not in ~\/.aws\/config\n.*hint: .*; for a key of this name: aws-cred add work\n$/)
})

test('remove asks nobody under AWS_CRED_NO_PROMPT=1 or CI', async (t) => {
  const here = await place(t)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  for (const env of [{ AWS_CRED_NO_PROMPT: '1' }, { CI: 'true' }]) {
    const terminal = fakeTerminal(['y'])
    const { code, err } = await run(here, ['remove', 'user1'], { terminal, env })
    assert.equal(code, 3)
    assert.match(err, /hint: aws-cred remove user1 --yes\n$/)
    assert.equal(terminal.text, '')
  }
})
