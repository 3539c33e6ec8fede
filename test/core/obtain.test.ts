import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RootIdentity } from '../../src/core/cache-key.ts'
import { CredError } from '../../src/core/errors.ts'
import { hasMargin, obtainSession } from '../../src/core/obtain.ts'
import type { SessionNote, Sources } from '../../src/core/obtain-sources.ts'
import type { Step } from '../../src/core/plan/plan.ts'
import type { Session } from '../../src/core/session.ts'

const minutes = (count: number) => count * 60_000
const CLOCK = 'sts.test'

function identityOf(generation: string): RootIdentity {
  return { id: `key:${generation}`, partition: 'aws', accountId: null, userName: null }
}

/** A machine with a store, an index, locks and an STS, all in memory, under a clock that tests move. */
class World {
  nowMs = Date.UTC(2026, 10, 23)
  clockKnown = true
  lifeMs = minutes(60)
  /** What the index and the key's own item say. */
  listed: string | null = 'g1'
  generation = 'g1'
  readonly items = new Map<string, Session>()
  readonly notes = new Map<string, SessionNote>()
  readonly failures: unknown[] = []
  readonly calls: { key: string; signedBy: string }[] = []
  reads = 0
  locks = 0
  rootReads = 0
  fetches = 0
  /** What a root gives that is fetched: a session of that life, or keys of that generation without an end. */
  fetched: { readonly lifeMs: number } | string | null = null
  fails: ((level: number) => Error | null) | null = null
  saveFails: 'item' | 'note' | null = null
  readFails: Error | null = null
  onRead: (() => void) | null = null
  onRootRead: (() => void) | null = null
  onRefresh: (() => void | Promise<void>) | null = null
  /** Cache keys whose renewal is put off. */
  readonly backingOff = new Set<string>()
  /** What each wait and each call was told. */
  readonly urgent: boolean[] = []
  readonly asked: boolean[] = []
  /** Steps whose session takes a code. */
  withCode: readonly number[] = []
  /** What another way to a session gives, where STS refuses the first. */
  otherWay: Session | null = null
  private readonly locked = new Set<string>()
  private serial = 0
  private saves = 0

  key(level: number, generation = this.generation): string {
    return `level${level}.key:${generation}`
  }

  put(key: string, leftMs: number, lifeMs = this.lifeMs): Session {
    const expiresMs = this.nowMs + leftMs
    const session = this.session(key, expiresMs - lifeMs, expiresMs)
    this.items.set(key, session)
    this.note(key, session)
    return session
  }

  note(key: string, { issuedMs, expiresMs }: Pick<Session, 'issuedMs' | 'expiresMs'>): void {
    this.notes.set(key, { issuedMs, expiresMs, clockName: CLOCK, savedMs: ++this.saves })
  }

  session(key: string, issuedMs: number, expiresMs: number): Session {
    return {
      accessKeyId: `ASIA${++this.serial}`,
      secretAccessKey: 's',
      // So that a test sees for which cache key it was made.
      sessionToken: key,
      issuedMs,
      expiresMs,
      clockName: CLOCK,
      accountId: null,
      arn: null,
    }
  }

