import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredError } from '../../../src/core/errors.ts'
import { findSections, type IniDocument, type IniSection, parseIni, serializeIni } from '../../../src/core/ini.ts'
import { appendSection, removeProperty, removeSection, setProperty } from '../../../src/core/setup/ini-edit.ts'

const BASE = [
  '# mine',
  '[profile a]',
  'Region=eu-west-1   # home',
  's3 =',
  '  # of s3',
  '  endpoint_url = x',
  '',
  '# about b',
  '[profile b]',
  'output = json',
]

function read(lines: readonly string[], eol = '\n'): IniDocument {
  return parseIni(lines.join(eol), { kind: 'config', path: '/c' })
}

function section(document: IniDocument, name: string): IniSection {
  const found = findSections(document, 'profile', name)[0]
  assert.ok(found, name)
  return found
}

function texts(document: IniDocument, eol = '\n'): string[] {
  return serializeIni(document).split(eol)
}

test('setProperty() replaces a value on its line and keeps spelling, spacing and comment', () => {
  for (const eol of ['\n', '\r\n']) {
    const document = read(BASE, eol)
    const kept = setProperty(document, section(document, 'a'), 'region', 'us-east-1')
    assert.deepEqual(texts(kept, eol), BASE.with(2, 'Region=us-east-1   # home'))
    const dropped = setProperty(document, section(document, 'a'), 'region', 'us-east-1', { comment: 'drop' })
    assert.deepEqual(texts(dropped, eol), BASE.with(2, 'Region=us-east-1'))
  }
})

test('setProperty() replaces a value of several lines whole and leaves the comments between them', () => {
  const document = read(BASE)
  const changed = setProperty(document, section(document, 'a'), 's3', 'x')
  assert.deepEqual(texts(changed), BASE.with(3, 's3 = x').toSpliced(5, 1))
})

test('setProperty() adds a key after the last one, or under the header', () => {
  for (const eol of ['\n', '\r\n']) {
    const document = read(BASE, eol)
    assert.deepEqual(texts(setProperty(document, section(document, 'a'), 'k', 'v'), eol), BASE.toSpliced(6, 0, 'k = v'))
    const top = setProperty(document, section(document, 'a'), 'k', 'v', { at: 'top' })
    assert.deepEqual(texts(top, eol), BASE.toSpliced(2, 0, 'k = v'))
    const atEnd = setProperty(document, section(document, 'b'), 'k', '')
    assert.deepEqual(texts(atEnd, eol), [...BASE, 'k ='])
  }
})

test('setProperty() changes the line that counts when a key stands twice', () => {
  const document = read(['[profile a]', 'k = 1', 'K = 2'])
  assert.deepEqual(texts(setProperty(document, section(document, 'a'), 'k', '3')), ['[profile a]', 'k = 1', 'K = 3'])
})

test('setProperty() follows the indentation of a section', () => {
  const document = read(['[profile a]', '  k = 1', '  [profile b]', ''])
  const changed = setProperty(document, section(document, 'a'), 'l', '2')
  assert.deepEqual(texts(changed), ['[profile a]', '  k = 1', '  l = 2', '  [profile b]', ''])
  const empty = read(['[profile a]', '  [profile b]', ''])
  const filled = setProperty(empty, section(empty, 'a'), 'l', '2')
  assert.deepEqual(texts(filled), ['[profile a]', '  l = 2', '  [profile b]', ''])
})

test('setProperty() refuses what would not be read back, without showing the value', () => {
  const document = read(BASE)
  const bad = [
    'hunter2\nx',
    'hunter2\r',
    'a\u0000hunter2',
    'hunter2\u0085',
    ' hunter2',
    'hunter2 # x',
    '#hunter2',
    'hunter2\ud800',
  ]
  for (const value of bad) {
    assert.throws(
      () => setProperty(document, section(document, 'a'), 'k', value),
      (error: unknown) => {
        assert.ok(error instanceof CredError && error.message.startsWith('cannot edit "/c": the value for "k" '))
        assert.ok(!error.message.includes('hunter2'))
        return true
      },
    )
  }
  for (const key of ['', 'a b', 'a=b', 'a:b', '[a', '#a', 'a\n', 'ключ']) {
    assert.throws(() => setProperty(document, section(document, 'a'), key, 'v'), /cannot be a key$/)
  }
})

test('removeProperty() takes the key with its continuation lines', () => {
  const document = read(BASE, '\r\n')
  assert.deepEqual(texts(removeProperty(document, section(document, 'a'), 'S3'), '\r\n'), [
    ...BASE.slice(0, 3),
    '  # of s3',
    ...BASE.slice(6),
  ])
  assert.deepEqual(texts(removeProperty(document, section(document, 'a'), 'none'), '\r\n'), BASE)
})

test('appendSection() adds one blank line and a final line end', () => {
  for (const eol of ['\n', '\r\n']) {
    for (const tail of [[], [''], ['', '']]) {
      const changed = appendSection(read([...BASE, ...tail], eol), 'profile', 'c', [['k', 'v']])
      assert.deepEqual(texts(changed, eol), [...BASE, '', '[profile c]', 'k = v', ''])
    }
  }
  const empty = parseIni('\ufeff', { kind: 'credentials', path: '/k' })
  assert.equal(serializeIni(appendSection(empty, 'profile', 'c')), '\ufeff[c]\n')
  assert.equal(serializeIni(appendSection(read(['']), 'profile', 'default')), '[default]\n')
  assert.equal(serializeIni(appendSection(read(['']), 'sso-session', 'default')), '[sso-session default]\n')
})

