import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ASSUME_ROLE_MAX_S,
  checkTextSetting,
  mfaSerialProblem,
  parseDurationSeconds,
  parseDurationText,
  parseRoleArn,
  SESSION_TOKEN_MAX_S,
  toSessionName,
} from '../../../src/core/plan/sts-limits.ts'

const ORIGIN = { path: '/c', line: 7 }

test('parseRoleArn() takes ARNs of every partition apart', () => {
  for (const partition of ['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-eusc']) {
    assert.deepEqual(parseRoleArn(`arn:${partition}:iam::123456789012:role/a/b/Name+=,.@-_`), {
      partition,
      accountId: '123456789012',
      roleName: 'Name+=,.@-_',
    })
  }
})

test('parseRoleArn() is null for what is no role', () => {
  for (const arn of [
    '',
    'Prod',
    'arn:aws:iam::123456789012:user/me',
    'arn:aws:iam::12345678901:role/Short',
    'arn:aws:iam::1234567890123:role/Long',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role/a b',
    'arn:aws:iam::123456789012:role/a\n',
    ' arn:aws:iam::123456789012:role/a',
    'arn:aws:sts::123456789012:assumed-role/Prod/me',
    'arn:evil:iam::123456789012:role/a',
    `arn:aws:iam::123456789012:role/${'x'.repeat(513)}`,
  ]) {
    assert.equal(parseRoleArn(arn), null, arn)
  }
})

test('parseDurationSeconds() holds to the limits of the service model', () => {
  const role = (text: string) => parseDurationSeconds(text, ASSUME_ROLE_MAX_S)
  assert.deepEqual(['899', '900', '43200', '43201'].map(role), [null, 900, 43_200, null])
  assert.equal(parseDurationSeconds('129600', SESSION_TOKEN_MAX_S), 129_600)
  assert.equal(parseDurationSeconds('129601', SESSION_TOKEN_MAX_S), null)
  for (const text of ['abc', '', '-900', '3600.0', '1e3', '0x384', '3600s', ' 3600', '٣٦٠٠', '9'.repeat(400)]) {
    assert.equal(role(text), null, text)
  }
})

test('parseDurationText() reads hours, minutes and seconds', () => {
  for (const [text, seconds] of [
    ['3600', 3600],
    ['3600s', 3600],
    ['90m', 5400],
    ['4h', 14_400],
    ['1h30m', 5400],
    ['1h30m15s', 5415],
  ] as const) {
    assert.equal(parseDurationText(text), seconds)
  }
  for (const text of ['', 'h', '4 h', '4H', '1.5h', '-1h', '30m1h', 'abc']) assert.equal(parseDurationText(text), null)
})

test('checkTextSetting() names profile, key and line, and not the value', () => {
  assert.throws(() => checkTextSetting('prod', 'aws_cred_external_id', 'not so secret', ORIGIN), {
    code: 'failed',
    message:
      'cannot use aws_cred_external_id of profile "prod" (/c:7): it must be 2 to 1224 of letters, digits and _+=,.@:/-',
  })
})

test('checkTextSetting() holds to the limits of the service model', () => {
  const taken = (key: string, value: string): boolean => {
    try {
      checkTextSetting('p', key, value, ORIGIN)
      return true
    } catch {
      // The error's text is looked at above.
      return false
    }
  }
  for (const key of ['role_session_name', 'source_identity']) {
    assert.deepEqual(
      [1, 2, 64, 65].map((length) => taken(key, 'x'.repeat(length))),
      [false, true, true, false],
    )
    assert.ok(taken(key, 'a_+=,.@-Z9'))
    for (const bad of ['a b', 'a/b', 'a:b', 'aé', 'ab\n']) assert.equal(taken(key, bad), false, bad)
  }
  assert.deepEqual(
    [1, 2, 1224, 1225].map((length) => taken('external_id', 'x'.repeat(length))),
    [false, true, true, false],
  )
  assert.ok(taken('external_id', 'a:b/c'))
  assert.deepEqual(
    [8, 9, 256, 257].map((length) => taken('mfa_serial', 'x'.repeat(length))),
    [false, true, true, false],
  )
  assert.ok(taken('mfa_serial', 'GAHT12345678'))
  assert.ok(taken('policy', 'anything { }'))
})

test('mfaSerialProblem() knows serials that STS cannot use', () => {
  assert.equal(mfaSerialProblem('arn:aws:iam::123456789012:mfa/me'), null)
  assert.equal(mfaSerialProblem('GAHT12345678'), null)
  assert.match(mfaSerialProblem('arn:aws:iam::123456789012:user/me') ?? '', /names a user/)
  assert.match(mfaSerialProblem('arn:aws:iam::123456789012:u2f/user/me/key-ABC') ?? '', /passkey/)
})

test('toSessionName() makes any text one that STS takes', () => {
  assert.equal(toSessionName('alice@example.com'), 'alice@example.com')
  assert.equal(toSessionName('Müller, A'), 'M-ller,-A')
  assert.equal(toSessionName('x'), 'aws-cred-x')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) =>
      /^[\w+=,.@-]{2,64}$/.test(toSessionName(text)),
    ),
  )
})
