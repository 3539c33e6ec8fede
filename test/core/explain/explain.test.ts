import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { explain } from '../../../src/core/explain/explain.ts'
import { CAUSES, type CauseCode } from '../../../src/core/explain/explain-causes.ts'
import { EXPLAIN_CORPUS } from '../../support/explain-corpus.ts'

for (const [tool, text, ...causes] of EXPLAIN_CORPUS) {
  test(`explain() of ${tool}: ${text.trim().replace(/\s+/g, ' ').slice(0, 100)}`, () => {
    assert.deepEqual(
      explain(text).causes.map(({ code }) => code),
      causes,
    )
  })
}

test('the corpus has every cause', () => {
  const told = new Set<CauseCode>(EXPLAIN_CORPUS.flatMap(([, , ...causes]) => causes))
  assert.deepEqual(
    Object.keys(CAUSES).filter((code) => !told.has(code as CauseCode)),
    [],
  )
})

test('each cause is one sentence as messages are worded', () => {
  for (const why of Object.values(CAUSES)) assert.match(why, /^(?!(?:The|An?|This|No|More|One) )[^\n]{15,140}[^.\n]$/)
})

const FACTS: readonly (readonly [text: string, facts: Omit<ReturnType<typeof explain>, 'causes'>])[] = [
  [
    'An error occurred (ExpiredToken) when calling the AssumeRole operation: The security token included in the request is expired',
    { awsCode: 'ExpiredToken', operation: 'AssumeRole', behindMs: null },
  ],
  [
    'operation error EC2: DescribeInstances, get identity: get credentials: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: a-b, api error AccessDenied: no',
    { awsCode: 'AccessDenied', operation: 'AssumeRole', behindMs: null },
  ],
  [
    'error calling sts:GetCallerIdentity: InvalidClientTokenId: The security token included in the request is invalid.',
    { awsCode: 'InvalidClientTokenId', operation: 'GetCallerIdentity', behindMs: null },
  ],
  [
    'api error SignatureDoesNotMatch: Signature expired: 20221005T132736Z is now earlier than 20221006T041807Z (20221006T043307Z - 15 min.)',
    { awsCode: 'SignatureDoesNotMatch', operation: null, behindMs: (15 * 60 + 5) * 60_000 + 31_000 },
  ],
  [
    'Signature not yet current: 20221006T053307Z is still later than 20221006T044807Z (20221006T043307Z + 15 min.)',
    { awsCode: null, operation: null, behindMs: -60 * 60_000 },
  ],
  [
    '<Code>RequestTimeTooSkewed</Code><RequestTime>20150604T232559Z</RequestTime><ServerTime>2015-06-04T22:26:16Z</ServerTime>',
    { awsCode: 'RequestTimeTooSkewed', operation: null, behindMs: -(59 * 60 + 43) * 1000 },
  ],
  ['nothing of this is known', { awsCode: null, operation: null, behindMs: null }],
]
for (const [text, facts] of FACTS) {
  test(`explain() finds the facts of ${text.slice(0, 80)}`, () => {
    const { causes, ...found } = explain(text)
    assert.deepEqual(found, facts)
  })
}

test('explain() of no text, or of one that says nothing known, has no cause', () => {
  for (const text of ['', ' \n\t', 'segmentation fault', '\u0000'.repeat(1000)])
    assert.deepEqual(explain(text).causes, [])
})

test('explain() finds what stands at either end of a text of megabytes', () => {
  const filler = 'at com.example.Frame.run(Frame.java:1)\n'.repeat(200_000)
  const said = 'The security token included in the request is expired'
  for (const text of [said + filler, filler + said]) {
    assert.deepEqual(
      explain(text).causes.map(({ code }) => code),
      ['expired-session'],
    )
  }
})

test('explain() gives back nothing of a text but words of letters and digits', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'An error occurred (',
      ') when calling the ',
      ' operation: ',
      'operation error STS: ',
      'api error ',
      'Signature expired: 2',
      '<RequestTime>',
      '\u001b[31m',
      '\u202e',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { causes, awsCode, operation, behindMs } = explain(pieces.join(''))
      for (const { code, why } of causes) assert.equal(CAUSES[code], why)
      for (const word of [awsCode, operation]) if (word !== null) assert.match(word, /^\w{2,61}$/)
      assert.ok(behindMs === null || Number.isFinite(behindMs))
    }),
    { numRuns: 300 },
  )
})

/** Runs of what the patterns begin with, as long as a text may be. */
const HOSTILE: readonly string[] = [
  ' '.repeat(65_536),
  '\u001b['.repeat(32_768),
  `\u001b[${'1;'.repeat(32_000)}`,
  '\\n'.repeat(32_768),
  'operation error '.repeat(4_096),
  `operation error ${'a '.repeat(32_000)}`,
  `when calling the ${'a'.repeat(65_000)}`,
  'when calling the a '.repeat(3_400),
  'error (('.repeat(8_192),
  '<Code>'.repeat(10_922),
  'Signature expired: '.repeat(3_449),
  '│'.repeat(65_536),
  'ExpiredToken'.repeat(5_461),
]
// The limit is there for a hang, not for speed: a pattern that looks again and again would not be through by then.
test('explain() comes to an end with texts made to keep it busy', { timeout: 60_000 }, () => {
  for (const text of HOSTILE) assert.ok(Array.isArray(explain(text).causes))
})
