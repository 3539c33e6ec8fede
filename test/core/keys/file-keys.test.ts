import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type IniDocument, parseIni, serializeIni } from '../../../src/core/ini.ts'
import {
  findFileKeys,
  holdsKeys,
  importCommand,
  isSession,
  KEYS,
  longLivedPair,
  sessionKeys,
  withBlankKeys,
  withoutKeys,
  withoutSecrets,
} from '../../../src/core/keys/file-keys.ts'
import { diffScreen } from '../../../src/core/setup/config-diff.ts'

const ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const OTHER = 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY'

const credentialsOf = (text: string) => parseIni(text, { kind: 'credentials', path: '~/c' })
const configOf = (text: string) => parseIni(text, { kind: 'config', path: '~/f' })

function keysOf(profile: string, credentials: string, config = '') {
  const keys = findFileKeys(configOf(config), credentialsOf(credentials)).get(profile)
  assert.ok(keys)
  return keys
}

/** `lines` under `[p]`. */
const p = (...lines: string[]) => `[p]\n${lines.join('\n')}\n`
const id = (value = ID) => `aws_access_key_id = ${value}`
const secret = (value = SECRET) => `aws_secret_access_key = ${value}`

suite('longLivedPair()', () => {
  const good: Record<string, readonly [credentials: string, config?: string]> = {
    'as the AWS CLI writes it': [p(id(), secret())],
    'without spaces, indented, in capitals, with CRLF': [
      `[p]\r\n  AWS_ACCESS_KEY_ID=${ID}\r\n  aws_secret_access_key=${SECRET}\r\n`,
    ],
    'in the config': ['', `[profile p]\n${id()}\n${secret()}\n`],
    'one half in each file': [p(id()), `[profile p]\n${secret()}\n`],
    'the same twice in a section, in a second one, and in the config': [
      `${p(id(), id(), secret())}[q]\n[p]\n${secret()}\n`,
      `[profile p]\n${id()}\n`,
    ],
    'beside keys without a value': [p(id(), secret(), 'aws_session_token ='), `[profile p]\naws_access_key_id =\n`],
  }
  for (const [name, files] of Object.entries(good)) {
    test(`takes a pair ${name}`, () => {
      assert.deepEqual(longLivedPair(keysOf('p', ...files)), { accessKeyId: ID, secretAccessKey: SECRET })
    })
  }

  const bad: Record<string, readonly [error: RegExp, hint: RegExp, credentials: string, config?: string]> = {
    'an id alone': [/aws_secret_access_key is missing \(~\/c:2\)$/, /aws-cred add p$/, p(id())],
    'a secret alone': [/aws_access_key_id is missing \(~\/c:2\)$/, /aws-cred add p$/, p(secret())],
    'an empty secret': [/aws_secret_access_key is missing \(~\/c:2\)$/, /aws-cred add p$/, p(id(), secret(''))],
    'a session': [
      /its keys are a session \(aws_session_token, ~\/c:4\), which cannot renew itself$/,
      /out: aws-cred import p --drop-session$/,
      p(id('ASIAIOSFODNN7EXAMPLE'), secret(), 'aws_session_token = t0ken'),
    ],
    'a session by its old name, the token in the config': [
      /\(aws_security_token, ~\/f:2\)/,
      /--drop-session$/,
      p(id('ASIAIOSFODNN7EXAMPLE'), secret()),
      '[profile p]\naws_security_token = t0ken\n',
    ],
    'a temporary id without its token': [
      /aws_access_key_id \(~\/c:2\) is that of a session/,
      /--drop-session$/,
      p(id('ASIAIOSFODNN7EXAMPLE'), secret()),
    ],
    'a token beside a long-lived key': [
      /aws_session_token \(~\/c:4\) stands beside a long-lived key$/,
      /^take that line out: /,
      p(id(), secret(), 'aws_session_token = t0ken'),
    ],
    'two different keys in the two files': [
      /two different keys stand there \(~\/f:2 and ~\/c:2\)$/,
      /take the lines of one of them out$/,
      p(id(), secret()),
      `[profile p]\n${id('AKIAI44QH8DHBEXAMPLE')}\n${secret(OTHER)}\n`,
    ],
    'two different secrets in one section': [
      /two different keys stand there \(~\/c:3 and ~\/c:4\)$/,
      /tools disagree/,
      p(id(), secret(OTHER), secret()),
    ],
    'different keys in a [default] that [profile default] puts out': [
      /two different keys/,
      /tools disagree/,
      '',
      `[default]\n${id()}\n${secret(OTHER)}\n[profile default]\n${id()}\n${secret()}\n`,
    ],
    'a placeholder': [
      /^cannot use the access key id of "p" \(~\/c:2\): it does not look like one/,
      /^$/,
      p(id('YOUR_KEY'), secret()),
    ],
    'what another id names': [/names something else in IAM/, /^$/, p(id('AIDAIOSFODNN7EXAMPLE'), secret())],
    'a secret that is none': [/^cannot use the secret access key of "p" \(~\/c:2\)/, /^$/, p(id(), secret('short'))],
  }
  for (const [name, [error, hint, ...files]] of Object.entries(bad)) {
    test(`refuses ${name}, without showing it`, () => {
      const profile = files[0] === '' ? 'default' : 'p'
      assert.throws(
        () => longLivedPair(keysOf(profile, ...files)),
        (thrown: Error & { hint: string | null; code: string }) => {
          assert.match(thrown.message, error)
          assert.match(thrown.hint ?? '', hint)
          assert.doesNotMatch(thrown.message + thrown.hint, /wJal|je7M|t0ken|YOUR/)
          return thrown.code === 'failed'
        },
      )
    })
  }
})

