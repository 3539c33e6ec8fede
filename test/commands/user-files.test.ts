import assert from 'node:assert/strict'
import fs, {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { need } from '../support/need.ts'
import { type Place, pairOf, place, run, stored } from '../support/vault-place.ts'

/** What the verbs that edit a user's files do to them, whatever those look like. */
interface Edit {
  readonly verb: 'setup' | 'import'
  readonly words: readonly string[]
  /** The file that is edited in place, and both files before and after, with `\n` and a last line end. */
  readonly file: 'config' | 'credentials'
  before(keys: string): Readonly<Record<string, string>>
  after(): Readonly<Record<string, string>>
}

const LINE = 'credential_process = "/opt/aws-cred/aws-cred" process --profile user1\n'

const EDITS: readonly Edit[] = [
  {
    verb: 'setup',
    words: ['setup', 'user1', '--region', 'eu-west-1', '--yes'],
    file: 'config',
    before: () => ({ config: '# mine\n[default]\noutput = json\n\n[profile user1]\noutput = text\n' }),
    after: () => ({
      config: `# mine\n[default]\noutput = json\n\n[profile user1]\n${LINE}output = text\nregion = eu-west-1\n`,
    }),
  },
  {
    verb: 'import',
    words: ['import', 'user1', '--yes'],
    file: 'credentials',
    before: (keys) => ({
      config: '[profile user1]\noutput = text\n',
      credentials: `# mine\n[user1]\n${keys}\n[other]\nregion = eu-west-1\n`,
    }),
    after: () => ({
      config: `[profile user1]\n${LINE}output = text\n`,
      credentials: '# mine\n[user1]\n\n[other]\nregion = eu-west-1\n',
    }),
  },
  {
    verb: 'import',
    words: ['import', 'user1', '--yes'],
    file: 'config',
    before: (keys) => ({ config: `# mine\n[profile user1]\n${keys}output = text\n\n[default]\noutput = json\n` }),
    after: () => ({ config: `# mine\n[profile user1]\n${LINE}output = text\n\n[default]\noutput = json\n` }),
  },
]

/** The keys as the last lines of the file. */
const AT_THE_END: Edit = {
  verb: 'import',
  words: ['import', 'user1', '--yes'],
  file: 'credentials',
  before: (keys) => ({ config: '', credentials: `[other]\nregion = eu-west-1\n\n[user1]\noutput = json\n${keys}` }),
  after: () => ({
    config: `[profile user1]\n${LINE}`,
    credentials: '[other]\nregion = eu-west-1\n\n[user1]\noutput = json\n',
  }),
}

interface Look {
  readonly name: string
  /** How a text with `\n` and a last line end stands in the file. */
  readonly of: (text: string) => string
  readonly isLink?: boolean
}

const LOOKS: readonly Look[] = [
  { name: 'as most editors write it', of: (text) => text },
  { name: 'with CRLF', of: (text) => text.replaceAll('\n', '\r\n') },
  { name: 'with a byte order mark', of: (text) => `\ufeff${text}` },
  { name: 'without a last line end', of: (text) => text.replace(/\n$/, '') },
  {
    name: 'with a byte order mark and CRLF, without a last line end',
    of: (text) => `\ufeff${text.replace(/\n$/, '').replaceAll('\n', '\r\n')}`,
  },
  { name: 'as a link into a folder of dotfiles', of: (text) => text, isLink: true },
]

const pathOf = (here: Place, name: string) => join(here.home, '.aws', name)

/** A place with the files of an edit, and the key where `setup` finds it. */
async function prepared(t: TestContext, edit: Edit, look: Look = LOOKS[0] as Look): Promise<Place> {
  const here = await place(t)
  const { alice } = here.world
  if (edit.verb === 'setup') await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(alice) })
  mkdirSync(join(here.home, '.aws'))
  mkdirSync(join(here.home, 'dot'))
  const keys = `aws_access_key_id = ${alice.accessKeyId}\naws_secret_access_key = ${alice.secret}\n`
  for (const [name, text] of Object.entries(edit.before(keys))) {
    const file = look.isLink ? join(here.home, 'dot', name) : pathOf(here, name)
    writeFileSync(file, look.of(text), { mode: 0o600 })
    if (look.isLink) symlinkSync(join('..', 'dot', name), pathOf(here, name))
  }
  return here
}

function texts(here: Place): Record<string, string> {
  const names = ['config', 'credentials'].filter((name) => existsSync(pathOf(here, name)))
  return Object.fromEntries(names.map((name) => [name, readFileSync(pathOf(here, name), 'utf8')]))
}

