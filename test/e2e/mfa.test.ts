import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONSUMERS } from '../support/consumers.ts'
import { documentOf, failureOf, processOf, runIn, verb, writeConfig } from '../support/e2e-place.ts'
import { travel } from '../support/e2e-stored.ts'
import { answer, inTerminal, mfaConfig, mfaPlace, QUESTION, questions, SERIAL } from '../support/mfa-place.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'

for (const consumer of CONSUMERS.filter(({ name }) => !/Java|\.NET|Go/.test(name))) {
  test(`the question reaches a person under ${consumer.name}, and one code opens all roles`, async (t) => {
    const missing = consumer.missing()
    if (!need(t, 'script(1)', hasPty()) || !need(t, missing ?? consumer.name, missing === null)) return
    const place = await mfaPlace(t)
    const run = (profile: string): string =>
      consumer
        .command({ profile, calls: 1, pauseSeconds: 0, endpoint: place.sts.url })
        .map((word) => `'${word}'`)
        .join(' ')
    const env = { ...consumer.env?.('prod'), AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' }
    const pty = inTerminal(t, place, `${run('prod')} | cat; AWS_PROFILE=audit ${run('audit')} | cat`, env)
    await answer(pty, place)
    assert.equal(await pty.exited, 0, pty.output())
    assert.match(pty.output(), /asked by \S+ for prod: /)
    assert.match(pty.output(), /:assumed-role\/Needs-Mfa\/alice/)
    assert.match(pty.output(), /:assumed-role\/Prod-Role\/alice/)
    assert.equal(questions(pty), 1)
    assert.deepEqual([place.sts.count('GetSessionToken'), place.sts.count('AssumeRole')], [1, 2])
  })
}

test('a hundred cold processes of two roles ask one question and make one call each', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const each = (profile: string, to: number): string =>
    `i=0; while [ $i -lt ${to} ]; do '${place.binary}' process --profile ${profile} >${profile}.$i 2>&1 & i=$((i+1)); done;`
  const pty = inTerminal(t, place, `cd "$HOME"; ${each('prod', 50)} ${each('audit', 50)} wait; echo all done`)
  await answer(pty, place)
  await pty.waitFor('all done')
  assert.equal(questions(pty), 1)
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
  for (const profile of ['prod', 'audit']) {
    const answers = Array.from({ length: 50 }, (_, i) => readFileSync(join(place.home, `${profile}.${i}`), 'utf8'))
    assert.equal(new Set(answers).size, 1)
    documentOf({ code: 0, signal: null, out: answers[0] ?? '', err: '' })
  }
})

test('a code of the wrong form is asked for again, a wrong one once more, and a used one is not sent', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222', '333333'])
  const pty = inTerminal(
    t,
    place,
    `'${place.binary}' process --profile prod >"$HOME/out"; '${place.binary}' logout --all; '${place.binary}' process --profile prod`,
  )
  await pty.waitFor(QUESTION)
  pty.type('12345\r')
  await pty.waitFor('a code has six digits')
  await pty.waitFor(QUESTION)
  pty.type(' 111 111 \r')
  await pty.waitFor('forgot')
  await pty.waitFor(QUESTION)
  pty.type('000000\r')
  await pty.waitFor('STS refused that code')
  await pty.waitFor(QUESTION)
  pty.type('111111\r')
  await pty.waitFor('that code was used: the next one comes in ')
  assert.equal(place.sts.count('GetSessionToken'), 2)
  pty.type('\x03')
  assert.notEqual(await pty.exited, 0)
})

test('two codes that STS refuses end it, and the next call is put off', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111'])
  const pty = inTerminal(
    t,
    place,
    `'${place.binary}' process --profile prod; '${place.binary}' process --profile audit; echo $?`,
  )
  for (const code of ['000001', '000002']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  await pty.waitFor('cannot get a session for profile "prod": ')
  await pty.waitFor(
    'cannot get a session for profile "audit": it needs an MFA code, and the last question for one had no good answer',
  )
  await pty.waitFor('aws-cred login audit')
  await pty.waitFor('3')
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 2 })
})

