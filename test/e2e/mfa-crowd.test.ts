import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { CONSUMERS } from '../support/consumers.ts'
import { type Document, documentOf, failureOf, processOf, startIn, verb, writeConfig } from '../support/e2e-place.ts'
import { stateDir, travel } from '../support/e2e-stored.ts'
import {
  answer,
  asker,
  inTerminal,
  mfaConfig,
  mfaPlace,
  QUESTION,
  questions,
  runs,
  SERIAL,
} from '../support/mfa-place.ts'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'

const HOUR_MS = 3_600_000
const FAKETIME = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)

test('consumers of all kinds and a crowd of helpers beside them hit an expired session: one question', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const there = CONSUMERS.filter((each) => each.missing() === null)
  const given = { calls: 1, pauseSeconds: 0, endpoint: place.sts.url }
  const lines = there.map((consumer, i) => {
    const profile = i % 2 === 0 ? 'prod' : 'audit'
    const env = Object.entries(consumer.env?.(profile) ?? {}).map(([name, value]) => `${name}='${value}' `)
    const words = consumer.command({ ...given, profile }).map((word) => `'${word}'`)
    return `${env.join('')}${words.join(' ')} >consumer.${i} 2>&1 & `
  })
  const helpers = `i=0; while [ $i -lt 30 ]; do '${place.binary}' process --profile prod >helper.$i 2>&1 & i=$((i+1)); done`
  const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true' }
  const pty = inTerminal(t, place, `${lines.join('')}${helpers}; wait; echo all done`, env)
  await answer(pty, place)
  await pty.waitFor('all done')
  assert.equal(questions(pty), 1)
  const { GetSessionToken, AssumeRole } = place.sts.counts()
  assert.deepEqual({ GetSessionToken, AssumeRole }, { GetSessionToken: 1, AssumeRole: 2 })
  for (const [i, { name }] of there.entries()) {
    const said = readFileSync(join(place.home, `consumer.${i}`), 'utf8')
    assert.match(said, i % 2 === 0 ? /:assumed-role\/Needs-Mfa\/alice/ : /:assumed-role\/Prod-Role\/alice/, name)
  }
  const answers = Array.from({ length: 30 }, (_, i) => readFileSync(join(place.home, `helper.${i}`), 'utf8'))
  assert.equal(new Set(answers).size, 1)
  documentOf({ code: 0, signal: null, out: answers[0] ?? '', err: '' })
})

test('the JS default chain runs a helper that fails twice: one question, whatever became of it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const consumer = CONSUMERS.find(({ name }) => name === 'JS SDK, default chain')
  const words = consumer?.command({ profile: 'prod', calls: 1, pauseSeconds: 0, endpoint: '' }) ?? []
  const line = words.map((word) => `'${word}'`).join(' ')
  const env = { AWS_PROFILE: 'prod', AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true' }
  for (const [what, typed] of [
    ['let go', '\x04'],
    ['timed out', ''],
    ['failed at STS', '123456\r'],
  ] as const) {
    const place = await mfaPlace(t, 'aws_cred_mfa_timeout = 2\n')
    place.world.alice.acceptsCode = () => true
    place.sts.faults.next({ kind: 'error', operation: 'GetSessionToken', code: 'RegionDisabledException', times: 9 })
    const pty = inTerminal(t, place, `${line} >out 2>&1; echo "ended $?"`, env)
    await pty.waitFor(QUESTION)
    if (typed !== '') pty.type(typed)
    await pty.waitFor('ended 1')
    assert.equal(questions(pty), 1, what)
    const list = await verb(place, ['list'])
    assert.match(list.out, /^prod .*(failed|needs an MFA code)/m)
  }
})

test('a session that the store refuses is handed out, and no call after it asks again', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const run = (profile: string) => `'${place.binary}' process --profile ${profile} >${profile}.out 2>${profile}.err`
  // Nobody writes an item of a role in place of a folder of that name.
  const script = `${run('prod')}; echo "ended $?"; ${run('audit')}; echo "ended $?"`
  place.sts.faults.next({ kind: 'slow', operation: 'GetSessionToken', delayMs: 1_500 })
  const pty = inTerminal(t, place, script)
  await answer(pty, place)
  await wait(500)
  const vault = join(stateDir(place), 'vault')
  renameSync(vault, `${vault}.away`)
  writeFileSync(vault, '')
  await pty.waitFor('ended 0')
  await pty.waitFor('ended ')
  rmSync(vault)
  renameSync(`${vault}.away`, vault)
  assert.equal(questions(pty), 1)
  assert.match(readFileSync(join(place.home, 'prod.out'), 'utf8'), /"AccessKeyId":"ASIA/)
  const later = inTerminal(t, place, `'${place.binary}' process --profile audit; echo "ended $?"`)
  await later.waitFor('the last question for one had no good answer; it is not asked again for ')
  await later.waitFor('ended 3')
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 1 })
})

