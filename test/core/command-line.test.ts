import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { isPortableProfileName, ownLine, parseOwnLine, splitCommand, withProgram } from '../../src/core/command-line.ts'
import { parseIni } from '../../src/core/ini.ts'
import { need } from '../support/need.ts'

const ENV = { PATH: process.env.PATH ?? '/usr/bin:/bin', PYTHONUTF8: '1', LC_ALL: 'C.UTF-8' }
const BOTOCORE = `from botocore.compat import compat_shell_split as split`

/** Splits many lines in one Python process; null for a line it refuses. */
function pythonSplit(imports: string, call: string, lines: readonly string[]): (string[] | null)[] {
  const script = `
import sys, json
${imports}
def one(line):
    try: return ${call}
    except ValueError: return None
json.dump([one(line) for line in json.load(sys.stdin)], sys.stdout)`
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], {
    input: JSON.stringify(lines),
    encoding: 'utf8',
    env: ENV,
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

const hasPython = (imports: string): boolean => spawnSync('python3', ['-c', imports], { env: ENV }).status === 0
const hasSh = (): boolean => spawnSync('sh', ['-c', ':'], { env: ENV }).status === 0

/** The words that a POSIX shell makes of many lines, as it would for a command. */
function shSplit(lines: readonly string[]): string[][] {
  const script = lines.map((line) => `set -- ${line}\nprintf '%s\\0' "$@"; printf '\\1\\0'`).join('\n')
  const { status, stdout } = spawnSync('sh', ['-s'], { input: script, encoding: 'utf8', env: ENV, cwd: '/' })
  assert.equal(status, 0)
  const result: string[][] = [[]]
  for (const word of stdout.split('\0').slice(0, -1)) {
    if (word === '\u0001') result.push([])
    else result.at(-1)?.push(word)
  }
  return result.slice(0, -1)
}

/**
 * What cmd.exe leaves of a line: Node's `/s /c "…"` takes the outer quotes away, a plain `/c` the first and the last
 * quote unless there are just two, with a space and none of `&<>()@^|` between them (`cmd /?`). Then no character may be one that it acts on.
 */
function cmdLine(line: string, mode: '/s /c' | '/c'): string {
  const spaced = /^"[^"&<>()@^|]* [^"&<>()@^|]*"[^"]*$/.test(line)
  const left = mode === '/s /c' || spaced ? line : line.replace('"', '').replace(/"([^"]*)$/, '$1')
  assert.doesNotMatch(left, /%/)
  assert.doesNotMatch(left.replace(/"[^"]*"/g, ''), /[&<>()^|,;=]/)
  return left
}

const letters = (characters: string) => fc.constantFrom(...characters)
const NAME_REST = 'abzAZ019_./@:+-'
const profileName = fc
  .tuple(letters('aZ0_./@:+'), fc.string({ unit: letters(NAME_REST), maxLength: 12 }))
  .map(([first, rest]) => first + rest)
const plainPath = fc
  .string({ unit: letters('abZ09_.@/+: -'), maxLength: 20 })
  .map((middle) => `/opt/${middle}/aws-cred`)
const oddPath = fc
  .string({ unit: fc.oneof(letters('$`"\\*?~!&|<>(){}[]=#;%^, a'), letters('éß漢😀')), maxLength: 20 })
  .map((middle) => `/opt/${middle}/aws-cred`)
const windowsPath = fc
  .string({ unit: letters('abZ09_.+ -\\'), maxLength: 20 })
  .map((middle) => `C:\\Users\\${middle}x\\aws-cred.exe`)

test('withProgram() changes the first word alone, however it is quoted', () => {
  const posix = (line: string) => withProgram(line, '/opt/a b/aws-cred', 'linux')
  const rest = ` process  --profile 'a b'\t"x"`
  for (const word of [
    'aws-cred',
    `"/old place/aws-cred"`,
    `'/old place/aws-cred'`,
    '/old\\ place/aws-cred',
    `/a"b c"/aws-cred`,
  ]) {
    assert.equal(posix(word + rest), `"/opt/a b/aws-cred"${rest}`)
  }
  assert.equal(posix('aws-cred'), '"/opt/a b/aws-cred"')
  assert.equal(
    withProgram('"C:\\old place\\aws-cred.exe" process --profile p', 'C:\\a b\\aws-cred.exe', 'win32'),
    '"C:\\a b\\aws-cred.exe" process --profile p',
  )
  assert.equal(withProgram('aws-cred process', "/it's/aws-cred", 'linux'), null)
})

suite('ownLine()', () => {
  test('is read as the same words by shlex, sh and itself, whatever the path', (t) => {
    if (!need(t, 'python3', hasPython('import shlex')) || !need(t, 'sh', hasSh())) return
    const cases = fc.sample(fc.tuple(fc.oneof(plainPath, oddPath), profileName), { numRuns: 2000, seed: 7 })
    const lines: string[] = []
    const words: string[][] = []
    for (const [path, name] of cases) {
      const line = ownLine(path, name, 'linux')
      if (/ [#;]/.test(path)) assert.equal(line, null)
      if (line === null) continue
      lines.push(line)
      words.push([path, 'process', '--profile', name])
    }
    assert.ok(lines.length > 1500)
    assert.deepEqual(pythonSplit('import shlex', 'shlex.split(line)', lines), words)
    assert.deepEqual(shSplit(lines), words)
    for (const [index, line] of lines.entries()) {
      assert.deepEqual(splitCommand(line, 'linux'), words[index])
      assert.deepEqual(parseOwnLine(line, 'linux'), { profile: words[index]?.[3] })
      const text = `[profile x]\ncredential_process = ${line}\n`
      const section = parseIni(text, { kind: 'config', path: 'config' }).sections[0]
      assert.equal(section?.properties[0]?.value, line)
    }
  })

  test('is read as the same words by cmd.exe and the MSVC runtime', () => {
    fc.assert(
      fc.property(windowsPath, profileName, (path, name) => {
        const line = ownLine(path, name, 'win32') as string
        for (const mode of ['/s /c', '/c'] as const) {
          assert.deepEqual(splitCommand(cmdLine(line, mode), 'win32'), [path, 'process', '--profile', name])
        }
        assert.deepEqual(parseOwnLine(line, 'win32'), { profile: name })
      }),
    )
  })

  test('is read as the same words by botocore on Windows', (t) => {
    if (!need(t, 'botocore for python3', hasPython(BOTOCORE))) return
    const cases = fc.sample(fc.tuple(windowsPath, profileName), { numRuns: 500, seed: 7 })
    const lines = cases.map(([path, name]) => ownLine(path, name, 'win32') as string)
    const words = cases.map(([path, name]) => [path, 'process', '--profile', name])
    assert.deepEqual(pythonSplit(BOTOCORE, "split(line, platform='win32')", lines), words)
  })

  test('starts a real program at an odd path', (t) => {
    if (!need(t, 'sh', hasSh())) return
    const folder = mkdtempSync(join(tmpdir(), 'aws-cred-line-'))
    try {
      for (const odd of ['a b', '$HOME', '`id`', '"', '\\', '*', '~', '&', '#', '(x)', 'é 漢']) {
        const path = join(folder, odd, 'aws-cred')
        mkdirSync(dirname(path))
        writeFileSync(path, '#!/bin/sh\nprintf "%s|" "$@"\n')
        chmodSync(path, 0o700)
        const line = ownLine(path, 'prod', 'linux') as string
        assert.equal(spawnSync('sh', ['-c', line], { encoding: 'utf8', env: ENV }).stdout, 'process|--profile|prod|')
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('quotes doubly where it can, singly on POSIX where it must, and is null where nothing helps', () => {
    assert.equal(ownLine('/opt/a b/aws-cred', 'p', 'linux'), '"/opt/a b/aws-cred" process --profile p')
    assert.equal(ownLine('/opt/$x/aws-cred', 'p', 'linux'), "'/opt/$x/aws-cred' process --profile p")
    assert.equal(ownLine('C:\\a b\\aws-cred.exe', 'p', 'win32'), '"C:\\a b\\aws-cred.exe" process --profile p')
    for (const path of [
      'C:\\$x\\aws-cred.exe',
      'C:\\é\\aws-cred.exe',
      'C:\\%x%\\aws-cred.exe',
      'C:\\a&b\\aws-cred.exe',
    ]) {
      assert.equal(ownLine(path, 'p', 'win32'), null)
    }
    for (const path of ["/a'b", '/a #b', '/a ;b', '/a\nb', '/a\tb', '/a\u007fb', '/a\u0000b', '/a\u001b[1mb']) {
      assert.equal(ownLine(path, 'p', 'linux'), null)
      assert.equal(ownLine(path, 'p', 'win32'), null)
    }
  })
})

suite('splitCommand()', () => {
  const line = fc.string({ unit: letters(' \t"\'\\abé$#;'), maxLength: 20 })

  test('splits any line as shlex does on POSIX', (t) => {
    if (!need(t, 'python3', hasPython('import shlex'))) return
    const lines = fc.sample(line, { numRuns: 3000, seed: 11 })
    assert.deepEqual(
      lines.map((each) => splitCommand(each, 'linux')),
      pythonSplit('import shlex', 'shlex.split(line)', lines),
    )
  })

  test('splits any line as botocore does on Windows', (t) => {
    if (!need(t, 'botocore for python3', hasPython(BOTOCORE))) return
    const lines = fc.sample(line, { numRuns: 3000, seed: 11 })
    assert.deepEqual(
      lines.map((each) => splitCommand(each, 'win32')),
      pythonSplit(BOTOCORE, "split(line, platform='win32')", lines),
    )
  })
})

suite('parseOwnLine()', () => {
  test('knows its own program in any folder and reads --profile in both forms', () => {
    for (const [text, profile] of [
      ['aws-cred process --profile p', 'p'],
      ['/old/place/aws-cred process --no-prompt --profile=p', 'p'],
      ["'/a b/aws-cred' process --profile 'p q'", 'p q'],
      ['aws-cred process', null],
      ['aws-cred process --profile', null],
    ] as const) {
      assert.deepEqual(parseOwnLine(text, 'linux'), { profile })
    }
    assert.deepEqual(parseOwnLine('"C:\\a b\\aws-cred.exe" process --profile p', 'win32'), { profile: 'p' })
  })

  test('is null for other programs, other verbs and quotes left open', () => {
    for (const text of [
      '',
      'aws-cred',
      'aws-cred export --profile p',
      'my-aws-cred process',
      'aws-cred.sh process',
      'sh -c "aws-cred process"',
      '"aws-cred process',
    ]) {
      assert.equal(parseOwnLine(text, 'linux'), null)
    }
  })
})

suite('isPortableProfileName()', () => {
  test('takes what every parser reads, and % only off Windows', () => {
    for (const name of ['a', 'prod', 'a.b/c:d@e+f_g-h', '0']) {
      assert.equal(isPortableProfileName(name, 'linux'), true)
      assert.equal(isPortableProfileName(name, 'win32'), true)
    }
    assert.deepEqual([isPortableProfileName('a%b', 'linux'), isPortableProfileName('a%b', 'win32')], [true, false])
    for (const name of ['', '-a', 'a b', 'a\n', "a'", 'a"', 'a\\b', 'a$b', 'a;b', 'a#b', 'é', 'a]', 'a=b', 'a,b']) {
      assert.equal(isPortableProfileName(name, 'linux'), false, JSON.stringify(name))
    }
  })
})