test('Ctrl-C at the question ends it with 130, puts the next one off, and login asks all the same', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const pty = inTerminal(
    t,
    place,
    `trap : INT; '${place.binary}' process --profile prod; echo "ended $?"; '${place.binary}' process --profile prod; echo "ended $?"; '${place.binary}' login prod; stty -a`,
  )
  await pty.waitFor(QUESTION)
  pty.type('\x03')
  await pty.waitFor('ended 130')
  await pty.waitFor('it is not asked again for ')
  await pty.waitFor('ended 3')
  await answer(pty, place)
  await pty.waitFor('PROFILE  GIVES')
  await pty.waitFor(' echo ')
  assert.match(pty.output(), /\(MFA\) +alice \(123456789012\) +1[12] h/)
})

test('nobody answers: the question ends at its deadline, and the lock with it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t, 'aws_cred_mfa_timeout = 1\n')
  const pty = inTerminal(
    t,
    place,
    `'${place.binary}' process --profile prod; echo "ended $?"; '${place.binary}' login prod`,
  )
  await pty.waitFor(QUESTION)
  await pty.waitFor('it needs an MFA code: nobody answered in time')
  await pty.waitFor('aws-cred: hint: aws-cred login prod')
  await pty.waitFor('ended 3')
  await pty.waitFor(QUESTION)
})

test('where nobody can be asked process says so at once, and makes no call', async (t) => {
  const place = await mfaPlace(t)
  for (const env of [{}, { CI: '1' }, { AWS_CRED_NO_PROMPT: '1' }]) {
    const ended = await verb(place, ['process', '--profile', 'prod'], { env })
    assert.match(failureOf(ended, 3), /it needs an MFA code, and nobody .*\n.*hint: aws-cred login prod\n$/)
  }
  assert.match(failureOf(await processOf(place, 'prod'), 3), /nobody is to be asked/)
  assert.deepEqual(place.sts.counts(), {})
})

test('a job in the background of an interactive shell neither stops nor asks', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const pty = openPty(t, ['/bin/bash', '--norc', '--noprofile', '-i'], { ...place.env, PS1: '% ' })
  await pty.waitFor('% ')
  pty.type(`'${place.binary}' process --profile prod & wait; jobs; echo "and $?"\r`)
  await pty.waitFor('nobody can be asked here')
  await pty.waitFor('\r\nand ')
  assert.equal(questions(pty), 0)
  pty.type('exit 0\r')
  assert.equal(await pty.exited, 0)
})

test('a program gives the code without a person: its stderr is shown, no passphrase reaches it', async (t) => {
  const place = await mfaPlace(t, `aws_cred_mfa_process = ./give-code\n`)
  writeFileSync(
    join(place.home, 'give-code'),
    `#!/bin/sh\nenv >seen\necho touch it >&2\necho "AWS:alice  $(cat code)"\n`,
    { mode: 0o755 },
  )
  writeFileSync(join(place.home, 'code'), place.sts.mfaCode(SERIAL))
  const ended = await processOf(place, 'prod', { env: { CI: '1', AWS_CRED_PASSPHRASE: 'recognisable' } })
  assert.match(documentOf(ended).AccessKeyId, /^ASIA/)
  const seen = readFileSync(join(place.home, 'seen'), 'utf8')
  assert.doesNotMatch(seen, /recognisable|AWS_CRED_VAULT_KEY_FILE/)
  assert.match(seen, /^AWS_CRED_PROFILE_CHAIN=prod$/m)
  const faults = [
    ['exit 7', /from aws_cred_mfa_process: it ended with status 7/],
    ['echo hello', /its last line does not end in six digits/],
    ['yes', /it printed too much/],
  ] as const
  for (const [script, message] of faults) {
    writeFileSync(join(place.home, 'give-code'), `#!/bin/sh\n${script}\n`)
    await verb(place, ['logout', '--all'])
    await verb(place, ['unlock'])
    const refused = await verb(place, ['export', '--profile', 'prod', '--no-prompt'])
    assert.match(failureOf(refused, 1), message)
  }
})

