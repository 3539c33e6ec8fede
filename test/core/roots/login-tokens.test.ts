import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  isDue,
  parseLoginToken,
  parseSsoToken,
  renewedLoginText,
  renewedSsoText,
} from '../../../src/core/roots/login-tokens.ts'

const NOW = Date.UTC(2026, 10, 25)
const SSO = {
  startUrl: 'https://corp',
  region: 'eu-west-1',
  accessToken: 'aoaAAA',
  expiresAt: '2026-11-25T08:00:00Z',
  clientId: 'c',
  clientSecret: 's',
  registrationExpiresAt: '2027-01-01T00:00:00Z',
  refreshToken: 'r',
}
const LOGIN = {
  accessToken: {
    accessKeyId: 'ASIA',
    secretAccessKey: 's',
    sessionToken: 't',
    accountId: '123456789012',
    expiresAt: '2026-11-25T00:15:00Z',
  },
  tokenType: 'aws_sigv4',
  clientId: 'arn:aws:signin:::devtools/same-device',
  refreshToken: 'r',
  idToken: 'i',
  dpopKey: '-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n',
}

test('parseSsoToken() reads what the AWS CLI writes, and what a renewal needs where it is all there', () => {
  const read = (changes: object) => parseSsoToken(JSON.stringify({ ...SSO, ...changes }), NOW)
  assert.deepEqual(read({}), {
    accessToken: 'aoaAAA',
    expiresMs: NOW + 8 * 3_600_000,
    renewal: { clientId: 'c', clientSecret: 's', refreshToken: 'r' },
  })
  assert.equal(read({ expiresAt: '2026-11-25T08:00:00UTC' })?.expiresMs, NOW + 8 * 3_600_000)
  for (const changes of [
    { refreshToken: undefined },
    { clientSecret: '' },
    { registrationExpiresAt: '2026-11-24T00:00:00Z' },
    { registrationExpiresAt: undefined },
  ]) {
    assert.equal(read(changes)?.renewal, null)
  }
  for (const changes of [{ accessToken: undefined }, { accessToken: 5 }, { expiresAt: 'soon' }, { expiresAt: 5 }]) {
    assert.equal(read(changes), null)
  }
})

test('parseLoginToken() reads what aws login leaves, and nothing that is not whole', () => {
  const read = (changes: object) => parseLoginToken(JSON.stringify({ ...LOGIN, ...changes }))
  assert.deepEqual(read({ signInRegion: 'eu-west-1' }), {
    accessKeyId: 'ASIA',
    secretAccessKey: 's',
    sessionToken: 't',
    accountId: '123456789012',
    expiresMs: NOW + 900_000,
    clientId: LOGIN.clientId,
    refreshToken: 'r',
    dpopKey: LOGIN.dpopKey,
    region: 'eu-west-1',
  })
  for (const changes of [
    { accessToken: 'x' },
    { accessToken: { ...LOGIN.accessToken, sessionToken: '' } },
    { accessToken: { ...LOGIN.accessToken, accessKeyId: 'A\nB' } },
    { accessToken: { ...LOGIN.accessToken, expiresAt: 'x' } },
    { refreshToken: undefined },
    { dpopKey: 5 },
    { clientId: '' },
  ]) {
    assert.equal(read(changes), null, JSON.stringify(changes))
  }
})

test('a token is due from 5 min on', () => {
  assert.equal(isDue({ expiresMs: NOW + 300_001 }, NOW), false)
  assert.equal(isDue({ expiresMs: NOW + 300_000 }, NOW), true)
  assert.equal(isDue({ expiresMs: NOW - 1 }, NOW), true)
})

test('a renewed file keeps every other field in its place', () => {
  const sso = { zeta: 1, ...SSO, more: { a: [null] } }
  const renewed = JSON.parse(
    renewedSsoText(JSON.stringify(sso), { accessToken: 'new', refreshToken: 'n', expiresMs: NOW }),
  )
  assert.deepEqual(renewed, { ...sso, accessToken: 'new', refreshToken: 'n', expiresAt: '2026-11-25T00:00:00Z' })
  assert.deepEqual(Object.keys(renewed), Object.keys(sso))
  const kept = JSON.parse(
    renewedSsoText(JSON.stringify(sso), { accessToken: 'new', refreshToken: null, expiresMs: NOW }),
  )
  assert.equal(kept.refreshToken, 'r')
  const keys = { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' }
  const login = JSON.parse(renewedLoginText(JSON.stringify(LOGIN), { ...keys, refreshToken: 'n', expiresMs: NOW }))
  assert.deepEqual(login, {
    ...LOGIN,
    accessToken: { ...LOGIN.accessToken, ...keys, expiresAt: '2026-11-25T00:00:00Z' },
    refreshToken: 'n',
  })
})

test('token files of any content are read or are none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseSsoToken(text, NOW)
      parseLoginToken(text)
    }),
  )
})
