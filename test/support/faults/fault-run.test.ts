import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { processOf } from '../e2e-place.ts'
import { sweepWorld } from '../sweep-world.ts'
import type { Fault } from './fault.ts'
import { describe, judgedRun, type Moment, plannedRuns } from './fault-run.ts'

const NOTHING: Fault = { name: 'nothing', apply: () => ({}) }

interface Liar {
  readonly about: string
  /** Stands in for the binary, which it can reach as `$real`; `$HOME/saved` is an answer of before. */
  readonly script: string
  readonly problem: RegExp
  readonly verb?: string
  readonly moment?: Moment
}

const DOCUMENT = `'{"Version":1,"AccessKeyId":"ASIAXXXXXXXXXXXXXXXX","SecretAccessKey":"x","SessionToken":"x"}'`

/** Each does wrong in one way that no run of a product may. */
const LIARS: readonly Liar[] = [
  {
    about: 'a session that STS never gave',
    script: `echo ${DOCUMENT}`,
    problem: /wrong answer: STS gave out no such session/,
  },
  {
    about: "another role's session",
    script: '"$real" process --profile one',
    problem: /wrong answer: a session of .*Middle/,
  },
  {
    about: 'a session that is over',
    script: 'cat "$HOME/saved"',
    moment: 'over',
    problem: /wrong answer: its session is over/,
  },
  {
    about: 'two sessions mixed',
    script: `sed 's/"SecretAccessKey":"./&x/' "$HOME/saved"`,
    problem: /two sessions mixed/,
  },
  { about: 'half a document', script: 'head -c 200 "$HOME/saved"', problem: /half an answer/ },
  {
    about: 'a document and a failure',
    script: 'cat "$HOME/saved"; echo "aws-cred: error: x" >&2; exit 1',
    problem: /failed \(1\) with \d+ characters on stdout/,
  },
  { about: 'nothing, and success', script: ':', problem: /succeeded and gave nothing/ },
  {
    about: 'a warning beside its answer',
    script: 'cat "$HOME/saved"; echo hello >&2',
    problem: /it succeeded, and says: "hello/,
  },
  {
    about: 'half of an export',
    script: `printf "export AWS_ACCESS_KEY_ID='ASIA"`,
    verb: 'export',
    problem: /half an answer/,
  },
  {
    about: "Node's stack",
    script: 'printf "x\\n    at f (/a.js:1:1)\\n" >&2; exit 1',
    problem: /stderr is not for people/,
  },
  {
    about: "Node's warning",
    script: '"$real" "$@"; echo "(node:1) Warning: x" >&2',
    problem: /stderr is not for people/,
  },
  {
    about: 'an escape sequence',
    script: `printf 'aws-cred: error: \\033[31m\\n' >&2; exit 1`,
    problem: /control characters/,
  },
  {
    about: 'a name of the SDK',
    script: 'echo "aws-cred: error: x (TimeoutError)" >&2; exit 1',
    problem: /stderr is not for people/,
  },
  {
    about: 'a word beside what its command says',
    script: '"$real" "$@"; echo "/bin/sh: hello" >&2',
    verb: 'exec',
    problem: /it succeeded, and says: ".bin.sh: hello/,
  },
  { about: 'no word', script: 'exit 1', problem: /failed \(1\) without its one error line/ },
  {
    about: 'two errors',
    script: 'echo "aws-cred: error: a\naws-cred: error: b" >&2; exit 1',
    problem: /2 error lines/,
  },
  { about: 'the end of who is not read, where somebody reads', script: 'exit 141', problem: /ended with 141/ },
  { about: 'an exit code of its own', script: 'echo "aws-cred: error: a" >&2; exit 7', problem: /ended with 7/ },
  { about: 'a crash', script: 'kill -SEGV $$', problem: /ended by SIGSEGV, which nobody sent/ },
  {
    about: 'a hang',
    script: '[ -e "$HOME/hung" ] && exec "$real" "$@"; touch "$HOME/hung"; exec sleep 60',
    problem: /hung: killed after 0.7 s/,
  },
  {
    about: 'a leak into a file',
    script: '"$real" "$@" | base64 | tee "$HOME/kept" | base64 -d',
    problem: /a leak: the (secret key|token) of session .* in .*kept/,
  },
  {
    about: 'a leak on stderr',
    script: '"$real" "$@" >&2; exit 1',
    problem: /a leak: .* in stderr/,
  },
  {
    about: 'a key lost',
    script: '"$real" "$@"; rm "$HOME"/.local/state/aws-cred/vault/key-user1*',
    problem: /the key "user1" is lost/,
  },
  {
    about: 'a key said to be removed',
    script: 'echo removed >&2',
    verb: 'remove',
    problem: /"spare" is said to be removed, and there/,
  },
  {
    about: 'a config cut',
    script: '"$real" "$@"; truncate -s 20 "$HOME/.aws/config"',
    problem: /config is neither what it was/,
  },
  { about: 'a config lost', script: 'rm "$HOME/.aws/config"', verb: 'setup', problem: /config is neither what it was/ },
  {
    about: 'a temporary file',
    script: '"$real" "$@"; touch "$HOME/.aws/.tmp-0123456789abcdef"',
    problem: /left behind: .*\.tmp-/,
  },
  {
    about: 'a vault that no longer opens',
    script: '"$real" "$@"; rm "$HOME/vault-key"',
    problem: /the next run does not work/,
  },
]

