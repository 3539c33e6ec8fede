import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  PASSPHRASE,
  processOf,
  readyPlace,
  vaultPlace,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { filesIn, travel } from '../support/e2e-stored.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { answer, inTerminal, mfaConfig, mfaPlace, QUESTION, questions, SERIAL } from '../support/mfa-place.ts'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'
import { signInToSso, startRootServices } from '../support/root-services.ts'

const CODE = ['login', '--mfa-token', '-']

/** Logs in with the code that the device shows. */
async function logIn(place: E2ePlace, ...words: string[]): Promise<string> {
  const ended = await verb(place, [...CODE, ...words], { stdin: place.sts.mfaCode(SERIAL) })
  assert.deepEqual([ended.code, ended.err], [0, ''])
  return ended.out
}

test('login of several profiles asks once, shows what it waits for, and a table that fits', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.faults.next({ kind: 'slow', operation: 'AssumeRole', delayMs: 1_000 })
  const pty = inTerminal(t, place, `stty cols 80; '${place.binary}' login prod audit user1; echo "ended $?"`)
  await answer(pty, place)
  await pty.waitFor('getting prod')
  await pty.waitFor('\r\u001b[K')
  await pty.waitFor('PROFILE')
  await pty.waitFor('ended 0')
  assert.equal(questions(pty), 1)
  const table = pty.output().slice(pty.output().indexOf('PROFILE')).split('\r\n').slice(0, 5)
  assert.ok(
    table.every((line) => line.length < 80),
    table.join('\n'),
  )
  assert.match(
    table[1] ?? '',
    /^prod +role Needs-Mfa 123456789012 +59 min left, until (\d{4}-\d\d-\d\d )?\d\d:\d\d \S+$/,
  )
  assert.match(table[4] ?? '', /^\(MFA\) +alice \(123456789012\) +1[12] h (59 min )?left, until /)
})

test('login --duration is what the tools then get, a longer one by the code itself', async (t) => {
  const place = await mfaPlace(t)
  assert.match(await logIn(place, 'prod', '--duration', '30m'), /prod .* 29 min left/)
  const short = documentOf(await processOf(place, 'prod'))
  assert.ok(Date.parse(short.Expiration ?? '') < Date.now() + 31 * 60_000)
  assert.match(await logIn(place, 'long', '--duration', '3h'), /long .* 2 h 59 min left/)
  const long = documentOf(await processOf(place, 'long'))
  assert.ok(Date.parse(long.Expiration ?? '') > Date.now() + 175 * 60_000)
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
})

test('login asks ahead of need: for a session made with a code that ends soon, and for nothing that lasts', async (t) => {
  const place = await mfaPlace(t, 'aws_cred_mfa_duration = 5400\n')
  await logIn(place, 'prod')
  travel(place, 80 * 60_000)
  documentOf(await processOf(place, 'prod'))
  place.sts.reset()
  // The role's session was just made and lives for an hour; the one before it for 10 min.
  await logIn(place, 'prod')
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 1 })
  const again = await verb(place, ['login', 'prod'])
  assert.deepEqual([again.code, again.err], [0, ''])
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 1 })
})

test('login --all goes on past a profile that is wrong, and says all of it', async (t) => {
  const place = await mfaPlace(t)
  const wrong = '[profile wrong]\naws_cred_role_arn = nonsense\naws_cred_source_profile = user1\n'
  const plain = `[profile plain]\naws_cred_role_arn = ${place.world.arns.prod}\naws_cred_source_profile = user1\n`
  writeConfig(place, `${wrong}${plain}${mfaConfig(place)}`)
  const ended = await verb(place, ['login', '--all'])
  assert.equal(ended.code, 1)
  assert.match(ended.out, /^wrong +- +failed\nplain +role Prod-Role 123456789012 +59 min left/m)
  assert.match(ended.err, /^aws-cred: error: cannot use aws_cred_role_arn "nonsense" of profile "wrong"/)
  assert.match(ended.err, /nobody can be asked here\naws-cred: hint: aws-cred login prod\n/)
  assert.match(ended.err, /cannot log in to "wrong", "prod", "audit", "long", "fresh": see above\n$/)
})

test('login opens a locked vault at the terminal, and logout needs no key for it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const { AWS_CRED_VAULT_KEY_FILE: _, ...env } = place.env
  const locked = { ...place, env: { ...env, XDG_RUNTIME_DIR: join(place.home, 'run') } }
  assert.match(
    failureOf(await verb(locked, ['login', 'prod']), 3),
    /the vault: it is locked\naws-cred: hint: aws-cred unlock\n/,
  )
  const pty = inTerminal(t, locked, `'${place.binary}' login prod; echo "ended $?"`)
  await pty.waitFor('assphrase')
  pty.type(`${PASSPHRASE}\r`)
  await answer(pty, place)
  await pty.waitFor('ended 0')
  assert.ok(filesIn(place, 'vault').some((name) => /^session/.test(name)))
  const out = await verb(locked, ['logout', 'prod'])
  assert.deepEqual([out.code, out.out], [0, ''])
  assert.match(out.err, /^forgot 2 sessions of prod; /)
  assert.deepEqual(
    filesIn(place, 'vault').filter((name) => /^session/.test(name)),
    [],
  )
})

