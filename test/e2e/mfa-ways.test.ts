import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  documentOf,
  type E2ePlace,
  failureOf,
  processOf,
  runIn,
  startIn,
  verb,
  writeConfig,
} from '../support/e2e-place.ts'
import { asker, inTerminal, mfaConfig, mfaPlace, QUESTION, questions, runs, SERIAL } from '../support/mfa-place.ts'
import { need } from '../support/need.ts'
import { hasPty } from '../support/pty.ts'

/** As on a desktop. */
const SCREEN = { DISPLAY: ':99' }

/** A program of that name before all others on PATH. It notes its words, one a line, and then runs `script`. */
function fake(place: E2ePlace, name: string, script: string): Record<string, string> {
  writeFileSync(
    join(place.home, name),
    `#!/bin/sh\nfor word in "$@"; do printf '%s\\n' "$word"; done >"$HOME/${name}.words"\necho "$$" >"$HOME/${name}.pid"\n${script}\n`,
    { mode: 0o755 },
  )
  return { ...SCREEN, PATH: `${place.home}:/usr/bin:/bin` }
}

function wordsOf(place: E2ePlace, name: string): string[] {
  return readFileSync(join(place.home, `${name}.words`), 'utf8')
    .split('\n')
    .slice(0, -1)
}

/** Runs `process` with nobody at a terminal: its own session has none. */
function helper(place: E2ePlace, profile: string, env: Record<string, string>) {
  return verb(place, ['process', `--profile=${profile}`], { env })
}

