import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { explain } from '../../src/core/explain/explain.ts'
import { type Verdict, whoWins } from '../../src/core/precedence/precedence.ts'
import type { Tool } from '../../src/core/precedence/precedence-model.ts'
import { need } from '../support/need.ts'
import { isAsTold, REFUSAL_CAUSES, told } from '../support/precedence-compare.ts'
import { precedenceConsumer } from '../support/precedence-consumers.ts'
import { type PrecedencePlace, startPrecedencePlace } from '../support/precedence-place.ts'
import { precedenceWorld, type Situation, situations } from '../support/precedence-situations.ts'

/** All situations, each with and without `--profile`: some minutes. */
const SOAK = process.env.AWS_CRED_SOAK === '1'

/** The slow ones first: two at a time. */
const ASKED = ['java', 'cli-v2', 'cli-v1', 'boto3', 'dotnet', 'js', 'go'] as const

let place: PrecedencePlace

describe('who wins is what the tool itself does', { concurrency: 2 }, () => {
  before(async () => {
    place = await startPrecedencePlace()
  })
  after(() => place.close())

  for (const tool of ASKED) test(tool, (t) => askTool(t, tool))
})

async function askTool(t: TestContext, tool: (typeof ASKED)[number]): Promise<void> {
  const start = precedenceConsumer(tool, place)
  const missing = 'missing' in start ? start.missing : null
  if (!need(t, missing ?? tool, missing === null) || 'missing' in start) return
  const consumer = start()
  t.after(() => consumer.close())
  for (const [situation, named] of asked()) {
    await t.test(`${situation.name}${named === null ? '' : ', --profile p'}`, async () => {
      const verdict = verdictOf(tool, situation, named)
      const observed = await consumer.observe(situation, named ?? '-')
      const agrees = isAsTold(verdict, observed, place.fixture, situation)
      const difference = situation.differs?.[tool] ?? null
      const said = `said: ${told(verdict, place.fixture)}\ndid: ${observed.arn ?? observed.text}`
      // A difference that is known is one still: else the reason given for it is out of date.
      assert.equal(agrees, difference === null, difference === null ? said : `${difference}: no longer so\n${said}`)
      if (observed.arn === null) checkExplained(verdict, observed.text)
    })
  }
}

/** What the tool has shown has to mean something to `explain`, and the right thing where the tool gives a reason. */
function checkExplained({ tool, refusal }: Verdict, text: string): void {
  const codes = explain(text).causes.map(({ code }) => code)
  // Words of the test program, and errors of the languages that say nothing of credentials.
  if (/^no credentials in profile|list index out of range|get_frozen_token|Value cannot be null/.test(text)) return
  assert.notDeepEqual(codes, [], text)
  const cause = refusal === null ? undefined : REFUSAL_CAUSES[refusal.code]
  if (cause !== undefined && !['js', 'java', 'dotnet'].includes(tool))
    assert.ok(codes.includes(cause), `${codes}: ${text}`)
}

function verdictOf(tool: Tool, situation: Situation, named: string | null): Verdict {
  const { verdicts } = whoWins(precedenceWorld(situation), named)
  return verdicts.find((verdict) => verdict.tool === tool) ?? assert.fail(`no verdict for ${tool}`)
}

/** Each with `--profile p` or without; both where the answers are not the same. */
function asked(): [Situation, string | null][] {
  const all = situations(place.fixture).filter((situation) => SOAK || situation.asked)
  return all.flatMap((situation, i): [Situation, string | null][] => {
    const both = SOAK || situation.named !== situation.wins
    const plain: [Situation, string | null][] = both || i % 2 === 0 ? [[situation, null]] : []
    return situation.named === null
      ? [[situation, null]]
      : [...plain, ...(both || i % 2 === 1 ? ([[situation, 'p']] as [Situation, string][]) : [])]
  })
}
