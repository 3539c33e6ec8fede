import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { callerOf } from '../support/e2e-caller.ts'
import {
  addKey,
  type Document,
  documentOf,
  type E2ePlace,
  failureOf,
  keychainPlace,
  processOf,
  readyPlace,
  vaultPlace,
  verb,
} from '../support/e2e-place.ts'
import { changeIndex, indexFiles, keychainItems, type RawItems, stateDir, vaultItems } from '../support/e2e-stored.ts'
import { keyringInstalled, withKeyring } from '../support/keyring.ts'
import { need } from '../support/need.ts'
import { type StsUser, userArn } from '../support/sts.ts'
import { newKeyId, newSecret } from '../support/sts-world.ts'

interface Lie {
  readonly about: string
  readonly tell: (items: RawItems, place: E2ePlace) => void
  /** How many AssumeRole calls the right answer may cost. */
  readonly calls: number
}

const ROLE = 'session:Chained.'
const FAR_MS = Date.now() + 40 * 86_400_000

const LIES: readonly Lie[] = [
  {
    about: 'the item cut in its middle',
    tell: (items) => changeTop(items, (text) => text.slice(0, text.length / 2)),
    calls: 1,
  },
  {
    about: 'the item without its last character',
    tell: (items) => changeTop(items, (text) => text.slice(0, -1)),
    calls: 1,
  },
  { about: 'one letter of the item changed', tell: (items) => changeTop(items, flipped), calls: 1 },
  { about: "another program's text in the item", tell: (items) => changeTop(items, () => 'hunter2'), calls: 1 },
  {
    about: 'JSON of another kind in the item',
    tell: (items) => changeTop(items, () => '{"version":1,"kind":"session"}'),
    calls: 1,
  },
  {
    about: 'an item of another version',
    tell: (items) => changeTop(items, (text) => text.replace('"v":1', '"v":2')),
    calls: 1,
  },
  { about: 'null in the item', tell: (items) => changeTop(items, () => 'null'), calls: 1 },
  { about: "the other profile's item in its place", tell: swapped, calls: 2 },
  { about: "the key's item in its place", tell: (items) => changeTop(items, () => items.read('key:user1')), calls: 1 },
  { about: 'the item deleted', tell: (items) => items.remove(topOf(items)), calls: 1 },
  { about: 'the session notes deleted', tell: (_, place) => dropIndex(place, 'session-'), calls: 0 },
  { about: 'the key notes deleted', tell: (_, place) => dropIndex(place, 'key-'), calls: 0 },
  { about: 'the clock notes deleted', tell: (_, place) => dropIndex(place, 'clock-'), calls: 2 },
  {
    about: 'the whole index deleted',
    tell: (_, place) => rmSync(join(stateDir(place), 'index'), { recursive: true }),
    calls: 2,
  },
  {
    about: 'an index that speaks of another generation',
    tell: (_, place) => changeIndex(place, 'key', (entry) => ({ ...entry, generation: 'f'.repeat(32) })),
    calls: 0,
  },
  {
    about: 'an index that promises sessions of 40 days, and no items',
    tell: (items, place) => {
      changeIndex(place, 'session', (entry) => ({ ...entry, expiresMs: FAR_MS }))
      for (const name of items.names().filter((each) => each.startsWith('session:'))) items.remove(name)
    },
    calls: 2,
  },
  {
    about: 'an index that says all is over',
    tell: (_, place) => changeIndex(place, 'session', (entry) => ({ ...entry, expiresMs: 1 })),
    calls: 2,
  },
  {
    about: 'an index of another type throughout',
    tell: (_, place) => changeIndex(place, 'session', (entry) => ({ ...entry, expiresMs: '9', rootId: 7 })),
    calls: 0,
  },
]

function topOf(items: RawItems): string {
  const top = items.names().find((name) => name.startsWith(ROLE))
  assert.ok(top !== undefined, "the last hop's session is stored")
  return top
}

function changeTop(items: RawItems, change: (text: string) => string): void {
  const name = topOf(items)
  items.write(name, change(items.read(name)))
}

/** A letter in the middle, where the value is. */
function flipped(text: string): string {
  const at = Math.floor(text.length / 2)
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}

function swapped(items: RawItems): void {
  const [a = '', b = '', ...more] = items.names().filter((name) => name.startsWith('session:'))
  assert.deepEqual([a !== '', b !== '', more.length], [true, true, 0])
  const texts = [items.read(a), items.read(b)] as const
  items.write(a, texts[1])
  items.write(b, texts[0])
}