for (const edit of EDITS) {
  suite(`${edit.verb} edits the ${edit.file} file`, () => {
    for (const look of LOOKS) {
      test(look.name, async (t) => {
        const here = await prepared(t, edit, look)
        const { code, err } = await run(here, edit.words)
        assert.equal(code, 0, err)
        const wanted = Object.entries(edit.after()).map(([name, text]) => [name, look.of(text)])
        assert.deepEqual(texts(here), Object.fromEntries(wanted))
        for (const name of Object.keys(edit.after())) {
          assert.equal(lstatSync(pathOf(here, name)).isSymbolicLink(), look.isLink === true)
          assert.equal(statSync(pathOf(here, name)).mode & 0o777, 0o600)
        }
        const left = [...readdirSync(join(here.home, '.aws')), ...readdirSync(join(here.home, 'dot'))]
        assert.deepEqual(
          left.filter((name) => name.startsWith('.')),
          [],
        )
      })
    }

    test('not where it is marked read-only: a clear refusal before anything is stored', async (t) => {
      const here = await prepared(t, edit)
      const before = texts(here)
      chmodSync(pathOf(here, edit.file), 0o400)
      const { code, err } = await run(here, edit.words)
      assert.equal(code, 1)
      assert.match(err, /error: cannot write "[^\n]+": it is marked read-only\naws-cred: hint: chmod u\+w \S+\n$/)
      assert.deepEqual(texts(here), before)
      assert.equal((await stored(here, 'user1')).key !== null, edit.verb === 'setup')
    })

    test('not where another program has changed it between read and write: what that wrote stays', async (t) => {
      if (!need(t, '/proc', existsSync('/proc/self/fd'))) return
      const here = await prepared(t, edit)
      const file = pathOf(here, edit.file)
      const changed = `${readFileSync(file, 'utf8')}[new]\nregion = ap-south-1\n`
      // The last moment before the look: the temporary file is written and goes to disk.
      const { fsyncSync } = fs
      t.mock.method(fs, 'fsyncSync', (fd: number) => {
        const path = fs.readlinkSync(`/proc/self/fd/${fd}`)
        if (path.startsWith(pathOf(here, '.aws-cred-')) && holds(edit, here, path)) writeFileSync(file, changed)
        fsyncSync(fd)
      })
      syncBuiltinESMExports()
      const { code, err } = await run(here, edit.words)
      t.mock.restoreAll()
      syncBuiltinESMExports()
      assert.equal(code, 1)
      assert.match(err, /error: cannot write "[^\n]+": another program has changed it meanwhile/)
      assert.equal(readFileSync(file, 'utf8'), changed)
      assert.deepEqual(
        readdirSync(join(here.home, '.aws')).filter((name) => name.startsWith('.')),
        [],
      )
      if (edit.verb !== 'import') return
      const state =
        edit.file === 'config'
          ? 'the files are as they were'
          : '~/.aws/config is written, the credentials file is as it was'
      assert.ok(err.includes(`; the keys were stored, ${state}\naws-cred: hint: run the command again\n`), err)
      // And so it is: run again, it goes on.
      assert.equal((await run(here, edit.words)).code, 0)
      const after = edit.after()[edit.file] as string
      assert.equal(readFileSync(file, 'utf8'), `${after}[new]\nregion = ap-south-1\n`)
    })
  })
}

/** Whether a temporary file is the one for the file of the edit. */
function holds(edit: Edit, here: Place, temporary: string): boolean {
  return readFileSync(temporary, 'utf8') === edit.after()[edit.file] && existsSync(pathOf(here, edit.file))
}

test('import takes keys from the end of a file, whose last line ends as it did', async (t) => {
  for (const look of LOOKS.slice(0, 5)) {
    const here = await prepared(t, AT_THE_END, look)
    const { code, err } = await run(here, AT_THE_END.words)
    assert.equal(code, 0, err)
    assert.equal(texts(here).credentials, look.of(AT_THE_END.after().credentials as string), look.name)
  }
})

test('setup makes a config through a link that leads to nothing yet, and names a link that has no end', async (t) => {
  const here = await place(t)
  await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })
  mkdirSync(join(here.home, '.aws'))
  mkdirSync(join(here.home, 'dot'))
  symlinkSync('../dot/config', pathOf(here, 'config'))
  const made = await run(here, ['setup', 'user1', '--yes'])
  assert.equal(made.code, 0, made.err)
  assert.equal(readFileSync(join(here.home, 'dot', 'config'), 'utf8'), `[profile user1]\n${LINE}`)
  assert.ok(lstatSync(pathOf(here, 'config')).isSymbolicLink())
  symlinkSync('credentials', pathOf(here, 'credentials'))
  const { code, err } = await run(here, ['import', '--all', '--yes'])
  assert.equal(code, 1)
  assert.match(err, /cannot read "[^\n]+credentials": too many symbolic links\n/)
})

test('setup names import where a file holds secrets', async (t) => {
  const here = await place(t)
  const { alice } = here.world
  const keys = `aws_access_key_id = ${alice.accessKeyId}\naws_secret_access_key = ${alice.secret}\n`
  const hintOf = async (config: string) => {
    mkdirSync(join(here.home, '.aws'), { recursive: true })
    writeFileSync(pathOf(here, 'config'), config)
    const { code, err } = await run(here, ['setup', 'prod', '--yes'])
    assert.equal(code, 1)
    assert.ok(!err.includes(alice.secret))
    return /hint: (.*)\n$/.exec(err)?.[1]
  }
  assert.equal(await hintOf(`[profile a]\n${keys}`), 'take it out first: aws-cred import a')
  assert.equal(await hintOf(`[default]\n${keys}`), 'take it out first: aws-cred import default')
  assert.equal(
    await hintOf(`[profile a]\n${keys}aws_session_token = x\n`),
    'take it out first: aws-cred import a --drop-session',
  )
  assert.match((await hintOf(`[profile a]\n# ${keys.split('\n')[1]}\n`)) ?? '', /^take that line out; /)
  const { code, err } = await run(here, ['setup', 'a', '--yes'])
  assert.equal(code, 1, err)
  writeFileSync(pathOf(here, 'config'), `[profile a]\n${keys}`)
  assert.equal((await run(here, ['import', 'a', '--yes'])).code, 0)
  const after = await run(here, ['setup', 'a', '--region', 'eu-west-1', '--yes'])
  assert.equal(after.code, 0, after.err)
})