  sources(levels: number): Sources {
    const steps = Array.from({ length: levels }, (_, level): Step => {
      const mfaSerial = this.withCode.includes(level) ? 'serial' : null
      return { kind: 'session-token', profile: `${level}`, durationSeconds: 3600, mfaSerial }
    })
    const root = (generation: string) => ({
      accessKeyId: `AKIA-${generation}`,
      secretAccessKey: 's',
      sessionToken: null,
      identity: identityOf(generation),
    })
    return {
      steps,
      knownIdentity: () =>
        this.listed === null
          ? null
          : { ...identityOf(this.listed), ...(this.fetched === null ? {} : { givesSession: true }) },
      rootCredentials: async () => {
        this.rootReads++
        this.onRootRead?.()
        await turn()
        return root(this.generation)
      },
      fetchRoot: async () => {
        this.fetches++
        await turn()
        const given = this.fetched
        if (given === null) throw new CredError('failed', 'cannot fetch the root')
        return typeof given === 'string'
          ? { ...root(given), identity: identityOf(given) }
          : this.session('root', this.nowMs, this.nowMs + given.lifeMs)
      },
      cacheKey: (identity, level) => `level${level}.${identity.id}`,
      note: (key) => this.notes.get(key) ?? null,
      read: async (key) => {
        this.reads++
        await turn()
        if (this.readFails !== null) throw this.readFails
        const found = this.items.get(key) ?? null
        this.onRead?.()
        return found
      },
      save: async (key, session) => {
        await turn()
        if (this.saveFails === 'item') throw new CredError('failed', 'cannot write the item')
        this.items.set(key, session)
        await turn()
        if (this.saveFails === 'note') throw new CredError('failed', 'cannot write the note')
        this.note(key, session)
      },
      stsNowMs: (name) => (this.clockKnown && name === CLOCK ? this.nowMs : null),
      exclusively: async (key, { isUrgent, whileWaiting }, work) => {
        this.urgent.push(isUrgent)
        while (this.locked.has(key)) {
          const found = await whileWaiting()
          if (found !== null) return found
          await turn()
        }
        this.locked.add(key)
        this.locks++
        try {
          return await work()
        } finally {
          this.locked.delete(key)
        }
      },
      afterRefusal: async (error) => {
        if (this.otherWay === null) throw error
        // Under the lock: nobody else may be refused meanwhile.
        assert.equal(this.locked.size, 1)
        return this.otherWay
      },
      isBackingOff: (key) => this.backingOff.has(key),
      backOff: (key) => this.backingOff.add(key),
      refresh: async (step, signer, identity, { mayAsk }) => {
        this.asked.push(mayAsk)
        const level = steps.indexOf(step)
        const key = `level${level}.${identity.id}`
        this.calls.push({ key, signedBy: signer.sessionToken ?? signer.accessKeyId })
        await turn()
        await this.onRefresh?.()
        const failure = this.fails?.(level) ?? null
        if (failure !== null) throw failure
        this.clockKnown = true
        return this.session(key, this.nowMs, this.nowMs + this.lifeMs)
      },
      recordFailure: (error) => this.failures.push(error),
    }
  }

  async obtain(levels = 1, forceRefresh = false): Promise<Session> {
    const given = await obtainSession(this.sources(levels), { forceRefresh })
    assert.ok('expiresMs' in given, 'a session')
    return given
  }