function dropIndex(place: E2ePlace, kind: string): void {
  const files = indexFiles(place, kind)
  assert.ok(files.length > 0, `there are notes of ${kind}`)
  for (const file of files) rmSync(file)
}

test('process answers right over a vault or index that lies, at the cost of what is missing', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  await provesLies(t, place, vaultItems)
})

test('process answers right over a keychain or index that lies, at the cost of what is missing', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => {
    await provesLies(t, await readyPlace(await keychainPlace(t, keyring)), keychainItems)
  })
})

async function provesLies(t: TestContext, place: E2ePlace, open: (place: E2ePlace) => RawItems): Promise<void> {
  for (const { about, tell, calls } of LIES) {
    await t.test(about, async () => {
      documentOf(await processOf(place, 'two'))
      tell(open(place), place)
      place.sts.reset()
      const answer = documentOf(await processOf(place, 'two'))
      assert.ok(place.sts.count('AssumeRole') <= calls, `${place.sts.count('AssumeRole')} calls`)
      if (calls > 0) assert.ok(place.sts.count('AssumeRole') > 0, 'what was lied about was not served')
      await assertChained(place, answer)
      place.sts.reset()
      const again = documentOf(await processOf(place, 'two'))
      assert.deepEqual([again, place.sts.counts()], [answer, {}], 'it is mended')
    })
  }
}

async function assertChained(place: E2ePlace, document: Document): Promise<void> {
  assert.match(await callerOf(place, document), /:assumed-role\/Chained\/alice$/)
  assert.equal(document.AccountId, '123456789012')
}

test("process says that the key's item is damaged, and makes nothing from it", async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  const items = vaultItems(place)
  items.write('key:user1', items.read('key:user1').slice(0, -9))
  assert.match(failureOf(await processOf(place, 'two'), 1), /damaged/)
  assert.deepEqual(place.sts.counts(), {})
})

test('add --replace never lets the old identity be served again', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  await provesReplace(place)
})

test('add --replace never lets the old identity be served again, in the keychain', async (t) => {
  if (!need(t, 'gnome-keyring', keyringInstalled())) return
  await withKeyring(async (keyring) => provesReplace(await readyPlace(await keychainPlace(t, keyring))))
})

async function provesReplace(place: E2ePlace): Promise<void> {
  const { alice, arns } = place.world
  const bob: StsUser = { ...alice, accessKeyId: newKeyId('AKIA'), secret: newSecret(), userName: 'bob' }
  place.world.users.push(bob)
  place.world.roles.find(({ arn }) => arn === arns.middle)?.trust.push(userArn(bob))
  const bySession = new Map<string, string>()
  const ownerOf = async (document: Document): Promise<string> => {
    const known = bySession.get(document.AccessKeyId) ?? (await callerOf(place, document)).replace(/^.*\//, '')
    bySession.set(document.AccessKeyId, known)
    return known
  }
  assert.equal(await ownerOf(documentOf(await processOf(place, 'two'))), 'alice')
  for (const owner of [bob, alice, bob]) {
    let replaced = false
    const answers: { readonly startedAfter: boolean; readonly document: Document }[] = []
    const ask = async () => {
      const startedAfter = replaced
      answers.push({ startedAfter, document: documentOf(await processOf(place, 'two')) })
    }
    const asking = Array.from({ length: 3 }, async () => {
      while (!replaced) await ask()
      await ask()
    })
    await addKey(place, owner, ['--replace'])
    replaced = true
    await Promise.all(asking)
    const after = answers.filter((each) => each.startedAfter)
    assert.ok(after.length >= 3)
    for (const { startedAfter, document } of answers) {
      const whose = await ownerOf(document)
      assert.ok(whose === 'alice' || whose === 'bob')
      if (startedAfter) assert.equal(whose, owner.userName)
    }
  }
}

test('remove takes the key and every session made from it', async (t) => {
  const place = await readyPlace(await vaultPlace(t))
  documentOf(await processOf(place, 'two'))
  const { code, err } = await verb(place, ['remove', 'user1', '--yes'])
  assert.equal(code, 0, err)
  assert.deepEqual(vaultItems(place).names(), [])
  place.sts.reset()
  failureOf(await processOf(place, 'two'), 1)
  assert.deepEqual(place.sts.counts(), {})
})