test('after a question that was let go: a program is asked all the same, and its code ends what others were refused', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const section = `[profile auto]\naws_cred_role_arn = ${place.world.arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${SERIAL}\naws_cred_mfa_process = /bin/cat code\n`
  writeConfig(place, mfaConfig(place) + section)
  const pty = inTerminal(t, place, `trap : INT; '${place.binary}' process --profile prod; echo "ended $?"`)
  await pty.waitFor(QUESTION)
  pty.type('\x03')
  await pty.waitFor('ended 130')
  assert.match(failureOf(await processOf(place, 'audit'), 3), /it is not asked again for \d+ s\n/)
  const told = await verb(place, ['status', 'audit', '--json'])
  assert.equal(told.code, 3)
  assert.match(told.out, /the last question for one had no good answer"/)
  assert.doesNotMatch(told.out, /not asked again for/, 'a countdown that was kept would not go on')
  writeFileSync(join(place.home, 'code'), place.sts.mfaCode(SERIAL))
  documentOf(await processOf(place, 'auto', { env: { AWS_CRED_NO_PROMPT: '1' } }))
  const after = await verb(place, ['status', 'audit'])
  assert.deepEqual([after.code, after.out], [0, 'audit  ready  -  user1 > Prod-Role\n'])
})

test('a living session is served while a new one would need a code, and the reason is kept', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t, 'aws_cred_mfa_duration = 900\n')
  const login = inTerminal(t, place, `'${place.binary}' login prod`)
  await answer(login, place)
  assert.equal(await login.exited, 0)
  const first = documentOf(await processOf(place, 'prod'))
  // The role's session is due, and the one made with the code has ended.
  travel(place, 50 * 60_000)
  place.sts.reset()
  assert.equal(documentOf(await processOf(place, 'prod')).AccessKeyId, first.AccessKeyId)
  const pty = inTerminal(
    t,
    place,
    `'${place.binary}' process --profile prod >"$HOME/out"; echo "ended $?"; '${place.binary}' list`,
  )
  await pty.waitFor('ended 0')
  await pty.waitFor('9 min left, then a code')
  assert.equal(questions(pty), 0)
  assert.deepEqual(place.sts.counts(), {})
  // A person is asked instead.
  const typed = inTerminal(t, place, `'${place.binary}' export --profile prod >"$HOME/out"`)
  await answer(typed, place)
  assert.equal(await typed.exited, 0)
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 1 })
  assert.notEqual(documentOf(await processOf(place, 'prod')).AccessKeyId, first.AccessKeyId)
})

test('a role that is to last longer than an hour gets the code itself', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const pty = inTerminal(t, place, `'${place.binary}' process --profile long`)
  await answer(pty, place)
  assert.equal(await pty.exited, 0)
  assert.deepEqual(place.sts.counts(), { AssumeRole: 1 })
})

test('login --mfa-token - takes the code from stdin, and never as an argument', async (t) => {
  const place = await mfaPlace(t)
  const stdin = `${place.sts.mfaCode(SERIAL)}\n`
  const ended = await verb(place, ['login', 'prod', 'audit', '--mfa-token', '-'], { stdin })
  assert.deepEqual([ended.code, ended.err], [0, ''])
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
  assert.match(failureOf(await verb(place, ['login', 'prod', '--mfa-token', '123456']), 2), /not taken as an argument/)
  assert.match(failureOf(await verb(place, ['login', 'long', '--mfa-token', '-'], { stdin: 'abc\n' }), 1), /six digits/)
})

test('logout forgets the sessions of a profile and those on its way, and keeps the keys', async (t) => {
  const place = await mfaPlace(t)
  await verb(place, ['login', 'prod', 'audit', '--mfa-token', '-'], { stdin: `${place.sts.mfaCode(SERIAL)}\n` })
  const one = await verb(place, ['logout', 'prod'])
  assert.match(one.err, /^forgot 2 sessions of prod; /)
  assert.match(failureOf(await processOf(place, 'prod'), 3), /needs an MFA code/)
  documentOf(await processOf(place, 'audit'))
  assert.match((await verb(place, ['logout', '--all'])).err, /^forgot 1 session on this machine; /)
  assert.match((await verb(place, ['logout', '--all'])).err, /^no sessions on this machine are stored\n$/)
  assert.match((await verb(place, ['list'])).out, /user1 +user alice 123456789012/)
  const unknown = await runIn(place, [place.binary, 'logout', 'prdo'])
  assert.match(failureOf(unknown, 1), /the nearest name is "prod"/)
})
