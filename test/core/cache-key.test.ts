import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CacheKeyInputs,
  cacheKeyText,
  identityOfFetched,
  identityOfKey,
  identityOfStatic,
  keysIdentity,
  ROOT_LEVEL,
  type RootPlace,
  rootLabel,
  sessionLabel,
  sessionNameOf,
} from '../../src/core/cache-key.ts'
import type { AssumeRoleStep, SessionTokenStep } from '../../src/core/plan/plan-steps.ts'
import { sha256Hex } from '../../src/core/sha256.ts'

const ROLE: AssumeRoleStep = {
  kind: 'assume-role',
  profile: 'prod',
  roleArn: 'arn:aws:iam::123456789012:role/path/Prod',
  durationSeconds: 3600,
  sessionName: 'me',
  externalId: 'ext',
  mfaSerial: 'arn:aws:iam::123456789012:mfa/me',
  sourceIdentity: 'me',
  policy: '{}',
  policyArns: ['arn:a', 'arn:b'],
  tags: [
    ['team', 'ops'],
    ['env', 'prod'],
  ],
  transitiveTagKeys: ['team'],
  chained: false,
  askedSeconds: 3600,
}
const MIDDLE: AssumeRoleStep = { ...ROLE, profile: 'middle', roleArn: 'arn:aws:iam::123456789012:role/Middle' }
const TOKEN: SessionTokenStep = { kind: 'session-token', profile: 'me', durationSeconds: 3600, mfaSerial: null }
const INPUTS: CacheKeyInputs = {
  identity: { id: 'key:g1', partition: 'aws', accountId: '123456789012', userName: 'alice' },
  steps: [MIDDLE, ROLE],
  osUser: 'root',
  endpoint: null,
  tokenKind: 'regional',
}
const KEY = cacheKeyText(INPUTS, 1)

const CHANGES: { readonly [Field in keyof AssumeRoleStep]?: readonly AssumeRoleStep[Field][] } = {
  roleArn: ['arn:aws:iam::123456789012:role/Other', 'arn:aws-cn:iam::123456789012:role/path/Prod'],
  durationSeconds: [900, null],
  sessionName: ['you', null],
  externalId: ['ext2', null, ''],
  mfaSerial: ['arn:aws:iam::123456789012:mfa/you', null],
  sourceIdentity: ['you', null],
  policy: ['{"a":1}', null],
  policyArns: [[], ['arn:a'], ['arn:a,arn:b'], ['arn:b', 'arn:a']],
  tags: [[], [['team', 'ops']], [['team', 'ops, env=prod']]],
  transitiveTagKeys: [[], ['env']],
}

test('cacheKeyText() changes with every input of either hop, each time to another text', () => {
  const keys = [KEY]
  for (const [field, values] of Object.entries(CHANGES)) {
    for (const value of values) {
      keys.push(cacheKeyText({ ...INPUTS, steps: [MIDDLE, { ...ROLE, [field]: value }] }, 1))
      keys.push(cacheKeyText({ ...INPUTS, steps: [{ ...MIDDLE, [field]: value }, ROLE] }, 1))
    }
  }
  assert.equal(new Set(keys).size, keys.length)
})

test('cacheKeyText() changes with source, partition, endpoint and number of hops', () => {
  const { identity } = INPUTS
  const keys = [
    KEY,
    cacheKeyText({ ...INPUTS, identity: { ...identity, id: 'key:g2' } }, 1),
    cacheKeyText({ ...INPUTS, identity: { ...identity, id: 'static:g1' } }, 1),
    cacheKeyText({ ...INPUTS, identity: { ...identity, partition: 'aws-cn' } }, 1),
    cacheKeyText({ ...INPUTS, endpoint: 'https://sts.example' }, 1),
    cacheKeyText({ ...INPUTS, endpoint: '' }, 1),
    cacheKeyText({ ...INPUTS, tokenKind: 'global' }, 1),
    cacheKeyText({ ...INPUTS, steps: [ROLE] }, 0),
    cacheKeyText({ ...INPUTS, steps: [MIDDLE, MIDDLE, ROLE] }, 2),
    cacheKeyText({ ...INPUTS, steps: [TOKEN] }, 0),
    cacheKeyText({ ...INPUTS, steps: [{ ...TOKEN, durationSeconds: 900 }] }, 0),
    cacheKeyText({ ...INPUTS, steps: [{ ...TOKEN, mfaSerial: 'arn:aws:iam::123456789012:mfa/me' }] }, 0),
  ]
  assert.equal(new Set(keys).size, keys.length)
})

