import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredError } from '../../src/core/errors.ts'
import { findSections, type IniDocument, type IniSource, parseIni, serializeIni } from '../../src/core/ini.ts'
import { readSections } from '../../src/core/ini-grammar.ts'
import { need } from '../support/need.ts'

const CONFIG: IniSource = { kind: 'config', path: '/home/me/.aws/config' }
const CREDENTIALS: IniSource = { kind: 'credentials', path: '/home/me/.aws/credentials' }
const CORPUS = join(import.meta.dirname, '../../../shared/suites/aws-c-auth/tests/fuzz/corpus')

function plain(document: IniDocument) {
  return document.sections.map(({ kind, name, prefixed, line, properties }) => ({
    kind,
    name,
    prefixed,
    line,
    properties: properties.map((property) => ({
      ...property,
      subProperties: property.subProperties === null ? null : Object.fromEntries(property.subProperties),
    })),
  }))
}

/** Lines of which every kind of trouble can be made. */
const LINE = fc.oneof(
  fc.constantFrom(
    '[profile a]',
    '[default]',
    '  [profile b] ; c',
    '[in valid]',
    'key = value',
    'KEY=v # c',
    's3 =',
    '  sub = x',
    '\t-more',
    '# note',
    '  ; note',
    '',
    ' \t',
    '[a]b]',
    '__proto__ = 1',
    'k#e ;y = v',
    '[open',
    'no sign',
    '= no key',
    'ключ = значение',
    '-x = 1',
  ),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', ' ')),
)
const TEXT = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(LINE, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 14 }), fc.boolean())
  .map(([bom, lines, end]) => {
    const text = lines.map(([line, eol]) => line + eol).join('')
    return (bom ? '\ufeff' : '') + (end ? text : text.replace(/\r?\n$/, ''))
  })

test('parseIni() tells kinds, names, lines and values', () => {
  const text = [
    '# mine',
    '[default]',
    'region = eu-west-1 # home',
    '',
    '[profile dev]; x',
    'credential_process = "/a b" c',
    '',
    '[sso-session corp]',
    'sso_region=us-east-1',
    '[services local]',
    'sts =',
    '  Endpoint_Url = http://localhost:1',
    '',
    '  # note',
    '  other=2',
    '[preview]',
  ].join('\r\n')
  const sections = plain(parseIni(text, CONFIG))
  assert.deepEqual(
    sections.map(({ kind, name, prefixed, line }) => [kind, name, prefixed, line]),
    [
      ['profile', 'default', false, 2],
      ['profile', 'dev', true, 5],
      ['sso-session', 'corp', true, 8],
      ['services', 'local', true, 10],
      ['other', 'preview', false, 16],
    ],
  )
  assert.deepEqual(sections[0]?.properties, [
    { key: 'region', value: 'eu-west-1', line: 3, lastLine: 3, subProperties: null },
  ])
  assert.deepEqual(sections[3]?.properties, [
    {
      key: 'sts',
      value: '\nEndpoint_Url = http://localhost:1\nother=2',
      line: 11,
      lastLine: 15,
      subProperties: { Endpoint_Url: 'http://localhost:1', other: '2' },
    },
  ])
})

test('parseIni() reads sections that are indented as a whole, as botocore does', () => {
  const document = parseIni('[profile a]\n  # note\n  region = x\n    more\n  output = y\n  [profile b]\n', CONFIG)
  assert.deepEqual(
    plain(document).map(({ name, properties }) => [name, properties.map(({ key, value }) => [key, value])]),
    [
      [
        'a',
        [
          ['region', 'x\nmore'],
          ['output', 'y'],
        ],
      ],
      ['b', []],
    ],
  )
})