  callsOf(level: number): number {
    return this.calls.filter(({ key }) => key.startsWith(`level${level}.`)).length
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('obtainSession() serves a stored session without STS, lock or root, with one read', async () => {
  const world = new World()
  const stored = world.put(world.key(0), minutes(30))
  assert.equal(await world.obtain(), stored)
  assert.deepEqual([world.calls.length, world.reads, world.rootReads, world.failures.length], [0, 1, 0, 0])
})

test('obtainSession() refreshes at 16 min left, and serves above', async () => {
  for (const [leftMs, calls] of [
    [minutes(16) + 1, 0],
    [minutes(16), 1],
    [minutes(2), 1],
    [-1, 1],
  ] as const) {
    const world = new World()
    world.put(world.key(0), leftMs)
    const session = await world.obtain()
    assert.equal(world.calls.length, calls, `${leftMs} ms left`)
    assert.ok(session.expiresMs - world.nowMs > minutes(16))
  }
})

test('obtainSession() serves a short session down to a third of its life', async () => {
  for (const [lifeMs, leftMs, calls] of [
    [minutes(15), minutes(5) + 1, 0],
    [minutes(15), minutes(5), 1],
    [minutes(30), minutes(10) + 1, 0],
    [minutes(30), minutes(10), 1],
  ] as const) {
    const world = new World()
    world.lifeMs = lifeMs
    world.put(world.key(0), leftMs)
    await world.obtain()
    assert.equal(world.calls.length, calls, `${leftMs} of ${lifeMs} ms left`)
  }
})

test('obtainSession() signs with a middle session that has more than 1 min left', async () => {
  const world = new World()
  world.put(world.key(0), minutes(1) + 1)
  await world.obtain(2)
  assert.deepEqual(world.calls, [{ key: 'level1.key:g1', signedBy: 'level0.key:g1' }])
  assert.equal(world.rootReads, 0)
})

test('obtainSession() makes a middle session anew at 1 min left', async () => {
  const world = new World()
  world.put(world.key(0), minutes(1))
  await world.obtain(2)
  assert.deepEqual(
    world.calls.map(({ key }) => key),
    ['level0.key:g1', 'level1.key:g1'],
  )
})

test('obtainSession() refreshes each of two hops once and keeps both', async () => {
  const world = new World()
  const first = await world.obtain(2)
  assert.deepEqual(world.calls, [
    { key: 'level0.key:g1', signedBy: 'AKIA-g1' },
    { key: 'level1.key:g1', signedBy: 'level0.key:g1' },
  ])
  assert.equal(await world.obtain(2), first)
  assert.equal(world.calls.length, 2)
})

test('obtainSession() serves the old session when a refresh fails, and says why', async () => {
  const world = new World()
  const stored = world.put(world.key(0), minutes(5))
  const refusal = new CredError('failed', 'cannot reach STS')
  world.fails = () => refusal
  assert.equal(await world.obtain(), stored)
  assert.deepEqual(world.failures, [refusal])
})

test('obtainSession() takes another way to the last session under its lock, and only where none lives', async () => {
  const world = new World()
  world.fails = (level) => (level === 1 ? new CredError('failed', 'STS refuses the session') : null)
  world.otherWay = world.session('elsewhere', world.nowMs, world.nowMs + minutes(60))
  assert.equal(await world.obtain(2), world.otherWay)
  assert.deepEqual([...world.items.keys()], [world.key(0)])
  const lasting = world.put(world.key(1), minutes(10))
  assert.equal(await world.obtain(2), lasting)
})

test('obtainSession() throws when a refresh fails and less than a minute is left', async () => {
  for (const leftMs of [minutes(1), 1, -minutes(5)]) {
    const world = new World()
    world.put(world.key(0), leftMs)
    const refusal = new CredError('failed', 'cannot reach STS')
    world.fails = () => refusal
    await assert.rejects(world.obtain(), refusal)
    assert.deepEqual(world.failures, [refusal])
  }
})

test('obtainSession() looks at the clock again before it serves the old session', async () => {
  const world = new World()
  world.put(world.key(0), minutes(5))
  world.fails = () => {
    world.nowMs += minutes(5)
    return new CredError('failed', 'cannot reach STS')
  }
  await assert.rejects(world.obtain(), { message: 'cannot reach STS' })
})

test('obtainSession() makes the last session anew when forced, and only that', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  const stored = world.put(world.key(1), minutes(30))
  const session = await world.obtain(2, true)
  assert.notEqual(session, stored)
  assert.deepEqual([world.callsOf(0), world.callsOf(1)], [0, 1])
})

test('obtainSession() throws when a forced refresh fails', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  world.fails = () => new CredError('failed', 'cannot reach STS')
  await assert.rejects(world.obtain(1, true), { message: 'cannot reach STS' })
})

test('obtainSession() counts a session under an unknown clock as none', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  world.clockKnown = false
  await world.obtain()
  assert.equal(world.calls.length, 1)
})

test('obtainSession() refreshes where the note lies about the item', async () => {
  const lies: ((world: World) => void)[] = [
    (world) => world.items.delete(world.key(0)),
    (world) => {
      const expired = world.session(world.key(0), world.nowMs - minutes(61), world.nowMs - minutes(1))
      world.items.set(world.key(0), expired)
    },
    (world) => {
      const stored = world.items.get(world.key(0)) as Session
      world.items.set(world.key(0), { ...stored, clockName: 'sts.other' })
    },
  ]
  for (const lie of lies) {
    const world = new World()
    world.put(world.key(0), minutes(30))
    lie(world)
    const session = await world.obtain()
    assert.equal(world.calls.length, 1)
    assert.ok(hasMargin(world.sources(1), session, minutes(16)))
  }
})

