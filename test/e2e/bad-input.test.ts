import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { documentOf, type Ended, failureOf, processOf, type RunOptions, runIn, verb } from '../support/e2e-place.ts'
import { indexFiles, stateDir, vaultItems } from '../support/e2e-stored.ts'
import { need } from '../support/need.ts'
import { type SweepWorld, sweepWorld } from '../support/sweep-world.ts'
import { VERB_RUNS, type VerbRun } from '../support/verb-runs.ts'

const isRoot = process.getuid?.() === 0
const SOAK = process.env.AWS_CRED_SOAK === '1'

/** Some of a list, others for each verb; all of them where there is time. */
function someOf<T>(list: readonly T[], verbName: string, count: number): readonly T[] {
  const at = [...verbName].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  return SOAK ? list : Array.from({ length: count }, (_, i) => list[(at + i * 3) % list.length] as T)
}

let shared: SweepWorld
const ends: (() => void | Promise<void>)[] = []

/** One for the whole file, put back before each test. */
before(async () => {
  shared = await sweepWorld({ after: (end) => ends.push(end) }, 'vault by key file')
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

async function freshWorld(): Promise<SweepWorld> {
  await shared.restore()
  return shared
}

const NAMES: readonly string[] = [
  '',
  'no-such',
  'x'.repeat(10_000),
  'a b',
  'quo"te',
  "quo'te",
  'new\nline',
  '__proto__',
  'constructor',
  '%n%s',
  ';id',
  '$(id)`id`',
  '\u001b[31mred\u202e',
  '-rf',
]

/** A name is one word of what was typed, however it looks. */
const NAMED: readonly (readonly [verb: string, words: (name: string) => string[], codes: readonly number[]])[] = [
  ['process', (name) => ['process', `--profile=${name}`], [1]],
  ['export', (name) => ['export', `--profile=${name}`], [1]],
  ['exec', (name) => ['exec', `--profile=${name}`, '--', 'true'], [1]],
  ['serve', (name) => ['serve', `--profile=${name}`, '--', 'true'], [1]],
  ['login', (name) => ['login', '--', name], [1]],
  ['logout', (name) => ['logout', '--', name], [1]],
  ['import', (name) => ['import', '--yes', '--', name], [1, 2]],
  ['remove', (name) => ['remove', '--yes', '--', name], [1]],
  ['add', (name) => ['add', '--stdin', '--', name], [1, 2]],
  ['setup', (name) => ['setup', '--undo', '--', name], [1, 2]],
]

test('a profile that is not there, however it is called, is one line and exit 1, and no hint that a shell would read otherwise', async (t) => {
  const world = await freshWorld()
  for (const [name, words, codes] of NAMED) {
    await t.test(name, async () => {
      for (const each of someOf(NAMES, name, 5)) {
        const ended = await verb(world, words(each), { stdin: 'AKIAIOSFODNN7EXAMPLE\nno secret at all\n' })
        assert.ok(
          codes.includes(ended.code ?? -1),
          `${JSON.stringify(each.slice(0, 40))}: ${ended.code} ${ended.err.slice(0, 300)}`,
        )
        const said = failureOf(ended, ended.code ?? 1)
        assert.ok(said.length < 1_000, 'cut')
        const command = /hint: .*aws-cred \w+ (.*)\n$/.exec(said)?.[1] ?? ''
        assert.doesNotMatch(command, /["'`$;\\\n]|x{300}/)
      }
    })
  }
  assert.match(
    (await processOf(world, 'tow')).err,
    /"tow": not in ~\/\.aws\/config\naws-cred: hint: the nearest name is "two"\n/,
  )
})

test('a source that is no name is told, and no command with it', async () => {
  const world = await freshWorld()
  for (const source of ['a b', 'a;id', '$(id)', "it's", '-rf', '@args', '%PATH%', 'x'.repeat(700)]) {
    writeConfig(
      world,
      `[profile p]\naws_cred_role_arn = ${world.world.arns.prod}\naws_cred_source_profile = ${source}\n`,
    )
    assert.doesNotMatch(failureOf(await processOf(world, 'p'), 1), /hint/, source)
  }
})

test('a chain of 3,000 roles is refused at once, in one line', async () => {
  const world = await freshWorld()
  const link = (i: number) =>
    `[profile c${i}]\naws_cred_role_arn = ${world.world.arns.prod}\naws_cred_source_profile = c${i + 1}\n`
  world.sts.reset()
  writeConfig(world, Array.from({ length: 3_000 }, (_, i) => link(i)).join(''))
  assert.match(
    failureOf(await processOf(world, 'c0'), 1),
    /its chain of sources is longer than 20: c0 > c1 > c2 > …\n.*hint: .*: aws-cred setup c0 --source-profile NAME\n$/,
  )
  const { code, err } = await verb(world, ['list'])
  assert.deepEqual([code, err], [0, ''])
  assert.equal(world.sts.requests.length, 0)
})

interface ConfigCase {
  readonly about: string
  readonly make: (path: string, text: string) => void
  /** Null: it is read as it should be. */
  readonly refused: RegExp | null
}

const CONFIGS: readonly ConfigCase[] = [
  { about: 'a folder', make: (path) => replaced(path, () => mkdirSync(path)), refused: /is a directory/ },
  {
    about: '20 MB',
    make: (path) => writeFileSync(path, Buffer.alloc(20_000_000, '# x\n')),
    refused: /is larger than 16 MiB/,
  },
  { about: 'binary', make: (path) => writeFileSync(path, Buffer.from([0, 1, 2, 255])), refused: /holds NUL bytes/ },
  {
    about: 'no UTF-8',
    make: (path, text) => writeFileSync(path, Buffer.from(`${text}# caf\xe9\n`, 'latin1')),
    refused: /is not UTF-8 text/,
  },
  {
    about: 'UTF-16',
    make: (path, text) => writeFileSync(path, Buffer.from(`\ufeff${text}`, 'utf16le')),
    refused: /not UTF-8 text/,
  },
  {
    about: 'a pipe',
    make: (path) => replaced(path, () => execFileSync('mkfifo', [path])),
    refused: /is not a regular file/,
  },
  {
    about: 'a device',
    make: (path) => replaced(path, () => symlinkSync('/dev/zero', path)),
    refused: /is not a regular file/,
  },
  {
    about: 'a link to itself',
    make: (path) => replaced(path, () => symlinkSync(path, path)),
    refused: /too many symbolic links/,
  },
  { about: 'with a BOM', make: (path, text) => writeFileSync(path, `\ufeff${text}`), refused: null },
  { about: 'with CRLF', make: (path, text) => writeFileSync(path, text.replaceAll('\n', '\r\n')), refused: null },
  {
    about: 'with all of it',
    make: (path, text) => writeFileSync(path, `\ufeff${text.replaceAll('\n', '\r\n')}`),
    refused: null,
  },
  { about: 'without a last line end', make: (path, text) => writeFileSync(path, text.trimEnd()), refused: null },
]

const SETUP = ['setup', 'fresh', '--region', 'eu-west-1', '--yes']

test('a config is read as it should be, or one clear error; setup keeps BOM and line ends', async (t) => {
  const world = await freshWorld()
  const path = join(world.home, '.aws/config')
  for (const { about, make, refused } of CONFIGS) {
    await t.test(about, async () => {
      await world.restore()
      make(path, readFileSync(path, 'utf8'))
      if (refused !== null) {
        for (const words of [['process', '--profile', 'two'], ['list'], SETUP]) {
          const said = failureOf(await verb(world, words), 1)
          assert.match(said, refused)
          assert.ok(said.includes(path))
        }
        const locked = await verb(world, ['lock'])
        assert.equal(locked.code, 0, 'what needs no config does without')
        return
      }
      documentOf(await processOf(world, 'two'))
      const before = readFileSync(path, 'utf8')
      const { code, err } = await verb(world, SETUP)
      assert.equal(code, 0, err)
      const after = readFileSync(path, 'utf8')
      assert.equal(after.startsWith(before), true)
      assert.equal(/[^\r]\n/.test(after), !before.includes('\r\n'), 'one kind of line end')
      assert.equal((await verb(world, ['setup', 'fresh', '--undo'])).code, 0)
      assert.equal(readFileSync(path, 'utf8'), before)
    })
  }
})

function replaced(path: string, make: () => void): void {
  rmSync(path)
  make()
}

/** `process` answers from a fresh call, and nothing that was there is damaged by it. */
async function provesFresh(world: SweepWorld, options: RunOptions = {}): Promise<void> {
  const ended = await verb(world, ['process', '--profile', 'two', '--refresh', '--no-prompt'], options)
  documentOf(ended)
  assert.ok(world.sts.count('AssumeRole') > 0)
}

test('process answers from a fresh call on a full disk, a read-only one, and where a file may not grow', async (t) => {
  const world = await freshWorld()
  if (!need(t, 'root, to make a small file system', world.canFill)) return
  const fill = join(world.root, 'fill')
  const cases: readonly (readonly [string, () => void, () => void])[] = [
    [
      'full',
      () =>
        void spawnSync('sh', ['-c', `dd if=/dev/zero of=${fill} bs=64k; dd if=/dev/zero bs=1 count=65536 >> ${fill}`]),
      () => rmSync(fill),
    ],
    [
      'read-only',
      () => void execFileSync('mount', ['-o', 'remount,ro', world.root]),
      () => void execFileSync('mount', ['-o', 'remount,rw', world.root]),
    ],
  ]
  for (const [about, spoil, mend] of cases) {
    await t.test(about, async () => {
      await world.restore()
      const before = documentOf(await processOf(world, 'two'))
      spoil()
      try {
        await provesFresh(world)
        assert.deepEqual(documentOf(await processOf(world, 'two')), before, 'the stored one stands')
        const login = await verb(world, ['login', 'two', '--duration', '30m'])
        assert.deepEqual([login.code, login.out], [1, ''])
        assert.match(
          login.err,
          /error: cannot log in to "two": the session was made, but not kept: .*(the disk is full|the file system is read-only)\n$/,
        )
        for (const words of [SETUP, ['add', 'user2', '--stdin', '--no-verify']]) {
          const { accessKeyId, secret } = world.keys.spare
          const { code, err } = await verb(world, words, { stdin: `${accessKeyId}\n${secret}\n` })
          assert.equal(code, 1)
          assert.match(err, /aws-cred: error: .*(the disk is full|the file system is read-only)\n$/)
        }
      } finally {
        mend()
      }
      assert.deepEqual(documentOf(await processOf(world, 'two')), before)
    })
  }
  await t.test('a limit of 40 bytes a file', async () => {
    await world.restore()
    const limited = { ...world, binary: '/usr/bin/prlimit' }
    const ended = await verb(limited, ['--fsize=40', world.binary, 'process', '--profile', 'two', '--refresh'])
    documentOf(ended)
    documentOf(await processOf(world, 'two'))
  })
})

test("process answers where HOME is not there, no folder, or another user's", async (t) => {
  const world = await freshWorld()
  const env = { XDG_STATE_HOME: join(world.home, '.local/state'), AWS_CONFIG_FILE: join(world.home, '.aws/config') }
  for (const home of [join(world.root, 'none/at/all'), '/dev/null', join(world.home, 'vault-key')]) {
    await world.restore()
    await provesFresh(world, { env: { ...env, HOME: home } })
  }
  assert.equal(existsSync(join(world.root, 'none')), false, 'and makes none')
  if (!need(t, 'root, to give a home away', isRoot)) return
  await world.restore()
  chownSync(world.home, 65_534, 65_534)
  await provesFresh(world, { env })
  chownSync(world.home, 0, 0)
})

test("setup leaves another user's config alone, wherever AWS_CONFIG_FILE leads", async (t) => {
  if (!need(t, 'root, to give files away', isRoot)) return
  const world = await freshWorld()
  const theirs = join(world.root, 'theirs')
  mkdirSync(theirs)
  writeFileSync(join(theirs, 'config'), '[profile mine]\nregion = eu-west-1\n')
  chownSync(theirs, 65_534, 65_534)
  symlinkSync(join(theirs, 'config'), join(world.home, 'link'))
  for (const path of [join(theirs, 'config'), join(theirs, 'none/config'), join(world.home, 'link')]) {
    for (const words of [SETUP, ['setup', 'fresh', '--undo']]) {
      const said = failureOf(await verb(world, words, { env: { AWS_CONFIG_FILE: path } }), 1)
      assert.match(said, /belongs to another user\naws-cred: hint: run it as that user, without sudo\n/)
    }
  }
  assert.equal(readFileSync(join(theirs, 'config'), 'utf8'), '[profile mine]\nregion = eu-west-1\n')
})

test('an index that is lost is a miss: list says what is not known, and the next process or add writes it anew', async (t) => {
  const world = await freshWorld()
  for (const [about, mend] of [
    ['process', () => processOf(world, 'two')],
    ['add', () => verb(world, ['add', 'user1', '--stdin', '--replace'], { stdin: keyText(world) })],
  ] as const) {
    await t.test(about, async () => {
      await world.restore()
      rmSync(join(stateDir(world), 'index'), { recursive: true })
      const list = await verb(world, ['list'])
      assert.equal(list.code, 0, list.err)
      assert.match(list.out, /^user1 +- +not known here +none$/m)
      assert.equal((await mend()).code, 0)
      assert.match((await verb(world, ['list'])).out, /^user1 +user alice 123456789012 +vault, AKIA…/m)
      assert.ok(vaultItems(world).names().includes('key:user1'))
      documentOf(await processOf(world, 'two'))
    })
  }
})

test("an item of another version, or edited by hand, is a miss; a key's own is said to be damaged until add mends it", async () => {
  const world = await freshWorld()
  for (const edit of [
    (text: string) => text.replace('"v":1', '"v":2'),
    (text: string) => text.replace('"n":"', '"n":"x'),
    () => '{}',
  ]) {
    await world.restore()
    const items = vaultItems(world)
    for (const name of items.names().filter((each) => each.startsWith('session:')))
      items.write(name, edit(items.read(name)))
    const first = documentOf(await processOf(world, 'two'))
    assert.equal(world.sts.count('AssumeRole'), 2)
    assert.deepEqual(documentOf(await processOf(world, 'two')), first, 'it is mended')
    items.write('key:user1', edit(items.read('key:user1')))
    assert.match(failureOf(await processOf(world, 'user1'), 1), /the item is damaged or not ours/)
    assert.equal((await verb(world, ['add', 'user1', '--stdin', '--replace'], { stdin: keyText(world) })).code, 0)
    documentOf(await processOf(world, 'user1'))
  }
})

test('what stands in the place of an item, a note or a name of a lock holder hangs nobody', async () => {
  const world = await freshWorld()
  const vault = join(stateDir(world), 'vault')
  const sessions = execFileSync('find', [vault, '-name', 'session-*'], { encoding: 'utf8' }).trim().split('\n')
  const locks = execFileSync('find', [join(stateDir(world), 'locks'), '-name', '*.lock'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  for (const plant of [
    (path: string) => void execFileSync('mkfifo', [path]),
    (path: string) => symlinkSync('/dev/zero', path),
    (path: string) => mkdirSync(path),
  ]) {
    await world.restore(70 * 60_000)
    for (const path of [...sessions, ...indexFiles(world, 'session-')]) replaced(path, () => plant(path))
    for (const lock of locks) plant(lock.replace(/lock$/, 'holder'))
    documentOf(await processOf(world, 'two'))
    assert.equal(world.sts.count('AssumeRole'), 2)
  }
})

test('a vault whose folder is a link, or open to others, is not used', async () => {
  const world = await freshWorld()
  const vault = join(stateDir(world), 'vault')
  renameSync(vault, `${vault}-elsewhere`)
  symlinkSync(`${vault}-elsewhere`, vault)
  assert.match(failureOf(await processOf(world, 'two'), 1), /vault": it is a symbolic link/)
  await world.restore()
  execFileSync('chmod', ['0777', vault])
  const said = failureOf(await processOf(world, 'two'), 1)
  assert.match(said, /other users may write to it\naws-cred: hint: chmod 700 \S+\n/)
  execFileSync('sh', ['-c', /hint: (.*)\n/.exec(said)?.[1] ?? ''])
  documentOf(await processOf(world, 'two'))
})

const VARIABLES: readonly Readonly<Record<string, string>>[] = [
  { NODE_OPTIONS: '--require /nonexistent/none.cjs' },
  { NODE_OPTIONS: '--bogus' },
  { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
  { NODE_DEBUG: 'net,http,module' },
  { NODE_V8_COVERAGE: '/nonexistent' },
  { NODE_COMPILE_CACHE: '/nonexistent' },
  { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  { LD_LIBRARY_PATH: '/nonexistent::.' },
]

test('every verb says the same under the variables of Node', async (t) => {
  const world = await freshWorld()
  for (const [name, run] of Object.entries(VERB_RUNS)) {
    await t.test(name, async () => {
      await world.restore()
      const plain = await ran(world, run)
      for (const env of someOf(VARIABLES, name, 1)) {
        await world.restore()
        // Times, keys and ports are new each time.
        const same = ({ code, err }: Ended) => [code, err.replace(/\d+/g, '0')]
        assert.deepEqual(same(await ran(world, run, { ...env })), same(plain), JSON.stringify(env))
      }
    })
  }
})

test('every verb ends cleanly where stdin, stdout or stderr is closed or full', async (t) => {
  const world = await freshWorld()
  for (const [name, run] of Object.entries(VERB_RUNS)) {
    await t.test(name, async () => {
      for (const redirect of someOf(['<&-', '>&-', '2>&-', '>/dev/full', '<&- >&- 2>&-'], name, 2)) {
        await world.restore()
        const command = ['sh', '-c', `exec "$@" ${redirect}`, 'sh', world.binary, ...run.words(world)]
        const { code, signal, err } = await runIn(world, command, optionsOf(world, run))
        assert.equal(signal, null, redirect)
        assert.ok([0, 1, 3].includes(code ?? -1) || run.runsCommand === true, `${redirect}: ${code} ${err}`)
        assert.doesNotMatch(err, /^\s+at |node:|Error\b/m)
      }
    })
  }
})

async function ran(world: SweepWorld, run: VerbRun, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const options = optionsOf(world, run)
  return verb(world, run.words(world), { ...options, env: { ...options.env, ...env } })
}

function optionsOf(world: SweepWorld, run: VerbRun): RunOptions {
  return { stdin: run.stdin?.(world) ?? '', ...(run.env === undefined ? {} : { env: run.env }) }
}

function keyText({ world: { alice } }: SweepWorld): string {
  return `${alice.accessKeyId}\n${alice.secret}\n`
}

function writeConfig({ home }: SweepWorld, text: string): void {
  writeFileSync(join(home, '.aws/config'), text)
}
