import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { awaitedLine } from '../../src/commands/session/awaited-line.ts'
import { withCode } from '../../src/commands/session/mfa/with-code.ts'
import { planOptions } from '../../src/commands/session/plan-options.ts'
import { profileSources } from '../../src/commands/session/sources.ts'
import { openWorkspace } from '../../src/commands/session/workspace.ts'
import { CredError } from '../../src/core/errors.ts'
import { planProfile } from '../../src/core/plan/plan.ts'
import { holderOf, withLock } from '../../src/io/lock.ts'
import { lockPaths, removeHolder, writeHolder } from '../../src/io/lock-file.ts'
import { fakeContext, fakeTerminal } from '../support/fake-context.ts'
import { need } from '../support/need.ts'
import { hasPty, openPty } from '../support/pty.ts'
import { pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const SERIAL = 'arn:aws:iam::123456789012:mfa/alice'
const MFA = { mayAsk: true, typed: false }

/** user1's key in the vault, and `prod`, a role by it that needs a code, with its plan. */
async function ready(t: TestContext) {
  const here = await place(t)
  const lines = `aws_cred_role_arn = ${here.world.arns.needsMfa}\naws_cred_source_profile = user1\naws_cred_mfa_serial = ${SERIAL}\n`
  writeAwsFile(here, 'config', `[profile prod]\n${lines}`)
  const { code, err } = await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  assert.equal(code, 0, err)
  const terminal = fakeTerminal([])
  const workspace = openWorkspace(fakeContext({ home: here.home, env: here.env, terminal }))
  const plan = planProfile('prod', workspace.files.profiles, planOptions(workspace))
  return { workspace, plan, terminal }
}

/** Holds a lock while `body` runs, as another process would: a process's own locks keep it out just the same. */
async function held<T>(folder: string, name: string, body: () => Promise<T>): Promise<T> {
  const holder = { pid: process.pid, program: 'aws-cred for prod' }
  return withLock({ folder, name, deadlineMs: 0, nowMs: () => 0, holder }, body)
}

const store = () => Promise.reject(new CredError('failed', 'no store is needed to wait'))
const never = () => Promise.reject(new Error('it got the lock'))
const flight = { isUrgent: true, whileWaiting: async () => null }

test('all waits of a process end by one deadline, whichever locks they are for', async (t) => {
  const { workspace, plan } = await ready(t)
  // Nearly all of the 58 s has gone by, in a wait for another lock say.
  const beganMs = performance.now() - 57_900
  const sources = profileSources(workspace, plan, { store, asking: MFA, beganMs })
  await held(workspace.paths.locksDir, 'session one', () =>
    held(workspace.paths.locksDir, 'session two', async () => {
      for (const key of ['one', 'two']) {
        await assert.rejects(sources.exclusively(key, flight, never), {
          message: new RegExp(`its lock is held for 0 s by pid ${process.pid} \\(aws-cred for prod\\)$`),
        })
      }
    }),
  )
})

test('a question whose deadline has nearly gone by with waiting is not asked, and starts no cool-down', async (t) => {
  const { workspace, terminal } = await ready(t)
  const use = {
    profile: 'prod',
    serial: SERIAL,
    settings: { prompt: 'auto', process: null, ykmanName: null, timeoutMs: 40_000 },
    asking: MFA,
    purpose: 'get a session for profile "prod"',
    remedy: { forbidden: null, hint: 'aws-cred login prod' },
    identityId: 'key:1',
    answerUntilMs: performance.now() + 2_000,
    serverMs: () => Date.now(),
  } as const
  await assert.rejects(withCode(workspace, use, never), (error: unknown) => {
    assert.ok(error instanceof CredError)
    assert.deepEqual([error.code, error.hint], ['person', 'aws-cred login prod'])
    assert.match(error.message, /it needs an MFA code, and too little time is left to ask for one$/)
    return true
  })
  assert.equal(terminal.text, '')
  assert.deepEqual(workspace.index.all('backoff'), [])
})

test('who may ask nobody does not wait for a session that needs a code, and does for one that needs none', async (t) => {
  const { workspace, plan } = await ready(t)
  const mute = profileSources(workspace, plan, { store, asking: { mayAsk: false, typed: false } })
  const identity = mute.knownIdentity()
  assert.ok(identity)
  const role = mute.cacheKey(identity, 1)
  await held(workspace.paths.locksDir, `session ${role}`, async () => {
    await assert.rejects(mute.exclusively(role, flight, never), {
      code: 'person',
      message: 'cannot serve profile "prod": it needs an MFA code, and nobody is to be asked',
      hint: 'aws-cred login prod',
    })
    // What opens the role is there by now: the other is about to end.
    const nowMs = workspace.context.nowMs()
    workspace.clocks.set('sts.test', { offsetMs: 0, wallMs: nowMs, uptimeS: workspace.context.uptimeS() })
    const [cacheKey, expiresMs] = [mute.cacheKey(identity, 0), nowMs + 3_600_000]
    const note = { cacheKey, profile: 'prod', givesArn: null, expiresMs, issuedMs: nowMs, clockName: 'sts.test' }
    workspace.index.write('session', cacheKey, { ...note, rootId: identity.id, savedMs: nowMs })
    const late = profileSources(workspace, plan, {
      store,
      asking: { mayAsk: false, typed: false },
      beganMs: performance.now() - 15_950,
    })
    await assert.rejects(late.exclusively(role, flight, never), { code: 'failed', message: /its lock is held/ })
    assert.equal(holderOf(workspace.paths.locksDir, `session ${role}`)?.pid, process.pid)
  })
})

test('the line that says who is waited for is taken away also where its holder went between two looks', async (t) => {
  if (!need(t, 'script(1)', hasPty())) return
  const { workspace, terminal } = await ready(t)
  const pidFile = join(workspace.paths.stateDir, 'pid')
  const asker = openPty(t, ['/bin/sh', '-c', `echo $$ >'${pidFile}'; echo here; exec sleep 60`], {})
  await asker.waitFor('here')
  const { holder } = lockPaths(workspace.paths.locksDir, 'session one')
  mkdirSync(workspace.paths.locksDir, { recursive: true })
  writeHolder(holder, { pid: Number(readFileSync(pidFile, 'utf8')), program: 'aws-cred for prod' }, Date.now())
  const line = awaitedLine(workspace, 'session one', [])
  // It is shown only once the wait lasts.
  await wait(600)
  line.look()
  assert.match(terminal.text, /^\r\x1b\[Kwaiting for pid \d+ \(aws-cred for prod\)$/)
  removeHolder(holder)
  line.look()
  line.end()
  assert.match(terminal.text, /prod\)\r\x1b\[K$/)
})
