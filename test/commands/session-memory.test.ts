import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionMemory } from '../../src/commands/session/session-memory.ts'
import type { RootIdentity } from '../../src/core/cache-key.ts'
import { CredError } from '../../src/core/errors.ts'
import { obtainSession } from '../../src/core/obtain.ts'
import type { SessionNote, Sources } from '../../src/core/obtain-sources.ts'
import type { Step } from '../../src/core/plan/plan.ts'
import type { Session } from '../../src/core/session.ts'

const MINUTE = 60_000
const IDENTITY: RootIdentity = { id: 'key:g1', partition: 'aws', accountId: null, userName: null }

/** A store, an index and an STS in memory, seen by one process that remembers. */
class World {
  nowMs = Date.UTC(2026, 10, 25)
  item: Session | null = null
  noted: SessionNote | null = null
  reads = 0
  asked = 0
  told = 0
  refused: CredError | null = null
  saveFails = false
  keyIsGone = false
  private made = 0
  private readonly memory = new SessionMemory(() => this.nowMs)

  session(leftMs: number): Session {
    return {
      accessKeyId: `ASIA${++this.made}`,
      secretAccessKey: 's',
      sessionToken: 't',
      issuedMs: this.nowMs - 60 * MINUTE + leftMs,
      expiresMs: this.nowMs + leftMs,
      clockName: 'sts.test',
      accountId: null,
      arn: null,
    }
  }

  put(session: Session): Session {
    this.item = session
    this.noted = { ...session, savedMs: this.made }
    return session
  }

  async answer(): Promise<Session> {
    const sources: Sources = {
      steps: [{ kind: 'session-token', profile: 'p' } as Step],
      knownIdentity: () => IDENTITY,
      rootCredentials: async () => ({
        accessKeyId: 'AKIA',
        secretAccessKey: 's',
        sessionToken: null,
        identity: IDENTITY,
      }),
      cacheKey: () => 'key',
      note: () => this.noted,
      read: async () => {
        this.reads++
        return this.item
      },
      save: async (_key, session) => {
        if (this.saveFails) throw new CredError('failed', 'the disk is full')
        if (!this.keyIsGone) this.put(session)
      },
      stsNowMs: () => this.nowMs,
      exclusively: (_key, _flight, work) => work(),
      afterRefusal: (error) => Promise.reject(error),
      refresh: async () => {
        this.asked++
        if (this.refused !== null) throw this.refused
        return this.session(60 * MINUTE)
      },
      recordFailure: () => this.told++,
      fetchRoot: async () => assert.fail('no root of its own'),
      isBackingOff: () => false,
      backOff: () => undefined,
    }
    const session = await obtainSession(this.memory.remembering(sources), { forceRefresh: false })
    assert.ok('expiresMs' in session)
    return session
  }
}

test('SessionMemory reads the store once for each writing of a session', async () => {
  const world = new World()
  const first = world.put(world.session(60 * MINUTE))
  for (let i = 0; i < 5; i++) assert.deepEqual(await world.answer(), first)
  assert.equal(world.reads, 1)
  const second = world.put(world.session(60 * MINUTE))
  for (let i = 0; i < 5; i++) assert.deepEqual(await world.answer(), second)
  assert.equal(world.reads, 2)
  assert.equal(world.asked, 0)
})

test('SessionMemory serves no session whose note was taken away', async () => {
  const world = new World()
  const dropped = world.put(world.session(60 * MINUTE))
  assert.deepEqual(await world.answer(), dropped)
  Object.assign(world, { item: null, noted: null })
  assert.notDeepEqual(await world.answer(), dropped)
  assert.equal(world.asked, 1)
})

test('SessionMemory serves what the store hides by now', async () => {
  const world = new World()
  const first = world.put(world.session(60 * MINUTE))
  await world.answer()
  world.item = null
  assert.deepEqual(await world.answer(), first)
  assert.equal(world.asked, 0)
})

test('SessionMemory holds a session that could not be put away', async () => {
  const world = new World()
  world.saveFails = true
  const first = await world.answer()
  for (let i = 0; i < 5; i++) assert.deepEqual(await world.answer(), first)
  assert.equal(world.asked, 1)
  world.nowMs += 50 * MINUTE
  assert.notDeepEqual(await world.answer(), first)
  assert.equal(world.asked, 2)
})

test('SessionMemory holds no session whose key went away while it was made', async () => {
  const world = new World()
  world.keyIsGone = true
  await world.answer()
  await world.answer()
  assert.equal(world.asked, 2)
})

test('a refresh that failed is tried again after 10 s, the old session served meanwhile and the reason kept once a try', async () => {
  const world = new World()
  const old = world.put(world.session(10 * MINUTE))
  world.refused = new CredError('failed', 'no')
  for (let i = 0; i < 5; i++) assert.deepEqual(await world.answer(), old)
  assert.deepEqual([world.asked, world.told], [1, 1])
  world.nowMs += 10_000
  for (let i = 0; i < 5; i++) assert.deepEqual(await world.answer(), old)
  assert.deepEqual([world.asked, world.told], [2, 2])
  world.refused = null
  assert.deepEqual(await world.answer(), old)
  world.nowMs += 10_000
  assert.notDeepEqual(await world.answer(), old)
})

test('with nothing left the same refusal is heard again, until it is tried again', async () => {
  const world = new World()
  world.put(world.session(MINUTE))
  const refused = new CredError('failed', 'no')
  world.refused = refused
  for (let i = 0; i < 5; i++) await assert.rejects(world.answer(), refused)
  assert.deepEqual([world.asked, world.told], [1, 1])
  world.nowMs += 10_000
  world.refused = null
  await world.answer()
  assert.equal(world.asked, 2)
})

test('another process ends the wait: its session is served within the 10 s', async () => {
  const world = new World()
  world.put(world.session(10 * MINUTE))
  world.refused = new CredError('failed', 'no')
  await world.answer()
  const theirs = world.put(world.session(60 * MINUTE))
  assert.deepEqual(await world.answer(), theirs)
  assert.equal(world.asked, 1)
})
