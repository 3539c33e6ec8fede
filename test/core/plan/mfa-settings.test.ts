import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIni } from '../../../src/core/ini.ts'
import { mfaDirectSetting, mfaDurationSeconds, mfaSettings } from '../../../src/core/plan/mfa-settings.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'

function profilesOf(lines: string) {
  return mergeProfiles(parseIni(`[profile p]\n${lines}\n`, { kind: 'config', path: '/c' }), null)
}

test('mfaSettings() has defaults that fit every consumer', () => {
  assert.deepEqual(mfaSettings('p', profilesOf('')), {
    prompt: 'auto',
    process: null,
    ykmanName: null,
    timeoutMs: 40_000,
  })
  assert.equal(mfaDurationSeconds('p', profilesOf('')), 43_200)
  assert.equal(mfaDirectSetting('p', profilesOf('')), null)
})

test('mfaSettings() reads what the profile says', () => {
  const profiles = profilesOf(
    'aws_cred_mfa_prompt = Process\nmfa_process = oathtool x\naws_cred_mfa_timeout = 20\naws_cred_ykman_name = AWS:me\naws_cred_mfa_direct = TRUE\naws_cred_mfa_duration = 3600',
  )
  const wanted = { prompt: 'process', process: 'oathtool x', ykmanName: 'AWS:me', timeoutMs: 20_000 }
  assert.deepEqual(mfaSettings('p', profiles), wanted)
  assert.equal(mfaDurationSeconds('p', profiles), 3_600)
  assert.equal(mfaDirectSetting('p', profiles), true)
})

test('mfaSettings() names key, line and range of what it cannot use', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'aws_cred_mfa_prompt = pinentry',
      /^cannot use aws_cred_mfa_prompt "pinentry" of profile "p" \(\/c:2\): it must be auto, /,
    ],
    ['aws_cred_mfa_timeout = 0', /: it must be 1 to 600 seconds$/],
    [
      'aws_cred_mfa_timeout = 1m',
      /^cannot use aws_cred_mfa_timeout "1m" of profile "p" \(\/c:2\): it must be 1 to 600/,
    ],
    ['aws_cred_mfa_prompt = process', /: there is no aws_cred_mfa_process beside it$/],
  ]
  for (const [line, message] of cases) assert.throws(() => mfaSettings('p', profilesOf(line)), { message })
  assert.throws(() => mfaDurationSeconds('p', profilesOf('aws_cred_mfa_duration = 899')), /: it must be 900 to 129600 /)
  assert.throws(() => mfaDirectSetting('p', profilesOf('aws_cred_mfa_direct = yes')), /: it must be true or false$/)
})
