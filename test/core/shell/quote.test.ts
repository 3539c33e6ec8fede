import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { formatChanges, type VariablesFormat } from '../../../src/core/shell/export-formats.ts'
import { cmdAssignment, dotenvAssignment, githubAssignment, githubCommandValue } from '../../../src/core/shell/quote.ts'
import { need } from '../../support/need.ts'

const HOST = resolve(import.meta.dirname, '../../../../shared/clients/pwsh-host')
const NODE = process.execPath
const HEX = `"${NODE}" -e 'for (const name of process.argv.slice(1)) console.log(Buffer.from(process.env[name] ?? "unset").toString("hex"))'`

interface Shell {
  readonly name: string
  readonly format: VariablesFormat
  readonly program: string | null
  /** The arguments that run `code` and then print each variable's value in hex. */
  args(code: string, names: readonly string[]): string[]
  readonly runs: number
}

function found(name: string): string | null {
  return ['/usr/bin', '/bin', '/usr/local/bin'].map((folder) => join(folder, name)).find(existsSync) ?? null
}

const sh = (names: readonly string[]) => ['-c', `eval "$CODE"\n${HEX} ${names.join(' ')}`]
const POSIX = ['sh', 'dash', 'bash', 'zsh', 'busybox'].map((name): Shell => {
  const before = name === 'busybox' ? ['sh'] : []
  return { name, format: 'env', program: found(name), runs: 6, args: (_, names) => [...before, ...sh(names)] }
})

const SHELLS: readonly Shell[] = [
  ...POSIX,
  {
    name: 'bash, not exported',
    format: 'env-no-export',
    program: found('bash'),
    runs: 3,
    args: (_, names) => ['-c', `set -a; eval "$CODE"\n${HEX} ${names.join(' ')}`],
  },
  {
    name: 'zsh with rc_quotes, ksh_arrays and extended_glob',
    format: 'env',
    program: found('zsh'),
    runs: 3,
    args: (_, names) => ['-o', 'rc_quotes', '-o', 'ksh_arrays', '-o', 'extended_glob', ...sh(names)],
  },
  {
    name: 'bash, sourced',
    format: 'env',
    program: found('bash'),
    runs: 3,
    args: (_, names) => ['-c', `. <(printf %s "$CODE")\n${HEX} ${names.join(' ')}`],
  },
  {
    name: 'fish',
    format: 'fish',
    program: found('fish'),
    runs: 4,
    args: (_, names) => ['--no-config', '-c', `printf %s "$CODE" | source\n${HEX} ${names.join(' ')}`],
  },
  {
    name: 'PowerShell',
    format: 'powershell',
    program: found('pwsh') ?? (existsSync(HOST) ? HOST : null),
    runs: 3,
    args: (_, names) => [
      '-NoProfile',
      '-Command',
      `$env:CODE -split "\`n" | Out-String | Invoke-Expression; foreach ($n in '${names.join("','")}') { [Console]::Out.WriteLine([BitConverter]::ToString([Text.Encoding]::UTF8.GetBytes([Environment]::GetEnvironmentVariable($n))).Replace('-', '').ToLower()) }`,
    ],
  },
]

/** Every character of one byte but NUL, alone and together, then what each shell treats as special, then anything. */
const ALL_BYTES = Array.from({ length: 0x7f }, (_, i) => String.fromCharCode(i + 1))
const HOSTILE = [
  ALL_BYTES.join(''),
  ALL_BYTES.toReversed().join(''),
  Array.from({ length: 0x800 - 0x80 }, (_, i) => String.fromCharCode(i + 0x80)).join(''),
  '\u0800\u2018\u2019\u201a\u201b\u201c\u201d\u2028\uf600\uf8ff\ufdd0\ufeff\uffff\u{10000}\u{1f511}\u{10ffff}',
  ...[
    "'",
    "''",
    "'''a'''",
    '"',
    '`',
    '\\',
    '\\\\',
    "\\'",
    '$',
    '$HOME',
    '$(id)',
    '`id`',
    '%PATH%',
    '!',
    '!!',
    '^',
    '&',
    '|',
    ';',
    '#',
    '~',
    '*',
    ' ',
    '\t',
    '\r',
    '\n',
    '\n\n',
    'a\n',
    '\na',
    '\r\n',
    '.\n',
    "'\n'",
    '\\\n\\',
    '',
    '-n',
    '-e',
    '=',
    '$' + '{x}',
    '{a,b}',
    '<(id)',
    '\u001b]0;x\u0007',
    '@args',
    '$env:X',
    "'; id #",
  ],
]
const SPECIAL = fc.string({
  unit: fc.constantFrom(
    "'",
    '"',
    '$',
    '`',
    '\\',
    '\n',
    '\r',
    '^',
    '&',
    '%',
    '!',
    '(',
    ')',
    '{',
    '}',
    ' ',
    'a',
    '7',
    '~',
    '*',
    '#',
    ';',
    '|',
    '<',
    '>',
    '\u2019',
    'é',
  ),
  maxLength: 40,
})
const ANY = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replaceAll('\0', 'x').toWellFormed())
const VALUES = fc.array(fc.oneof(SPECIAL, ANY), { minLength: 60, maxLength: 60 })