test('parseIni() takes names of objects own members as data', () => {
  const document = parseIni('[profile __proto__]\n__proto__ = 1\nconstructor =\n  __proto__ = 2\n', CONFIG)
  const section = findSections(document, 'profile', '__proto__')[0]
  assert.deepEqual(
    section?.properties.map(({ key }) => key),
    ['__proto__', 'constructor'],
  )
  assert.equal(section?.properties[1]?.subProperties?.get('__proto__'), '2')
})

test('parseIni() names file and line and never the text when a line is broken', () => {
  const cases: [text: string, state: string][] = [
    ['[profile a\nx = hunter2', 'line 1 has a section header that does not end in "]"'],
    ['hunter2', 'line 1 stands before the first [section]'],
    ['\n\nhunter2 = hunter2', 'line 3 stands before the first [section]'],
    ['[a]\n\n[profile b]\nx = 1\nhunter2', 'line 5 holds a property without "="'],
    ['[a]\n=hunter2', 'line 2 holds a property without a name before "="'],
    ['[a]\nhunter2 # = x', 'line 2 holds a property without "="'],
    ['[a]\nx =\n hunter2', 'line 3 holds a sub-property without "="'],
    ['[a]\nx =\n y = 1\n hunter2', 'line 4 holds a sub-property without "="'],
    ['[a]\nx =\n =hunter2', 'line 3 holds a sub-property without a name before "="'],
  ]
  for (const [text, state] of cases) {
    for (const eol of ['\n', '\r\n']) {
      assert.throws(() => parseIni(text.replaceAll('\n', eol), CONFIG), {
        name: 'CredError',
        message: `cannot read "/home/me/.aws/config": ${state}`,
      })
    }
  }
})

test('parseIni() gives back every byte through serializeIni()', () => {
  let parsed = 0
  fc.assert(
    fc.property(TEXT, fc.constantFrom(CONFIG, CREDENTIALS), (text, source) => {
      const document = parsedOrNull(text, source)
      if (document === null) return
      parsed++
      assert.equal(serializeIni(document), text)
    }),
    { numRuns: 3000 },
  )
  assert.ok(parsed > 100, `only ${parsed} of the texts could be read`)
})

test('parseIni() gives the same whether a block is read at once or later', () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      const body = text.replace(/^\ufeff/, '')
      const later = parsedOrNull(body, CONFIG)
      if (later === null) assert.throws(() => readSections(body, 1, CONFIG), CredError)
      else assert.deepEqual(plain(later), plain({ ...later, sections: readSections(body, 1, CONFIG) }))
    }),
    { numRuns: 3000 },
  )
})

test('parseIni() ends soon on long runs of one character', () => {
  for (const unit of [' ', '\t', '=', '#', ';', '[', ']', 'a', '\n', '\r', ' #', '\n ', '\na', '\na=\n b=', '\n[a]']) {
    parsedOrNull(`[default]\nx = a${unit.repeat(300_000)}b#`, CONFIG)
    parsedOrNull(unit.repeat(300_000), CONFIG)
  }
})

test('parseIni() fails only with CredError on the fuzz corpus of aws-c-auth', (t) => {
  if (!need(t, 'the fuzz corpus of aws-c-auth', existsSync(CORPUS))) return
  const files = readdirSync(CORPUS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.equal(files.length, 80)
  for (const file of files) {
    const text = readFileSync(join(file.parentPath, file.name), 'utf8')
    for (const source of [CONFIG, CREDENTIALS]) {
      const document = parsedOrNull(text, source)
      if (document !== null) assert.equal(serializeIni(document), text, file.name)
    }
  }
})

/** Null for a text that is refused as it should be; what it holds must not be in the message. */
function parsedOrNull(text: string, source: IniSource): IniDocument | null {
  try {
    const document = parseIni(text, source)
    plain(document)
    return document
  } catch (error) {
    assert.ok(error instanceof CredError, String(error))
    assert.match(
      error.message,
      /^cannot read "\/home\/me\/\.aws\/(config|credentials)": line \d+ (has|holds|stands) [ -~]+$/,
    )
    return null
  }
}
