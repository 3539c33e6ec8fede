import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assumeRole, assumeRoleWithWebIdentity } from '../../src/aws/sts-calls.ts'
import type { CredError } from '../../src/core/errors.ts'
import { newAuthority } from '../support/certificates.ts'
import { type Fault, startSts } from '../support/sts.ts'
import { type CallPlace, callPlace, refusal } from '../support/sts-call.ts'

/** What one call gives, and how often it was tried. */
async function refused({ sts, call, step }: CallPlace, fault: Fault): Promise<CredError & { readonly tries: number }> {
  sts.reset()
  sts.faults.next({ ...fault, times: 99 })
  const error = await assumeRole(call, step, 'me').then(
    () => assert.fail('it went well'),
    (thrown: CredError) => thrown,
  )
  return Object.assign(error, { tries: sts.count('AssumeRole') })
}

const KEY = '"user1"'
const SETUP = 'aws-cred setup prod'

/** Each row of contract §5: what STS says, how often it is asked, the line, the hint. `KEYID` stands for the masked key. */
const ROWS: readonly (readonly [fault: Fault, tries: number, message: string, hint: string | null])[] = [
  [
    refusal('ExpiredToken', 403, 'The security token included in the request is expired'),
    1,
    `the session KEYID of ${KEY} has expired (ExpiredToken)`,
    'renew it where it comes from, or use a key: aws-cred add user1',
  ],
  [
    refusal(
      'ExpiredTokenException',
      400,
      'Token expired: current date/time 2 must be before the expiration date/time 1',
    ),
    1,
    'the web identity token has expired: Token expired: current date/time 2 must be before the expiration date/time 1 (ExpiredTokenException)',
    'whoever writes the token file has to renew it',
  ],
  [
    refusal('InvalidClientTokenId', 403, 'The security token included in the request is invalid.'),
    1,
    `STS does not know the access key KEYID of ${KEY} (InvalidClientTokenId)`,
    'it was deleted or switched off; put a new one in: aws-cred add user1 --replace',
  ],
  [
    refusal(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided.',
    ),
    1,
    `the secret key of ${KEY} is not that of KEYID (SignatureDoesNotMatch)`,
    'put the pair in again: aws-cred add user1 --replace',
  ],
  [
    refusal('RequestExpired', 400, 'Request has expired.'),
    1,
    'STS refused the time of the request: Request has expired. (RequestExpired)',
    'set the clock: sudo timedatectl set-ntp true',
  ],
  [
    refusal(
      'AccessDenied',
      403,
      'User: arn:aws:iam::123456789012:user/a is not authorized to perform: sts:AssumeRole on resource: arn:x',
    ),
    1,
    `STS refused KEYID of ${KEY}: User: arn:aws:iam::123456789012:user/a is not authorized to perform: sts:AssumeRole on resource: arn:x (AccessDenied)`,
    `the role's trust policy must allow arn:aws:iam::123456789012:user/a; an external id is set with: ${SETUP} --external-id TEXT`,
  ],
  [
    refusal(
      'AccessDenied',
      403,
      'User: x is not authorized to perform: sts:AssumeRole on resource: y with an explicit deny in a policy',
    ),
    1,
    `STS refused KEYID of ${KEY}: User: x is not authorized to perform: sts:AssumeRole on resource: y with an explicit deny in a policy (AccessDenied)`,
    null,
  ],
  [
    refusal('AccessDenied', 403, 'MultiFactorAuthentication failed with invalid MFA one time pass code. '),
    1,
    `STS refused KEYID of ${KEY}: MultiFactorAuthentication failed with invalid MFA one time pass code. (AccessDenied)`,
    'a code is good once, and for half a minute: wait for the next',
  ],
  [
    refusal(
      'AccessDenied',
      403,
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    ),
    1,
    `STS refused KEYID of ${KEY}: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. (AccessDenied)`,
    `name the device: ${SETUP} --mfa-serial ARN`,
  ],
  [
    refusal(
      'AccessDenied',
      403,
      'MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.',
    ),
    1,
    `STS refused KEYID of ${KEY}: MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user. (AccessDenied)`,
    `the serial is not that of a device of this user; name the right one: ${SETUP} --mfa-serial ARN`,
  ],
  [
    refusal('ValidationError', 400, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'),
    1,
    'STS refused a value: The requested DurationSeconds exceeds the MaxSessionDuration set for this role. (ValidationError)',
    `${SETUP} --duration 1h`,
  ],
  [
    refusal(
      'ValidationError',
      400,
      "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: x",
    ),
    1,
    "STS refused a value: 1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: x (ValidationError)",
    'it is aws_cred_role_session_name of profile "prod"',
  ],
  [
    refusal('RegionDisabledException', 403, 'STS is not activated in this region for account:123456789012.'),
    1,
    'STS is not active in eu-west-1 for this account (RegionDisabledException)',
    'ask another: export AWS_REGION=us-east-1',
  ],
  [
    refusal('MalformedPolicyDocument', 400, 'This policy contains invalid Json'),
    1,
    'STS cannot read the session policy: This policy contains invalid Json (MalformedPolicyDocument)',
    'it is aws_cred_policy of profile "prod"',
  ],
  [
    refusal('PackedPolicyTooLarge', 400, 'Packed size of session tags consumes 120% of allotted space.'),
    1,
    'session policy and tags are too long together: Packed size of session tags consumes 120% of allotted space. (PackedPolicyTooLarge)',
    'they are aws_cred_policy, aws_cred_policy_arns and aws_cred_tags of profile "prod"',
  ],
  [
    refusal('IDPCommunicationError', 400, 'the request timed out'),
    3,
    'STS cannot reach the identity provider: the request timed out (IDPCommunicationError)',
    "it is the token's issuer that does not answer AWS",
  ],
  [
    refusal('IDPRejectedClaim', 403, 'x'),
    1,
    'STS does not take the web identity token: x (IDPRejectedClaim)',
    "its issuer, audience and subject must be those that IAM's identity provider and the role's trust policy name",
  ],
  [
    refusal('InvalidIdentityToken', 400, 'No OpenIDConnect provider found in your account for https://x'),
    1,
    'STS does not take the web identity token: No OpenIDConnect provider found in your account for https://x (InvalidIdentityToken)',
    "its issuer, audience and subject must be those that IAM's identity provider and the role's trust policy name",
  ],
  ...['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'].map(
    (code) =>
      [
        refusal(code, code === 'TooManyRequestsException' ? 429 : 400, 'Rate exceeded'),
        3,
        `STS takes no more calls of this account for now (${code})`,
        'other programs of the account call it too often; try again in a minute',
      ] as const,
  ),
  [
    { kind: '500' },
    3,
    'STS failed: The request processing has failed because of an unknown error. (InternalFailure)',
    "AWS's own state: https://health.aws.amazon.com/health/status",
  ],
  [
    { kind: '503' },
    3,
    'STS failed: Service is unavailable (ServiceUnavailable)',
    "AWS's own state: https://health.aws.amazon.com/health/status",
  ],
  [refusal('Weird', 502, 'x'), 3, 'STS answered: x (Weird)', null],
  [refusal('Weird', 504, ''), 3, 'STS refused (Weird)', null],
  [refusal('OptInRequired', 403, 'x'), 1, 'STS answered: x (OptInRequired)', null],
  [
    refusal('IncompleteSignature', 400, 'x'),
    1,
    'the signature was changed or lost on the way: x (IncompleteSignature)',
    null,
  ],
  [
    refusal('MissingAuthenticationToken', 403, 'x'),
    1,
    'the signature was changed or lost on the way: x (MissingAuthenticationToken)',
    null,
  ],
  [{ kind: 'reset' }, 3, 'cannot reach sts.example: the connection was cut (ECONNRESET)', 'AWS_REGION says eu-west-1'],
  [{ kind: 'cut' }, 3, 'cannot reach sts.example: the connection was cut (ECONNRESET)', 'AWS_REGION says eu-west-1'],
]

const NOT_STS = 'something between here and AWS answered, as the sign-in page of a network does'
const BROKEN: typeof ROWS = [
  [{ kind: 'garbage' }, 1, "the answer of sts.example cannot be read: it is not one of STS's (HTTP 200)", NOT_STS],
  [
    { kind: 'garbage', status: 403 },
    1,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 403)",
    NOT_STS,
  ],
  [
    { kind: 'garbage', status: 503 },
    3,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 503)",
    NOT_STS,
  ],
  [
    { kind: 'body', status: 403, body: '<html><p>no</p></html>' },
    1,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 403)",
    NOT_STS,
  ],
  [
    { kind: 'body', body: '{"x":1}' },
    1,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 200)",
    NOT_STS,
  ],
  // Nested so deep that a parser runs out of stack.
  [
    { kind: 'body', body: '<a>'.repeat(340_000) },
    1,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 200)",
    NOT_STS,
  ],
  [{ kind: 'truncated' }, 1, "the answer of sts.example cannot be read: it is not one of STS's (HTTP 200)", NOT_STS],
  [
    { kind: 'bad-expiration' },
    1,
    "the answer of sts.example cannot be read: it is not one of STS's (HTTP 200)",
    NOT_STS,
  ],
  [{ kind: 'empty' }, 1, 'the answer of sts.example cannot be used: it holds no credentials', null],
  [{ kind: 'no-credentials' }, 1, 'the answer of sts.example cannot be used: it holds no credentials', null],
  [{ kind: 'no-expiration' }, 1, 'the answer of sts.example cannot be used: its Expiration is no time', null],
  [{ kind: 'past-expiration' }, 1, 'the answer of sts.example cannot be used: its Expiration has passed', null],
  [{ kind: 'huge' }, 1, 'the answer of sts.example cannot be used: it is over 1 MiB', null],
]