test('without a terminal a window asks, its text is neither markup, an option nor code', async (t) => {
  const place = await mfaPlace(t)
  const text = readFileSync(join(place.home, '.aws/config'), 'utf8')
  writeConfig(place, `${text}[profile --x%s/..]\naws_cred_source_profile = prod\n`)
  const env = fake(place, 'zenity', 'cat code')
  writeFileSync(join(place.home, 'code'), place.sts.mfaCode(SERIAL))
  // Whoever names a program chooses what we show of it.
  const caller = join(place.home, '<b>$(id)\u202e`x')
  copyFileSync('/bin/sh', caller)
  chmodSync(caller, 0o755)
  const ended = await runIn(place, [caller, '-c', `'${place.binary}' process --profile=--x%s/..; exit $?`], { env })
  documentOf(ended)
  assert.deepEqual(wordsOf(place, 'zenity').slice(0, 3), ['--entry', '--no-markup', '--title=aws-cred'])
  assert.match(
    wordsOf(place, 'zenity')[3] ?? '',
    /^--text=MFA code for alice \(123456789012\), asked by <b>\$\(id\)\\u\{202e\}`x for --x%s\/\.\.$/,
  )
  assert.match(wordsOf(place, 'zenity')[4] ?? '', /^--timeout=(39|40)$/)
})

test('a window that is closed or times out ends it, and the next is put off; on KDE it is its own', async (t) => {
  for (const [name, script, words] of [
    ['kdialog', 'exit 1', /the window was closed/],
    ['zenity', 'exit 5', /the window was not answered in time/],
    ['zenity', 'sleep 60', /the window was not answered in time/],
  ] as const) {
    const place = await mfaPlace(t, 'aws_cred_mfa_timeout = 1\n')
    const env = { ...fake(place, name, script), XDG_CURRENT_DESKTOP: name === 'kdialog' ? 'KDE' : 'GNOME' }
    assert.match(failureOf(await helper(place, 'prod', env), 3), words)
    assert.match(failureOf(await helper(place, 'audit', env), 3), /not asked again for/)
    if (name === 'kdialog') assert.match(wordsOf(place, name).at(-1) ?? '', /^MFA code for alice/)
  }
})

test('a wrong answer in a window is asked for again there, with the reason', async (t) => {
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['222222'])
  const env = fake(
    place,
    'zenity',
    `printf '%s\\n' "$4" >>texts\ncase $(wc -l <texts) in 1) echo abc;; 2) echo 111111;; *) echo 222222;; esac`,
  )
  documentOf(await helper(place, 'prod', env))
  const texts = readFileSync(join(place.home, 'texts'), 'utf8').split('\n')
  assert.match(texts[1] ?? '', /^--text=a code has six digits\. MFA code for/)
  assert.match(texts[2] ?? '', /^--text=STS refused that code\. MFA code for/)
})

test('a window goes with its aws-cred and with the program that asked: killed outright, none stays', async (t) => {
  for (const who of ['aws-cred', 'its caller'] as const) {
    const place = await mfaPlace(t)
    const env = fake(place, 'zenity', 'exec sleep 60')
    const command = `'${place.binary}' process --profile prod >out 2>&1; :`
    const { child, ended } = startIn(place, ['/bin/sh', '-c', command], { env })
    const pid = await pidOf(place, 'zenity')
    const asking = asker(place) ?? 0
    process.kill(who === 'aws-cred' ? asking : (child.pid ?? 0), 'SIGKILL')
    await gone(pid)
    await gone(asking)
    await ended
  }
})

test('ykman gives the code of one account, its touch prompt is shown at the terminal', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t, 'aws_cred_mfa_prompt = ykman\naws_cred_ykman_name = -AWS:alice\n')
  const env = fake(place, 'ykman', `echo "Touch your YubiKey..." >&2\ncat codes`)
  writeFileSync(join(place.home, 'codes'), `AWS:alice   ${place.sts.mfaCode(SERIAL)}\n`)
  const pty = inTerminal(t, place, `'${place.binary}' process --profile prod >out 2>err; echo "ended $?"`, env)
  await pty.waitFor('Touch your YubiKey...')
  await pty.waitFor('ended 0')
  assert.deepEqual(wordsOf(place, 'ykman'), ['oath', 'accounts', 'code', '--', '-AWS:alice'])
  assert.equal(readFileSync(join(place.home, 'err'), 'utf8'), '')
  writeFileSync(join(place.home, 'codes'), 'AWS:alice  111111\nAWS:alice-test  222222\n')
  await verb(place, ['logout', '--all'])
  assert.match(failureOf(await helper(place, 'prod', env), 1), /several of its accounts fit the name/)
  assert.equal(place.sts.count('GetSessionToken'), 1)
  const none = await verb(place, ['export', '--profile', 'prod'], { env: { PATH: '/bin' } })
  assert.match(failureOf(none, 1), /"ykman" is not installed/)
  assert.match(failureOf(await processOf(place, 'prod'), 3), /it is not asked again for|nobody is to be asked/)
})

test('aws_cred_mfa_prompt names the way, and no other is taken', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const env = fake(place, 'zenity', 'cat code')
  const prompt = (way: string, more = ''): void =>
    writeConfig(place, mfaConfig(place, `aws_cred_mfa_prompt = ${way}\n${more}`))
  prompt('tty')
  assert.match(failureOf(await helper(place, 'prod', env), 3), /nobody can be asked here/)
  prompt('none', 'aws_cred_mfa_process = echo 123456\n')
  assert.match(failureOf(await helper(place, 'prod', env), 3), /nobody is to be asked/)
  prompt('process')
  assert.match(failureOf(await helper(place, 'prod', env), 1), /there is no aws_cred_mfa_process beside it/)
  prompt('paper')
  assert.match(failureOf(await helper(place, 'prod', env), 1), /it must be auto, tty, gui, process, ykman or none/)
  prompt('gui')
  writeFileSync(join(place.home, 'code'), place.sts.mfaCode(SERIAL))
  const pty = inTerminal(t, place, `'${place.binary}' process --profile prod >out; echo "ended $?"`, env)
  await pty.waitFor('ended 0')
  assert.equal(questions(pty), 0)
  assert.equal(place.sts.count('GetSessionToken'), 1)
})

test('what was typed before the question is no answer', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['333333'])
  const pty = inTerminal(
    t,
    place,
    `echo ready; sleep 1; '${place.binary}' process --profile prod >out; echo "ended $?"`,
  )
  await pty.waitFor('ready')
  pty.type('111111\r222222\r111112\r222223\r')
  await pty.waitFor(QUESTION)
  pty.type('333333\r')
  await pty.waitFor('ended 0')
  assert.equal(place.sts.count('GetSessionToken'), 1)
})

test('a question ends with its consumer, with Ctrl-Z and with the terminal, and holds up nobody', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const run = `'${place.binary}' process --profile prod`
  // Killed outright, the consumer leaves its helper behind.
  const consumer = inTerminal(t, place, `sh -c '${run.replaceAll("'", '"')}; :' & echo "consumer $!"; wait; sleep 60`)
  await consumer.waitFor(QUESTION)
  const first = asker(place) ?? 0
  process.kill(Number(/consumer (\d+)/.exec(consumer.output())?.[1]), 'SIGKILL')
  await gone(first)

  const stopped = inTerminal(t, place, `trap : TSTP; '${place.binary}' login prod; echo "ended $?"`)
  await stopped.waitFor(QUESTION)
  stopped.type('\x1a')
  await stopped.waitFor('ended 130')

  const closed = inTerminal(t, place, `exec '${place.binary}' login prod`)
  await closed.waitFor(QUESTION)
  const last = asker(place) ?? 0
  closed.hangUp()
  await gone(last)
})

test('Ctrl-C while the next code is awaited ends it with 130, and the line with it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const code = place.sts.mfaCode(SERIAL)
  const login = ['login', 'prod', '--mfa-token', '-']
  assert.equal((await verb(place, login, { stdin: code })).code, 0)
  await verb(place, ['logout', '--all'])
  const used = await verb(place, login, { stdin: code })
  assert.match(failureOf(used, 1), /the one on stdin was used or refused/)
  const pty = inTerminal(t, place, `trap : INT; '${place.binary}' login prod; echo "ended $?"; cat`)
  await pty.waitFor(QUESTION)
  pty.type(`${code}\r`)
  await pty.waitFor('that code was used: the next one comes in ')
  pty.type('\x03')
  await pty.waitFor('ended 130')
  assert.match(pty.output(), /comes in \d+ s(\^C)?\r\nended 130/)
})

test('a role that wants the code itself is learned by one question of a crowd, and asked so from then on', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222', '333333'])
  const crowd = (profile: string): string =>
    `for i in 1 2 3 4 5 6; do '${place.binary}' process --profile ${profile} >out.$i 2>&1 & done; wait; echo all done`
  const pty = inTerminal(t, place, crowd('fresh'))
  for (const code of ['111111', '222222']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  await pty.waitFor('all done')
  assert.match(pty.output(), /STS refuses the session made with that code; a code for the role itself may do/)
  assert.equal(questions(pty), 2)
  const answers = [1, 2, 3, 4, 5, 6].map((i) => readFileSync(join(place.home, `out.${i}`), 'utf8'))
  assert.equal(new Set(answers).size, 1)
  documentOf({ code: 0, signal: null, out: answers[0] ?? '', err: '' })
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
  await verb(place, ['logout', 'fresh'])
  const again = inTerminal(t, place, `'${place.binary}' process --profile fresh >out; echo "ended $?"`)
  await again.waitFor(QUESTION)
  again.type('333333\r')
  await again.waitFor('ended 0')
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 3 })
})

test('who comes while a role is learned to want the code itself waits for it, and is not refused once more', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222'])
  const start = (i: number): string => `'${place.binary}' process --profile fresh >out.${i} 2>&1 &`
  const late = `while [ ! -e go ]; do sleep 0.05; done; ${start(2)} ${start(3)} sleep 0.3; echo all here`
  const pty = inTerminal(t, place, `${start(1)} ${late}; wait; echo all done`)
  await pty.waitFor(QUESTION)
  pty.type('111111\r')
  await pty.waitFor('a code for the role itself may do')
  writeFileSync(join(place.home, 'go'), '')
  await pty.waitFor('all here')
  pty.type('222222\r')
  await pty.waitFor('all done')
  assert.equal(questions(pty), 2)
  const answers = [1, 2, 3].map((i) => readFileSync(join(place.home, `out.${i}`), 'utf8'))
  assert.equal(new Set(answers).size, 1)
  documentOf({ code: 0, signal: null, out: answers[0] ?? '', err: '' })
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
})

test('a crowd that forces a refresh learns it by two questions too', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222'])
  const start = `'${place.binary}' process --profile fresh --refresh >out.$i 2>&1 & echo "pid $!";`
  const pty = inTerminal(t, place, `for i in 1 2 3; do ${start} done; echo all here; wait; echo all done`)
  await pty.waitFor('all here')
  // Each is at the lock, and so has begun before there is anything to take.
  const pids = [...pty.output().matchAll(/^pid (\d+)/gm)].map(([, pid]) => pid ?? '')
  assert.equal(pids.length, 3)
  for (let i = 0; i < 1000 && !pids.every(isAtLock); i++) await wait(10)
  for (const code of ['111111', '222222']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  await pty.waitFor('all done')
  assert.equal(questions(pty), 2)
  for (const i of [1, 2, 3])
    documentOf({ code: 0, signal: null, out: readFileSync(join(place.home, `out.${i}`), 'utf8'), err: '' })
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
})

function isAtLock(pid: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('.lock')
    } catch {
      // Closed meanwhile.
      return false
    }
  })
}

test('in a chain that is refused further on, the role is learned to want the code itself all the same', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  const { nobody } = place.world.arns
  writeConfig(
    place,
    `${mfaConfig(place)}[profile beyond]\naws_cred_role_arn = ${nobody}\naws_cred_source_profile = fresh\n`,
  )
  place.sts.setMfaCodes(SERIAL, ['111111', '222222'])
  const pty = inTerminal(t, place, `'${place.binary}' process --profile beyond; echo "ended $?"`)
  for (const code of ['111111', '222222']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  await pty.waitFor(`cannot assume ${nobody} for profile`)
  await pty.waitFor('ended 1')
  documentOf(await processOf(place, 'fresh'))
  assert.equal(questions(pty), 2)
})

test('login to a role that turns out to want the code itself keeps the session where tools look for it', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  place.sts.setMfaCodes(SERIAL, ['111111', '222222'])
  const pty = inTerminal(t, place, `'${place.binary}' login fresh; echo "ended $?"`)
  for (const code of ['111111', '222222']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  await pty.waitFor('ended 0')
  documentOf(await verb(place, ['process', '--no-prompt', '--profile', 'fresh']))
  assert.deepEqual(place.sts.counts(), { GetSessionToken: 1, AssumeRole: 2 })
})

test('plain lack of permission is tried with a code for the role once, and not again by the next calls', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const place = await mfaPlace(t)
  writeConfig(place, mfaConfig(place).replace(place.world.arns.needsMfa, place.world.arns.nobody))
  place.sts.setMfaCodes(SERIAL, ['111111', '222222', '333333'])
  const run = `'${place.binary}' process --profile prod; echo "ended $?"`
  const pty = inTerminal(t, place, `${run}; ${run}`)
  for (const code of ['111111', '222222']) {
    await pty.waitFor(QUESTION)
    pty.type(`${code}\r`)
  }
  for (let i = 0; i < 2; i++) {
    await pty.waitFor('AccessDenied')
    await pty.waitFor('ended 1')
  }
  assert.equal(questions(pty), 2)
  await answerless(place)
})

/** The session made with the first code still opens other roles: no question. */
async function answerless(place: E2ePlace): Promise<void> {
  documentOf(await processOf(place, 'audit'))
}

async function pidOf(place: E2ePlace, name: string): Promise<number> {
  for (;;) {
    try {
      const pid = Number(readFileSync(join(place.home, `${name}.pid`), 'utf8'))
      if (pid > 0) return pid
    } catch {
      // Not started yet.
    }
    await wait(10)
  }
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 1000 && runs(pid); i++) await wait(10)
  assert.ok(pid > 0 && !runs(pid), `${pid} has ended`)
}
