import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CredError } from '../../../src/core/errors.ts'
import {
  hasLegacyEndpoint,
  isRegionName,
  PARTITIONS,
  partitionOfRegion,
  stsRegion,
} from '../../../src/core/network/sts-region.ts'

/** Regions as settings give them, the empty ones left out. */
const named = (...regions: readonly string[]) => regions.map((value) => ({ value, from: 'AWS_REGION' }))
const region = (regions: readonly string[], partition: string) => stsRegion(null, named(...regions), partition).region

test('stsRegion() takes the first region of the partition', () => {
  assert.equal(region(['eu-west-1', 'us-east-2'], 'aws'), 'eu-west-1')
  assert.equal(region(['eu-west-1', 'cn-northwest-1'], 'aws-cn'), 'cn-northwest-1')
  assert.equal(region(['cn-north-1', 'us-gov-east-1', 'mx-central-1'], 'aws'), 'mx-central-1')
})

test('stsRegion() falls back to the default of the partition, and says that no setting named it', () => {
  assert.deepEqual(stsRegion(null, [], 'aws'), { region: 'us-east-1', isGlobal: false, from: null })
  assert.equal(region(['eu-west-1'], 'aws-cn'), 'cn-north-1')
  assert.equal(region(['eu-west-1'], 'aws-us-gov'), 'us-gov-west-1')
})

test('stsRegion() takes aws_cred_region before all others, and refuses it in another partition', () => {
  const own = { value: 'eu-west-3', from: 'aws_cred_region (/c:4)' }
  assert.deepEqual(stsRegion(own, named('eu-west-1'), 'aws'), { region: 'eu-west-3', isGlobal: false, from: own.from })
  assert.throws(() => stsRegion(own, named('cn-north-1'), 'aws-cn'), {
    code: 'failed',
    message:
      'cannot use region "eu-west-3" of aws_cred_region (/c:4): it is not one of partition aws-cn, which the key belongs to',
    hint: 'a region of aws-cn reads like cn-north-1',
  })
})

test('stsRegion() takes aws-global for the global endpoint', () => {
  assert.deepEqual(stsRegion(null, named('aws-global'), 'aws'), {
    region: 'us-east-1',
    isGlobal: true,
    from: 'AWS_REGION',
  })
  assert.deepEqual(stsRegion(null, named('aws-global'), 'aws-cn').isGlobal, false)
})

test('stsRegion() refuses what cannot be a host label, and names the setting', () => {
  for (const text of ['evil.example/', 'eu-west-1.evil', 'EU-WEST-1', 'eu west', 'x', '../a', 'eu-west-1\n']) {
    assert.throws(() => region([text], 'aws'), CredError, text)
  }
  assert.throws(() => region(['nowhere'], 'aws'), {
    message: 'cannot use region "nowhere" of AWS_REGION: a region reads like eu-west-1',
  })
})

test('partitionOfRegion() knows every partition, and stsRegion() a default in it', () => {
  const partitions = {
    'eu-west-1': 'aws',
    'us-east-1': 'aws',
    'cn-north-1': 'aws-cn',
    'us-gov-west-1': 'aws-us-gov',
    'us-iso-east-1': 'aws-iso',
    'us-isob-east-1': 'aws-iso-b',
    'eu-isoe-west-1': 'aws-iso-e',
    'us-isof-south-1': 'aws-iso-f',
    'eusc-de-east-1': 'aws-eusc',
  }
  for (const [name, partition] of Object.entries(partitions)) {
    assert.equal(partitionOfRegion(name), partition)
    assert.equal(region([name], partition), name)
  }
  for (const partition of PARTITIONS) {
    const found = region([], partition)
    assert.ok(isRegionName(found), found)
    assert.equal(partitionOfRegion(found), partition)
  }
})

test('hasLegacyEndpoint() is for the old regions alone', () => {
  assert.ok(hasLegacyEndpoint('eu-west-1'))
  for (const name of ['af-south-1', 'ap-northeast-3', 'cn-north-1', 'us-gov-west-1', '']) {
    assert.ok(!hasLegacyEndpoint(name), name)
  }
})
