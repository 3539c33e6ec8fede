import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CredError } from '../../../src/core/errors.ts'
import { containerDocument, failureOf } from '../../../src/core/roots/container-document.ts'

const SESSION = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'sec/ret+key',
  sessionToken: 'tok/en+==',
  expiresMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  offsetMs: 0,
  accountId: '123456789012',
}

test('containerDocument() has the fields that botocore and JS demand, and the account where it is known', () => {
  const fields = {
    AccessKeyId: 'ASIAEXAMPLE',
    SecretAccessKey: 'sec/ret+key',
    Token: 'tok/en+==',
    Expiration: '2026-01-02T03:04:05Z',
  }
  assert.deepEqual(JSON.parse(containerDocument('p', SESSION)), { ...fields, AccountId: '123456789012' })
  assert.deepEqual(JSON.parse(containerDocument('p', { ...SESSION, accountId: null })), fields)
  const fast = JSON.parse(containerDocument('p', { ...SESSION, offsetMs: -120_000 }))
  assert.equal(fast.Expiration, '2026-01-02T03:06:05Z')
})

test('containerDocument() throws for what has no token or no end', () => {
  for (const part of ['sessionToken', 'expiresMs'])
    assert.throws(() => containerDocument('p', { ...SESSION, [part]: null }), /"p".*keys without an end/)
})

test('failureOf() gives the code of STS, the message with its hint, and nothing that moves a cursor', () => {
  const cause = { stsCode: 'AccessDenied' }
  assert.deepEqual(failureOf(new CredError('failed', 'cannot assume', { hint: 'ask', cause })), {
    code: 'AccessDenied',
    message: 'cannot assume; ask',
  })
  assert.deepEqual(failureOf(new CredError('person', 'cannot\u001b[2J open')), {
    code: 'PersonNeeded',
    message: 'cannot\\x1b[2J open',
  })
  assert.equal(failureOf(new CredError('failed', 'x')).code, 'CredentialsFailed')
})