test('obtainSession() serves an item whose note was lost, without STS', async () => {
  const world = new World()
  const stored = world.put(world.key(0), minutes(30))
  world.notes.clear()
  assert.equal(await world.obtain(), stored)
  assert.equal(world.calls.length, 0)
})

test('obtainSession() signs with a middle item whose note was lost', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  world.notes.clear()
  await world.obtain(2)
  assert.deepEqual([world.callsOf(0), world.callsOf(1)], [0, 1])
})

test('obtainSession() keeps a session under the identity that the key itself names', async () => {
  const world = new World()
  world.listed = 'old'
  world.generation = 'new'
  await world.obtain(2)
  assert.deepEqual([...world.items.keys()], ['level0.key:new', 'level1.key:new'])
  assert.ok(world.calls.every(({ key }) => key.endsWith('key:new')))
})

test('obtainSession() keeps a session under the new identity when the key is replaced meanwhile', async () => {
  const world = new World()
  world.onRootRead = () => {
    world.generation = 'new'
  }
  await world.obtain(1)
  assert.deepEqual([...world.items.keys()], ['level0.key:new'])
})

test('obtainSession() uses what is stored under the new identity', async () => {
  const world = new World()
  world.listed = 'old'
  world.generation = 'new'
  const stored = world.put(world.key(0), minutes(30))
  assert.equal(await world.obtain(), stored)
  assert.equal(world.calls.length, 0)
})

test('obtainSession() never serves the session of a key that was replaced, when the new key fails', async () => {
  const world = new World()
  world.listed = 'old'
  world.put(world.key(0, 'old'), minutes(10))
  world.generation = 'new'
  world.fails = () => new CredError('failed', 'STS does not know the key')
  await assert.rejects(world.obtain(), { message: 'STS does not know the key' })
})

test('obtainSession() never serves the session of a replaced key when the store then fails', async () => {
  const world = new World()
  world.listed = 'old'
  world.put(world.key(0, 'old'), minutes(10))
  world.generation = 'new'
  world.onRootRead = () => {
    world.readFails = new CredError('person', 'the keychain is locked')
  }
  await assert.rejects(world.obtain(), { message: 'the keychain is locked' })
})

test('obtainSession() does not read what the note says has ended', async () => {
  const world = new World()
  world.put(world.key(0), minutes(1))
  await world.obtain()
  assert.deepEqual([world.reads, world.calls.length], [0, 1])
})

test('obtainSession() takes no lock for a middle session that is good', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  await world.obtain(2)
  assert.equal(world.locks, 1)
})

test('obtainSession() reads the store while it waits only when the note has changed', async () => {
  const world = new World()
  const holder = world.obtain()
  world.onRefresh = async () => {
    // A note of something that is of no use to the waiter.
    world.note(world.key(0), { issuedMs: world.nowMs - minutes(60), expiresMs: world.nowMs + minutes(20) })
    for (let i = 0; i < 50; i++) await turn()
  }
  const [one, other] = await Promise.all([holder, world.obtain()])
  assert.equal(one, other)
  assert.equal(world.calls.length, 1)
  assert.ok(world.reads < 10, `${world.reads} reads`)
})

test('obtainSession() serves a stored session, without STS, where the index does not know the key', async () => {
  const world = new World()
  const stored = world.put(world.key(0), minutes(30))
  world.listed = null
  assert.equal(await world.obtain(), stored)
  assert.equal(world.calls.length, 0)
})

test('obtainSession() serves the old session when a refresh fails, where the index does not know the key', async () => {
  const world = new World()
  const stored = world.put(world.key(0), minutes(5))
  world.listed = null
  world.fails = () => new CredError('failed', 'cannot reach STS')
  assert.equal(await world.obtain(), stored)
})

