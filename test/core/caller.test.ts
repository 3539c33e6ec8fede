import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOfArn, assumedRole, isPromised, type Promised } from '../../src/core/caller.ts'

const ROLE = 'arn:aws:iam::123456789012:role/team/blue/Prod-Role'
const USER = 'arn:aws:iam::123456789012:user/team/alice'
const session = (roleName: string, accountId = '123456789012', partition = 'aws') =>
  `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/alice@example.com`

test('isPromised() compares whom the profile names with whom STS names, as far as anything is named', () => {
  const cases: readonly (readonly [Partial<Promised>, arn: string, wanted: boolean])[] = [
    [{}, USER, true],
    [{ accountId: '123456789012' }, USER, true],
    [{ accountId: '210987654321' }, USER, false],
    [{ arn: ROLE }, session('Prod-Role'), true],
    [{ arn: ROLE }, session('Other'), false],
    [{ arn: ROLE }, session('prod-role'), false],
    [{ arn: ROLE }, session('Prod-Role', '210987654321'), false],
    [{ arn: ROLE }, session('Prod-Role', '123456789012', 'aws-cn'), false],
    [{ arn: ROLE }, USER, false],
    [{ arn: ROLE, accountId: '210987654321' }, session('Prod-Role'), false],
    [{ arn: USER }, USER, true],
    [{ arn: USER }, USER.replace('alice', 'bob'), false],
    [{ arn: USER }, session('Prod-Role'), false],
    [{ arn: 'arn:aws:iam::123456789012:root' }, 'arn:aws:iam::123456789012:root', true],
    // `aws login` names the session of who signed in; the next one has another name.
    [{ arn: session('Admin') }, 'arn:aws:sts::123456789012:assumed-role/Admin/later', true],
    [{ arn: session('Admin') }, session('Other'), false],
    [{ permissionSet: 'Dev' }, session('AWSReservedSSO_Dev_0123456789abcdef'), true],
    [{ permissionSet: 'Dev_2' }, session('AWSReservedSSO_Dev_2_0123456789abcdef'), true],
    [{ permissionSet: 'Dev' }, session('AWSReservedSSO_Admin_0123456789abcdef'), false],
    [{ permissionSet: 'Dev', accountId: '210987654321' }, session('AWSReservedSSO_Dev_0123456789abcdef'), false],
    [{ permissionSet: 'Dev' }, USER, false],
  ]
  for (const [promised, arn, wanted] of cases) {
    const all = { arn: null, accountId: null, permissionSet: null, ...promised }
    const caller = { arn, accountId: accountOfArn(arn) ?? '' }
    assert.equal(isPromised(all, caller), wanted, `${JSON.stringify(promised)} ${arn}`)
  }
})

test('assumedRole() takes the ARN of a session apart, and no other', () => {
  assert.deepEqual(assumedRole(session('Prod-Role')), { roleName: 'Prod-Role', sessionName: 'alice@example.com' })
  for (const arn of [ROLE, USER, '', 'arn:aws:sts::123456789012:federated-user/bob'])
    assert.equal(assumedRole(arn), null)
})