test('assumeRole() words each refusal and each broken answer, and tries again what is worth it', async (t) => {
  await Promise.all(
    [...ROWS, ...BROKEN].map(async ([fault, tries, message, hint]) => {
      const here = await callPlace(t)
      const { accessKeyId } = here.world.alice
      const found = await refused(here, fault)
      const masked = `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`
      const { code, hint: foundHint, tries: foundTries } = found
      assert.deepEqual(
        { message: found.message, hint: foundHint, tries: foundTries, code },
        { message: `cannot try: ${message.replace('KEYID', masked)}`, hint, tries, code: 'failed' },
      )
    }),
  )
})

test('assumeRole() words a refusal of a session that signs, and of a region that may be off', async (t) => {
  const unknown = refusal('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
  const signed = await callPlace(t)
  const { keys, place: where } = signed.call
  const session = { ...signed, call: { ...signed.call, keys: { ...keys, sessionToken: 'token' } } }
  assert.equal((await refused(session, unknown)).hint, 'it was revoked, or whom it stands for was deleted')
  const inRegion = (regionFrom: string) => ({
    ...signed,
    call: { ...signed.call, place: { ...where, region: 'af-south-1', regionFrom } },
  })
  assert.equal(
    (await refused(inRegion('AWS_REGION'), unknown)).hint,
    'the account may not have af-south-1 switched on; ask another: export AWS_REGION=us-east-1',
  )
  assert.equal(
    (await refused(inRegion('aws_cred_region (/c:3)'), unknown)).hint,
    'the account may not have af-south-1 switched on; another region goes into aws_cred_region (/c:3)',
  )
})

test("assumeRole() names the endpoint's setting where there is one of one's own", async (t) => {
  const { call, step } = await callPlace(t)
  const url = 'http://127.0.0.1:9'
  const endpoint = { url, host: '127.0.0.1:9', signingRegion: 'eu-west-1' }
  const override = { url, from: '[services dev] (/c:7)' }
  const nobody = { ...call, place: { ...call.place, override }, target: { ...call.target, endpoint } }
  await assert.rejects(assumeRole(nobody, step, 'me'), {
    message: 'cannot try: cannot reach 127.0.0.1:9: the connection was refused (ECONNREFUSED)',
    hint: '[services dev] (/c:7) is set to http://127.0.0.1:9',
  })
})

test('assumeRole() names setting and file behind a certificate that is wrong', async (t) => {
  const { call, step, world } = await callPlace(t)
  const authority = newAuthority(t)
  const caBundle = { value: authority.path, from: 'ca_bundle (/c:8)' }
  const from = 'endpoint_url (/c:7)'
  const expired = "by this machine's clock, to be compared with another: date -u"
  const byName = (port: number) => `${from} is set to https://127.0.0.1:${port}`
  for (const [names, days, trusted, state, hint] of [
    [
      ['IP:127.0.0.1'],
      2,
      null,
      `of ${from}: its certificate is not trusted`,
      /^name the file of its authority: export /,
    ],
    [
      ['IP:127.0.0.1'],
      2,
      { ...caBundle, value: newAuthority(t).path },
      `of ${from}: its certificate is not trusted`,
      /^trusted are the authorities in \S+ca\.pem, by ca_bundle \(\/c:8\)$/,
    ],
    [['IP:127.0.0.1'], -1, caBundle, `of ${from}: its certificate has expired`, expired],
    [['DNS:other.example'], 2, caBundle, ': its certificate is for another name', byName],
  ] as const) {
    const sts = await startSts({ ...world, tls: authority.issue(names, days) })
    t.after(() => sts.close())
    const endpoint = { url: sts.url, host: `127.0.0.1:${sts.port}`, signingRegion: 'eu-west-1' }
    const place = { ...call.place, override: { url: sts.url, from } }
    const target = { ...call.target, endpoint, network: { proxy: null, caBundle: trusted } }
    const error = await assumeRole({ ...call, place, target }, step, 'me').then(
      () => assert.fail('it went well'),
      (thrown: CredError) => thrown,
    )
    const asked = `cannot try: cannot reach ${endpoint.host}${state.startsWith(':') ? '' : ' '}${state} (`
    assert.equal(error.message.slice(0, asked.length), asked)
    if (hint instanceof RegExp) assert.match(error.hint ?? '', hint)
    else assert.equal(error.hint, typeof hint === 'string' ? hint : hint(sts.port))
  }
})

test('assumeRole() names no command that a shell would read otherwise, and escapes what STS says', async (t) => {
  const here = await callPlace(t)
  const unknown = refusal('InvalidClientTokenId', 403, 'x')
  const hintFor = async (signer: string) => (await refused({ ...here, call: { ...here.call, signer } }, unknown)).hint
  assert.match((await hintFor('team/a.b')) ?? '', /: aws-cred add team\/a\.b --replace$/)
  for (const signer of ['a b', '$(touch x)', "it's `x`", '-rf', 'a\u001b[2J']) {
    assert.equal(await hintFor(signer), 'it was deleted or switched off', signer)
  }
  const said = await refused(here, refusal('Odd\u001b[31m', 400, 'red \u001b[31m\u202e text'))
  assert.match(said.message, /STS answered: red \\x1b\[31m\\u\{202e\} text \(Odd\\x1b\[31m\)$/)
})

test('assumeRoleWithWebIdentity() blames the token, its file and the trust', async (t) => {
  const here = await callPlace(t)
  const call = { ...here.call, tokenFile: '/var/run/token' }
  const token = 'the web identity token in "/var/run/token"'
  for (const [fault, wanted, hint] of [
    [
      refusal('ExpiredTokenException', 400, 'Token expired'),
      `${token} has expired: Token expired (ExpiredTokenException)`,
      /whoever writes the token file has to renew it/,
    ],
    [
      refusal('InvalidIdentityToken', 400, 'No provider'),
      `STS does not take ${token}: No provider (InvalidIdentityToken)`,
      /trust policy/,
    ],
    [refusal('AccessDenied', 403, 'No'), `STS refused ${token}: No (AccessDenied)`, /issuer, subject and audience/],
  ] as const) {
    here.sts.faults.next({ ...fault, times: 99 })
    const error = await assumeRoleWithWebIdentity(call, here.step, 'me', 'a.b.c').then(
      () => assert.fail('it went well'),
      (thrown: CredError) => thrown,
    )
    here.sts.reset()
    assert.equal(error.message, `cannot ${call.purpose}: ${wanted}`)
    assert.match(error.hint ?? '', hint)
  }
})

test('assumeRole() sends nobody to add for keys that add does not mend', async (t) => {
  const here = await callPlace(t)
  const foreign = { ...here, call: { ...here.call, signerIsForeign: true } }
  for (const name of ['InvalidClientTokenId', 'SignatureDoesNotMatch']) {
    assert.match((await refused(here, refusal(name, 403, 'x'))).hint ?? '', /aws-cred add/)
    assert.doesNotMatch((await refused(foreign, refusal(name, 403, 'x'))).hint ?? '', /aws-cred add/)
  }
})
