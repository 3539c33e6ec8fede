import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { stsEndpoint } from '../../src/aws/sts-client.ts'
import type { Environment } from '../../src/core/context.ts'
import { CredError } from '../../src/core/errors.ts'
import { parseIni } from '../../src/core/ini.ts'
import { stsPlace } from '../../src/core/network/sts-endpoint.ts'
import { PARTITIONS, partitionOfRegion } from '../../src/core/network/sts-region.ts'
import { mergeProfiles } from '../../src/core/profiles.ts'
import { need } from '../support/need.ts'

// botocore's own conformance data, through settings as a user makes them: variables and a config.
const SUITES = resolve(import.meta.dirname, '../../../shared/suites/botocore/tests/functional')
const CONFIGURED = join(SUITES, 'configured_endpoint_urls/profile-tests.json')
const RULES = join(SUITES, 'endpoint-rules/sts/endpoint-tests-1.json')

/** The URL that profile `profile` of `config` asks under `env`, and the region it signs for. */
function resolved(config: string, profile: string, env: Environment, partition: string) {
  const profiles = mergeProfiles(parseIni(config, { kind: 'config', path: '/c' }), null)
  const { url, signingRegion } = stsEndpoint(stsPlace({ env, profiles, profile }, partition))
  return { url: url.replace(/\/$/, ''), signingRegion }
}

type Section = Readonly<Record<string, string | boolean>>

interface ConfiguredSuite {
  readonly profiles: Readonly<Record<string, Section>>
  readonly services: Readonly<Record<string, Readonly<Record<string, Section>>>>
  readonly client_configs: Readonly<Record<string, Section>>
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly endpointUrlTests: readonly {
    readonly name: string
    readonly profile: string
    readonly client_config: string
    readonly environment: string
    readonly service: string
    readonly output: { readonly endpointUrl: string }
  }[]
}

const lines = (section: Section, prefix = '') =>
  Object.entries(section).map(([key, value]) => `${prefix}${key} = ${value}\n`)

/**
 * The case's service plays the part of sts. What its program would say in code stands under our own prefix in the
 * profile: it speaks to this program alone.
 */
function configOf(suite: ConfiguredSuite, service: string, profile: string, clientConfig: string): string {
  const sections = Object.entries(suite.services).map(([name, services]) => {
    const nested = Object.entries(services).map(([key, section]) => [key === service ? 'sts' : key, section] as const)
    return `[services ${name}]\n${nested.map(([key, section]) => `${key} =\n${lines(section, '  ').join('')}`).join('')}`
  })
  const own = lines(suite.client_configs[clientConfig] ?? {}, 'aws_cred_')
  return `[profile p]\n${lines(suite.profiles[profile] ?? {}).join('')}${own.join('')}${sections.join('')}`
}

function shellOf(suite: ConfiguredSuite, service: string, environment: string): Environment {
  const variable = `AWS_ENDPOINT_URL_${service.toUpperCase()}`
  return Object.fromEntries(
    Object.entries(suite.environments[environment] ?? {}).map(([name, value]) => [
      name === variable ? 'AWS_ENDPOINT_URL_STS' : name,
      value,
    ]),
  )
}

test("every case of botocore's configured endpoints, with sts in the place of its services", (t) => {
  if (!need(t, 'botocore/configured_endpoint_urls', existsSync(CONFIGURED))) return
  const suite = (JSON.parse(readFileSync(CONFIGURED, 'utf8')) as { testSuites: ConfiguredSuite[] }).testSuites[0]
  assert.ok(suite)
  assert.equal(suite.endpointUrlTests.length, 39)
  for (const { name, service, profile, client_config, environment, output } of suite.endpointUrlTests) {
    const config = configOf(suite, service, profile, client_config)
    const { url } = resolved(config, 'p', shellOf(suite, service, environment), 'aws')
    assert.equal(url, output.endpointUrl.replace(`//${service}.fake`, '//sts.fake'), name)
  }
})

interface RulesCase {
  readonly documentation: string
  readonly params?: {
    readonly Region?: string
    readonly UseFIPS?: boolean
    readonly UseDualStack?: boolean
    readonly UseGlobalEndpoint?: boolean
    readonly Endpoint?: string
  }
  readonly expect: {
    readonly error?: string
    readonly endpoint?: {
      readonly url: string
      readonly properties?: { readonly authSchemes?: readonly { readonly signingRegion: string }[] }
    }
  }
}

/** Where botocore gives up, ours is never missing a region: the partition of the key has one. */
const NEVER: Readonly<Record<string, string>> = { 'Missing region': 'https://sts.us-east-1.amazonaws.com' }

test("every case of botocore's endpoint rules of STS", (t) => {
  if (!need(t, 'botocore/endpoint-rules/sts', existsSync(RULES))) return
  const { testCases } = JSON.parse(readFileSync(RULES, 'utf8')) as { testCases: RulesCase[] }
  assert.equal(testCases.length, 69)
  let refused = 0
  for (const { documentation, params = {}, expect } of testCases) {
    const { Region, UseFIPS, UseDualStack, UseGlobalEndpoint, Endpoint } = params
    const env: Environment = {
      AWS_REGION: Region,
      AWS_USE_FIPS_ENDPOINT: UseFIPS?.toString(),
      AWS_USE_DUALSTACK_ENDPOINT: UseDualStack?.toString(),
      AWS_STS_REGIONAL_ENDPOINTS: UseGlobalEndpoint ? 'legacy' : undefined,
      AWS_ENDPOINT_URL_STS: Endpoint,
    }
    const found = () => resolved('', 'p', env, partitionOfRegion(Region ?? ''))
    const url = NEVER[documentation] ?? expect.endpoint?.url
    if (url === undefined) {
      refused += 1
      assert.throws(found, (error) => error instanceof CredError && /together with/.test(error.message), documentation)
      continue
    }
    assert.equal(found().url, url, documentation)
    const signingRegion = expect.endpoint?.properties?.authSchemes?.[0]?.signingRegion
    if (signingRegion !== undefined) assert.equal(found().signingRegion, signingRegion, documentation)
  }
  assert.equal(refused, 2, 'FIPS and dual-stack with an endpoint of its own')
})

const WITHOUT_REGION: Readonly<Record<string, string>> = {
  aws: 'sts.us-east-1.amazonaws.com',
  'aws-cn': 'sts.cn-north-1.amazonaws.com.cn',
  'aws-us-gov': 'sts.us-gov-west-1.amazonaws.com',
  'aws-iso': 'sts.us-iso-east-1.c2s.ic.gov',
  'aws-iso-b': 'sts.us-isob-east-1.sc2s.sgov.gov',
  'aws-iso-e': 'sts.eu-isoe-west-1.cloud.adc-e.uk',
  'aws-iso-f': 'sts.us-isof-south-1.csp.hci.ic.gov',
  'aws-eusc': 'sts.eusc-de-east-1.amazonaws.eu',
}

test('a key without a region anywhere is asked about in a region of its own partition', () => {
  assert.deepEqual(Object.keys(WITHOUT_REGION), PARTITIONS)
  for (const [partition, host] of Object.entries(WITHOUT_REGION)) {
    const { url, signingRegion } = resolved('[profile p]\n', 'p', { AWS_REGION: '', AWS_DEFAULT_REGION: '' }, partition)
    assert.deepEqual([url, signingRegion], [`https://${host}`, host.split('.')[1]])
  }
})
