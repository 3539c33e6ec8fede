import assert from 'node:assert/strict'
import { test } from 'node:test'
import { losingProxy } from '../support/losing-proxy.ts'
import { signInToSso, ssoConfig, startRootServices } from '../support/root-services.ts'
import { pairOf, place, run, writeAwsFile } from '../support/vault-place.ts'

const LOST = [['date'], ['content-type'], ['date', 'content-type']] as const

for (const lost of LOST) {
  test(`process serves and keeps what STS gave, its ${lost.join(' and ')} lost on the way`, async (t) => {
    const here = await place(t)
    const lines = `aws_cred_role_arn = ${here.world.arns.prod}\naws_cred_source_profile = user1\n`
    writeAwsFile(here, 'config', `[profile prod]\n${lines}[profile user1]\n`)
    assert.equal((await run(here, ['add', 'user1', '--stdin'], { stdin: pairOf(here.world.alice) })).code, 0)
    // A clock that `add` saw is of another endpoint's name.
    const env = { AWS_ENDPOINT_URL_STS: await losingProxy(t, here.sts.url, lost) }
    for (const [profile, operation] of [
      ['prod', 'AssumeRole'],
      ['user1', 'GetSessionToken'],
    ] as const) {
      const first = await run(here, ['process', '--profile', profile], { env })
      assert.deepEqual([first.code, first.err, here.sts.count(operation)], [0, '', 1])
      const second = await run(here, ['process', '--profile', profile], { env })
      assert.deepEqual([second.code, second.out, here.sts.count(operation)], [0, first.out, 1])
      // Never past its end, by the clock that was derived.
      const later = await run(here, ['process', '--profile', profile], {
        env,
        nowMs: () => Date.now() + 14 * 3_600_000,
      })
      assert.notEqual(later.out, first.out)
    }
  })

  test(`process serves and keeps what the SSO portal gave, and hears its refusal, its ${lost.join(' and ')} lost`, async (t) => {
    const here = await place(t)
    const services = await startRootServices(here.sts, here.world.arns.middle)
    t.after(() => services.close())
    writeAwsFile(here, 'config', ssoConfig('root'))
    const env = { AWS_ENDPOINT_URL_SSO: await losingProxy(t, services.url, lost) }
    signInToSso({ home: here.home, services, id: 'corp' })
    const serve = () => run(here, ['process', '--profile', 'root'], { env })
    const first = await serve()
    assert.deepEqual([first.code, first.err, services.counts.role], [0, '', 1])
    assert.deepEqual([(await serve()).out, services.counts.role], [first.out, 1])
    const nowMs = () => Date.now() + 2 * 3_600_000
    const inTwoHours = () => run(here, ['process', '--profile', 'root', '--no-prompt'], { env, nowMs })
    if (lost.some((name) => name === 'content-type')) {
      // Without a type and without a code it may be a page of anything between.
      services.spoil.set('role', { kind: 'status', status: 401, code: '' })
      assert.match((await inTwoHours()).err, /it is not one of the service's \(HTTP 401\)\n/)
      services.spoil.clear()
    }
    services.ssoTokens.clear()
    const late = await inTwoHours()
    assert.match(
      late.err,
      /does not take the sign-in any more \(UnauthorizedException\)\n.*aws sso login --profile root\n$/,
    )
    assert.equal(late.code, 3)
  })
}