test('cacheKeyText() changes with the names that a default session name is made of', () => {
  const steps = [{ ...ROLE, sessionName: null }]
  const identity = { ...INPUTS.identity, userName: null }
  const keys = [
    cacheKeyText({ ...INPUTS, steps }, 0),
    cacheKeyText({ ...INPUTS, steps, identity: { ...INPUTS.identity, userName: 'bob' } }, 0),
    cacheKeyText({ ...INPUTS, steps, identity }, 0),
    cacheKeyText({ ...INPUTS, steps, identity, osUser: 'me' }, 0),
  ]
  assert.equal(new Set(keys).size, keys.length)
})

test('cacheKeyText() does not look at profile names', () => {
  const steps = [
    { ...MIDDLE, profile: 'x' },
    { ...ROLE, profile: 'y' },
  ]
  assert.equal(cacheKeyText({ ...INPUTS, steps }, 1), KEY)
})

test('cacheKeyText() gives two roles behind one middle role the same middle key', () => {
  const other = { ...ROLE, roleArn: 'arn:aws:iam::123456789012:role/Other' }
  assert.equal(cacheKeyText(INPUTS, 0), cacheKeyText({ ...INPUTS, steps: [MIDDLE, other] }, 0))
  assert.equal(cacheKeyText(INPUTS, 0), cacheKeyText({ ...INPUTS, steps: [MIDDLE] }, 0))
})

test('cacheKeyText() is the same only for the same texts', () => {
  const text = fc.constantFrom('', 'a', 'b', '"', ',', '","', 'a","b', '\\', 'null')
  const step = fc.record({ externalId: fc.option(text), policy: fc.option(text), policyArns: fc.array(text) })
  fc.assert(
    fc.property(step, step, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other)
      const key = (changes: Partial<AssumeRoleStep>) => cacheKeyText({ ...INPUTS, steps: [{ ...ROLE, ...changes }] }, 0)
      assert.equal(key(one) === key(other), same)
    }),
  )
})

test('identityOfStatic() and identityOfKey() name the source without its secret', () => {
  const origin = { path: '/c', line: 1 }
  const root = {
    kind: 'static',
    profile: 'p',
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'hush',
    sessionToken: 'quiet',
    origin,
  } as const
  assert.deepEqual(identityOfStatic(root, 'aws'), {
    id: `static:${sha256Hex('AKIAEXAMPLE').slice(0, 32)}`,
    partition: 'aws',
    accountId: null,
    userName: null,
  })
  const key = { generation: 'g', partition: 'aws-cn', accountId: '1', userName: 'u' }
  assert.deepEqual(identityOfKey(key), { id: 'key:g', partition: 'aws-cn', accountId: '1', userName: 'u' })
})

test('sessionNameOf() is the one named, else the IAM user, else the OS user, always one that STS takes', () => {
  const { identity } = INPUTS
  const unnamed = { ...ROLE, sessionName: null }
  const nobody = { ...identity, userName: null }
  assert.equal(sessionNameOf(ROLE, identity, 'root'), 'me')
  assert.equal(sessionNameOf(unnamed, identity, 'root'), 'alice')
  assert.equal(sessionNameOf(unnamed, nobody, 'root'), 'aws-cred-root')
  assert.equal(sessionNameOf(TOKEN, identity, 'root'), null)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (name, ofUser) => {
      const who = { ...identity, userName: ofUser ? name : null }
      assert.match(sessionNameOf(unnamed, who, name) ?? '', /^[\w+=,.@-]{2,64}$/)
    }),
  )
})