test('a laptop sleeps for eight hours while a question is open: nothing is served that has ended', async (t) => {
  const library = FAKETIME.find((path) => existsSync(path))
  if (!need(t, 'script(1)', hasPty()) || !need(t, 'faketime', library !== undefined)) return
  const place = await mfaPlace(t, 'aws_cred_mfa_duration = 900\n')
  await verb(place, ['login', 'prod', '--mfa-token', '-'], { stdin: place.sts.mfaCode(SERIAL) })
  const old = documentOf(await processOf(place, 'prod'))
  // The role's session is due but lives, and what opens the role has ended.
  travel(place, 50 * 60_000)
  const clock = join(place.home, 'clock')
  const sleep = (jump: string): void => writeFileSync(clock, jump)
  sleep('+0')
  const env = {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  const pty = inTerminal(
    t,
    place,
    `'${place.binary}' export --profile prod --format process >asked; echo "ended $?"`,
    env,
  )
  await pty.waitFor(QUESTION)
  const waiting = startIn(place, [place.binary, 'process', '--profile', 'prod'], { env })
  await wait(1_000)
  assert.equal(waiting.child.exitCode, null, 'it waits for the answer')
  sleep('+8h')
  place.sts.setClockOffsetMs(50 * 60_000 + 8 * HOUR_MS)
  assert.match(failureOf(await waiting.ended, 1), /another aws-cred is at work/)
  pty.type(`${place.sts.mfaCode(SERIAL)}\r`)
  await pty.waitFor('ended 0')
  const { AccessKeyId, Expiration } = JSON.parse(readFileSync(join(place.home, 'asked'), 'utf8')) as Document
  assert.notEqual(AccessKeyId, old.AccessKeyId)
  assert.ok(Date.parse(Expiration ?? '') > Date.now() + 8.5 * HOUR_MS)
})

test('who waits in vain for another question names who holds it, for what and since when', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const pty = inTerminal(t, place, `'${place.binary}' process --profile long; :`)
  await pty.waitFor(QUESTION)
  const holder = asker(place) ?? 0
  writeConfig(place, mfaConfig(place, 'aws_cred_mfa_timeout = 1\n'))
  const other = inTerminal(t, place, `'${place.binary}' process --profile prod; echo "ended $?"`)
  await other.waitFor(`another aws-cred is at work; its lock is held for `)
  await other.waitFor(` s by pid ${holder} (aws-cred for long, asked by `)
  await other.waitFor(`hint: where it hangs, end it: kill ${holder}`)
  assert.equal(questions(other), 0)
  process.kill(holder, 'SIGTERM')
  for (let i = 0; i < 500 && runs(holder); i++) await wait(10)
  assert.ok(!runs(holder))
})

test("behind another's question: who may not ask ends at once with 3, a typed verb says whom it waits for, process nothing", async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const asking = inTerminal(t, place, `'${place.binary}' process --profile prod >first; echo "ended $?"`)
  await asking.waitFor(QUESTION)
  for (const [words, env] of [
    [['process', '--profile', 'prod', '--no-prompt'], {}],
    [['process', '--profile', 'audit', '--no-prompt'], {}],
    [['process', '--profile', 'prod'], { AWS_CRED_NO_PROMPT: '1' }],
    [['export', '--profile', 'prod'], { CI: 'true' }],
  ] as const) {
    const said = failureOf(await verb(place, words, { env }), 3)
    assert.match(
      said,
      /it needs an MFA code, and nobody is to be asked\naws-cred: hint: aws-cred login (prod|audit)\n$/,
    )
  }
  const holder = asker(place) ?? 0
  const typed = ['export --profile prod', 'exec --profile prod -- true', 'login prod'].map((words) =>
    inTerminal(t, place, `'${place.binary}' ${words} >/dev/null; echo "ended $?"`),
  )
  const helper = inTerminal(t, place, `'${place.binary}' process --profile prod >other; echo "ended $?"`)
  const line = `waiting for the MFA code that pid ${holder} asks for (aws-cred for prod, asked by `
  for (const pty of typed) await pty.waitFor(line)
  asking.type(`${place.sts.mfaCode(SERIAL)}\r`)
  for (const pty of [asking, ...typed, helper]) await pty.waitFor('ended 0')
  for (const pty of typed) {
    assert.equal(questions(pty), 0)
    assert.match(pty.output(), /\r\x1b\[K(PROFILE |ended 0)/, 'the line is gone')
  }
  assert.equal(helper.output(), 'ended 0\r\n')
  const [first, other] = ['first', 'other'].map((name) => readFileSync(join(place.home, name), 'utf8'))
  assert.equal(first, other)
  documentOf(await processOf(place, 'prod'))
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 1 })
})

test('a typed verb that waits at the terminal of the question itself writes nothing over it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const line = `'${place.binary}' process --profile prod >/dev/null & sleep 0.3; '${place.binary}' export --profile prod >/dev/null; echo "ended $?"`
  const pty = inTerminal(t, place, line)
  await pty.waitFor(QUESTION)
  await wait(1_200)
  pty.type(`${place.sts.mfaCode(SERIAL)}\r`)
  await pty.waitFor('ended 0')
  assert.doesNotMatch(pty.output(), /waiting for|\x1b/)
  assert.equal(questions(pty), 1)
})
