import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { addKey, documentOf, failureOf, processOf, vaultPlace, writeConfig } from '../support/e2e-place.ts'

const ACCOUNT = '123456789012'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Prod-Role`

/** A setting of a profile that assumes a role, and what `process` says of it; LINE stands for its file and number. */
const REFUSED: readonly (readonly [line: string, message: string, hint?: string])[] = [
  [
    'aws_cred_role_arn = Prod-Role',
    'cannot use aws_cred_role_arn "Prod-Role" of profile "p" (LINE): a role reads arn:aws:iam::ACCOUNT:role/NAME',
  ],
  [
    `aws_cred_role_arn = arn:aws:iam::12345678901:role/X`,
    'cannot use aws_cred_role_arn "arn:aws:iam::12345678901:role/X" of profile "p" (LINE): a role reads arn:aws:iam::ACCOUNT:role/NAME',
  ],
  [
    `aws_cred_role_arn = arn:aws:sts::${ACCOUNT}:assumed-role/X/me`,
    `cannot use aws_cred_role_arn "arn:aws:sts::${ACCOUNT}:assumed-role/X/me" of profile "p" (LINE): a role reads arn:aws:iam::ACCOUNT:role/NAME`,
  ],
  [
    `aws_cred_role_arn = arn:aws-mars:iam::${ACCOUNT}:role/X`,
    `cannot use aws_cred_role_arn "arn:aws-mars:iam::${ACCOUNT}:role/X" of profile "p" (LINE): its partition must be one of aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-eusc`,
  ],
  [
    `aws_cred_role_arn = arn:aws-cn:iam::${ACCOUNT}:role/X`,
    `cannot assume role X of ${ACCOUNT} for profile "p": it is in partition aws-cn, and the key of "user1" in aws`,
    'name a profile whose key is of aws-cn: aws-cred setup p --source-profile NAME',
  ],
  ...['899', '43201', 'abc', '3600.5', '-1', '1h', '9999999999'].map(
    (seconds) =>
      [
        `duration_seconds = ${seconds}`,
        `cannot use duration_seconds "${seconds}" of profile "p" (LINE): it must be 900 to 43200 seconds`,
        'aws-cred setup p --duration 1h',
      ] as const,
  ),
  ...['a', 'two words', 'x'.repeat(65), 'a/b'].map(
    (name) =>
      [
        `role_session_name = ${name}`,
        'cannot use role_session_name of profile "p" (LINE): it must be 2 to 64 of letters, digits and _+=,.@-',
      ] as const,
  ),
  [
    'external_id = x',
    'cannot use external_id of profile "p" (LINE): it must be 2 to 1224 of letters, digits and _+=,.@:/-',
  ],
  ['region = nowhere', 'cannot use region "nowhere" of region (LINE): a region reads like eu-west-1'],
  [
    'aws_cred_region = cn-north-1',
    'cannot use region "cn-north-1" of aws_cred_region (LINE): it is not one of partition aws, which the key belongs to',
    'a region of aws reads like us-east-1',
  ],
  ['use_fips_endpoint = yes', 'cannot use "yes" of use_fips_endpoint (LINE): it must be true or false'],
  [
    'sts_regional_endpoints = global',
    'cannot use "global" of sts_regional_endpoints (LINE): it must be regional or legacy',
  ],
  ['services = dev', 'cannot find section [services dev], which services (LINE) names'],
  [
    'endpoint_url = sts.example',
    'cannot use the endpoint URL of endpoint_url (LINE): it is not an http or https URL',
    'one looks like https://sts.eu-west-1.amazonaws.com',
  ],
]

test('process names what STS could not take, with what it may be, and calls nobody', async (t) => {
  const place = await vaultPlace(t)
  await addKey(place)
  place.sts.reset()
  for (const [line, message, hint] of REFUSED) {
    const isRole = line.startsWith('aws_cred_role_arn')
    writeConfig(place, `[profile p]\nsource_profile = user1\n${isRole ? '' : `role_arn = ${ROLE}\n`}${line}\n`)
    const where = `${join(place.home, '.aws/config')}:${isRole ? 3 : 4}`
    const isEndpoint = /^(services|endpoint_url) /.test(line)
    const ended = await processOf(place, 'p', isEndpoint ? { env: { AWS_ENDPOINT_URL_STS: undefined } } : {})
    const lines = [`error: ${message.replace('LINE', where)}`, ...(hint === undefined ? [] : [`hint: ${hint}`])]
    assert.equal(failureOf(ended, 1), lines.map((each) => `aws-cred: ${each}\n`).join(''))
  }
  assert.deepEqual(place.sts.counts(), {})
})

test('process says how to put a key in again whose partition was only guessed', async (t) => {
  const place = await vaultPlace(t)
  await addKey(place, place.world.alice, ['--no-verify'])
  writeConfig(place, `[profile p]\nrole_arn = arn:aws-cn:iam::${ACCOUNT}:role/X\nsource_profile = user1\n`)
  assert.match(
    failureOf(await processOf(place, 'p'), 1),
    /hint: where the key belongs to aws-cn, put it in again: aws-cred add user1 --replace --region cn-north-1\n$/,
  )
  assert.deepEqual(place.sts.counts(), {})
})

test('process signs for the partition of the region that stands beside static keys without a role', async (t) => {
  const place = await vaultPlace(t)
  const { accessKeyId, secret } = place.world.alice
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`
  writeConfig(place, `[profile p]\nregion = cn-northwest-1\n${keys}`)
  documentOf(await processOf(place, 'p'))
  assert.deepEqual(
    place.sts.requests.map(({ operation, region }) => [operation, region]),
    [['GetSessionToken', 'cn-northwest-1']],
  )
})