test('obtainSession() gives up with an error of its own on keys that change at every look', async () => {
  const world = new World()
  let changes = 0
  world.onRootRead = () => {
    world.generation = `g${++changes + 1}`
  }
  await assert.rejects(world.obtain(), (error) => error instanceof CredError && error.code === 'failed')
  assert.ok(changes < 10)
})

test('obtainSession() makes no second call where another refreshed while it read the store', async () => {
  const world = new World()
  world.put(world.key(0), minutes(10))
  let other: Session | null = null
  world.onRead = () => {
    other ??= world.put(world.key(0), minutes(60))
  }
  assert.equal(await world.obtain(), other)
  assert.equal(world.calls.length, 0)
})

test('obtainSession() keeps why the store could not be read', async () => {
  const world = new World()
  world.readFails = new CredError('person', 'the keychain is locked')
  await assert.rejects(world.obtain(), world.readFails)
  assert.deepEqual(world.failures, [world.readFails])
})

test('obtainSession() answers though the session cannot be saved, and says why', async () => {
  for (const saveFails of ['item', 'note'] as const) {
    const world = new World()
    world.saveFails = saveFails
    const session = await world.obtain(2)
    assert.equal(session.sessionToken, 'level1.key:g1')
    assert.deepEqual(
      world.failures.map((error) => (error as Error).message),
      [`cannot write the ${saveFails}`, `cannot write the ${saveFails}`],
    )
  }
})

test('obtainSession() makes the signing session anew once where STS says that it has expired', async () => {
  const world = new World()
  world.put(world.key(0), minutes(30))
  const revoked = world.items.get(world.key(0))
  const expired = new CredError('failed', 'has expired', { cause: { stsCode: 'ExpiredToken' } })
  world.fails = (level) => (level === 1 && world.items.get(world.key(0)) === revoked ? expired : null)
  await world.obtain(2)
  assert.deepEqual([world.callsOf(0), world.callsOf(1)], [1, 2])

  world.fails = (level) => (level === 1 ? expired : null)
  await assert.rejects(world.obtain(2, true), expired)
  assert.deepEqual([world.callsOf(0), world.callsOf(1)], [2, 4])
})

test('obtainSession() calls STS once in a long chain whose root has expired', async () => {
  const world = new World()
  const expired = new CredError('failed', 'has expired', { cause: { stsCode: 'ExpiredToken' } })
  world.fails = () => expired
  await assert.rejects(world.obtain(20), expired)
  assert.equal(world.calls.length, 1)
})

test('obtainSession() calls STS once a hop for 100 at once, who all get the same', async () => {
  for (const levels of [1, 2, 3]) {
    const world = new World()
    const sessions = await Promise.all(Array.from({ length: 100 }, () => world.obtain(levels)))
    assert.equal(world.calls.length, levels)
    assert.equal(new Set(sessions).size, 1)
  }
})

test('obtainSession() calls STS once for 100 who start at any moment of the refresh', async () => {
  const world = new World()
  world.put(world.key(0), minutes(3))
  const started: Promise<Session>[] = []
  for (let i = 0; i < 100; i++) {
    started.push(world.obtain())
    if (i % 7 === 0) await turn()
  }
  await Promise.all(started)
  assert.equal(world.calls.length, 1)
})

test('obtainSession() calls STS once a hop for 100 at once where the index does not know the key', async () => {
  const world = new World()
  world.listed = null
  await Promise.all(Array.from({ length: 100 }, () => world.obtain(2)))
  assert.equal(world.calls.length, 2)
})

test('obtainSession() gives two roles behind one middle role one middle session', async () => {
  const world = new World()
  const renamed = (): Sources => {
    const sources = world.sources(2)
    return { ...sources, cacheKey: (identity, level) => `${level === 1 ? 'other' : 'level0'}.${identity.id}` }
  }
  await Promise.all([world.obtain(2), obtainSession(renamed(), { forceRefresh: false })])
  assert.equal(world.callsOf(0), 1)
  assert.equal(world.callsOf(1), 2)
})