test('logout over a locked or absent keychain says what is left, and forgets it once it can', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    const place = await readyPlace(await keychainPlace(t, keyring))
    documentOf(await processOf(place, 'two'))
    await keyring.lock()
    assert.match(
      failureOf(await verb(place, ['logout', 'two']), 3),
      /locked.*; 2 sessions of two are left\naws-cred: hint: aws-cred unlock\n$/,
    )
    const login = await verb(place, ['login', 'two'])
    assert.match(failureOf(login, 3), /locked.*\naws-cred: hint: aws-cred unlock\n$/)
    await keyring.endDaemon()
    assert.match(failureOf(await verb(place, ['logout', '--all']), 1), /; 2 sessions on this machine are left\n/)
    await keyring.unlock()
    assert.match((await verb(place, ['logout', 'two'])).err, /^forgot 2 sessions of two; /)
    assert.match((await verb(place, ['logout', 'two'])).err, /^no sessions of two are stored\n$/)
  })
})

test('login of profiles of one SSO session runs aws sso login once at a terminal, and prints it elsewhere', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const base = await vaultPlace(t)
  const services = await startRootServices(base.sts, base.world.arns.middle)
  t.after(() => services.close())
  const env = { ...base.env, AWS_ENDPOINT_URL_SSO: services.url, AWS_ENDPOINT_URL_SSO_OIDC: services.url }
  const place = { ...base, env: { ...env, PATH: `${base.home}:/usr/bin:/bin`, AWS_CRED_PASSPHRASE: 'recognisable' } }
  const sso = (name: string, role: string): string =>
    `[profile ${name}]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ${role}\n`
  writeConfig(
    place,
    `[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n${sso('dev', 'Middle')}${sso('ops', 'Middle2')}`,
  )
  const grant = { home: place.home, services, id: 'corp', renewable: false }
  signInToSso({ ...grant, leftMs: 3_600_000 })
  const token = join(place.home, '.aws/sso/cache')
  const aws = (script: string): void =>
    writeFileSync(
      join(place.home, 'aws'),
      `#!/bin/sh\necho "$*" >>"$HOME/aws.log"\nenv >"$HOME/aws.env"\n${script}\n`,
      {
        mode: 0o755,
      },
    )
  // The new token, laid down by the CLI in place of the one that has ended.
  aws(`cp -r "$HOME/good/." '${token}'`)
  cpSync(token, join(place.home, 'good'), { recursive: true })
  signInToSso({ ...grant, leftMs: -60_000 })
  assert.match(failureOf(await processOf(place, 'dev'), 3), /\naws-cred: hint: aws sso login --profile dev\n$/)
  assert.match(
    failureOf(await verb(place, ['login', 'dev']), 3),
    /nobody is there\naws-cred: hint: aws sso login --profile dev\n$/,
  )
  const pty = inTerminal(t, place, `'${place.binary}' login dev ops; echo "ended $?"`)
  await pty.waitFor('PROFILE')
  await pty.waitFor('ended 0')
  assert.equal(readFileSync(join(place.home, 'aws.log'), 'utf8'), 'sso login --profile dev\n')
  assert.doesNotMatch(readFileSync(join(place.home, 'aws.env'), 'utf8'), /recognisable|VAULT_KEY/)
  signInToSso({ ...grant, leftMs: -60_000 })
  for (const [script, reason] of [
    ['exit 1', 'the AWS CLI did not sign in'],
    ['exec /nowhere', 'the AWS CLI did not sign in'],
  ] as const) {
    aws(script)
    const failed = inTerminal(t, place, `'${place.binary}' login dev; echo "ended $?"`)
    await failed.waitFor(reason)
    await failed.waitFor('hint: aws sso login --profile dev')
    await failed.waitFor('ended 3')
  }
})

test('a session revoked at AWS is dropped and made anew once, with one question where it takes one', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222'])
  const first = await verb(place, [...CODE, 'prod'], { stdin: '111111' })
  assert.equal(first.code, 0)
  const old = documentOf(await processOf(place, 'prod'))
  place.sts.revokeSessions()
  place.sts.reset()
  // Nobody but AWS knows: it is served until somebody says so.
  assert.deepEqual(documentOf(await processOf(place, 'prod')), old)
  const pty = inTerminal(t, place, `'${place.binary}' process --profile prod --refresh >out; echo "ended $?"`)
  await pty.waitFor(QUESTION)
  pty.type('222222\r')
  await pty.waitFor('ended 0')
  assert.equal(questions(pty), 1)
  assert.notEqual(documentOf(await processOf(place, 'prod')).AccessKeyId, old.AccessKeyId)
  assert.deepEqual(place.sts.counts(), { AssumeRole: 2, GetSessionToken: 1 })
  // By itself where a hop's call says so: the other role was never asked for.
  place.sts.revokeSessions()
  place.sts.reset()
  assert.match(failureOf(await processOf(place, 'audit'), 3), /needs an MFA code/)
  assert.deepEqual(place.sts.counts(), { AssumeRole: 1 })
})

test('failed refreshes are put off: of a crowd and of the calls after it one asks STS', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const first = documentOf(await processOf(place, 'one'))
  travel(place, 50 * 60_000)
  place.sts.reset()
  place.sts.faults.next({ kind: 'error', times: 1_000 })
  const crowd = await Promise.all(Array.from({ length: 8 }, () => processOf(place, 'one')))
  for (const each of crowd) assert.equal(documentOf(each).AccessKeyId, first.AccessKeyId)
  const calls = place.sts.count('AssumeRole')
  for (let i = 0; i < 3; i++) assert.equal(documentOf(await processOf(place, 'one')).AccessKeyId, first.AccessKeyId)
  assert.equal(place.sts.count('AssumeRole'), calls)
  assert.equal(calls, 1)
  // Asked for by hand it is tried all the same, and below a minute the reason is told.
  assert.match(failureOf(await verb(place, ['process', '--profile', 'one', '--refresh']), 1), /AccessDenied/)
  travel(place, 59.5 * 60_000)
  assert.match(failureOf(await processOf(place, 'one'), 1), /AccessDenied/)
})
