import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type E2ePlace, type Ended, runIn, startIn, vaultPlace } from '../support/e2e-place.ts'
import { need } from '../support/need.ts'

function ready(t: TestContext): boolean {
  return need(t, 'faketime', spawnSync('faketime', ['-f', '+1h', 'true']).status === 0)
}

interface Finding {
  readonly code: string
  readonly severity: string
  readonly what: string
  readonly cure: string | null
}

function keysOf({ world }: E2ePlace): Record<string, string> {
  const { accessKeyId, secret } = world.alice
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, PATH: '/nowhere' }
}

function findingsOf({ out, err }: Ended): { wrong: string[]; one(code: string): Finding | undefined } {
  assert.equal(err, '')
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] }
  const wrong = findings
    .filter(({ severity }) => severity !== 'good')
    .map(({ severity, code }) => `${severity} ${code}`)
  return { wrong, one: (code) => findings.find((each) => each.code === code) }
}

/** Minutes by which this machine is ahead, what `doctor` makes of it, and its exit status. */
const CLOCKS = [
  [0, 'good', /^\d\.\d s from AWS$/, 0],
  [4, 'warning', /^this machine's clock is [34] min ahead of AWS's; from 5 min on calls are refused$/, 0],
  [-4, 'warning', /^this machine's clock is [34] min behind AWS's; from 5 min on calls are refused$/, 0],
  [6, 'bad', /^this machine's clock is [56] min ahead of AWS's; the AWS CLI and boto3 cannot correct for it/, 1],
  [-6, 'bad', /^this machine's clock is [56] min behind AWS's; the AWS CLI and boto3 cannot correct for it/, 1],
  [480, 'bad', /^this machine's clock is (8 h|7 h 59 min) ahead of AWS's; /, 1],
  [-480, 'bad', /^this machine's clock is (8 h|7 h 59 min) behind AWS's; /, 1],
] as const

for (const [minutes, severity, says, code] of CLOCKS) {
  test(`doctor under a clock that is off by ${minutes} min says so, and asks AWS all the same`, async (t) => {
    if (!ready(t)) return
    const place = await vaultPlace(t)
    const shift = `${minutes < 0 ? '-' : '+'}${Math.abs(minutes)}m`
    const ended = await runIn(place, ['/usr/bin/faketime', '-f', shift, place.binary, 'doctor', '--json'], {
      env: keysOf(place),
    })
    const { wrong, one } = findingsOf(ended)
    assert.deepEqual(wrong, severity === 'good' ? [] : [`${severity} clock`])
    assert.match(one('clock')?.what ?? '', says)
    assert.equal(one('clock')?.cure, severity === 'good' ? null : 'sudo timedatectl set-ntp true')
    assert.match(one('identity')?.what ?? '', /user\/alice$/)
    assert.equal(ended.code, code)
  })
}

test('doctor tells of a clock that is set while AWS is asked', async (t) => {
  if (!ready(t)) return
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  assert.ok(library !== undefined)
  const place = await vaultPlace(t)
  const clock = join(place.home, 'clock')
  writeFileSync(clock, '+0')
  place.sts.faults.next({ kind: 'slow', delayMs: 1_200, times: 2 })
  const env = {
    ...keysOf(place),
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    // A set clock leaves the time since the start as it is.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const { ended } = startIn(place, [place.binary, 'doctor', '--json'], { env })
  while (place.sts.requests.length === 0) await wait(10)
  writeFileSync(clock, '+8h')
  const { one } = findingsOf(await ended)
  const says =
    /^this machine's clock is (8 h|7 h 59 min) ahead of AWS's; it was set by (8 h|7 h 59 min) while AWS was asked; /
  assert.match(one('clock')?.what ?? '', says)
  assert.match(one('identity')?.what ?? '', /user\/alice$/)
})