test('obtainSession() lets the next try where the holder failed', async () => {
  const world = new World()
  let calls = 0
  world.fails = () => (calls++ === 0 ? new CredError('failed', 'throttled') : null)
  const results = await Promise.allSettled([world.obtain(), world.obtain(), world.obtain()])
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected'])
  assert.equal(world.calls.length, 2)
})

const event = fc.record({
  jumpMs: fc.oneof(fc.constant(0), fc.integer({ min: -minutes(90), max: minutes(90) })),
  before: fc.constantFrom('nothing', 'lose note', 'lose item', 'replace key', 'forget key', 'unknown clock', 'foreign'),
  fails: fc.boolean(),
  saveFails: fc.constantFrom(null, null, 'item' as const, 'note' as const),
  lifeMs: fc.constantFrom(minutes(15), minutes(60), minutes(720)),
  force: fc.boolean(),
  atOnce: fc.integer({ min: 1, max: 4 }),
})

test('obtainSession() never gives a dead session or one of another key, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(event, { maxLength: 12 }), async (levels, events) => {
      const world = new World()
      let generation = 1
      for (const { jumpMs, before, fails, saveFails, lifeMs, force, atOnce } of events) {
        world.nowMs += jumpMs
        world.lifeMs = lifeMs
        world.saveFails = saveFails
        world.fails = fails ? () => new CredError('failed', 'told to') : null
        if (before === 'lose note') world.notes.clear()
        if (before === 'lose item') world.items.clear()
        if (before === 'replace key') world.generation = `g${++generation}`
        if (before === 'forget key') world.listed = null
        if (before === 'unknown clock') world.clockKnown = false
        if (before === 'foreign') {
          for (const [key, note] of world.notes) world.notes.set(key, { ...note, clockName: 'sts.other' })
        }
        // As `add` leaves it: the index names the old key no more once the new one is in place.
        if (world.listed !== null) world.listed = world.generation
        const results = await Promise.allSettled(Array.from({ length: atOnce }, () => world.obtain(levels, force)))
        for (const result of results) {
          if (result.status === 'rejected') {
            assert.ok(result.reason instanceof CredError, String(result.reason))
            assert.ok(fails)
            continue
          }
          assert.equal(result.value.sessionToken, world.key(levels - 1))
          assert.ok(hasMargin(world.sources(levels), result.value, 0))
        }
      }
    }),
    { numRuns: 300 },
  )
})

// --- Roots that give sessions

test('obtainSession() keeps what a root gives below the first hop, and asks it once', async () => {
  const world = new World()
  world.fetched = { lifeMs: minutes(60) }
  const session = await world.obtain(1)
  assert.equal(session.sessionToken, 'level0.key:g1')
  assert.deepEqual(world.calls, [{ key: 'level0.key:g1', signedBy: 'root' }])
  assert.deepEqual([...world.items.keys()].sort(), ['level-1.key:g1', 'level0.key:g1'])
  assert.equal(await world.obtain(1), session)
  await world.obtain(0)
  assert.deepEqual([world.fetches, world.calls.length, world.rootReads], [1, 1, 0])
})

test('obtainSession() gives the session of a root without hops, due by the same rules', async () => {
  const world = new World()
  world.fetched = { lifeMs: minutes(15) }
  const first = await world.obtain(0)
  assert.equal(first.sessionToken, 'root')
  world.nowMs += minutes(9)
  assert.equal(await world.obtain(0), first)
  world.nowMs += minutes(2)
  assert.notEqual(await world.obtain(0), first)
  assert.deepEqual([world.fetches, world.calls.length], [2, 0])
})

test('obtainSession() asks a root once for a crowd', async () => {
  const world = new World()
  world.fetched = { lifeMs: minutes(60) }
  const sessions = await Promise.all(Array.from({ length: 20 }, () => world.obtain(2)))
  assert.equal(new Set(sessions).size, 1)
  assert.deepEqual([world.fetches, world.calls.length], [1, 2])
})