for (const { name, format, program, args, runs } of SHELLS) {
  test(`${format} brings every value through ${name}`, (t) => {
    if (!need(t, name, program !== null)) return
    const arrives = (values: readonly string[]) => {
      const changes = values.map((value, i) => ({ name: `AWS_CRED_T${i}`, value }))
      const code = formatChanges(format, changes)
      const lines = code.trimEnd().split('\n')
      assert.equal(lines.length, values.length + (format.startsWith('env') ? 1 : 0), 'a line each')
      const names = changes.map((change) => change.name)
      const { stdout, stderr, status } = spawnSync(program ?? '', args(code, names), {
        env: {
          PATH: '/usr/bin:/bin',
          HOME: '/nonexistent',
          CODE: code,
          LANG: 'C.UTF-8',
          DOTNET_CLI_TELEMETRY_OPTOUT: '1',
          DOTNET_ROOT: '/usr/lib/dotnet',
        },
        encoding: 'utf8',
      })
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
      const expected = values.map((value) =>
        format === 'powershell' && value === '' ? 'EMPTY' : Buffer.from(value).toString('hex'),
      )
      const got = stdout.split('\n').slice(0, -1)
      assert.deepEqual(
        got.map((line, i) => (expected[i] === 'EMPTY' && line === '' ? 'EMPTY' : line)),
        expected,
      )
    }
    arrives(HOSTILE)
    fc.assert(fc.property(VALUES, arrives), { numRuns: runs })
  })
}

test('powershell text is ASCII and has no line ends but its own', () => {
  fc.assert(
    fc.property(ANY, (value) => {
      assert.match(formatChanges('powershell', [{ name: 'X', value }]), /^[\x20-\x7e]+\n$/)
    }),
  )
})

test('env works unquoted too, as long as the values have no spaces', () => {
  const code = formatChanges('env', [
    { name: 'A', value: 'x/+=' },
    { name: 'B', value: null },
    { name: 'C', value: 'z' },
  ])
  const script = `eval $CODE; echo "$A,\${B-gone},$C"`
  const { stdout } = spawnSync('/bin/sh', ['-c', script], {
    env: { CODE: code, B: 'y', PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  })
  assert.equal(stdout, 'x/+=,gone,z\n')
})

/** What cmd.exe makes of a line, by its rules: `%` is expanded first, then quotes hide the rest, then `set` cuts at the last quote. */
function readByCmd(line: string): [string, string] {
  assert.doesNotMatch(line, /[%!\r\n]/)
  const match = /^set "([A-Z_]+)=([^"]*)"$/.exec(line)
  assert.ok(match, line)
  return [match[1] ?? '', match[2] ?? '']
}

test('cmdAssignment() is read back as written, or refused with the name and never the value', () => {
  const cmdText = fc.string({
    unit: fc.constantFrom(...ALL_BYTES, 'a', '^', '&', '|', '<', '>', '(', ')', ' '),
    maxLength: 20,
  })
  fc.assert(
    fc.property(cmdText, (value) => {
      if (/^[\x20-\x7e]*$/.test(value) && !/["%!]/.test(value)) {
        assert.deepEqual(readByCmd(cmdAssignment('AWS_X', value)), ['AWS_X', value])
      } else
        assert.throws(
          () => cmdAssignment('AWS_X', value),
          /^CredError: cannot write AWS_X as windows-cmd: its value has a character that cmd.exe cannot take$/,
        )
    }),
  )
  for (const value of ['\x01', '\x7f', '\n', '"', '%', '!', 'é'])
    assert.throws(() => cmdAssignment('AWS_X', value), /AWS_X/)
  assert.throws(() => cmdAssignment('AWS_X', 'a'.repeat(9000)), /more characters/)
})

test('dotenvAssignment() is read back by Node as written, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(SPECIAL, ANY), (value) => {
      let line: string
      try {
        line = dotenvAssignment('AWS_X', value)
      } catch (error) {
        assert.match(value, /['\\\x00-\x1f\x7f]/)
        assert.match(`${error}`, /cannot write AWS_X as dotenv/)
        return
      }
      assert.equal(parseEnv(`${line}\n`).AWS_X, value)
    }),
  )
})

test('githubAssignment() refuses line ends; githubCommandValue() escapes them', () => {
  assert.equal(githubAssignment('AWS_X', 'a<<b=c%'), 'AWS_X=a<<b=c%')
  for (const value of ['a\nAWS_Y=b', 'a\rb']) assert.throws(() => githubAssignment('AWS_X', value), /AWS_X/)
  assert.equal(githubCommandValue('a%0A\r\nb'), 'a%250A%0D%0Ab')
})