test('judgedRun() finds nothing in an honest run, and in a liar what it lies about', async (t) => {
  const world = await sweepWorld(t, 'vault by key file')
  const saved = (await processOf(world, 'two')).out
  const planned = { number: 0, faults: [NOTHING], moment: 'live' as Moment, verb: 'process', seed: 1 }
  for (const verb of ['process', 'export', 'exec', 'remove', 'setup', 'lock']) {
    assert.deepEqual((await judgedRun(world, { ...planned, verb })).problems, [], verb)
  }
  const unreachable: Fault = { name: 'no STS', apply: () => ({ env: { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' } }) }
  const refused = await judgedRun(world, { ...planned, faults: [unreachable], moment: 'over' })
  assert.deepEqual([refused.problems, refused.outcome], [[], 'refused'])
  const invalid: Fault = {
    name: 'STS refuses a value',
    apply({ sts }) {
      sts.faults.next({ kind: 'error', code: 'ValidationError', status: 400, message: 'The requested x' })
      return {}
    },
  }
  const refusedValue = await judgedRun(world, { ...planned, faults: [invalid], moment: 'over' })
  assert.deepEqual([refusedValue.problems, refusedValue.outcome], [[], 'refused'])
  const looksAway: Fault = {
    name: 'the judge itself stands still',
    apply: () => ({
      during: async () => {
        for (const until = performance.now() + 900; performance.now() < until; );
      },
    }),
  }
  assert.deepEqual((await judgedRun(world, { ...planned, faults: [looksAway] }, { deadlineMs: 700 })).problems, [])
  const binary = join(world.root, 'aws-cred')
  for (const { about, script, problem, verb = 'process', moment = 'live' } of LIARS) {
    const liar: Fault = {
      name: about,
      apply: () => {
        writeFileSync(join(world.home, 'saved'), saved)
        writeFileSync(binary, `#!/bin/sh\nreal=${world.binary}\n${script}\n`)
        chmodSync(binary, 0o700)
        return {}
      },
    }
    const { problems } = await judgedRun(
      { ...world, binary },
      { ...planned, faults: [liar], verb, moment },
      { deadlineMs: 700 },
    )
    // What it saved of the answer is a leak too, and its next run lies again.
    assert.ok(
      problems.some((each) => problem.test(each)),
      `${about}: ${problems.join('\n')}`,
    )
  }
})

test('plannedRuns() is settled by the seed, comes to every fault, and to every verb and moment', () => {
  const faults = Array.from({ length: 30 }, (_, i): Fault => ({ name: `f${i}`, apply: () => ({}) }))
  const told = (seed: number, count: number) =>
    plannedRuns(faults, seed, count).map((run) => `${describe(run)} ${run.seed}`)
  assert.deepEqual(told(7, 200), told(7, 200))
  assert.notDeepEqual(told(7, 200), told(8, 200))
  assert.deepEqual(told(7, 50), told(7, 200).slice(0, 50))
  const runs = plannedRuns(faults, 7, 300)
  assert.equal(new Set(runs.slice(0, 30).flatMap((run) => run.faults)).size, 30)
  assert.equal(new Set(runs.map(({ moment }) => moment)).size, 3)
  assert.ok(new Set(runs.map(({ verb }) => verb)).size > 10)
})
