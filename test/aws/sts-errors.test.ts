import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StsCall } from '../../src/aws/sts-calls.ts'
import { wordStsError } from '../../src/aws/sts-errors.ts'
import type { Environment } from '../../src/core/context.ts'

const ROLE = 'arn:aws:iam::123456789012:role/Prod'
const USER = 'arn:aws:iam::123456789012:user/alice'

function call(endpoint: string | null = null, env: Environment = {}, purpose = `assume ${ROLE} for profile "prod"`) {
  const made: StsCall = {
    target: { region: 'us-east-1', endpoint, offsetMs: 0 },
    keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'HUSH', sessionToken: null },
    env,
    purpose,
    signer: '"user1"',
    clockName: 'sts.us-east-1.amazonaws.com',
    nowMs: () => 0,
    deadline: new AbortController().signal,
    onClock: () => {},
  }
  return made
}

const denied = (message: string) => ({
  name: 'AccessDenied',
  message,
  $fault: 'client',
  $metadata: { httpStatusCode: 403 },
})
const hintOf = (message: string, purpose?: string) =>
  wordStsError(denied(message), call(null, {}, purpose), { dateMs: 0, receivedMs: 0 }).hint

test('wordStsError() names who the trust policy must allow, and the profile for an external id', () => {
  const message = `User: ${USER} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`
  const way = 'an external id is set with: aws-cred setup'
  assert.equal(hintOf(message), `the role's trust policy must allow ${USER}; ${way} prod --external-id TEXT`)
  assert.match(hintOf(message, `assume ${ROLE} for profile "a b"`) ?? '', / aws-cred setup PROFILE --external-id TEXT$/)
})

test('wordStsError() gives no hint of a trust policy for other refusals', () => {
  assert.equal(hintOf('Roles may not be assumed by root accounts.'), null)
  assert.equal(hintOf('Access denied'), null)
  const explicit = `User: ${USER} is not authorized to perform: sts:AssumeRole on resource: ${ROLE} with an explicit deny`
  assert.equal(hintOf(explicit), null)
})

test('wordStsError() names the setting that an endpoint comes from when it cannot be reached', () => {
  const url = 'http://127.0.0.1:9'
  for (const code of ['ECONNREFUSED', 'ENOTFOUND']) {
    for (const name of ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL']) {
      assert.equal(wordStsError({ code }, call(url, { [name]: url }), null).hint, `${name} is set to ${url}`)
    }
    assert.equal(wordStsError({ code }, call(), null).hint, null)
  }
})

test("wordStsError() blames the token, its file and the trust for a web identity's refusals", () => {
  const made = { ...call(), tokenFile: '/var/run/token' }
  const worded = (name: string, message: string) =>
    wordStsError({ ...denied(message), name }, made, { dateMs: 0, receivedMs: 0 })
  const head = `cannot assume ${ROLE} for profile "prod": `
  for (const [name, message, wanted, hint] of [
    [
      'ExpiredTokenException',
      'Token expired: …',
      'the token in "/var/run/token" has expired (ExpiredTokenException)',
      /ls -lL \/var\/run\/token$/,
    ],
    [
      'InvalidIdentityToken',
      'No provider',
      'STS does not accept the token in "/var/run/token": No provider (InvalidIdentityToken)',
      null,
    ],
    [
      'AccessDenied',
      'Not authorized',
      'STS refused the token in "/var/run/token": Not authorized (AccessDenied)',
      /trust policy/,
    ],
    [
      'ValidationError',
      'The requested',
      'STS refused the token in "/var/run/token": The requested (ValidationError)',
      null,
    ],
  ] as const) {
    const error = worded(name, message)
    assert.equal(error.message, head + wanted)
    if (hint === null) assert.equal(error.hint, null)
    else assert.match(error.hint ?? '', hint)
  }
})

test('wordStsError() sends nobody to add for keys that add does not mend', () => {
  for (const name of ['InvalidClientTokenId', 'SignatureDoesNotMatch']) {
    const refused = { ...denied(''), name }
    const seen = { dateMs: 0, receivedMs: 0 }
    assert.match(wordStsError(refused, call(), seen).hint ?? '', /aws-cred add user1 --replace$/)
    assert.equal(wordStsError(refused, { ...call(), signerIsForeign: true }, seen).hint, null)
  }
})