test('appendSection() refuses names that no header can hold', () => {
  for (const name of ['', 'a b', 'a]', 'a\n[b', 'é']) {
    assert.throws(() => appendSection(read(BASE), 'profile', name), /cannot stand in a section header$/)
  }
  const credentials = parseIni('', { kind: 'credentials', path: '/k' })
  assert.throws(() => appendSection(credentials, 'sso-session', 'a'), CredError)
})

test('removeSection() takes a section and leaves the comments of the next', () => {
  const document = read(BASE)
  assert.deepEqual(texts(removeSection(document, section(document, 'a'))), [BASE[0], ...BASE.slice(7)])
  assert.deepEqual(texts(removeSection(document, section(document, 'b'))), [...BASE.slice(0, 8), ''])
})

test('removeSection() refuses where the lines below would come to belong to the section above', () => {
  const document = read(['[profile a]', 'k = 1', '[profile b]', '  x = 1', '  [profile c]'])
  assert.throws(
    () => removeSection(document, section(document, 'b')),
    /would be read differently: check their indentation$/,
  )
})

const LINE = fc.constantFrom(
  '[profile a]',
  '[profile b] # c',
  '  [profile c]',
  '[odd name]',
  'k = 1',
  '  k = 2 ; c',
  'l=',
  '  m = 3',
  '\tn =  4',
  '# note',
  '  # note',
  '',
  '  ',
)
const DOCUMENT = fc
  .tuple(fc.array(fc.tuple(LINE, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }), fc.boolean(), fc.boolean())
  .map(([lines, end, bom]) => {
    const body = `[profile first]\n${lines.map(([line, eol]) => line + eol).join('')}`
    return (bom ? '\ufeff' : '') + (end ? body : body.replace(/\r?\n$/, ''))
  })

type Entries = [key: string, value: string][]

function entries(of: IniSection): Entries {
  return of.properties.map(({ key, value }) => [key, value])
}

/** Runs one edit on some section of documents of all shapes; how many could be edited is given back. */
function edited(edit: (document: IniDocument, target: IniSection, index: number) => void): number {
  let done = 0
  const refusals: string[] = []
  fc.assert(
    fc.property(DOCUMENT, fc.nat(), (text, pick) => {
      let document: IniDocument
      try {
        document = parseIni(text, { kind: 'config', path: '/c' })
        for (const { properties } of document.sections) assert.ok(properties)
      } catch (error) {
        assert.ok(error instanceof CredError)
        return
      }
      const index = pick % document.sections.length
      try {
        edit(document, document.sections[index] as IniSection, index)
        done++
      } catch (error) {
        if (!(error instanceof CredError)) throw error
        refusals.push(JSON.stringify(text))
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(refusals.length * 50 < done, `refused ${refusals.length} of ${done}, such as ${refusals[0]}`)
  return done
}

/** Lines without their ends; a final line end or its lack is not a line. */
function bare(document: IniDocument): string[] {
  const lines = serializeIni(document).split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

test('setProperty() changes that key and one line only, whatever the document', () => {
  const done = edited((document, target, index) => {
    for (const key of ['k', 'new']) {
      const changed = setProperty(document, target, key, 'x y')
      assert.equal(changed.sections.length, document.sections.length)
      changed.sections.forEach((section, at) => {
        const before = entries(document.sections[at] as IniSection)
        if (at === index) {
          const last = before.findLastIndex(([name]) => name === key)
          if (last === -1) before.push([key, 'x y'])
          else before[last] = [key, 'x y']
        }
        assert.deepEqual(entries(section), before)
      })
      const known = target.properties.findLast((property) => property.key === key)
      const old = bare(document)
      const now = bare(changed)
      if (known === undefined) assert.equal(now.length, old.length + 1)
      else {
        assert.deepEqual(now.slice(0, known.line - 1), old.slice(0, known.line - 1))
        const rest = old.length - known.lastLine
        assert.deepEqual(rest === 0 ? [] : now.slice(-rest), old.slice(known.lastLine))
      }
    }
  })
  assert.ok(done > 200)
})

test('removeProperty() undoes setProperty() byte for byte, whatever the document', () => {
  const done = edited((document, target, index) => {
    const added = setProperty(document, target, 'new', 'v')
    const back = removeProperty(added, added.sections[index] as IniSection, 'new')
    assert.deepEqual(bare(back), bare(document))
  })
  assert.ok(done > 200)
})

test('removeSection() undoes appendSection() but for blank lines at the end, whatever the document', () => {
  const done = edited((document) => {
    const added = appendSection(document, 'profile', 'new', [['k', 'v']])
    const back = removeSection(added, added.sections.at(-1) as IniSection)
    assert.equal(serializeIni(back).trimEnd(), serializeIni(document).trimEnd())
    assert.ok(serializeIni(added).startsWith(serializeIni(document).trimEnd()))
  })
  assert.ok(done > 200)
})