test('sessionLabel() is the name of the role', () => {
  assert.equal(sessionLabel(ROLE), 'Prod')
  assert.equal(sessionLabel(TOKEN), 'session-token')
})

test('identityOfFetched() changes with all that decides whose credentials a root gives, and with nothing secret', () => {
  const origin = { path: '/c', line: 1 }
  const place: RootPlace = { endpoint: null, address: [], osUser: 'me' }
  const sso = {
    kind: 'sso',
    profile: 'p',
    origin,
    session: 'corp',
    startUrl: 'https://corp',
    region: 'eu-west-1',
    accountId: '123456789012',
    roleName: 'Dev',
  } as const
  const web = { kind: 'web-identity', profile: 'p', origin, tokenFile: '/t', step: ROLE } as const
  const container = { kind: 'container', profile: 'p', origin, metadataEndpoint: null, metadataMode: null } as const
  const process = { kind: 'process', profile: 'p', origin, commandLine: 'other --x', accountId: null } as const
  const id = (root: Parameters<typeof identityOfFetched>[0], more: Partial<RootPlace> = {}) =>
    identityOfFetched(root, 'aws', { ...place, ...more }).id
  const ids = [
    id(sso),
    id({ ...sso, session: null }),
    id({ ...sso, session: 'other' }),
    id({ ...sso, startUrl: 'https://other' }),
    id({ ...sso, region: 'us-east-1' }),
    id({ ...sso, accountId: '210987654321' }),
    id({ ...sso, roleName: 'Ops' }),
    id(sso, { endpoint: 'https://portal' }),
    id({ kind: 'login', profile: 'p', origin, loginSession: 'arn:a', region: null }),
    id({ kind: 'login', profile: 'p', origin, loginSession: 'arn:b', region: null }),
    id(web),
    id({ ...web, tokenFile: '/u' }),
    id({ ...web, step: { ...ROLE, durationSeconds: 900 } }),
    id({ ...web, step: { ...ROLE, policy: null } }),
    id({ ...web, step: { ...ROLE, sessionName: null } }),
    id({ ...web, step: { ...ROLE, sessionName: null } }, { osUser: 'you' }),
    id(web, { endpoint: 'https://sts' }),
    id(container, { address: ['/a', null] }),
    id(container, { address: [null, '/a'] }),
    id({ ...container, kind: 'instance' }, { address: ['/a', null] }),
    id(process),
    id({ ...process, commandLine: 'other --y' }),
  ]
  assert.equal(new Set(ids).size, ids.length)
  // Where the lines stand, and under which name, is not who they are.
  assert.equal(id({ ...sso, profile: 'q', origin: { path: '/d', line: 9 } }), id(sso))
  assert.ok(ids.every((each) => /^[a-z-]+:[0-9a-f]{32}$/.test(each)))
  const endless = keysIdentity(id(process), 'AKIAEXAMPLE', 'aws')
  assert.notEqual(endless.id, keysIdentity(id(process), 'AKIAOTHER', 'aws').id)
  assert.ok(endless.id.startsWith(`${id(process)}:`) && endless.givesSession === undefined)
})

test("cacheKeyText() of a root's own session goes by its identity alone", () => {
  const text = cacheKeyText(INPUTS, ROOT_LEVEL)
  assert.equal(cacheKeyText({ ...INPUTS, endpoint: 'https://x', steps: [] }, ROOT_LEVEL), text)
  assert.notEqual(cacheKeyText({ ...INPUTS, identity: { ...INPUTS.identity, id: 'sso:x' } }, ROOT_LEVEL), text)
  assert.notEqual(cacheKeyText(INPUTS, 0), text)
  assert.equal(rootLabel({ kind: 'keychain', name: 'x', listed: true, namedBy: null }), 'keychain')
})