test('sessionKeys() are all keys of a session, and the token alone beside a long-lived key', () => {
  const token = 'aws_session_token = t'
  assert.deepEqual(sessionKeys(keysOf('p', p(id('ASIAIOSFODNN7EXAMPLE'), secret(), token))), KEYS)
  assert.deepEqual(sessionKeys(keysOf('p', p(token))), KEYS)
  assert.deepEqual(sessionKeys(keysOf('p', p(id(), secret(), token))), ['aws_security_token', 'aws_session_token'])
  assert.deepEqual(sessionKeys(keysOf('p', p(id(), secret()))), [])
  assert.deepEqual(
    [p(token), p(id(), secret())].map((text) => importCommand(keysOf('p', text))),
    ['aws-cred import p --drop-session', 'aws-cred import p'],
  )
})

test('findFileKeys() finds profiles in the order of the files, and nothing in other sections', () => {
  const credentials = `[b]\n${id()}\n[a]\nregion = x\n[c c]\n${id()}\n${p('aws_session_token =')}`
  const config = `[profile d]\n${id()}\n[profile b]\n${secret()}\n[services s]\n${id()}\n[nope]\n${id()}\n`
  const found = findFileKeys(configOf(config), credentialsOf(credentials))
  assert.deepEqual([...found.keys()], ['b', 'p', 'd'])
  assert.deepEqual([...found.values()].map(holdsKeys), [true, false, true])
  assert.deepEqual([...findFileKeys(null, null)], [])
  assert.equal(isSession(keysOf('p', p('aws_session_token ='))), false)
})

/** What people's files hold, keys of two profiles among it. */
const line = fc.constantFrom(
  'region = eu-west-1',
  '# a comment',
  `# aws_secret_access_key = ${OTHER}`,
  `; ${secret(OTHER)}`,
  '',
  '   ',
  's3 =\n  max_concurrent_requests = 20\n  # inner',
  `aws_access_key_id = ${ID} # mine`,
  `AWS_SECRET_ACCESS_KEY=${SECRET}`,
  `  aws_session_token = ${OTHER}${OTHER}`,
  `aws_session_token = ${OTHER}\n  ${OTHER}`,
  'role_arn = arn:aws:iam::123456789012:role/x',
)
const file = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    fc.array(
      fc
        .tuple(fc.constantFrom('[p]', '[ p ] ; c', '[q]', '[q q]', '[default]'), fc.array(line, { maxLength: 6 }))
        .map(([header, lines]) => [header, ...lines].join('\n')),
      { maxLength: 6 },
    ),
    fc.boolean(),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([bom, sections, end, eol]) => bom + (sections.join('\n') + (end ? '\n' : '')).replaceAll('\n', eol))

/** The document, or null for one that the grammar refuses. */
function read(text: string): IniDocument | null {
  try {
    const document = credentialsOf(text)
    for (const { properties } of document.sections) for (const { value } of properties) assert.ok(value !== undefined)
    return document
  } catch {
    // An indented line under an empty value: no file of ours to edit.
    return null
  }
}

/** The text without the lines of those keys, by a reading of its own: line by line, with continuations. */
function strippedByHand(text: string, profile: string): string {
  let section = ''
  let property: { indent: number; goes: boolean } | null = null
  const kept = text.split(/(?<=\n)/).filter((raw) => {
    const bare = raw.replace(/^\ufeff/, '')
    const content = bare.trim()
    if (content === '' || /^[#;]/.test(content)) return true
    const indent = bare.search(/\S/)
    if (property !== null && indent > property.indent) return !property.goes
    property = null
    if (content.startsWith('[')) {
      section = /^\[\s*(.*?)\s*\]/.exec(content)?.[1] ?? ''
      return true
    }
    const isKey = /^aws_(access_key_id|secret_access_key|se\w+_token)\s*=/i.test(content)
    property = { indent, goes: section === profile && isKey }
    return !property.goes
  })
  // A file without a last line end stays so.
  return /\n$/.test(text) ? kept.join('') : kept.join('').replace(/\r?\n$/, '')
}

suite('in any file', () => {
  test('withoutKeys() takes out the lines of its profile, all others byte for byte', () => {
    let changed = 0
    fc.assert(
      fc.property(file, (text) => {
        const document = read(text)
        if (document === null) return
        let after: string
        try {
          after = serializeIni(withoutKeys(document, new Map([['p', KEYS]])))
        } catch (error) {
          // An indented line after the one taken out would come to mean something else: refused.
          assert.match(String(error), /would be read differently/)
          return
        }
        if (after !== text) changed++
        assert.equal(after, strippedByHand(text, 'p'))
      }),
      { numRuns: 500 },
    )
    assert.ok(changed > 50)
  })

  test('withBlankKeys() moves no other line', () => {
    fc.assert(
      fc.property(file, (text) => {
        const document = read(text)
        if (document === null) return
        const blank = withBlankKeys(document, new Map([['p', KEYS]]))
        assert.equal(blank.lines.length, document.lines.length)
        for (const [index, each] of blank.lines.entries()) assert.ok(each === '' || each === document.lines[index])
      }),
    )
  })

  test('withoutSecrets() lets no secret through, however the two differ', () => {
    fc.assert(
      fc.property(file, file, (text, other) => {
        const [before, after] = [read(text), read(other)]
        if (before === null || after === null) return
        const screen = diffScreen('x', before, after, { contextLines: 9, instead: withoutSecrets })
        for (const each of [SECRET, OTHER, ID]) assert.ok(!screen.includes(each), screen)
      }),
    )
  })
})
