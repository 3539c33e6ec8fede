import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIni } from '../../../src/core/ini.ts'
import { type Plan, planProfile, signerName } from '../../../src/core/plan/plan.ts'
import { withCodeForRole } from '../../../src/core/plan/plan-mfa.ts'
import { mergeProfiles } from '../../../src/core/profiles.ts'

const SERIAL = 'arn:aws:iam::123456789012:mfa/me'
const ROLE = 'arn:aws:iam::123456789012:role/R'

interface Given {
  readonly durationSeconds?: number
  takesCodeItself?(roleArn: string, serial: string): boolean
}

function plan(lines: string, profile = 'p', given: Given = {}): Plan {
  const profiles = mergeProfiles(parseIni(lines, { kind: 'config', path: '/c' }), null)
  return planProfile(profile, profiles, { platform: 'linux', hasKeys: (name) => name === 'me', ...given })
}

function role(more = '', of = 'p', source = 'me'): string {
  return `[profile ${of}]\naws_cred_role_arn = ${ROLE}-${of}\naws_cred_source_profile = ${source}\n${more}\n`
}

/** Kind, serial and seconds of each step. */
function stepsOf({ steps }: Plan): unknown[] {
  return steps.map((step) => [step.kind, step.mfaSerial, step.durationSeconds])
}

const WITH_MFA = `aws_cred_mfa_serial = ${SERIAL}`

test('planProfile() makes a session with the code before the role, which then lasts an hour at most', () => {
  const found = plan(role(WITH_MFA))
  assert.deepEqual(stepsOf(found), [
    ['session-token', SERIAL, 43_200],
    ['assume-role', null, null],
  ])
  assert.equal(found.steps.map((step) => signerName(found, step)).join(), 'me,me')
  assert.deepEqual(stepsOf(plan(role(`${WITH_MFA}\nduration_seconds = 900`)))[1], ['assume-role', null, 900])
  const shorter = plan(role(`${WITH_MFA}\naws_cred_mfa_duration = 3600`))
  assert.deepEqual(stepsOf(shorter)[0], ['session-token', SERIAL, 3600])
})

test('planProfile() shares that session among the roles of a user and the user alone', () => {
  const config = `${role(WITH_MFA)}${role(WITH_MFA, 'q')}[profile me]\n${WITH_MFA}\n`
  const first = (name: string) => ({ ...plan(config, name).steps[0], profile: '' })
  assert.deepEqual(first('p'), first('q'))
  assert.deepEqual(first('p'), first('me'))
  assert.equal(plan(config, 'me').steps.length, 1)
})

test('planProfile() gives the code to the role where it is to last longer, where the profile says so, and where it was learned', () => {
  const direct = [['assume-role', SERIAL, 7200]]
  assert.deepEqual(stepsOf(plan(role(`${WITH_MFA}\nduration_seconds = 7200`))), direct)
  assert.deepEqual(stepsOf(plan(role(WITH_MFA), 'p', { durationSeconds: 7200 })), direct)
  assert.deepEqual(stepsOf(plan(role(`${WITH_MFA}\naws_cred_mfa_direct = true`))), [['assume-role', SERIAL, null]])
  const asSession = plan(role(`${WITH_MFA}\nduration_seconds = 7200\naws_cred_mfa_direct = false`))
  assert.deepEqual(stepsOf(asSession)[1], ['assume-role', null, 3600])
  const learned = { takesCodeItself: (arn: string, serial: string) => arn === `${ROLE}-p` && serial === SERIAL }
  assert.deepEqual(stepsOf(plan(role(WITH_MFA), 'p', learned)), [['assume-role', SERIAL, null]])
})

test('planProfile() asks a code for the first role of a chain alone', () => {
  const config = `${role(`${WITH_MFA}\nduration_seconds = 7200`, 'one')}${role('', 'two', 'one')}`
  const found = plan(config, 'two')
  assert.deepEqual(stepsOf(found), [
    ['session-token', SERIAL, 43_200],
    ['assume-role', null, 3600],
    ['assume-role', null, null],
  ])
  assert.deepEqual(
    found.steps.map((step) => signerName(found, step)),
    ['me', 'me', 'one'],
  )
  const onTop = `${role('', 'one')}${role(WITH_MFA, 'two', 'one')}`
  assert.throws(() => plan(onTop, 'two'), /takes an MFA code only from an IAM user's own key/)
})

test('withCodeForRole() is the plan that a learned role has', () => {
  const lines = role(`${WITH_MFA}\nduration_seconds = 1800`)
  const learned = plan(lines, 'p', { takesCodeItself: () => true })
  assert.deepEqual(withCodeForRole(plan(lines))?.plan, learned)
  assert.equal(withCodeForRole(learned), null)
  assert.equal(withCodeForRole(plan(role())), null)
})