test('obtainSession() asks the root again when STS says that its session has expired', async () => {
  const world = new World()
  world.fetched = { lifeMs: minutes(60) }
  let refusals = 1
  world.fails = () =>
    refusals-- > 0 ? new CredError('failed', 'expired', { cause: { stsCode: 'ExpiredToken' } }) : null
  await world.obtain(1)
  assert.deepEqual([world.fetches, world.calls.length], [2, 2])
})

test('obtainSession() plans once more on keys without an end, and keeps the hop under them alone', async () => {
  const world = new World()
  world.fetched = 'g2'
  world.generation = 'g2'
  const session = await world.obtain(1)
  assert.equal(session.sessionToken, 'level0.key:g2')
  assert.deepEqual([...world.items.keys()], ['level0.key:g2'])
  assert.deepEqual(world.calls, [{ key: 'level0.key:g2', signedBy: 'AKIA-g2' }])
})

test('obtainSession() hands out keys without an end where nothing stands on them', async () => {
  const world = new World()
  world.fetched = 'g2'
  world.generation = 'g2'
  const given = await obtainSession(world.sources(0), { forceRefresh: false })
  assert.ok('identity' in given && given.accessKeyId === 'AKIA-g2')
  assert.deepEqual([world.items.size, world.calls.length], [0, 0])
})

test('obtainSession() serves the session of a root that fails, while it lives', async () => {
  const world = new World()
  world.fetched = { lifeMs: minutes(60) }
  const first = await world.obtain(0)
  world.nowMs += minutes(50)
  world.fetched = null
  const sources = world.sources(0)
  const known = { ...identityOf('g1'), givesSession: true }
  const failing = { ...sources, knownIdentity: () => known }
  assert.equal(await obtainSession(failing, { forceRefresh: false }), first)
  assert.match(String(world.failures.at(-1)), /cannot fetch the root/)
})

test('obtainSession() asks nobody while a session lives that can be served, and puts the next try off', async () => {
  const world = new World()
  const first = world.put(world.key(0), minutes(10))
  world.fails = () => new CredError('person', 'it needs a code')
  assert.equal(await world.obtain(1), first)
  assert.equal(await world.obtain(1), first)
  assert.deepEqual([world.asked, world.urgent, [...world.backingOff]], [[false], [false], [world.key(0)]])
  assert.match(String(world.failures.at(-1)), /it needs a code/)
})

test('obtainSession() asks where no session lives, where one is forced, and where a person is better asked', async () => {
  const cases = [
    [0, { forceRefresh: false }],
    [10, { forceRefresh: true }],
    [10, { forceRefresh: false, serveLasting: false }],
  ] as const
  for (const [leftMinutes, options] of cases) {
    const world = new World()
    if (leftMinutes > 0) world.put(world.key(0), minutes(leftMinutes))
    // A renewal that rests is no reason for any of them.
    world.backingOff.add(world.key(0))
    await obtainSession(world.sources(1), options)
    assert.deepEqual([world.asked, world.urgent], [[true], [true]])
  }
})

test('obtainSession() makes a revoked session anew that signs, but asks for no second code', async () => {
  const revoked = new CredError('failed', 'unknown', { cause: { stsCode: 'InvalidClientTokenId' } })
  const world = new World()
  world.withCode = [0]
  world.put(world.key(0), minutes(50))
  let refusals = 1
  world.fails = (level) => (level === 1 && refusals-- > 0 ? revoked : null)
  await world.obtain(2)
  assert.deepEqual(
    world.calls.map(({ key }) => key),
    [world.key(1), world.key(0), world.key(1)],
  )
  const fresh = new World()
  fresh.withCode = [0]
  fresh.fails = (level) => (level === 1 ? revoked : null)
  await assert.rejects(fresh.obtain(2), revoked)
  assert.equal(fresh.calls.filter(({ key }) => key === fresh.key(0)).length, 1)
})
